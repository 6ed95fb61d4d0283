"""Views of one record: the read-only page, the operations, and the form of a session."""
