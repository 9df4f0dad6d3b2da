"""The desk as a WSGI application (gunicorn: ``daremo.web.wsgi:application``)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "daremo.web.settings")

application = get_wsgi_application()
