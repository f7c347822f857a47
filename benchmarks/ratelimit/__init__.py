"""How well limits are found and confirmed: simulated, and on real limiters."""
