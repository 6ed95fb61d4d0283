"""Sessions of actions: their dates, their form, their opening and closing to enrolment."""
