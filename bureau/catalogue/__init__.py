"""The catalogue page: tree, filters, search, counts."""
