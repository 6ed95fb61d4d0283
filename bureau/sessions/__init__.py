"""The list of the sessions of an organisme."""
