"""Drives cases through the real commands on a virtual clock: stories for designers, demonstration cases for newcomers."""
