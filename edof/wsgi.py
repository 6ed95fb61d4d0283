"""The WSGI entry point (gunicorn edof.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edof.settings")
os.environ["EDOF_SERVICE"] = "web"

application = get_wsgi_application()
# Every page is imported, and every address known, before the first request: gunicorn does it once for all its
# processes (`--preload`), and answers as soon as it listens.
reverse("accueil")
