"""One pass of a network over sequences, forward and back."""
