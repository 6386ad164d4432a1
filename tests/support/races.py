"""Races: several acts let go at the same moment, each in a thread and a session of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from service.store.session import db


def race(app: Flask, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each act gave, in their order: its result, or the exception it raised."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        with app.app_context():
            barrier.wait(timeout=20)
            try:
                return act()
            except Exception as error:  # noqa: BLE001 # the loser's exception is what the test looks at
                return error
            finally:
                db.session.remove()

    db.session.remove()
    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def winners(results: Sequence[Any]) -> list[Any]:
    """The results that are no exceptions."""
    return [result for result in results if not isinstance(result, Exception)]


def losers(results: Sequence[Any]) -> list[Exception]:
    """The exceptions."""
    return [result for result in results if isinstance(result, Exception)]
