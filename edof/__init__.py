"""Project configuration: settings, URLs, Celery application, clock. It contains no business rule."""

import gc

# What is loaded stays: looking through it for garbage, again and again, would take a fifth of each start.
# Collecting begins once all is there (edof/apps.py).
gc.disable()

from edof.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
