"""A network without its kernels: specification, parameters as one flat vector with named views, losses, and file."""
