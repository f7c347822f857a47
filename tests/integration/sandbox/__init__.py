"""The sandbox, as a process on loopback ports."""
