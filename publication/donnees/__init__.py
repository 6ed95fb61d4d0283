"""Open data: what the public could read on a day, written to files by the night."""
