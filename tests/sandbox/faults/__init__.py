"""Seeded faults, one family of the catalogue a file."""
