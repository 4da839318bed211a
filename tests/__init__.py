"""The suite. Sets Django up before any module of it is imported; plain `pytest` is enough."""

import os

import django

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
