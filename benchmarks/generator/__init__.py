"""How exactly, and at what cost, the load generator sends."""
