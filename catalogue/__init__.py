"""What: certifications, offres, actions, and the life cycle that every level shares."""
