"""What a network is: its specification, parameters as one flat vector with named views, losses, and file."""
