"""A real browser for the tests: one a worker, a fresh page a test; anything on its console fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

QUIET = ["--disable-background-networking", "--no-first-run", "--disable-sync", "--disable-component-update"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests of a run share one worker, so that one browser starts."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of $CHROMIUM or of the PATH; skips where there is none, fails under REQUIRE_BROWSER."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set, but there is no browser: run `make test`")
        pytest.skip("no browser: set CHROMIUM or run `make test`")
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that a container or root does not have; the pages are our own.
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=False, args=QUIET)
        yield browser
        browser.close()


#: A page that is left drops what it was still asking for; the test's server answers into a closed connection.
LEFT_BEHIND = ("net::ERR_CONNECTION_RESET", "net::ERR_SOCKET_NOT_CONNECTED")


@pytest.fixture
def expected_on_console() -> list[str]:
    """What a test that provokes a failure lets stand on the console: parts of the messages."""
    return []


@pytest.fixture
def new_page(chromium: Browser, expected_on_console: list[str]) -> Iterator[Callable[[], Page]]:
    """Pages in fresh profiles, in Chinese; what its console warns of is a failure, a breach of the policy too."""
    contexts = []
    said: list[str] = []

    def opened() -> Page:
        context = chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
        contexts.append(context)
        context.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
        context.on("weberror", lambda error: said.append(str(error.error)))
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    expected = (*expected_on_console, *LEFT_BEHIND)
    assert not [line for line in said if not any(part in line for part in expected)]


@pytest.fixture
def page(new_page: Callable[[], Page]) -> Page:
    """One such page."""
    return new_page()
