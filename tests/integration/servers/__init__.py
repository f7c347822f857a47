"""Tests that each foreign server is what it says: correct, or wrong in one way."""
