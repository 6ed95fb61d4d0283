"""The WSGI entry point (gunicorn edof.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edof.settings")
os.environ["EDOF_SERVICE"] = "web"

application = get_wsgi_application()
