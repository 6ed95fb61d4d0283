"""The two-step wizard of the three levels."""
