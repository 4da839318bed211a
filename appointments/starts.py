"""Free starts by the thousand: the arithmetic of `availability.judge`, on whole numbers.

A visit may start at a moment exactly if its working hours reach far enough and nothing forbids the
moment: something that is taken from x to y forbids every start after `x - length - after` and
before `y + before`. So each person's day is a few gaps, and the steps within them are counted out.
Times are microseconds since 2000; spans are (start, end), half-open where they are time, open where
they forbid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

Span = tuple[int, int]

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's
MICROSECOND = timedelta(microseconds=1)


def number_of(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def moment_of(number: int) -> datetime:
    return EPOCH + number * MICROSECOND


def forbidden(taken: Iterable[Span], *, length: int, before: int, after: int) -> list[Span]:
    """Between which moments no visit may start, as the fewest open spans, in order.

    The moments on the edge are allowed: visits may follow each other without a gap.
    """
    return united((start - length - after, end + before) for start, end in taken)


def united(spans: Iterable[Span]) -> list[Span]:
    """The same moments as the fewest open spans, in order; those that only meet stay apart."""
    result: list[Span] = []
    low = high = None
    for start, end in sorted(spans):
        if high is not None and start < high:
            if end > high:
                high = end
        else:
            if low is not None and high is not None:
                result.append((low, high))
            low, high = start, end
    if low is not None and high is not None:
        result.append((low, high))
    return result


def crowded(each: Iterable[Sequence[Span]], *, at_least: int) -> list[Span]:
    """Where at least so many of several lists of spans forbid a start, as open spans, in order."""
    edges = sorted(
        edge for spans in each for start, end in spans for edge in ((start, 1), (end, -1))
    )
    result: list[Span] = []
    depth, since = 0, 0
    for moment, change in edges:
        if change > 0 and depth + 1 == at_least:
            since = moment
        elif change < 0 and depth == at_least and moment > since:
            result.append((since, moment))
        depth += change
    return result


def allowed(
    hours: Iterable[Span],
    no: Sequence[Span],
    *,
    length: int,
    step: int,
    earliest: int,
    latest: int,
) -> Iterator[range]:
    """The starts in [earliest, latest) that hours allow and nothing forbids, as ranges by step.

    Counted from the start of each working interval; `no` is in order and disjoint.
    """
    number, count = 0, len(no)
    for opens, closes in hours:
        last = min(closes - length, latest - 1)
        start = opens
        if start < earliest:
            start += -((start - earliest) // step) * step
        if start > last:
            continue
        while number < count and no[number][1] <= start:
            number += 1
        here = number
        while start <= last:
            while here < count and no[here][1] <= start:
                here += 1
            if here == count:
                yield range(start, last + 1, step)
                break
            forbids, until = no[here]
            if forbids >= start:
                upto = min(last, forbids)
                yield range(start, upto + 1, step)
                start += ((upto - start) // step + 1) * step
            else:
                start += -((start - until) // step) * step
