"""Project configuration: settings, URLs, Celery application, clock. It contains no business rule."""

from edof.celery import app as celery_app

__all__ = ["celery_app"]
