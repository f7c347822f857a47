"""Servers foreign to the suite and to each other: the suite is run against them in its tests."""
