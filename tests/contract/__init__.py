"""The checks, which ask the target: one file a promise, as in the documentation."""
