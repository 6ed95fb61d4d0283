"""The screens « Exporter »: the choice, the check before EDOF, the files."""
