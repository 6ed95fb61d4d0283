"""When: sessions, their wizard « Ajouter une session », their opening and closing."""
