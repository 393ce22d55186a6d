"""The same work done by others, each file importing its library."""
