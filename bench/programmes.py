"""A thousand cases of all programmes driven to their end, one after the other in one PostgreSQL: no page is drawn.

Each case is a shipped story of a unit of its own, played through the real commands with every job of the clock between
its acts. What it costs is compared between the first and the last hundred, so that what grows with the number of
cases, centres and audit entries is seen.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench.row import Row
from service.app import create_app
from service.commands import deployments
from service.domain.credit_code import complete
from service.domain.deadlines import ZONE
from service.domain.identity import SYSTEM
from service.programmes.compiled import compiled_of
from service.programmes.folder import read_folder
from service.programmes.manifest import Manifest
from service.settings import ROOT, Settings
from service.simulator.cast import Cast, Lead, read_units
from service.simulator.driver import OPENS, Driver
from service.simulator.play import finish, open_call
from service.simulator.story import Story, laid_over, read_story
from service.store import audit_chain, calendars, migrations
from service.store.cases import Case
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.support import postgres

DURABLE = ""  # PostgreSQL as it comes: what is acknowledged is on the disk
COUNT = int(os.environ.get("BENCH_CASES", "1000"))
GROWTH = 1.5
# From each programme a case that goes far and one that does not; ten cases are a round. The manufacturing centres of
# Changchun are one to a field, so theirs ends at the meeting.
MIX = (
    ("changchun-innovation-consortium", "filed"),
    ("jilin-manufacturing-innovation-centre", "four-founders"),
    ("jilin-industrial-innovation-centre", "approved"),
    ("changchun-manufacturing-innovation-centre", "four-founders"),
    ("guizhou-manufacturing-innovation-centre", "piloted"),
    ("changchun-innovation-consortium", "five-enterprises"),
    ("jilin-manufacturing-innovation-centre", "cultivated"),
    ("jilin-industrial-innovation-centre", "not-accepted"),
    ("changchun-manufacturing-innovation-centre", "not-agreed"),
    ("guizhou-manufacturing-innovation-centre", "conditions-missing"),
)


def measure() -> Iterator[Row]:
    """Processor and wall-clock seconds of a case; rounds of the mix are compared, never single cases."""
    with tempfile.TemporaryDirectory() as name, postgres.running(DURABLE) as server:
        settings = Settings(
            development=True, database_url=server.create("programmes"), data_dir=Path(name), argon2_memory_kib=64
        )
        app = create_app(settings)
        migrations.upgrade(app)
        with app.app_context():
            transact(_seed, actor=SYSTEM, now=datetime.now(UTC))
            manifests = {key: _published(key) for key in dict(MIX)}
            calls: set[tuple[str, str]] = set()
            begun, rounds = time.perf_counter(), []
            for first in range(0, COUNT, len(MIX)):
                before = time.process_time()
                for number, (key, story) in enumerate(MIX, start=first + 1):
                    _drive(manifests[key], read_story(ROOT / "bpmn" / key / "stories" / f"{story}.toml"), number, calls)
                rounds.append((time.process_time() - before) / len(MIX))
            whole = time.perf_counter() - begun
            yield from _rows(rounds, whole)
            chain = audit_chain.verify(db.session())
            yield Row("their audit chain", "holds", f"{chain.sealed:,} entries", chain.holds)
            db.session.remove()
            db.engine.dispose()


def _rows(rounds: list[float], whole: float) -> Iterator[Row]:
    tenth = max(1, len(rounds) // 10)
    first, last = median(rounds[:tenth]), median(rounds[-tenth:])
    driven = len(rounds) * len(MIX)
    each, ours = whole / driven * 1e3, median(rounds) * 1e3
    told = f"{driven:,} cases in {whole / 60:.1f} min; {each:,.0f} ms a case, {ours:,.0f} ms of them ours"
    yield Row("cases of five programmes driven to their end", "each ends as its story says", told, met=True)
    grown = f"×{last / first:.2f} ({first * 1e3:,.0f} ms, then {last * 1e3:,.0f} ms)"
    yield Row("a case of the last tenth against one of the first", f"≤ ×{GROWTH}", grown, last <= GROWTH * first)


def _seed(work: UnitOfWork) -> None:
    calendars.seed(work.session)


def _published(key: str) -> Manifest:
    """Publish the programme as it was before any of the stories begins."""
    published = transact(
        deployments.publish, read_folder(ROOT, key), key, actor=SYSTEM, now=datetime(2020, 1, 1, tzinfo=UTC)
    )
    manifest = compiled_of(db.session(), published.deployment_id).manifest
    db.session.rollback()
    return manifest


def _drive(manifest: Manifest, story: Story, number: int, calls: set[tuple[str, str]]) -> None:
    """One case from its first act to its end."""
    starts_at = datetime.combine(story.starts_on, OPENS, ZONE).astimezone(UTC)
    own = _own(number)
    lead = Lead(f"lead{number:04d}", own["lead"]["name"], own["lead"]["credit_code"], direct=story.direct)
    units = read_units(ROOT / "bpmn" / story.programme)
    driver = Driver(Cast(manifest, lead=lead, now=starts_at, units=units), story.programme, starts_at)
    if story.call is not None and (story.programme, story.call.key) not in calls:
        calls.add((story.programme, story.call.key))
        open_call(story.programme, story.call, starts_at - timedelta(hours=1))
    if manifest.procedures[story.procedure].start:
        driver.start(story.procedure, manifest.procedures[story.procedure].start)
    for step in story.steps:
        driver.play(replace(step, data=laid_over(step.data, own)))
    finish(story, driver)
    case = db.session.get_one(Case, driver.case_ids[story.procedure])
    if (case.state, case.outcome) != (story.expect.state or case.state, story.expect.outcome or case.outcome):
        raise AssertionError(f"{story.title}: {case.state} {case.outcome}")
    db.session.rollback()


def _own(number: int) -> Mapping[str, Any]:
    """The names of one case, so that no two are in each other's way."""
    code = complete(f"91220101MA1{number:06d}")
    return {
        "lead": {"name": f"示例第{number}企业有限公司", "credit_code": code},
        "core_name": f"示例第{number}领域",
        "core_name_en": f"Example Field {number}",
        "departments": '=for d in lookup.departments[contains(name, "科学技术厅")] return d.id',
    }
