"""Accepted date formats, as typed by French users: jj/mm/aaaa first (S-72)."""

DATE_INPUT_FORMATS = ["%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]
