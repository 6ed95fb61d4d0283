"""The API: the same records, the same rules and the same door as the screens, for programs."""
