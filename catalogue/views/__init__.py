"""The pages of the catalogue, one module a subject."""
