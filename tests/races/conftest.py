"""A clinic and a site on the test database, and a look at its deadlocks."""

import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo
from pytest_django import DjangoDbBlocker

from tests.appointments.api.clinic import Clinic, make_clinic
from tests.races.rivals import RIVALS
from tests.races.serving import Site

NAME = "the site of the races"


def database_url() -> str:
    """The test database as the site is told about it."""
    entry = connection.settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    given = {word: str(entry[name]) for name, word in names.items() if entry.get(name)}
    if entry.get("PORT"):
        given["port"] = str(entry["PORT"])
    return make_conninfo(application_name=NAME, **given)


def deadlocks() -> int:
    """How many deadlocks the database has ended since it was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        ((number,),) = cursor.fetchall()
    return int(number)


def wait_for_its_connections() -> None:
    """Until those of the site have ended; a connection reports its deadlocks before it ends."""
    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [NAME]
            )
            if cursor.fetchone() == (0,):
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture(scope="module")
def site(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The site on the test database. When it has ended, no rush may have made a deadlock."""
    with django_db_blocker.unblock():
        before, url = deadlocks(), database_url()
        connection.close()
    site = Site(
        log=tmp_path_factory.mktemp("site") / "log",
        environment={
            "DEBUG": "true",
            "SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": url,
            "RATE_LIMIT": "1000000",
            "LINK_RATE_LIMIT": "1000000",
        },
        threads=RIVALS // 2,
    )
    site.start()
    try:
        yield site
    finally:
        site.kill()
    with django_db_blocker.unblock():
        wait_for_its_connections()
        assert deadlocks() == before
        connection.close()


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    """A clinic that other processes see, open from 8 to 20 every day."""
    return make_clinic()


@pytest.fixture
def many_connections(transactional_db: None) -> Iterator[None]:
    """Each of the rivals in this process has a connection; they end with the test."""
    pool = connection.settings_dict["OPTIONS"]["pool"]
    usual = pool["max_size"]
    close_connections()
    pool["max_size"] = RIVALS + 1
    yield
    close_connections()
    pool["max_size"] = usual


def close_connections() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
