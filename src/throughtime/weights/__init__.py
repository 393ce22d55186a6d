"""What a network is: its specification, its parameters as one flat vector with named views, its losses, and its file."""
