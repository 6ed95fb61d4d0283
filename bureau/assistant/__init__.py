"""The two-step wizard that adds and modifies offres, actions and sessions."""
