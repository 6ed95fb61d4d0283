"""What the API shows and reads, as the schema describes it."""
