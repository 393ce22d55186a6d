"""Independent oracles: none of them shares code with what it judges."""
