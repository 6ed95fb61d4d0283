"""The WSGI entry point (gunicorn edof.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edof.settings")

application = get_wsgi_application()
