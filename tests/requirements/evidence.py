"""What the shipped stories show: the flows that their cases took, and the rules of the tables that matched in them."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service.app import create_throw_away
from service.dmn import DecisionModel
from service.domain.errors import Refusal
from service.feel import from_json
from service.programmes.compiled import read_decisions
from service.programmes.folder import programme_keys, read_folder
from service.programmes.functions import functions_of_no_case
from service.settings import ROOT
from service.simulator.cast import read_units
from service.simulator.play import stage, tell
from service.simulator.story import read_story
from service.store import calendars
from service.store.audit import AuditEntry
from service.store.deployments import DeploymentFile
from service.store.session import db
from tests.requirements.together import play_together

COMMON = "common"


@dataclass(frozen=True)
class Evidence:
    """One story played: the flows it took as process/flow, the rules that matched as file#rule."""

    programme: str
    story: str
    flows: tuple[str, ...]
    rules: tuple[str, ...]

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
    for path, wrong in play_together(key, paths):
        assert not wrong, f"{path}: {wrong}"
        entries = db.session.scalars(select(AuditEntry)).all()
        flows = {flow for entry in entries for flow in (entry.details or {}).get("taken", ())}
        yield Evidence(key, path.stem, tuple(sorted(flows)), tuple(sorted(matching.rules(entries))))


def comes_true(path: Path, changed: Mapping[str, bytes]) -> bool:
    """Whether a story still comes true when these files of its models are changed; one that is refused does not."""
    key = path.parts[-3]
    files = {**read_folder(ROOT, key), **changed}
    with stage(create_throw_away):
        try:
            return tell(read_story(path), files, read_units(ROOT / "bpmn" / key), _unheard) == 0
        except Refusal:
            return False


def gather(folder: Path, keys: Iterable[str]) -> list[Evidence]:
    """The evidence of all stories of these programmes; workers that share the folder play each once between them."""
    waiting = {key: folder / f"{key}.json" for key in keys}
    for patient in (False, True):
        for key, kept in waiting.items():
            _play_once(key, kept, patient)
    read = [one for kept in waiting.values() for one in json.loads(kept.read_text("utf-8"))]
    return [Evidence(**{**one, "flows": tuple(one["flows"]), "rules": tuple(one["rules"])}) for one in read]


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


def _unheard(_line: str) -> None:
    """A story's account is not read here."""


class Matching:
    """The rules that matched in the decisions of trails: each is asked again, of the version that decided, once."""

    def __init__(self) -> None:
        self._models: dict[str, tuple[str, DecisionModel]] = {}
        self._matched: dict[tuple[str, str, str], frozenset[str]] = {}

    def rules(self, entries: Iterable[AuditEntry]) -> set[str]:
        """Of one trail, as file#rule; asks the database at hand for models and calendar."""
        return {rule for entry in entries if entry.action == "decision-taken" for rule in self._of(entry)}

    def _of(self, entry: AuditEntry) -> frozenset[str]:
        details, decision = entry.details or {}, str(entry.object_id)
        question = (details["digest"], decision, repr(details.get("read")))
        if question not in self._matched:
            if details["digest"] not in self._models:
                self._models[details["digest"]] = _model(details["digest"])
            path, model = self._models[details["digest"]]
            given = functions_of_no_case(calendars.load(db.session()))
            told = model.explain(decision, from_json(details.get("read") or {}), functions=given)
            self._matched[question] = frozenset(f"{path}#{rule}" for rule in _matched_in(told.tree))
        return self._matched[question]


def _model(digest: str) -> tuple[str, DecisionModel]:
    row = db.session.scalars(select(DeploymentFile).where(DeploymentFile.digest == digest).limit(1)).one()
    return row.path, read_decisions(row.content, row.path)


def _matched_in(tree: Mapping[str, Any]) -> Iterator[str]:
    for table in tree.get("tables", ()):
        yield from (rule["id"] for rule in table["rules"] if rule["matched"])
    for below in tree.get("requires", ()):
        yield from _matched_in(below)
