"""A database for processes of their own."""

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo


@pytest.fixture
def database_url(db: None) -> str:
    """The test database as another process would be told about it, in DATABASE_URL."""
    entry = connection.settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    given = {word: entry[name] for name, word in names.items() if entry.get(name)}
    if entry.get("PORT"):
        given["port"] = entry["PORT"]
    return make_conninfo(**given)
