"""Django on the embedded server, Django on a server of one's own, and `manage.py db`."""

import re
from pathlib import Path

import pytest

from config.postgres.cluster import Cluster
from tests.config.postgres.clusters import connect, outcome, python
from tests.soak import FACTOR

KILLS = 5 * FACTOR


def django(place: Path, script: str, **variables: str) -> str:
    """What the script prints, once Django is set up."""
    script = f"import django; django.setup()\n{script}"
    code, out, err = outcome(python(place, "-c", script, **variables))
    assert (code, err) == (0, "")
    return out


def test_commands_that_need_no_database_start_none(place: Path) -> None:
    folder = place / "postgres"
    script = """
from django.core.management import call_command
from django.db import connection
from config.postgres import base, cluster, keeper
call_command("check")
print(connection.features.allows_group_by_selected_pks)
"""
    printed = django(place, script, FOLDER=str(folder)).splitlines()
    assert printed == ["System check identified no issues (0 silenced).", "False"]
    code, out, err = outcome(python(place, "-m", "django", "db", "--help", FOLDER=str(folder)))
    assert (code, err) == (0, "")
    assert "{start,stop,status,reset}" in out
    assert not folder.exists()


@pytest.mark.soak
@pytest.mark.parametrize("pool", ["yes", ""], ids=["pool", "no pool"])
def test_after_a_kill_the_next_connection_finds_a_server_and_every_row(
    place: Path, cluster: Cluster, pool: str
) -> None:
    # A pool may hand out a connection as long as the server's last breath, so with a pool the
    # kill is awaited; a new connection must cope with the dying server as well.
    script = f"""
import os, select, signal
from django.db import connection
from config.postgres.base import embedded

def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None

execute("DROP TABLE IF EXISTS visit")
execute("CREATE TABLE visit (id serial)")
for n in range({KILLS}):
    execute("INSERT INTO visit DEFAULT VALUES")
    pid = embedded(connection.settings_dict).pid()
    end = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    if {bool(pool)}:
        select.select([end], [], [])
    os.close(end)
    connection.close()
    print(*execute("SELECT count(*) FROM visit")[0], end=" ")
connection.close()
connection.close_pool()
"""
    counts = django(place, script, FOLDER=str(cluster.folder), POOL=pool)
    assert counts.split() == [str(n) for n in range(1, KILLS + 1)]


def test_django_makes_and_drops_its_test_database(place: Path, cluster: Cluster) -> None:
    (place / "test_visits.py").write_text("""
from django.db import connection
from django.test import TransactionTestCase

class Visits(TransactionTestCase):
    def test_name(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            self.assertEqual(cursor.fetchone(), ("test_stilldesk",))
""")
    command = ["-m", "django", "test", "test_visits"]
    tests = python(place, *command, FOLDER=str(cluster.folder), POOL="yes")
    code, _, err = outcome(tests)
    assert (code, err.splitlines()[-2]) == (0, "OK")
    cluster.ensure("stilldesk", "stilldesk")
    with connect(cluster) as connection:
        names = connection.execute("SELECT datname FROM pg_database ORDER BY 1").fetchall()
    assert names == [("postgres",), ("stilldesk",), ("template0",), ("template1",)]


def test_the_server_can_be_started_looked_at_stopped_and_thrown_away_by_hand(
    place: Path, another: Cluster
) -> None:
    def db(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        command = python(place, "-m", "django", "db", *arguments, FOLDER=str(another.folder))
        return outcome(command, typed)

    assert db("status") == (3, "stopped", "")
    script = """
import sys
from django.core.management import call_command
for action in ("start", "start", "status", "stop", "stop"):
    call_command("db", action, stderr=sys.stdout)
"""
    started, again, state, where, stopped, at_rest = django(
        place, script, FOLDER=str(another.folder)
    ).splitlines()
    assert (started, again, state) == ("started", "running already", "running")
    assert re.fullmatch(rf"process \d+, folder {another.folder}", where)
    assert (stopped, at_rest) == ("stopped", "not running")
    another.start()
    question = f"Delete every database in {another.folder}? Type yes:"
    assert db("reset", typed="no\n") == (1, question, "CommandError: Nothing was deleted.")
    assert another.pid() is not None
    assert db("reset", typed="yes\n") == (0, f"{question} deleted", "")
    assert (another.pid(), list(another.folder.iterdir())) == (None, [])


def test_with_a_server_of_ones_own_the_engine_is_djangos_and_nothing_is_started(
    place: Path,
) -> None:
    script = """
from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
ours, plain = connection.get_connection_params(), DatabaseWrapper.get_connection_params(connection)
print(ours == plain, ours["host"], ours["user"], ours["dbname"])
try:
    connection.ensure_connection()
except OperationalError as error:
    print(error)
"""
    same, refused, *_ = django(place, script).splitlines()
    assert same == "True /nowhere clinic stilldesk"
    assert 'connection to server on socket "/nowhere/' in refused
    assert outcome(python(place, "-m", "django", "db", "start")) == (
        1,
        "",
        "CommandError: DATABASE_URL names a server of its own; there is none to manage.",
    )
    assert {path.name for path in place.iterdir()} <= {"scratch.py", "__pycache__"}


def test_a_full_disk_is_told_in_a_sentence_with_the_end_of_the_log(place: Path) -> None:
    folder = place / "postgres"
    script = """
import resource
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
for attempt, refused in (
    (connection.ensure_connection, OperationalError),
    (lambda: call_command("db", "start"), CommandError),
):
    try:
        attempt()
    except refused as error:
        print(error.__cause__, error, sep="|", end="||")
"""
    refusals = django(place, script, FOLDER=str(folder)).split("||")[:-1]
    assert len(refusals) == 2
    sentence = f"None|The embedded server in {folder} can't start: the cluster could not be made:\n"
    for told in refusals:
        assert told.startswith(sentence)
        assert "File too large" in told
    assert not (folder / "data").exists()
