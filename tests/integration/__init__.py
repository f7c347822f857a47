"""Tests that cross a loopback socket."""
