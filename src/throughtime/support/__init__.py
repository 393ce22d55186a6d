"""What every other part stands on: checks of values from outside, files written whole, documents, memory, interrupts."""
