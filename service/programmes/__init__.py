"""Folders of models become one checked, immutable, compiled programme."""
