"""Who may write, read or not see a field: the custom property `per-role`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Literal

from service.forms.model import Form, Node

Level = Literal["hidden", "read", "write"]
LEVELS: tuple[Level, ...] = ("hidden", "read", "write")
OTHERS = "*"


@lru_cache(maxsize=4096)
def parse_levels(text: str) -> Mapping[str, str]:
    """Role → level as written; `*` stands for every role that is not named.

    >>> dict(parse_levels("lead=write, *=hidden"))
    {'lead': 'write', '*': 'hidden'}
    """
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {role.strip(): level.strip() for role, _, level in pairs}


def levels(form: Form, roles: Collection[str]) -> Mapping[str, Level]:
    """Component id → what these roles may do: the best any of them gives, never more than the container gives.

    A component without `per-role` has its container's level; where no role is named and there is no `*`, it is hidden.
    """
    out: dict[str, Level] = {}

    def visit(node: Node, above: Level) -> None:
        out[node.id] = here = _level(node, roles, above)
        for child in node.components:
            visit(child, here)

    visit(form.root, "write")
    return out


def _level(node: Node, roles: Collection[str], above: Level) -> Level:
    said = node.properties.get("per-role")
    if not isinstance(said, str) or not said.strip():
        return above
    rules = parse_levels(said)
    given = [rules[role] for role in roles if role in rules] or [rules.get(OTHERS, "hidden")]
    ranks = [LEVELS.index(level) for level in given if level in LEVELS]
    return LEVELS[min(max(ranks, default=0), LEVELS.index(above))]
