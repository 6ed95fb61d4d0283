"""The back-office's screens: what a member of an organisme opens."""
