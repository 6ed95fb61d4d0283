"""The pages of people and of the address book, one module a subject."""
