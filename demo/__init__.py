"""The demonstration data of all the apps."""
