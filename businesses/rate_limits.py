"""How many requests a key, an address or a link may make in a minute, for all workers together.

The count stands in one row of the database for each of them. A worker takes a few requests of a
key at a time from it and lets them through without asking again, so that most requests cost no
statement. What is let through never exceeds the limit; a worker that keeps some for itself may
refuse a client a few requests early, at most a fiftieth of the limit for each further worker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final
from uuid import UUID

from django.utils.crypto import salted_hmac

from businesses.statements import rows, run

WINDOW: Final = 60  # seconds
SHARE: Final = 50  # a worker takes this part of a limit at a time
MOST_TAKEN: Final = 200
MOST_KEPT: Final = 1000  # keys that a worker remembers

# The row of a minute that is over begins anew. Clocks of two machines may differ a little: who is
# behind counts in the minute of who is ahead. No row comes back once the limit is reached.
TAKE = """
INSERT INTO businesses_keyuse AS it (key_id, minute, granted)
VALUES (%(key)s, %(minute)s, %(taken)s)
ON CONFLICT (key_id) DO UPDATE SET
    granted = CASE WHEN it.minute >= EXCLUDED.minute THEN it.granted ELSE 0 END + EXCLUDED.granted,
    minute = greatest(it.minute, EXCLUDED.minute)
WHERE it.minute < EXCLUDED.minute OR it.granted < %(limit)s
RETURNING granted
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a key stands after a request; `reset` is the seconds until the next minute begins."""

    allowed: bool
    limit: int
    remaining: int
    reset: int


@dataclass(slots=True)
class Taken:
    """What this worker may still let through in a minute, and what others may still take."""

    minute: int
    here: int
    elsewhere: int


_taken: dict[UUID, Taken] = {}
_lock = Lock()


def let_through(key_id: UUID, limit: int, now: datetime) -> Standing:
    """Counts one request of the key. One statement for every fiftieth of the limit, else none."""
    minute, second = divmod(now.timestamp(), WINDOW)
    reset = math.ceil(WINDOW - second)
    with _lock:
        kept = _taken.get(key_id)
        if kept is not None and kept.minute == minute and (kept.here or not kept.elsewhere):
            return _one_of(kept, limit, reset)
    # Without the lock: threads that ask at once each take a part of their own.
    taken = _take(key_id, limit, int(minute))
    with _lock:
        kept = _taken.get(key_id)
        if kept is not None and kept.minute == minute:
            taken.here += kept.here
        elif len(_taken) >= MOST_KEPT:
            del _taken[next(iter(_taken))]
        _taken[key_id] = taken
        return _one_of(taken, limit, reset)


def one_more(kind: str, who: str, limit: int, now: datetime) -> Standing:
    """Counts one request of somebody without a key, exactly. One statement.

    Who it was is kept as a keyed hash, which tells nobody an address.
    """
    minute, second = divmod(now.timestamp(), WINDOW)
    digest = salted_hmac("businesses.rate_limits", f"{kind}:{who}", algorithm="sha256").digest()
    key_id = UUID(bytes=digest[:16])
    found = rows(TAKE, {"key": key_id, "minute": int(minute), "taken": 1, "limit": limit})
    left = limit - found[0][0] if found else 0
    return Standing(bool(found), limit, left, math.ceil(WINDOW - second))


def forget(now: datetime) -> int:
    """Removes the counts of minutes that are long over, and returns how many there were."""
    return run("DELETE FROM businesses_keyuse WHERE minute < %s", [now.timestamp() // WINDOW - 60])


def _one_of(taken: Taken, limit: int, reset: int) -> Standing:
    """One request more, out of what was taken. Within a minute nothing is ever given back."""
    allowed = taken.here > 0
    taken.here -= allowed
    return Standing(allowed, limit, taken.here + taken.elsewhere, reset)


def _take(key_id: UUID, limit: int, minute: int) -> Taken:
    wanted = min(max(limit // SHARE, 1), MOST_TAKEN)
    found = rows(TAKE, {"key": key_id, "minute": minute, "taken": wanted, "limit": limit})
    if not found:
        return Taken(minute, 0, 0)
    granted: int = found[0][0]
    beyond = max(granted - limit, 0)
    return Taken(minute, wanted - beyond, max(limit - granted, 0))
