"""What every part stands on: checks of outside values, files written whole, documents, memory, interrupts."""
