"""Files in and out: what a file asks for, compared with the catalogue, then applied."""
