"""Personal data: who needs them, how they look to those who do not, and how long they are kept.

No notice writes periods; these are defaults (`added`) that an authority has to decide on before real use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from service.domain.access import CaseFacts, reads_as_party
from service.domain.identity import Actor

PERSONAL, SENSITIVE = "personal", "sensitive"
CLASSES: Final = frozenset({PERSONAL, SENSITIVE})
_DIGITS: Final = re.compile(r"[0-9Xx +()-]{7,}")


@dataclass(frozen=True, kw_only=True)
class Periods:
    """How many calendar days something is kept: of a case that was not granted, after its end; all else, after its day.

    `personal` and `sensitive` are fields of these classes and what names an objector, `files` the uploaded files,
    `drafts` what was entered and never sent, `mail` the text and the address of what was sent, `messages` notifications
    inside the service, `registrations` what a unit said of itself after its registration was decided or left, `tokens`
    those of programs that have ended.
    """

    personal: int = 3 * 365
    sensitive: int = 365
    files: int = 3 * 365
    drafts: int = 180
    mail: int = 90
    messages: int = 365
    registrations: int = 365
    tokens: int = 180

    def shortest(self) -> timedelta:
        """After which time a case may have something to lose at all."""
        return timedelta(days=min(self.personal, self.sensitive, self.files))

    def classes_over(self, ended_at: datetime, now: datetime) -> frozenset[str]:
        """The classes whose time is over for a case that ended then.

        >>> from datetime import UTC
        >>> day = datetime(2026, 3, 1, tzinfo=UTC)
        >>> sorted(Periods(personal=30, sensitive=10).classes_over(day, day + timedelta(days=10)))
        ['sensitive']
        """
        days = {PERSONAL: self.personal, SENSITIVE: self.sensitive}
        return frozenset(name for name, count in days.items() if ended_at + timedelta(days=count) <= now)

    def files_over(self, ended_at: datetime, now: datetime) -> bool:
        """Whether the files of a case that ended then are to go."""
        return ended_at + timedelta(days=self.files) <= now


def needs_personal_data(actor: Actor, case: CaseFacts) -> bool:
    """Whether the actor reads them without saying why: as a party of the case, or with a task of it, now or before."""
    return reads_as_party(actor, case) or any(touch.concerns(actor) for touch in case.touches)


def masked(value: Any) -> Any:
    """What stands on a page in a value's place; what is chosen by a tick stays as it is.

    >>> masked("李建国"), masked("13900000012"), masked("li.jianguo@example.com"), masked(52)
    ('李**', '139****0012', 'l***@example.com', '***')
    """
    if isinstance(value, bool) or value is None:
        return value
    text = value if isinstance(value, str) else ""
    name, at, host = text.partition("@")
    if at:
        return f"{name[:1]}***@{host}"
    if _DIGITS.fullmatch(text):
        return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"
    return text[:1] + "*" * min(len(text) - 1, 3) if len(text) > 1 else "***"


def replaced(
    data: Any, classification: Mapping[str, str], classes: frozenset[str], put: Callable[[Any], Any]
) -> tuple[Any, int]:
    """A form's data with `put(value)` in each filled field of these classes, and how many fields that were.

    `classification` names the class of each field, rows left open (`members[].contact`).

    >>> replaced({"a": "x", "rows": [{"b": "y"}, {"b": None}]}, {"rows[].b": "personal"}, CLASSES, lambda _: None)
    ({'a': 'x', 'rows': [{'b': None}, {'b': None}]}, 1)
    """
    count = 0

    def visit(value: Any, name: str) -> Any:
        nonlocal count
        if isinstance(value, Mapping):
            return {key: visit(one, f"{name}.{key}" if name else key) for key, one in value.items()}
        if isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            return [visit(one, f"{name}[]") for one in value]
        if classification.get(name) not in classes or value in (None, "", []):
            return value
        count += 1
        return put(value)

    return visit(data, ""), count
