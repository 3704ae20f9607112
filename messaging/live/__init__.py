"""The live layer: a hint that something changed. The truth is in the database, and every loss is found by `rev`."""
