"""Bytes to typed values and back. Pure: no database, no settings, no clock."""
