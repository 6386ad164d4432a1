"""Who acts: a frozen value with the roles, organisations and group keys of one person, or the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Grant:
    """One role held at one organisation; `path` is the organisation's place in the tree ('/1/5/')."""

    role: str
    organisation_id: int
    path: str


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, or the part of the service, in whose name a command runs.

    `interests` are credit codes and names of units the person is tied to: the own one's name, an employer, a declared
    relation, a joint project. `lent` are the roles of those the person stands in for as a deputy, and whose they are.
    """

    user_id: int | None
    name: str
    organisation_id: int | None = None
    roles: frozenset[Grant] = frozenset()
    expert_id: int | None = None
    credit_code: str | None = None
    interests: frozenset[str] = frozenset()
    lent: tuple[tuple[int, Grant], ...] = ()
    kind: Literal["person", "clock", "system"] = "person"
    language: Literal["zh", "en"] = "zh"

    @property
    def groups(self) -> frozenset[str]:
        """The group keys whose tasks this actor may take.

        >>> sorted(Actor(7, "王敏", 5, frozenset({Grant("local-clerk", 5, "/1/5/")}), expert_id=3).groups)
        ['expert:3', 'local-clerk@5']
        """
        keys = {group_at(grant.role, grant.organisation_id) for grant in self.roles}
        keys |= self.lent_groups
        if self.expert_id is not None:
            keys.add(expert_group(self.expert_id))
        if self.credit_code is not None:
            keys.add(member_group(self.credit_code))
        return frozenset(keys)

    @property
    def stands_for(self) -> frozenset[int]:
        """The accounts the person is deputy of today."""
        return frozenset(principal for principal, _ in self.lent)

    def stands_in(self, assignee_id: int | None, groups: frozenset[str]) -> int | None:
        """For whom the person may act as deputy on a task of these groups; None for an act of one's own.

        >>> clerk = Grant("local-clerk", 5, "/1/5/")
        >>> Actor(7, "王敏", 5, lent=((8, clerk),)).stands_in(8, frozenset({"local-clerk@5"}))
        8
        """
        if assignee_id is None and not groups.isdisjoint(replace(self, lent=()).groups):
            return None
        for principal, grant in self.lent:
            if assignee_id in (None, principal) and group_at(grant.role, grant.organisation_id) in groups:
                return principal
        return None

    @property
    def lent_groups(self) -> frozenset[str]:
        """The group keys the person has only as somebody's deputy, or also so."""
        return frozenset(group_at(grant.role, grant.organisation_id) for _, grant in self.lent)

    @property
    def related_units(self) -> frozenset[str]:
        """Credit codes and names of the units whose cases this person does not judge."""
        return self.interests | ({self.credit_code} if self.credit_code is not None else frozenset())

    def holds(self, *roles: str) -> bool:
        """Whether the actor holds one of the roles, at any organisation."""
        return any(grant.role in roles for grant in self.roles)

    def speaks_at_home(self, roles: frozenset[str], above: str | None) -> bool:
        """Whether the actor holds one of these roles at the own organisation, and that stands below the path `above`.

        >>> clerk = Actor(7, "王敏", 5, frozenset({Grant("local-clerk", 5, "/1/5/")}))
        >>> [clerk.speaks_at_home(frozenset({"local-clerk"}), path) for path in ("/1/", "/2/", None)]
        [True, False, False]
        """
        own = [one.path for one in self.roles if one.role in roles and one.organisation_id == self.organisation_id]
        return above is not None and any(path.startswith(above) for path in own)

    def scopes(self, *roles: str) -> tuple[str, ...]:
        """The paths of the organisations at which the actor holds one of the roles (any role when none is named)."""
        return tuple(sorted({grant.path for grant in self.roles if not roles or grant.role in roles}))

    @property
    def is_person(self) -> bool:
        """False for the clock and the system."""
        return self.kind == "person"


CLOCK = Actor(None, "时钟", kind="clock")
SYSTEM = Actor(None, "系统", kind="system")


def group_at(role: str, organisation_id: int) -> str:
    """The group key of a role at an organisation."""
    return f"{role}@{organisation_id}"


def member_group(credit_code: str) -> str:
    """The group key of a member unit, which may have no account yet."""
    return f"member@{credit_code}"


def expert_group(expert_id: int) -> str:
    """The group key of one expert."""
    return f"expert:{expert_id}"
