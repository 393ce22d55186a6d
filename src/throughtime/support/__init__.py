"""The ground of every part: checks of outside values, files written whole, documents, memory, interrupts."""
