"""What answers say of limits in their header fields.

Pure.
"""

from contracts.exchange import Fields


def select_fields(fields: Fields) -> Fields:
    """Keep the header fields that speak of limits, and the answer's own time."""
    return tuple(
        (name, value)
        for name, value in fields
        if name in {"retry-after", "date"} or "ratelimit" in name or "rate-limit" in name
    )
