"""What the shipped stories show: the flows that their cases took, and the rules of the tables that matched in them."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service.app import create_throw_away
from service.dmn import DecisionModel
from service.domain.errors import Refusal
from service.feel import from_json
from service.programmes.compiled import read_decisions
from service.programmes.folder import read_folder
from service.programmes.functions import functions_of_no_case
from service.settings import ROOT
from service.simulator.cast import read_units
from service.simulator.play import stage, tell
from service.simulator.story import read_story
from service.store import calendars
from service.store.audit import AuditEntry
from service.store.deployments import DeploymentFile
from service.store.session import db

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


def stories(owner: str) -> list[Path]:
    """The stories that can show something of a programme's own models: its own; of the common ones: all."""
    return sorted((ROOT / "bpmn").glob(f"{'*' if owner == COMMON else owner}/stories/*.toml"))


def play(path: Path) -> Evidence:
    """Play a story on a database of its own and read its audit trail; a story that does not come true is an error."""
    key = path.parts[-3]
    with stage(create_throw_away):
        assert tell(read_story(path), read_folder(ROOT, key), read_units(ROOT / "bpmn" / key), _unheard) == 0, path
        entries = db.session.scalars(select(AuditEntry)).all()
        flows = {flow for entry in entries for flow in (entry.details or {}).get("taken", ())}
        return Evidence(key, path.stem, tuple(sorted(flows)), tuple(sorted(set(_rules(entries)))))


def comes_true(path: Path, changed: Mapping[str, bytes]) -> bool:
    """Whether a story still comes true when these files of its models are changed; one that is refused does not."""
    key = path.parts[-3]
    files = {**read_folder(ROOT, key), **changed}
    with stage(create_throw_away):
        try:
            return tell(read_story(path), files, read_units(ROOT / "bpmn" / key), _unheard) == 0
        except Refusal:
            return False


def gather(folder: Path, paths: Iterable[Path]) -> list[Evidence]:
    """The evidence of these stories; workers that share the folder play each story once between them."""
    waiting = {path: folder / f"{path.parts[-3]}-{path.stem}.json" for path in paths}
    for patient in (False, True):
        for path, kept in waiting.items():
            _play_once(path, kept, patient)
    read = [json.loads(kept.read_text("utf-8")) for kept in waiting.values()]
    return [Evidence(**{**one, "flows": tuple(one["flows"]), "rules": tuple(one["rules"])}) for one in read]


def _play_once(path: Path, kept: Path, patient: bool) -> None:
    """Play the story unless it was; what another worker is playing is left to it, or waited for."""
    with kept.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            return
        if not kept.exists():
            kept.write_text(json.dumps(asdict(play(path)), ensure_ascii=False), "utf-8")


def _unheard(_line: str) -> None:
    """A story's account is not read here."""


def _rules(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """The rules that matched in the decisions of a trail: each is asked again, of the version that decided."""
    models: dict[str, tuple[str, DecisionModel]] = {}
    given = functions_of_no_case(calendars.load(db.session()))
    asked: set[tuple[str, str]] = set()
    for entry in entries:
        details = entry.details or {}
        question = (entry.object_id or "", repr(details.get("read")))
        if entry.action != "decision-taken" or question in asked:
            continue
        asked.add(question)
        path, model = models.setdefault(details["digest"], _model(details["digest"]))
        told = model.explain(entry.object_id, from_json(details["read"] or {}), functions=given)
        yield from (f"{path}#{rule}" for rule in _matched(told.tree))


def _model(digest: str) -> tuple[str, DecisionModel]:
    row = db.session.scalars(select(DeploymentFile).where(DeploymentFile.digest == digest).limit(1)).one()
    return row.path, read_decisions(row.content, row.path)


def _matched(tree: Mapping[str, Any]) -> Iterator[str]:
    for table in tree.get("tables", ()):
        yield from (rule["id"] for rule in table["rules"] if rule["matched"])
    for below in tree.get("requires", ()):
        yield from _matched(below)
