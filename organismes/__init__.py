"""People, organismes, roles and rights, and the address book."""
