"""The API for programs: the same records, rules and entry point of operations as the web pages."""
