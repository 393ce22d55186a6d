"""Many trainings for one question: the laboratory's classics, the gallery's real data, and sweeps."""
