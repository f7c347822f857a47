"""Tests of the suite itself that cross a loopback socket."""
