"""Which names under `case` and `lookup` a programme's models may read, and which of theirs exist nowhere.

A misspelt field is null at run time and so decides a case without a word; here it is told before anything runs. What
stands deeper than a form's own fields is not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from service.domain.errors import Problem
from service.store.case_json import snake
from service.store.case_view import PARTIES, SECTIONS
from service.store.lookups import LOOKUPS

StaticPath = tuple[str, ...]

#: what every case has besides its sections and parties
SCALARS = frozenset(
    {
        "id",
        "number",
        "programme",
        "procedure",
        "state",
        "title",
        "outcome",
        "started_on",
        "submitted_on",
        "receipt_code",
    }
)
CASE_NAMES = SCALARS | SECTIONS.keys() | PARTIES.keys()
LOOKUP_NAMES = frozenset({"today", *LOOKUPS})


@dataclass(frozen=True, slots=True)
class Reader:
    """Something of a model that reads paths, and where it stands."""

    file: str
    element: str
    name: str
    line: int
    paths: frozenset[StaticPath]


def unknown_names(readers: Iterable[Reader], fields: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """A warning for each name that nothing provides. `fields`: the top-level keys of each form of the programme."""
    forms = {snake(form): keys for form, keys in fields.items()}
    for reader in readers:
        for path in sorted(reader.paths):
            said = _said(path, forms)
            if said is not None:
                zh, en = said
                yield Problem(
                    reader.file,
                    reader.element,
                    "name-unknown",
                    zh,
                    en,
                    name=reader.name,
                    line=reader.line,
                    level="warning",
                )


def _said(path: StaticPath, forms: Mapping[str, Collection[str]]) -> tuple[str, str] | None:
    if len(path) < 2 or path[0] not in {"case", "lookup"}:
        return None
    dotted = ".".join(path)
    if path[0] == "lookup":
        if path[1] in LOOKUP_NAMES:
            return None
        return (
            f"没有名为“{path[1]}”的查询，“{dotted}”总是 null。",
            f"There is no look-up “{path[1]}”; “{dotted}” is always null.",
        )
    if path[1] in CASE_NAMES:
        return None
    if path[1] not in forms:
        zh = f"案件中没有“{path[1]}”，本专项也没有这个表单，“{dotted}”总是 null。"
        return zh, f"A case has no “{path[1]}”, nor has the programme such a form; “{dotted}” is always null."
    if len(path) > 2 and path[2] not in forms[path[1]]:
        zh = f"表单“{path[1]}”没有字段“{path[2]}”，“{dotted}”总是 null。"
        return zh, f"The form “{path[1]}” has no field “{path[2]}”; “{dotted}” is always null."
    return None
