"""Finding a training in the national catalogue: words, places, filters, orders, counts."""
