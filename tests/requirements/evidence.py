"""What the shipped stories show: the flows that their cases took, and the rules of the tables that matched in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree
from sqlalchemy import select

from service.app import create_throw_away
from service.dmn import DecisionModel
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

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DMN = "{*}"


@dataclass(frozen=True)
class Evidence:
    """One story played: `flows` as process/flow, `rules` by their ids, and whether it came true."""

    story: str
    flows: frozenset[str]
    rules: frozenset[str]
    came_true: bool


def play(models: Path, key: str, path: Path) -> Evidence:
    """Play a story on a database of its own and read its audit trail."""
    with stage(create_throw_away):
        told = tell(read_story(path), read_folder(models, key), read_units(models / "bpmn" / key), lambda _line: None)
        entries = db.session.scalars(select(AuditEntry)).all()
        flows = {flow for entry in entries for flow in (entry.details or {}).get("taken", ())}
        return Evidence(path.stem, frozenset(flows), frozenset(_rules(entries)), told == 0)


def stories(key: str) -> list[Path]:
    """The shipped stories of a programme."""
    return sorted((ROOT / "bpmn" / key / "stories").glob("*.toml"))


def flows_of(path: Path) -> set[str]:
    """Every sequence flow of a diagram, as process/flow."""
    processes = etree.parse(path).getroot().iter(f"{BPMN}process")
    return {
        f"{process.get('id')}/{flow.get('id')}" for process in processes for flow in process.iter(f"{BPMN}sequenceFlow")
    }


def rules_of(path: Path) -> set[str]:
    """The id of every rule of a file's tables."""
    return {rule.get("id", "") for rule in etree.parse(path).getroot().iter(f"{DMN}rule")}


def _rules(entries: Any) -> Iterator[str]:
    """The rules that matched in the decisions of a trail: each is asked again, of the version that decided."""
    models: dict[str, DecisionModel] = {}
    given = functions_of_no_case(calendars.load(db.session()))
    asked: set[tuple[str, str]] = set()
    for entry in entries:
        if entry.action != "decision-taken":
            continue
        digest, read = entry.details["digest"], entry.details["read"] or {}
        if (entry.object_id, repr(read)) in asked:
            continue
        asked.add((entry.object_id, repr(read)))
        if digest not in models:
            row = db.session.scalars(select(DeploymentFile).where(DeploymentFile.digest == digest).limit(1)).one()
            models[digest] = read_decisions(row.content, row.path)
        yield from _matched(models[digest].explain(entry.object_id, from_json(read), functions=given).tree)


def _matched(tree: Mapping[str, Any]) -> Iterator[str]:
    for table in tree.get("tables", ()):
        yield from (rule["id"] for rule in table["rules"] if rule["matched"])
    for below in tree.get("requires", ()):
        yield from _matched(below)
