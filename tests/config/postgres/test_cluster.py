"""The embedded server: started once, joined by all, and back after every crash."""

import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from config.postgres import keeper
from config.postgres.cluster import Cluster
from tests.config.postgres.clusters import (
    connect,
    outcome,
    python,
    server,
    wait_until,
)

# --- Starting and joining ---------------------------------------------------------------------


def test_the_first_connection_makes_the_cluster_and_the_database(place: Path) -> None:
    cluster = Cluster(place / "postgres")
    cluster.ensure("stilldesk", "stilldesk")
    expected = {
        "TimeZone": "UTC",
        "fsync": "on",
        "jit": "off",
        "listen_addresses": "",
        "server_encoding": "UTF8",
    }
    with connect(cluster) as connection:
        question = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
        assert dict(connection.execute(question, [list(expected)]).fetchall()) == expected


def test_the_role_of_the_product_is_no_superuser_and_may_create_databases(cluster: Cluster) -> None:
    cluster.ensure("stilldesk", "stilldesk")
    with connect(cluster) as connection:
        question = "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(question).fetchone() == (False, True)


def test_a_server_that_runs_is_joined(cluster: Cluster) -> None:
    assert cluster.start() is True
    assert Cluster(cluster.folder).start() is False


@pytest.fixture
def killed(cluster: Cluster) -> Cluster:
    """A cluster whose server was killed and left its files."""
    cluster.start()
    os.kill(server(cluster), signal.SIGKILL)
    wait_until(lambda: cluster.pid() is None)
    return cluster


def six_at_once(place: Path, folder: Path, program: str) -> list[list[str]]:
    """Whether each of six processes started the server, and which server it then sees."""
    script = f"""
import os
from config.postgres import cluster, keeper
keeper.__file__ = {program!r}
joined = cluster.Cluster({str(folder)!r})
waiting, open_side = os.pipe()
for _ in range(6):
    if not os.fork():
        os.close(open_side)
        os.read(waiting, 1)  # ends once all six are here
        try:
            os.write(1, f"{{joined.start()}} {{joined.pid()}}\\n".encode())
        except keeper.ClusterError:
            os.write(1, b"failed\\n")
        os._exit(0)
os.close(open_side)
for _ in range(6):
    os.wait()
"""
    code, out, err = outcome(python(place, "-c", script))
    assert (code, err) == (0, "")
    return sorted(line.split() for line in out.splitlines())


def test_six_processes_starting_a_new_cluster_at_once_share_one_server(place: Path) -> None:
    answers = six_at_once(place, place / "postgres", keeper.__file__)
    pid = str(server(Cluster(place / "postgres")))
    assert answers == [["False", pid]] * 5 + [["True", pid]]


LOOK = "        trim_log()\n        if not DATA.exists()"  # what follows the look, under the lock
SLOW = f"        time.sleep(0.5)\n{LOOK}"
LOCK = "fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)"
PATIENCE, IMPATIENCE = "LEFTOVERS, RECOVERY = 10, 60", "LEFTOVERS, RECOVERY = 1, 2"


def test_six_processes_starting_at_once_after_a_crash_share_one_server(
    place: Path, killed: Cluster
) -> None:
    program = place / "slow.py"
    program.write_text(Path(keeper.__file__).read_text().replace(LOOK, SLOW))
    answers = six_at_once(place, killed.folder, str(program))
    pid = str(server(killed))
    assert answers == [["False", pid]] * 5 + [["True", pid]]


def test_without_the_lock_six_processes_starting_at_once_do_fall_over_each_other(
    place: Path, killed: Cluster
) -> None:
    program = place / "slow.py"
    source = Path(keeper.__file__).read_text()
    for before, after in ((LOOK, SLOW.replace("0.5", "2")), (LOCK, "pass"), (PATIENCE, IMPATIENCE)):
        assert source.count(before) == 1
        source = source.replace(before, after)
    program.write_text(source)
    answers = six_at_once(place, killed.folder, str(program))
    assert [answer[0] for answer in answers] != ["False"] * 5 + ["True"]


def test_the_server_takes_no_terminal_no_open_file_and_no_lock_along(cluster: Cluster) -> None:
    ours, theirs = os.pipe()
    os.set_inheritable(theirs, True)
    cluster.start()
    os.close(theirs)
    assert select.select([ours], [], [], 0)[0] == [ours]  # at its end: nobody holds the other side
    os.close(ours)
    pid = server(cluster)
    assert os.getsid(pid) == pid
    with keeper.locked(cluster.folder):
        pass


# --- Crashes ----------------------------------------------------------------------------------


def test_a_query_that_outlives_its_killed_server_keeps_no_new_one_away(cluster: Cluster) -> None:
    cluster.ensure("stilldesk", "stilldesk")
    connection = connect(cluster)
    connection.pgconn.send_query(b"DO 'BEGIN LOOP END LOOP; END'")
    busy = Path(f"/proc/{connection.info.backend_pid}")
    wait_until(lambda: b"[local] DO" in (busy / "cmdline").read_bytes())
    os.kill(server(cluster), signal.SIGKILL)
    wait_until(lambda: cluster.pid() is None)
    time.sleep(0.2)
    assert (busy / "cmdline").read_bytes().startswith(b"postgres: stilldesk: ")
    assert cluster.start() is True
    assert not busy.exists() or (busy / "cmdline").read_bytes() == b""  # ended, perhaps not reaped
    connection.close()


def named_in_the_leftovers(killed: Cluster, pid: int) -> None:
    (killed.folder / "data/postmaster.pid").write_text(f"{pid}\n/elsewhere\n0\n5432\n\n\n1 1\n")
    (killed.folder / ".s.PGSQL.5432.lock").write_text(f"{pid}\n/elsewhere\n0\n5432\n\n")


def test_leftovers_that_name_a_dead_process_are_cleared(killed: Cluster) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    named_in_the_leftovers(killed, process.pid)
    assert killed.start() is True


def test_leftovers_that_name_a_zombie_called_postgres_are_cleared(
    place: Path, killed: Cluster
) -> None:
    (place / "bin").mkdir()
    process = subprocess.Popen([shutil.copy("/bin/true", place / "bin/postgres")])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{process.pid}/comm").read_text() == "postgres\n"
    named_in_the_leftovers(killed, process.pid)
    assert killed.start() is True
    process.wait()


def test_leftovers_whose_number_was_given_to_the_server_of_another_clinic_are_cleared(
    killed: Cluster, another: Cluster
) -> None:
    another.start()
    named_in_the_leftovers(killed, server(another))
    assert killed.start() is True
    assert server(killed) != server(another)


@pytest.mark.parametrize("initdb", ["goes on", "is killed"])
def test_a_new_cluster_that_was_interrupted_is_made_by_the_next_start(
    place: Path, initdb: str
) -> None:
    cluster = Cluster(place / "postgres")
    script = (
        f"from config.postgres.cluster import Cluster; Cluster({str(cluster.folder)!r}).start()"
    )
    client = python(place, "-c", script)
    wait_until((cluster.folder / "data.new/PG_VERSION").exists)
    [pid] = [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if {keeper.__file__, str(cluster.folder)} <= set(command_line(process))
    ]
    client.send_signal(signal.SIGINT)
    if initdb == "is killed":
        os.killpg(os.getpgid(pid), signal.SIGKILL)
    else:
        os.kill(pid, signal.SIGKILL)
    outcome(client)
    assert cluster.start() is True
    assert not (cluster.folder / "data.new").exists()
    assert connect_as_superuser(cluster) == "postgres"


def command_line(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_text().split("\0")
    except OSError:  # it has ended
        return []


def connect_as_superuser(cluster: Cluster) -> str:
    host = str(cluster.folder)
    with psycopg.connect(host=host, port=5432, user="postgres", dbname="postgres") as connection:
        return connection.info.dbname


# --- Ending -----------------------------------------------------------------------------------


def test_a_server_that_nobody_uses_ends_by_itself_and_keeps_its_log_short(cluster: Cluster) -> None:
    cluster.ensure("stilldesk", "stilldesk")
    cluster.stop()
    log, old_log = cluster.folder / "server.log", cluster.folder / "server.log.1"
    old_log.unlink(missing_ok=True)
    cluster.start(idle_after=2)
    with connect(cluster):
        with log.open("ab") as file:
            file.write(bytes(keeper.LOG_BYTES))
        wait_until(lambda: old_log.exists() and log.stat().st_size < 1000)  # the keeper has looked
        time.sleep(0.3)
        assert cluster.pid() is not None
    wait_until(lambda: "database system is shut down" in log.read_text())
    wait_until(lambda: cluster.pid() is None)
