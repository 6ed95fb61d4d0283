"""« Créer une série »: the form, what it would create, and the creation."""
