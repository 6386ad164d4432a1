"""Where a value stands in a form's data: paths, the names of controls, and reading and writing at a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from service.forms.limits import NAME_CHARACTERS, ROW_NUMBER

Path = tuple[str | int, ...]
Pattern = tuple[str | None, ...]

ROW: Final = "_row"
"""The name under a row that says that the row exists, so that a row of unticked boxes arrives, too."""

CONTROLS: Final = frozenset(
    {"csrf_token", "_revision", "_shape", "_key", "_add", "_remove", "_draft", "_refresh", "_submit"}
)
"""Names that belong to the page around a form, and are never fields of it."""

MISSING: Final = object()

_PART = re.compile(r"(?:^|\.)([A-Za-z_][A-Za-z0-9_]*)|\[(0|[1-9][0-9]{0,4})\]")


def name_of(path: Path) -> str:
    """The name of the control at `path`.

    >>> name_of(("members", 0, "name"))
    'members[0].name'
    """
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        else:
            out += f".{part}" if out else part
    return out


def parse_name(name: str) -> Path:
    """The path a control's name says; empty for what cannot be the name of a control.

    >>> parse_name("members[0].name"), parse_name("a..b"), parse_name("members[00].name")
    (('members', 0, 'name'), (), ())
    """
    if len(name) > NAME_CHARACTERS:
        return ()
    out: list[str | int] = []
    at = 0
    while at < len(name):
        match = _PART.match(name, at)
        if match is None:
            return ()
        out.append(match[1] if match[1] is not None else int(match[2]))
        at = match.end()
    if not out or isinstance(out[0], int) or any(isinstance(part, int) and part > ROW_NUMBER for part in out):
        return ()
    return tuple(out)


def control_id(path: Path) -> str:
    """The HTML id of the control at `path`; keys hold no hyphen, so ids cannot clash."""
    return "f-" + "-".join(str(part) for part in path)


def pattern_of(path: Path) -> Pattern:
    """A path with its row numbers left open: all rows of a list are the same field."""
    return tuple(None if isinstance(part, int) else part for part in path)


def rows_of(path: Path) -> tuple[int, ...]:
    """The rows a value stands in, outermost first, counted from 1."""
    return tuple(part + 1 for part in path if isinstance(part, int))


def get(data: Any, path: Path, default: Any = None) -> Any:
    """The value at `path`, or `default` where there is none."""
    for part in path:
        if isinstance(part, int):
            if not isinstance(data, list) or part >= len(data):
                return default
            data = data[part]
        else:
            if not (type(data) is dict or isinstance(data, Mapping)) or part not in data:
                return default
            data = data[part]
    return data


def matching(data: Mapping[str, Any], pattern: Pattern) -> list[Path]:
    """Every path of the data that the pattern fits: one for each row there is."""
    paths: list[Path] = [()]
    for part in pattern:
        if part is not None:
            paths = [(*path, part) for path in paths]
            continue
        lists = ((path, get(data, path)) for path in paths)
        paths = [(*path, row) for path, rows in lists if isinstance(rows, list) for row in range(len(rows))]
    return paths


def put(data: dict[str, Any], path: Path, value: Any) -> None:
    """Set the value at `path`, making objects and lists on the way; a list is filled up with empty rows."""
    holder: Any = data
    for part, following in zip(path, (*path[1:], None), strict=True):
        last = following is None
        if isinstance(part, int):
            holder.extend({} for _ in range(part + 1 - len(holder)))
        if last:
            holder[part] = value
            return
        kind: type = list if isinstance(following, int) else dict
        inner = holder[part] if isinstance(part, int) else holder.get(part)
        if not isinstance(inner, kind):
            inner = holder[part] = kind()
        holder = inner


def clear(data: dict[str, Any], path: Path) -> None:
    """Remove a value, and the containers that become empty by it; a row keeps its number."""
    while path:
        holder = get(data, path[:-1]) if len(path) > 1 else data
        part = path[-1]
        if isinstance(holder, dict) and isinstance(part, str):
            holder.pop(part, None)
        elif isinstance(holder, list) and isinstance(part, int) and part < len(holder):
            holder[part] = None
        path = path[:-1]
        hollow = holder == {} or (isinstance(holder, list) and all(item is None for item in holder))
        if not hollow:
            return
