"""What a network does over time, as a system: how gradients flow, where its states go, where they come to rest."""
