"""The data of the demonstration, of every app."""
