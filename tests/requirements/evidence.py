"""What the shipped stories show: the flows that their cases took, and the rules of the tables that matched in them."""

from __future__ import annotations

import fcntl
import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service.dmn import DecisionModel
from service.feel import Function, from_json, to_json
from service.programmes.case_values import read_case
from service.programmes.compiled import compiled_of, read_decisions
from service.programmes.folder import programme_keys
from service.programmes.functions import functions_of_no_case
from service.settings import ROOT
from service.store import calendars
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.deployments import DeploymentFile
from service.store.session import db
from tests.requirements.together import play_together

COMMON = "common"


@dataclass(frozen=True)
class Evidence:
    """One story played: the flows it took as process/flow, the rules that matched as file#rule.

    With each, how many steps were done before the first choice among that flow's neighbours, or the first question to
    that rule's file; -1 where it was before the first step.
    """

    programme: str
    story: str
    steps: int
    flows: Mapping[str, int]
    rules: Mapping[str, int]

    @property
    def path(self) -> Path:
        """The file of the story."""
        return ROOT / "bpmn" / self.programme / "stories" / f"{self.story}.toml"


def tellers(owner: str) -> tuple[str, ...]:
    """The programmes whose stories can show something of an owner's models: itself; of the common ones: all."""
    return programme_keys(ROOT) if owner == COMMON else (owner,)


def play(key: str, paths: Sequence[Path]) -> Iterator[Evidence]:
    """Play stories of a programme and read their audit trails; a story that does not come true is an error."""
    matching = Matching()
    for path, wrong, ends in play_together(key, paths):
        assert not wrong, f"{path}: {wrong}"
        yield _read(path, ends, matching)


def _read(path: Path, ends: Sequence[int], matching: Matching) -> Evidence:
    """What the trail at hand shows; `ends` are the last entries before the story's first step and after each."""
    flows: set[str] = set()
    rules: set[str] = set()
    chosen: dict[str, int] = {}
    for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        done = min(bisect_left(ends, entry.id), len(ends) - 1) - 1
        matched = matching.rules(entry)
        taken = (entry.details or {}).get("taken", ())
        for place in (*map(_choice, taken), *map(_choice, matched)):
            chosen.setdefault(place, done)
        flows |= set(taken)
        rules |= matched
    return Evidence(
        path.parts[-3],
        path.stem,
        len(ends) - 1,
        {flow: chosen[_choice(flow)] for flow in sorted(flows)},
        {rule: chosen[_choice(rule)] for rule in sorted(rules)},
    )


def _choice(part: str) -> str:
    """Where a flow begins, or the file of a rule."""
    return part.partition("#")[0] if "#" in part else part.partition("--")[0]


def gather(folder: Path, keys: Iterable[str]) -> list[Evidence]:
    """The evidence of all stories of these programmes; workers that share the folder play each once between them."""
    waiting = {key: folder / f"{key}.json" for key in keys}
    for patient in (False, True):
        for key, kept in waiting.items():
            _play_once(key, kept, patient)
    read = [one for kept in waiting.values() for one in json.loads(kept.read_text("utf-8"))]
    return [Evidence(**one) for one in read]


def _play_once(key: str, kept: Path, patient: bool) -> None:
    """Play the programme's stories unless they were; what another worker is playing is left to it, or waited for."""
    with kept.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            return
        if not kept.exists():
            paths = sorted((ROOT / "bpmn" / key / "stories").glob("*.toml"))
            kept.write_text(json.dumps([asdict(one) for one in play(key, paths)], ensure_ascii=False), "utf-8")


class Matching:
    """The rules that matched in decisions: each is asked again, once, of the version that decided.

    One whose answer hangs on deadlines or groups is asked as its case stands at the story's end; where it would decide
    otherwise there, no rule of it counts.
    """

    def __init__(self) -> None:
        self._models: dict[str, tuple[str, DecisionModel]] = {}
        self._matched: dict[tuple[str, str, str], frozenset[str]] = {}

    def rules(self, entry: AuditEntry) -> frozenset[str]:
        """Of one entry of a trail, as file#rule; asks the database at hand for models, calendar and case."""
        if entry.action != "decision-taken":
            return frozenset()
        details, decision = entry.details or {}, str(entry.object_id)
        if details["digest"] not in self._models:
            self._models[details["digest"]] = _model(details["digest"])
        path, model = self._models[details["digest"]]
        given = functions_of_no_case(calendars.load(db.session()))
        if model.decisions[decision].calls - given.keys():
            return _matched(path, model, entry, _functions_of(entry))
        question = (details["digest"], decision, repr(details.get("read")))
        if question not in self._matched:
            self._matched[question] = _matched(path, model, entry, given)
        return self._matched[question]


def _matched(path: str, model: DecisionModel, entry: AuditEntry, given: Mapping[str, Function]) -> frozenset[str]:
    details = entry.details or {}
    told = model.explain(str(entry.object_id), from_json(details.get("read") or {}), functions=given)
    if to_json(told.value) != details.get("value"):
        return frozenset()
    return frozenset(f"{path}#{rule}" for rule in _matched_in(told.tree))


def _functions_of(entry: AuditEntry) -> Mapping[str, Function]:
    """What the case of an entry gives to those who ask it."""
    case = db.session.get_one(Case, entry.case_id)
    programme = compiled_of(db.session(), case.deployment_id)
    return read_case(db.session(), case, programme, now=entry.at, paths=frozenset()).functions


def _model(digest: str) -> tuple[str, DecisionModel]:
    row = db.session.scalars(select(DeploymentFile).where(DeploymentFile.digest == digest).limit(1)).one()
    return row.path, read_decisions(row.content, row.path)


def _matched_in(tree: Mapping[str, Any]) -> Iterator[str]:
    for table in tree.get("tables", ()):
        yield from (rule["id"] for rule in table["rules"] if rule["matched"])
    for below in tree.get("requires", ()):
        yield from _matched_in(below)
