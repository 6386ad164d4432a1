"""A declaration begun, refused, mended, signed, claimed and decided by keys; `make proof` goes the whole way so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from service.commands import calls, dated_events
from tests.browser.keys import Keyboard
from tests.browser.served import reachable
from tests.browser.site import STATIC
from tests.support.office import SAMPLE, Office, sqlite_office

AT = datetime(2022, 4, 1, 1, tzinfo=UTC)
DECLARED = {"project_name": "示例项目", "member_count": 8, "truthful": True}

pytestmark = pytest.mark.skipif(not (STATIC / "dist").exists(), reason="the front end is not built: run `make setup`")


@pytest.fixture
def office(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The sample programme with an open call, a lead unit and an office."""
    with sqlite_office(run_folder, tmp_path, SAMPLE, AT) as office:
        office.app.config["CLOCK"] = lambda: office.now
        for role in ("lead", "office"):
            office.person(role)
        office.act(
            calls.open_call, SAMPLE, key="2022-1", year=2022, title="2022年第一批", opens_on=date(2022, 3, 20),
            dates={"submission": date(2022, 4, 15)},
        )  # fmt: skip
        yield office


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    """Where the service is."""
    with reachable(office.app) as address:
        yield address


@pytest.fixture
def expected_on_console() -> list[str]:
    """A submission without its money is refused on purpose."""
    return ["422"]


def test_by_keys_alone(office: Office, address: str, new_page: Callable[[], Page]) -> None:
    lead = Keyboard(new_page(), address).sign_in("lead")
    lead.skip_to_the_text()
    lead.start(f"/cases/start/{SAMPLE}/two-dates")
    lead.fill_in(DECLARED)
    _mended(lead)
    office.act(dated_events.record_event, 1, "training-held", office.now.date(), by=office.person("office"))

    officer = Keyboard(new_page(), address).sign_in("office").open_task("核收纸质材料")
    officer.claim()
    officer.fill_in({"copies": 2, "way": "courier", "note": "两份都已盖章"})
    officer.send()
    assert office.open_tasks() == []


def _mended(lead: Keyboard) -> None:
    """What is refused is led to and mended: from the summary's link to the field, whatever the page did meanwhile."""
    lead.press(lead.form.locator('button[name="_submit"]'))
    summary = lead.page.locator(".errors[role=alert]")
    expect(summary).to_be_focused()
    lead.reach(summary.locator("a").first)
    lead.page.keyboard.press("Enter")
    money = lead.form.locator('[name="funds_wan"]')
    expect(money).to_be_focused()
    lead.write(money, "120.5")
    lead.send()
