"""The screens of the operations on many records."""
