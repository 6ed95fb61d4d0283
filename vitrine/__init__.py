"""Public views and health-check endpoints."""
