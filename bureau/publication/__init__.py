"""Views about the publication.

They show tomorrow's publication, the register, what was online, and why a record is not visible.
"""
