"""Tests of the limiter models, the plan and the estimator."""
