"""The wiring: settings, addresses, worker, clock. No business word lives here."""

from edof.celery import app as celery_app

__all__ = ["celery_app"]
