"""A number the notice sets itself: how many centres there shall be by the end of a year."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """So many entries of the register, both bounds included, by the end of `year`.

    Entries whose standing is one of `standings` count; without any, every entry that has not been struck off.
    """

    key: str
    name: str
    year: int
    at_least: int
    name_en: str = ""
    at_most: int | None = None
    standings: tuple[str, ...] = ()
    source: str = ""
