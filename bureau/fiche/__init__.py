"""One record: read it, operate on it."""
