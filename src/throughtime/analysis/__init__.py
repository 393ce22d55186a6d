"""A network as a system over time: how gradients flow, where its states go, where they come to rest."""
