"""Tests of the suite that need no socket; they mirror its packages."""
