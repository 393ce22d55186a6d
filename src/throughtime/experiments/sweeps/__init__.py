"""Many training runs: a grid or a random search over options and seeds, on one computer or a cluster."""
