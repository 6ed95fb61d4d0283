"""The publication: conditions of visibility, parutions, nightly run, and content of the public pages."""
