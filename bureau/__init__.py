"""Views of the back-office, used by the members of an organisme."""
