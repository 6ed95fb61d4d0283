"""Serializers: what the API returns and reads, as the schema describes it."""
