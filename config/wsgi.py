"""The site as a WSGI application."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A page that the database works on for longer is given up; commands have all the time they need.
os.environ.setdefault("STATEMENT_TIMEOUT", "20")

application = get_wsgi_application()

# Views are imported with the URLs, by default in the first request of each process. Here they
# are imported once, before gunicorn forks: nobody waits, and a broken import stops the start.
_ = get_resolver().url_patterns
