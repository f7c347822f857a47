"""The witness: a server that keeps the API's promises, and the place of every seeded fault."""
