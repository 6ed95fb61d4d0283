"""Views of the address book: contacts, addresses, and the replacement of an entry everywhere."""
