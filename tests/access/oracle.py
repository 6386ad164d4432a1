"""Who may see what, judged by hand from the description of a world: slow, plain, and without a line of the service.

Written from domain §15 and the matrix of roles, not from the rule it is held against.
"""

from __future__ import annotations

from tests.access.world import HOUSE, STAFF, Dossier, Person, Place, Task

FOR_A_UNIT = ("lead", "applicant", "member")


def sees_case(person: Person, dossier: Dossier) -> bool:
    """Own declaration; by office what was submitted; by a task of one's own."""
    if person.home is not None and dossier.applicant is person.home:
        return True
    out = stays_out(person, dossier)
    submitted = dossier.row.submitted_at is not None or dossier.applicant is None
    if submitted and not out:
        for role, place in person.roles:
            if role in (*STAFF, "auditor") and (
                stands_over(place, dossier.competent) or stands_over(place, dossier.authority)
            ):
                return True
    return any(_lets_in(person, dossier, task) for task in dossier.tasks)


def sees_task(person: Person, dossier: Dossier, task: Task) -> bool:
    """One's own or one's group's, unless one has to stay out and it is not done for the own unit."""
    if person not in (task.holder, task.doer) and not any(key in keys_of(person) for key in task.groups):
        return False
    return _is_open_to(person, dossier, task)


def waits_for(person: Person, dossier: Dossier, task: Task) -> str:
    """In which part of the inbox the task stands for this person; empty for none."""
    if not sees_task(person, dossier, task):
        return ""
    if task.doer is not None:
        return "done" if task.doer is person else ""
    if task.holder is None:
        return "groups" if any(key in keys_of(person) for key in task.groups) else ""
    return "mine" if task.holder is person else ""


def keeps(person: Person, expert: Person) -> bool:
    """An office keeps the pool of its own authority and of those below, and no other."""
    return any(role == "office" and stands_over(place, expert.pool) for role, place in person.roles)


def stays_out(person: Person, dossier: Dossier) -> bool:
    """A unit of the case is the person's own or tied to the person; or the person left the last seat."""
    units = {name for member in dossier.members for name in member if name}
    if dossier.applicant is not None:
        units |= {dossier.applicant.row.name, dossier.applicant.row.credit_code or ""}
    tied = set(person.ties)
    if person.home is not None:
        tied |= {person.home.row.name, person.home.row.credit_code or ""}
    last = next((seat.state for seat in reversed(dossier.seats) if seat.person is person), None)
    return bool((tied & units) - {""}) or last == "declined"


def keys_of(person: Person) -> set[str]:
    """The groups a person stands in."""
    keys = {f"{role}@{place.row.id}" for role, place in person.roles}
    if person.expert is not None:
        keys.add(f"expert:{person.expert.id}")
    if person.home is not None and person.home.row.credit_code:
        keys.add(f"member@{person.home.row.credit_code}")
    return keys


def stands_over(place: Place, other: Place | None) -> bool:
    """Whether a place is the other or above it."""
    while other is not None:
        if other is place:
            return True
        other = other.above
    return False


def _lets_in(person: Person, dossier: Dossier, task: Task) -> bool:
    own = person in (task.holder, task.doer)
    by_group = task.doer is None and any(key in keys_of(person) for key in task.groups)
    if not (own or by_group) or not _is_open_to(person, dossier, task):
        return False
    seats = [seat for seat in dossier.seats if seat.person is person]
    if not seats or seats[-1].state == "declined":
        return True
    # everything done here is done after the draw
    answered = any(one.doer is person for one in dossier.tasks)
    return answered or any(not key.startswith("expert:") for key in task.groups)


def _is_open_to(person: Person, dossier: Dossier, task: Task) -> bool:
    if not stays_out(person, dossier):
        return True
    for_unit = [key for key in task.groups if key.split("@")[0] in FOR_A_UNIT]
    return any(key in keys_of(person) for key in for_unit) or len(for_unit) == len(task.groups)


assert not set(HOUSE) & set(STAFF)
