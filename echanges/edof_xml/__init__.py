"""EDOF's XML, read and written: bytes, code tables, values, address book, records."""
