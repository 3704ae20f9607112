"""Reads that join or authorise: fetch and authorise in one call, or raise."""
