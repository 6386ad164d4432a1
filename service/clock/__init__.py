"""The clock: a scheduler that ticks a few fixed jobs; what is due stands in the tables."""
