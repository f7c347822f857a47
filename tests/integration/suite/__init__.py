"""Tests that run the whole suite against servers it did not write."""
