"""A small country made by lot: authorities, departments, units, people of every kind, cases with their tasks.

What it holds is kept as plain values beside the rows, so that an oracle can judge without reading what it judges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.domain.credit_code import complete
from service.store.cases import Case
from service.store.experts import Expert
from service.store.instances import Instance
from service.store.members import Member
from service.store.organisations import Organisation
from service.store.panels import Panel, Seat
from service.store.relations import Relation
from service.store.user_tasks import TaskGroup, UserTask
from service.store.users import Grant, User
from tests.support import factories as make

AT = make.AT
STAFF = ("local-clerk", "local-head", "office", "leader")
HOUSE = ("designer", "administrator", "operator", "auditor")


@dataclass
class Place:
    """An organisation: its row, its parent's index among the places, and whether it is a unit that applies."""

    row: Organisation
    above: Place | None
    unit: bool


@dataclass
class Person:
    """Somebody: home, roles as (role, place), the pool's entry and whose pool it is, ties by credit code or name."""

    row: User
    home: Place | None
    roles: list[tuple[str, Place]]
    expert: Expert | None = None
    pool: Place | None = None
    ties: set[str] = field(default_factory=set)


@dataclass
class Task:
    """A task: its groups as text, who has it, who did it."""

    row: UserTask
    groups: list[str]
    holder: Person | None
    doer: Person | None


@dataclass
class Seated:
    """A seat: whose, in which order, and its state."""

    person: Person
    state: str


@dataclass
class Dossier:
    """A case with all that decides who sees it."""

    row: Case
    applicant: Place | None
    competent: Place | None
    authority: Place | None
    members: list[tuple[str, str]]
    tasks: list[Task]
    seats: list[Seated]


@dataclass
class World:
    """Everybody and everything."""

    places: list[Place]
    people: list[Person]
    dossiers: list[Dossier]


def make_world(session: Session, lot: Random) -> World:
    """Rows and their description; flushed, not committed."""
    places = _places(session)
    people = _people(session, lot, places)
    return World(places, people, [_dossier(session, lot, places, people) for _ in range(9)])


def _places(session: Session) -> list[Place]:
    places: list[Place] = []
    for _ in range(2):
        city = Place(make.make_organisation(session), None, unit=False)
        county = Place(make.make_organisation(session, city.row), city, unit=False)
        places += [city, county, Place(make.make_organisation(session, city.row), city, unit=False)]
    for number in range(4):
        code = complete(f"91220101MA00{number}000A")
        row = make.make_organisation(session, kind="enterprise", credit_code=code)
        places.append(Place(row, None, unit=True))
    # an authority's office may itself be a unit of somebody's consortium
    places[1].row.credit_code = complete("12220101MB000000A")
    session.flush()
    return places


def _people(session: Session, lot: Random, places: list[Place]) -> list[Person]:
    offices, units = [one for one in places if not one.unit], [one for one in places if one.unit]
    people = []
    for number in range(14):
        home: Place | None = lot.choice(units if number % 3 == 0 else offices)
        roles: list[tuple[str, Place]] = []
        if number % 3 == 0:
            roles.append(("lead", home or units[0]))
        elif number % 5 == 1:
            home = lot.choice([None, home])
        else:
            roles += [(lot.choice(STAFF), home or offices[0]) for _ in range(lot.randint(1, 2))]
        if number % 7 == 2:
            roles.append((lot.choice(HOUSE), lot.choice(offices)))
        row = make.make_user(session, home.row if home else None)
        person = Person(row, home, roles)
        if number % 5 == 1:
            employer = lot.choice(units).row
            avoid = [lot.choice(units).row.name] if lot.random() < 0.3 else []
            person.pool = lot.choice(offices)
            kept_by = person.pool.row.id
            expert = make.make_expert(
                session, user_id=row.id, employer=employer.name, avoid=avoid, authority_id=kept_by
            )
            if lot.random() < 0.5:
                expert.employer_credit_code = employer.credit_code
            person.expert = expert
            person.ties |= {
                employer.name,
                *avoid,
                *([expert.employer_credit_code] if expert.employer_credit_code else []),
            }
        _tie(session, lot, person, units)
        people.append(person)
    return people


def _tie(session: Session, lot: Random, person: Person, units: list[Place]) -> None:
    """One in four declares a tie; one in three of these is over."""
    if lot.random() < 0.25:
        unit, over = lot.choice(units).row, lot.random() < 0.34
        named = lot.choice([unit.name, unit.credit_code or unit.name])
        until = (AT - timedelta(days=2)).date() if over else lot.choice([None, AT.date()])
        session.add(Relation(user_id=person.row.id, unit=named, kind="joint-project", until_on=until, declared_at=AT))
        if not over:
            person.ties.add(named)
    session.add_all(
        Grant(user_id=person.row.id, role=role, organisation_id=place.row.id) for role, place in person.roles
    )
    session.flush()


def _dossier(session: Session, lot: Random, places: list[Place], people: list[Person]) -> Dossier:
    units = [one for one in places if one.unit]
    applicant = lot.choice([*units, None])
    authority = lot.choice([places[0], places[3], places[0], None])
    county = lot.choice([places[1], places[2], places[4]]) if lot.random() < 0.8 else None
    submitted = AT if lot.random() < 0.7 else None
    case = make.make_case(
        session,
        applicant_id=applicant.row.id if applicant else None,
        competent_id=county.row.id if county else None,
        authority_id=authority.row.id if authority else None,
        submitted_at=submitted,
    )
    members = []
    for position in range(lot.randint(0, 2)):
        one = lot.choice([*units, places[1]]).row
        code = one.credit_code if lot.random() < 0.7 else None
        session.add(Member(case_id=case.id, position=position, name=one.name, credit_code=code, data={}))
        members.append((one.name, code or ""))
    instance = make.make_instance(session, case)
    seats = _seats(session, lot, case, people)
    drawn = [_task(session, lot, instance, [f"expert:{one.person.expert.id}"], people) for one in seats]  # type: ignore[union-attr]
    tasks = [_task(session, lot, instance, _groups(lot, places, people), people) for _ in range(lot.randint(0, 3))]
    return Dossier(case, applicant, county, authority, members, [*drawn, *tasks], seats)


def _groups(lot: Random, places: list[Place], people: list[Person]) -> list[str]:
    kinds = [f"{role}@{place.row.id}" for role in STAFF for place in places if not place.unit]
    kinds += [f"lead@{place.row.id}" for place in places if place.unit] * 3
    kinds += [f"member@{place.row.credit_code}" for place in places if place.row.credit_code] * 3
    kinds += [f"expert:{one.expert.id}" for one in people if one.expert] * 4
    return lot.sample(kinds, lot.choice([0, 1, 1, 1, 2]))


def _task(session: Session, lot: Random, instance: Instance, groups: list[str], people: list[Person]) -> Task:
    of_group = [one for one in people if one.expert and f"expert:{one.expert.id}" in groups]
    holder = lot.choice([*people, *[None] * len(people), *of_group * 5])
    done = lot.random() < 0.4
    doer = (holder or lot.choice(people)) if done else None
    row = make.make_task(
        session, instance, groups,
        assignee_id=holder.row.id if holder else None, status="completed" if done else "open",
        completed_by=doer.row.id if doer else None, closed_at=AT if done else None,
    )  # fmt: skip
    if done:
        session.execute(update(TaskGroup).where(TaskGroup.task_id == row.id).values(open=False))
    return Task(row, groups, holder, doer)


def _seats(session: Session, lot: Random, case: Case, people: list[Person]) -> list[Seated]:
    seats: list[Seated] = []
    experts = [one for one in people if one.expert]
    for drawn in range(lot.choice([0, 1, 1, 2])):
        panel = Panel(case_id=case.id, seed="", pool_digest="", created_at=AT - timedelta(days=2 - drawn))
        session.add(panel)
        session.flush()
        for position, person in enumerate(lot.sample(experts, min(2, len(experts)))):
            state = lot.choice(["invited", "invited", "declined"])
            assert person.expert is not None
            session.add(Seat(panel_id=panel.id, position=position, expert_id=person.expert.id, state=state))
            session.flush()
            seats.append(Seated(person, state))
    return seats
