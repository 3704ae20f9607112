"""Measurements: each beside a reference taken in the same call, for figures of one machine say little."""
