"""Carries webhooks to their receivers: many at once, so that a slow one keeps nobody waiting."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any, Final, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from businesses.delivery import AT_ONCE, Outcome, Parcel, put_back, settle, take
from businesses.endpoints import is_public

T = TypeVar("T")

log = logging.getLogger("stilldesk.webhooks")

DEADLINE: Final = 10.0  # seconds for the name, the connection, TLS, the request and the answer
KEPT: Final = 1024  # bytes of an answer
CAPACITY: Final = 500  # deliveries on their way at once in one worker
LOOKUPS: Final = 128  # names being looked up at once
POLL: Final = 0.5  # seconds between two looks when nothing is due
GRACE: Final = 5.0  # seconds for what is on its way when the worker is asked to stop
AFTER_A_CRASH: Final = 2.0  # seconds
REDIRECTS: Final = range(300, 400)


class NotPublic(OSError):
    """A connection to an address that is not of the open network."""


def guarded_socket(address: Any) -> socket.socket:
    """A socket for a connection to that very address, if it is a public one.

    Asked with the address that is about to be connected to, so that it makes no difference what
    its name was a moment ago, or that it has no name.
    """
    family, kind, protocol, _, where = address
    if not settings.WEBHOOK_PRIVATE_ADDRESSES and not is_public(where[0]):
        raise NotPublic(f"{where[0]} is in a private network")
    return socket.socket(family, kind, protocol)


class Resolver(AbstractResolver):
    """Looks names up with threads of its own: those of hanging names are not asyncio's."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().run_in_executor(
            self.threads,
            lambda: socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM),
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(where[0]),
                port=port,
                family=kin,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for kin, _, protocol, _, where in found
        ]

    async def close(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)


def client() -> aiohttp.ClientSession:
    """Each delivery has its own connection, and no cookies and no proxy come between."""
    connector = aiohttp.TCPConnector(
        resolver=Resolver(),
        socket_factory=guarded_socket,
        use_dns_cache=False,
        force_close=True,
        limit=0,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=DEADLINE),
        auto_decompress=False,
        trust_env=False,
    )


def signed_headers(parcel: Parcel, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret that is valid."""
    secrets = filter(None, (parcel.secret, parcel.previous_secret))
    signatures = [Webhook(one).sign(str(parcel.id), now, parcel.body) for one in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Stilldesk-Webhooks/1",
        "Accept-Encoding": "identity",
        "webhook-id": str(parcel.id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def deliver(session: aiohttp.ClientSession, parcel: Parcel) -> Outcome:
    """What became of one attempt, within ten seconds. Redirects are not followed."""
    at, started = timezone.now(), monotonic()
    status: int | None = None
    answer, error = b"", ""
    retry_after = None
    try:
        async with session.post(
            parcel.endpoint,
            data=parcel.body.encode(),
            headers=signed_headers(parcel, at),
            allow_redirects=False,
        ) as response:
            status = response.status
            if status in (429, 503):
                retry_after = asked_to_wait(response.headers.get("Retry-After", ""), at)
            while len(answer) < KEPT and (more := await response.content.read(KEPT - len(answer))):
                answer += more
    except Exception as problem:  # noqa: BLE001  (whatever it is, it is in the log of this one)
        error = in_words(problem)
    if not error and status in REDIRECTS:
        error = "The answer was a redirect, and redirects are not followed."
    return Outcome(
        at=at,
        milliseconds=round(1000 * (monotonic() - started)),
        status_code=status,
        error=error[:500],
        answer=answer.decode(errors="replace").replace("\x00", "\ufffd"),
        retry_after=retry_after,
    )


def in_words(problem: Exception) -> str:
    """What went wrong, for the log that the owner reads."""
    cause = getattr(problem, "os_error", problem)
    if isinstance(problem, TimeoutError):
        return f"There was no whole answer within {DEADLINE:.0f} seconds."
    if isinstance(cause, NotPublic):
        return f"The address is not public: {cause}."
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return "The name could not be looked up."
    if isinstance(cause, ConnectionRefusedError):
        return "The connection was refused."
    if isinstance(problem, aiohttp.ClientSSLError):
        return f"The secure connection failed: {problem}."
    if isinstance(problem, aiohttp.ServerDisconnectedError | ConnectionResetError):
        return "The connection was closed before there was an answer."
    return f"{type(problem).__name__}: {problem}"


def asked_to_wait(header: str, now: datetime) -> timedelta | None:
    """What `Retry-After` asks for: seconds, or a date."""
    if header.isascii() and header.isdigit():
        return timedelta(seconds=int(header[-7:]) if len(header) < 8 else 10**6)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(moment.replace(tzinfo=moment.tzinfo or UTC) - now, timedelta())


class Courier:
    """Takes what is due, delivers it, and writes down what became of it, until it is stopped."""

    def __init__(self) -> None:
        # One thread, and so one connection, talks to the database.
        self._database = ThreadPoolExecutor(1, thread_name_prefix="courier-database")
        self._stopping = threading.Event()
        self._wake: Callable[[], object] = bool
        self._under_way: dict[asyncio.Task[Outcome], Parcel] = {}
        self._done: list[tuple[Parcel, Outcome]] = []  # to be written down, also after a crash

    def run(self, *, once: bool = False) -> None:
        """Until `stop`; or `once`, until nothing is due any more."""
        try:
            asyncio.run(self._run(once=once))
        finally:
            self._database.submit(lambda: connection.close()).result()  # that thread's own

    def run_until_stopped(self) -> None:
        """A crash is logged, and it goes on: what was on its way is taken up after its lease."""
        while not self._stopping.is_set():
            try:
                self.run()
            except Exception:  # whatever it is, events have to be delivered
                log.exception("webhooks: failed, and starts again")
                self._stopping.wait(AFTER_A_CRASH)

    def stop(self) -> None:
        """From another thread: takes nothing more, and lets what is on its way arrive."""
        self._stopping.set()
        with suppress(RuntimeError):  # it has ended already
            self._wake()

    async def _run(self, *, once: bool) -> None:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(woken.set)
        self._under_way.clear()
        async with client() as session:
            while not self._stopping.is_set():
                if not await self._round(session) and not self._under_way:
                    if once:
                        break
                    await quietly(woken.wait(), POLL)
                elif self._under_way:
                    await self._one_more(woken)
            await self._finish()
        self._wake = bool

    async def _round(self, session: aiohttp.ClientSession) -> int:
        """Writes down what is done and takes what is due; how many there were of both."""
        busy = len(self._under_way)
        # The second half is for addresses to which nothing is on its way.
        each = AT_ONCE if busy < CAPACITY // 2 else 1
        settled, parcels = await self._ask(lambda: self._write_and_take(CAPACITY - busy, each))
        for parcel in parcels:
            self._under_way[asyncio.create_task(deliver(session, parcel))] = parcel
        return settled + len(parcels)

    def _write_and_take(self, most: int, each: int) -> tuple[int, list[Parcel]]:
        close_old_connections()
        settled = self._write()
        return settled, take(most=most, each=each) if most else []

    def _write(self) -> int:
        done = list(self._done)
        settle(done)
        del self._done[: len(done)]
        return len(done)

    async def _one_more(self, woken: asyncio.Event) -> None:
        """Until an attempt has ended, or it is time to look for what is due."""
        waker = asyncio.ensure_future(woken.wait())
        ended, _ = await asyncio.wait(
            {*self._under_way, waker}, timeout=POLL, return_when=asyncio.FIRST_COMPLETED
        )
        waker.cancel()
        self._collect(ended)

    def _collect(self, ended: set[asyncio.Task[Any]]) -> None:
        for task in ended & self._under_way.keys():
            parcel = self._under_way.pop(task)
            self._done.append((parcel, task.result()))

    async def _finish(self) -> None:
        if self._under_way:
            ended, late = await asyncio.wait(self._under_way, timeout=GRACE)
            self._collect(ended)
            for task in late:
                task.cancel()
            parcels = [self._under_way.pop(task) for task in late]
            await self._ask(lambda: put_back(parcels))
        await self._ask(self._write)

    async def _ask(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database, work)


async def quietly(waiting: Any, seconds: float) -> None:
    """Waits at most so long."""
    try:
        await asyncio.wait_for(waiting, seconds)
    except TimeoutError:
        return
