"""A Flask API behind gunicorn that keeps every promise, or breaks one where a fault is named."""
