"""The plan of moving running cases to another version of their programme, before anything is moved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.domain.errors import Language, NotFound, Problem
from service.engine import Renamed
from service.programmes.compiled import compiled_of
from service.programmes.moving import Verdict, check_renamed, judge
from service.store.cases import Case
from service.store.deployments import Deployment
from service.store.instances import Instance

VERDICTS: dict[str, tuple[str, str]] = {
    "ready": ("可以迁移", "can move"),
    "unmapped": ("需要对应表", "needs a mapping"),
    "blocked": ("不能迁移", "blocked"),
}


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """One running case that is on another version."""

    instance_id: int
    case_id: int
    number: str
    title: str
    version: int
    verdict: Verdict
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to, and what each case says to it."""

    deployment_id: int
    programme: str
    version: int
    moves: tuple[PlannedMove, ...]

    def count(self, verdict: Verdict) -> int:
        """How many cases have this verdict."""
        return sum(move.verdict == verdict for move in self.moves)


def plan(
    session: Session,
    programme: str,
    version: int | None = None,
    *,
    source: int | None = None,
    numbers: Collection[str] = (),
    renamed: Renamed | None = None,
) -> Plan:
    """The running cases of a programme that are not on `version` (None: the newest), the oldest first.

    `source` leaves those of one version, `numbers` those with these case numbers or ids. Raises NotFound for a version
    or number that is not there, InvalidInput for a mapping of what is not there.
    """
    target = _deployment(session, programme, version)
    found = session.execute(_running(programme, target.id, source)).all()
    if numbers:
        found = [row for row in found if row[1].number in numbers or str(row[1].id) in numbers]
        if len(found) < len(set(numbers)):
            raise NotFound()
    olds = [compiled_of(session, id_) for id_ in dict.fromkeys(row[0].deployment_id for row in found)]
    check_renamed(renamed or {}, olds, compiled_of(session, target.id))
    moves = []
    for instance, case, from_version in found:
        judged = judge(session, instance, target.id, renamed or {})
        moves.append(
            PlannedMove(
                instance.id, case.id, case.number or "", case.title, from_version, judged.verdict, judged.problems
            )
        )
    return Plan(target.id, programme, target.version, tuple(moves))


def _deployment(session: Session, programme: str, version: int | None) -> Deployment:
    statement = select(Deployment).where(Deployment.programme == programme).order_by(Deployment.version.desc())
    if version is not None:
        statement = statement.where(Deployment.version == version)
    row = session.scalars(statement.limit(1)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _running(programme: str, target: int, source: int | None) -> Select[Instance, Case, int]:
    statement = (
        select(Instance, Case, Deployment.version)
        .join(Case, Case.id == Instance.case_id)
        .join(Deployment, Deployment.id == Instance.deployment_id)
        .where(Case.programme == programme, Instance.ended.is_(False), Instance.deployment_id != target)
        .order_by(Instance.id)
    )
    return statement if source is None else statement.where(Deployment.version == source)


def told(found: Plan, language: Language = "zh") -> str:
    """The plan as lines: a case a line, what stands in its way below it, the sums at the end."""
    place = 1 if language == "en" else 0
    out = []
    for move in found.moves:
        name = move.number or f"#{move.case_id}"
        out.append(f"{VERDICTS[move.verdict][place]}  {name}  {move.title}  {move.version} → {found.version}")
        out += [f"    {problem.text(language)}" for problem in move.problems]
    sums = [f"{VERDICTS[verdict][place]} {found.count(verdict)}" for verdict in ("ready", "unmapped", "blocked")]
    return "\n".join([*out, f"{found.programme} → {found.version}: " + ", ".join(sums)])
