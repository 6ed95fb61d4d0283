"""« Mon organisme »: what it is, when it is closed, what is proposed for its new sessions."""
