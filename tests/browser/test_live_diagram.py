"""The live diagram under the strict policy: marks, the place it opens at, keys, links, and the mark of bpmn.io."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import STATIC, Site, serve

SAMPLE = Path(__file__).with_name("sample.bpmn").read_text(encoding="utf-8")
MARKS = {"marks": {"start": "done", "declare": "done", "review": "overdue"}, "links": {"review": "/called"}}

pytestmark = pytest.mark.skipif(not (STATIC / "dist").exists(), reason="the front end is not built: run `make setup`")


@pytest.fixture
def site() -> Iterator[Site]:
    """Each test asks for it before the page, so that it answers until the page is closed."""
    with serve() as site:
        site.file("/sample.bpmn", "application/xml", SAMPLE)
        yield site


def _open(page: Page, site: Site, marks: object = MARKS, *, lang: str = "zh-CN") -> Locator:
    site.file("/marks.json", "application/json", json.dumps(marks))
    body = '<div class="bpmn" data-diagram-url="/sample.bpmn" data-marks-url="/marks.json" aria-label="停在初审"></div>'
    page.goto(site.page("/", body, lang=lang))
    diagram = page.locator(".bpmn")
    expect(diagram).to_have_attribute("data-state", "shown")
    return diagram


def _element(diagram: Locator, name: str) -> Locator:
    return diagram.locator(f'[data-element-id="{name}"].djs-element')


def _middle(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["x"] + box["width"] / 2


def test_what_is_done_and_where_it_waits_is_marked(site: Site, page: Page) -> None:
    diagram = _open(page, site)
    classes = {name: _element(diagram, name).get_attribute("class") or "" for name in ("declare", "review", "decide")}
    assert "done" in classes["declare"].split()
    assert {"now", "overdue"} <= set(classes["review"].split())
    assert not {"done", "now", "overdue"} & set(classes["decide"].split())


def test_lateness_is_not_said_by_colour_alone(site: Site, page: Page) -> None:
    shape = _element(_open(page, site), "review").locator(".djs-visual > :first-child")
    assert shape.evaluate("shape => getComputedStyle(shape).strokeDasharray") != "none"


def test_a_long_diagram_opens_at_the_token(site: Site, page: Page) -> None:
    diagram = _open(page, site, {"marks": {"decide": "now"}})
    box = diagram.bounding_box()
    assert box
    assert box["x"] < _middle(_element(diagram, "decide")) < box["x"] + box["width"]


def test_the_keys_move_and_zoom(site: Site, page: Page) -> None:
    diagram = _open(page, site)
    review = _element(diagram, "review")
    diagram.focus()
    before = _middle(review)
    page.keyboard.press("ArrowRight")
    assert _middle(review) < before
    width = (review.bounding_box() or {})["width"]
    page.keyboard.press("+")
    assert (review.bounding_box() or {})["width"] > width
    page.keyboard.press("0")
    assert (_element(diagram, "decide").bounding_box() or {})["x"] < 1280


def test_a_called_process_is_a_link_reached_by_the_keyboard(site: Site, page: Page) -> None:
    site.page("/called", "<h1>被调用的流程</h1>")
    _open(page, site)
    link = page.get_by_role("link", name="打开“初审”的流程图")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("被调用的流程")


def test_the_diagram_has_a_name_for_screen_readers(site: Site, page: Page) -> None:
    _open(page, site)
    expect(page.get_by_role("group", name="停在初审")).to_be_visible()


def test_the_mark_of_bpmn_io_is_visible_and_nothing_covers_it(site: Site, page: Page) -> None:
    diagram = _open(page, site)
    mark = diagram.locator(".bjs-powered-by")
    expect(mark).to_be_visible()
    box = mark.bounding_box()
    assert box
    top = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y)?.closest('.bjs-powered-by') !== null",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
    )
    assert top
    assert "bpmn.io" in (mark.get_attribute("href") or "")


def test_the_tools_are_english_on_an_english_page(site: Site, page: Page) -> None:
    _open(page, site, lang="en")
    expect(page.get_by_role("button", name="Whole diagram")).to_be_visible()


def test_a_diagram_that_does_not_open_says_so(site: Site, page: Page, expected_on_console: list[str]) -> None:
    expected_on_console.append("failed to parse document")
    site.file("/broken.bpmn", "application/xml", "<no/>")
    page.goto(site.page("/", '<div class="bpmn" data-diagram-url="/broken.bpmn" data-marks="{}"></div>'))
    expect(page.locator(".bpmn")).to_have_text("流程图没有打开，请看下面的文字说明")


def test_a_hidden_diagram_opens_when_the_screen_is_turned(site: Site, page: Page) -> None:
    site.file("/marks.json", "application/json", json.dumps(MARKS))
    site.file("/narrow.css", "text/css", "@media (max-width: 600px) { .only-wide { display: none } }")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(
        site.page(
            "/",
            '<link rel="stylesheet" href="/narrow.css"><div class="only-wide">'
            '<div class="bpmn" data-diagram-url="/sample.bpmn" data-marks-url="/marks.json"></div></div>',
        )
    )
    diagram = page.locator(".bpmn")
    expect(diagram).to_have_attribute("data-state", "shown")
    page.set_viewport_size({"width": 1000, "height": 900})
    expect(_element(diagram, "review")).to_be_in_viewport()
