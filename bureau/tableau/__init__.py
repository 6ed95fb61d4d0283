"""« Modifier en tableau »: the sessions of an action, or a selection, typed as in a spreadsheet."""
