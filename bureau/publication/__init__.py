"""Tomorrow, the register, what was online, and why a session is not visible."""
