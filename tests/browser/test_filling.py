"""A declaration filled in at a real browser: two windows of one draft, and what the rules find while one types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.served import reachable
from tests.browser.site import STATIC
from tests.browser.window import DRAWN_ANEW, Window
from tests.support.page_form import flattened
from tests.support.stage import Stage, at
from tests.support.telling import Played, Telling, member_rows, prepared_for, usual_of

PROGRAMME, PROCEDURE, TASK = "changchun-innovation-consortium", "consortium-recognition", "填写申报材料"

pytestmark = pytest.mark.skipif(not (STATIC / "dist").exists(), reason="the front end is not built: run `make setup`")


@pytest.fixture
def telling(run_folder: Path, tmp_path: Path) -> Iterator[Telling]:
    """A lead unit that has begun a declaration and saved a draft of it, five enterprises of ten members."""
    story = usual_of(PROGRAMME)
    told = Telling(
        Stage.on_copy(prepared_for(story, run_folder), tmp_path, PROGRAMME, at(story.starts_on)),
        story,
        Played(tmp_path),
    )
    told.start(PROCEDURE, "lead")
    ((task_id, person),) = told.turns(TASK, "lead")
    pairs, _files = flattened({**told.data_of(TASK), "members": member_rows(story, 10, 5)})
    assert person.post(f"/tasks/{task_id}", [*pairs, ("_revision", "0"), ("_draft", "1")]).status_code == 303
    yield told
    told.stage.close()


@pytest.fixture
def address(telling: Telling) -> Iterator[str]:
    """Where the service is, until the pages are closed: a page that asks once more must be answered."""
    with reachable(telling.stage.app) as address:
        yield address


@pytest.fixture
def expected_on_console() -> list[str]:
    """The second window's autosave is refused on purpose."""
    return ["409"]


def test_findings_follow_what_is_typed_and_two_windows_lose_nothing(
    telling: Telling, address: str, new_page: Callable[[], Page]
) -> None:
    ((task_id, _),) = telling.stage.open_tasks(TASK)
    first = Window(new_page(), address).sign_in("lead").open(f"/tasks/{task_id}")
    second = Window(first.page.context.new_page(), address).open(f"/tasks/{task_id}")
    found = first.page.locator("#live-findings")
    expect(found).to_contain_text("企业所占比例低于 60%")

    # one member more is an enterprise: the finding goes without a reload, and nothing was submitted
    first.page.locator('[name="members[9].kind"]').select_option("enterprise")
    expect(found).not_to_contain_text("企业所占比例低于 60%", timeout=DRAWN_ANEW)
    assert telling.stage.open_names() == [TASK]

    # the other window was open all along: its autosave is told that another was first, its own words stay
    name = second.page.locator('[name="core_name"]')
    name.fill("第二个窗口写的名称")
    name.blur()
    expect(second.page.locator(".saved")).to_contain_text("别的窗口", timeout=DRAWN_ANEW)
    expect(name).to_have_value("第二个窗口写的名称")

    # it compares the two texts and decides; then its own counts
    second.page.get_by_role("button", name="对照两份").click()
    expect(second.page.get_by_role("alert").first).to_contain_text("这份草稿在另一个窗口改过")
    second.page.get_by_text("看另一个窗口保存的内容").click()
    expect(second.page.locator('[name="core_name"]')).to_have_value("第二个窗口写的名称")
    second.page.get_by_role("button", name="保存草稿并核对").last.click()
    second.page.wait_for_url("**/tasks/*")
    first.page.reload()
    expect(first.page.locator('[name="core_name"]')).to_have_value("第二个窗口写的名称")
