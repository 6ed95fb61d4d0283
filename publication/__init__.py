"""What the public sees: the conditions of visibility, the parutions, the nightly run, the public pages."""
