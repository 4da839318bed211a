"""Being asked to stop, by a signal."""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Any, Final, Self

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StopRequest:
    """SIGTERM, Ctrl-C and a closed terminal as a fact to look at, not an interruption.

    What runs is finished; `wait` returns at once. The handler writes to a pipe because
    `threading.Event.set` in a handler can meet its own lock, held by the `wait` it interrupts.
    """

    def __init__(self) -> None:
        self.received = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if not self.received:
            self.received = True
            os.write(self._writer, b".")

    def wait(self, seconds: float) -> bool:
        """Sleeps for that long or until the request; whether it has come."""
        if not self.received:
            select.select([self._reader], [], [], max(seconds, 0))
        return self.received
