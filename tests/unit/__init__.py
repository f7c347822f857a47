"""Tests of the suite itself that need no socket."""
