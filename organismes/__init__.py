"""Who: people, organismes, roles and rights, the address book."""
