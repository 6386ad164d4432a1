"""Holds an answer that has nothing to say yet: for a bounded time, and only so many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from service.domain.errors import Unavailable

Row = TypeVar("Row")

PAUSE_MS: Final = 250
DEFAULT_MS: Final = 5_000
LONGEST_MS: Final = 20_000
MOST_HELD: Final = 4  # of the eight threads a web process has: people's pages need the others


class TooManyWaiting(Unavailable):
    """As many requests wait already as may; a worker asks again a little later."""

    code = "too-many-waiting"
    zh = "等待作业的请求太多，请稍后再试。"
    en = "Too many requests wait for jobs. Try again a little later."


class Held:
    """The waiting requests of one process."""

    def __init__(self, most: int = MOST_HELD, pause: Callable[[float], object] | None = None) -> None:
        self._places = threading.BoundedSemaphore(most)
        self._pause = pause or threading.Event().wait

    def wait(self, take: Callable[[], Sequence[Row]], wait_ms: int) -> Sequence[Row]:
        """What `take` gives, asked every quarter of a second until it gives something or the time is over.

        0 waits the default time, a negative number not at all; nothing waits longer than LONGEST_MS. Raises
        TooManyWaiting where nothing is there and every place is taken.
        """
        found = take()
        if found or wait_ms < 0:
            return found
        if not self._places.acquire(blocking=False):
            raise TooManyWaiting()
        try:
            for _ in range(-(-min(wait_ms or DEFAULT_MS, LONGEST_MS) // PAUSE_MS)):
                self._pause(PAUSE_MS / 1000)
                found = take()
                if found:
                    break
        finally:
            self._places.release()
        return found


HELD: Final = Held()
