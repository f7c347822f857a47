"""Real rate limiters with a limit that is known, for an estimator to find."""
