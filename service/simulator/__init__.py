"""Drives cases through the real commands on a virtual clock: stories for designers, cases for newcomers."""
