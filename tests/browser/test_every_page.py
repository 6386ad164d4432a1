"""Every page of the service in a browser: nothing for axe-core to blame, nothing wider than a phone.

The pages are found from the routes, so a new one is judged without being named here: first one of each kind on a phone,
then one of each kind and of each form of the whole demonstration, in both languages and both windows. `make test`
judges the pages of the whole way alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from service.web.i18n import LANGUAGE_COOKIE
from service.web.security import SESSION_COOKIE
from tests.browser.axe import AXE, blamed
from tests.browser.served import reachable
from tests.browser.site import STATIC
from tests.browser.window import DESK, PHONE
from tests.support import databases
from tests.support.tour import REFUSED, Site, Stop, Tour, demonstration, take

WIDTH = "document.documentElement.scrollWidth"

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        not (STATIC / "dist").exists() or not AXE.exists(),
        reason="the front end or axe-core is missing: run `make test`",
    ),
]


@dataclass
class Judge:
    """Looks at pages one after the other; `said` holds what is wrong with them."""

    browser: Browser
    site: Site
    address: str
    said: list[str] = field(default_factory=list)
    windows: dict[tuple[str, str], Page] = field(default_factory=dict)

    def look(self, stop: Stop, language: str = "zh", *, wide: bool = False) -> None:
        """One page in one language; first as a phone shows it, and where asked for, on a desk."""
        page = self._window(stop.login, language)
        where = f"{language} {stop.login or 'visitor'} {stop.path}"
        answer = page.goto(self.address + stop.path)
        if answer is None or answer.status != stop.status:
            self.said.append(f"{where}: {answer and answer.status}")
            return
        if (width := page.evaluate(WIDTH)) > PHONE["width"]:
            self.said.append(f"{where}: {width} px wide on a phone")
        self.said += [f"{where}: {found}" for found in blamed(page)]
        if wide:
            page.set_viewport_size(DESK)
            self.said += [f"{where}, wide: {found}" for found in blamed(page)]
            page.set_viewport_size(PHONE)

    def _window(self, login: str, language: str) -> Page:
        if (login, language) not in self.windows:
            context: BrowserContext = self.browser.new_context(locale="zh-CN", viewport=PHONE)
            cookies = {LANGUAGE_COOKIE: language, SESSION_COOKIE: self.site.session(login)}
            context.add_cookies(
                [{"name": name, "value": value, "url": self.address} for name, value in cookies.items() if value]
            )
            self.windows[login, language] = context.new_page()
        return self.windows[login, language]

    def close(self) -> None:
        """Close the windows."""
        for page in self.windows.values():
            page.context.close()


@pytest.fixture
def judge(run_folder: Path, tmp_path: Path, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Judge]:
    """A served site of a few cases, or of all of them for the test that says so."""
    whole = request.node.get_closest_marker("parametrize") is not None
    url = databases.copy_sqlite(databases.migrated_sqlite(run_folder), tmp_path / "tour.sqlite3")
    with demonstration(url, tmp_path, whole=whole) as site, reachable(site.app) as address:
        judge = Judge(chromium, site, address)
        yield judge
        judge.close()


def test_every_page_can_be_used_by_everybody_and_on_a_phone(judge: Judge) -> None:
    tour = take(judge.site, judge.site.logins())
    for stop in (*tour.stops, *REFUSED):
        judge.look(stop)
    rules = sorted(tour.missed(judge.site.app))
    judge.said += [f"{rule}: no link leads there; link it, or tell tests/support/tour.py" for rule in rules]
    _nothing_in(tour, judge)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_and_every_form_of_the_whole_demonstration_in_both_languages(judge: Judge, language: str) -> None:
    tour = take(judge.site, judge.site.logins(every=True), forms=True)
    for stop in (*tour.stops, *REFUSED):
        judge.look(stop, language, wide=True)
    _nothing_in(tour, judge)


def _nothing_in(tour: Tour, judge: Judge) -> None:
    """Everything that is wrong at once, one line each."""
    found = [*tour.wrong, *judge.said]
    assert not found, "\n".join(["", *found])
