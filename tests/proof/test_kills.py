"""200 kills of two racing nodes under load, on each kind of database: nothing acknowledged is lost, nothing doubled."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from service.store.messages import Message
from service.store.session import db
from service.store.user_tasks import COMPLETED, UserTask
from tests.support.invariants import Ack, Findings, check
from tests.support.nodes import ROOT
from tests.support.office import open_office, whole
from tests.support.panel import MODELS, PROGRAMME

pytestmark = pytest.mark.proof

KILLS = 200
NAIVE_KILLS = 40
SEED = 20261121
OPENS = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
A_ROUND = 4

Proof = Callable[..., tuple[dict[str, Any], Findings]]


@pytest.fixture
def proof(database: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> Proof:
    """Runs the warden on a fresh database, then looks at what it has left."""

    def run(kills: int, *, naive: bool) -> tuple[dict[str, Any], Findings]:
        with whole(database, tmp_path) as app:
            office = open_office(app, PROGRAMME, OPENS, MODELS)
            clerks = [office.person("clerk", number).user_id for number in (1, 2, 3)]
            lead = office.person("lead").user_id
            db.session.remove()
            db.engine.dispose()
            orders = {
                "url": database, "folder": str(tmp_path / "files"), "kills": kills, "seed": SEED, "clerks": clerks,
                "lead": lead, "naive": naive,
            }  # fmt: skip
            told = _warden(orders)
            findings = check([Ack(*one) for one in told["acknowledged"]])
            _rounds(findings)
        record_property("figures", _figures(told, findings))
        return told, findings

    return run


def _warden(orders: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof.warden"],
        input=json.dumps(orders), capture_output=True, text=True, cwd=ROOT, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _rounds(findings: Findings) -> None:
    """What the engine did after the last piece of each round, it did once: one notification a finished round."""
    session = db.session()
    completed = select(UserTask.case_id, func.count()).where(UserTask.status == COMPLETED).group_by(UserTask.case_id)
    messages = select(Message.case_id, func.count()).group_by(Message.case_id)
    by_case, told = (dict(session.execute(one).all()) for one in (completed, messages))
    findings.add(
        "a finished round is told once",
        [case_id for case_id, count in by_case.items() if told.get(case_id, 0) != count // A_ROUND],
    )
    session.rollback()


def _figures(told: dict[str, Any], findings: Findings) -> str:
    words = {
        "acknowledged": len(told["acknowledged"]),
        "completed": findings.figures["completed"],
        **{name: told[name] for name in ("kills", "seconds", "cut off", "answered when asked again")},
        "refused, somebody was first": told["refused, somebody was first"],
        "violations": findings.total,
    }
    return ", ".join(f"{name} {value}" for name, value in words.items()) + f" {sorted(findings.breaches)}"


def test_nothing_is_lost_and_nothing_doubled(proof: Proof) -> None:
    told, findings = proof(KILLS, naive=False)
    assert told["kills"] == KILLS
    assert told["failures"] == []
    assert told["refused otherwise"] == []
    assert findings.breaches == {}
    assert len(told["acknowledged"]) >= KILLS / 2  # there was load, even on a busy machine
    assert told["cut off"] >= KILLS / 10  # and kills hit requests
    assert told["answered when asked again"] > 0
    assert told["refused, somebody was first"] > 0  # and the nodes met


def test_the_proof_has_teeth(proof: Proof) -> None:
    """The same proof of the naive way finds what it breaks."""
    _, findings = proof(NAIVE_KILLS, naive=True)
    assert findings.total > 0
    assert "the open tasks are those the engine waits for" in findings.breaches
