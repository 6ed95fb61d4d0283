"""A series that somebody asks for: its rule, its exclusions, what it would create, its creation."""
