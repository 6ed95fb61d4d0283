"""Certifications, offres and actions, and the life cycle shared by offres, actions and sessions."""
