"""Variations that keep every promise and are odd all the same: no suite may blame them."""
