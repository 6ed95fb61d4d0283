"""« Importer »: a file dropped or pasted, its plan, its application, its undoing."""
