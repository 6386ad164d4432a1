"""Drafts on the device: kept while the server cannot be reached, offered again, gone once they are saved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.site import STATIC, Site, serve

FORM = """
<form method="post" action="/done" data-draft="7:42" data-draft-url="/draft">
  <input type="hidden" name="csrf" value="token"><input name="password" type="password" aria-label="口令">
  <label>名称 <input name="name"></label>
  <label>领域 <select name="field"><option value="">请选择</option><option value="ai">人工智能</option></select></label>
  <label><input type="checkbox" name="kinds" value="a"> 甲</label>
  <label><input type="checkbox" name="kinds" value="b"> 乙</label>
  <span class="saved" role="status"></span><button>提交</button>
</form>
<form action="/out" method="post" data-sign-out><button>退出</button></form>
"""
KEY = "shenbao.draft.7:42"

pytestmark = pytest.mark.skipif(not (STATIC / "dist").exists(), reason="the front end is not built: run `make setup`")


@pytest.fixture
def site() -> Iterator[Site]:
    """Each test asks for it before the page, so that it answers until the page is closed."""
    with serve() as site:
        yield site


def _kept(page: Page) -> str | None:
    kept: str | None = page.evaluate("key => localStorage.getItem(key)", KEY)
    return kept


def test_a_change_is_saved_and_the_time_is_said(site: Site, page: Page) -> None:
    page.clock.install()
    page.goto(site.page("/", FORM))
    page.get_by_label("名称").fill("联合体")
    page.clock.run_for(2_500)
    expect(page.get_by_role("status")).to_contain_text("已保存")
    assert "联合体" in site.posts[-1]
    assert _kept(page) is None


def test_htmx_saves_the_draft_without_its_files_and_keeps_those_uploaded(
    site: Site, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "协议.txt").write_text("contents of a large agreement", encoding="utf-8")
    site.page(
        "/",
        """<form id="f" method="post" enctype="multipart/form-data" data-draft="7:43">
        <label>名称 <input name="name"></label><label>附件 <input type="file" name="agreement"></label>
        <label><input type="checkbox" name="agreement" value="att-1" checked> 保留已上传的一份</label>
        <label><input type="checkbox" name="agreement" value="att-2" checked> 保留已上传的另一份</label>
        <span class="saved" role="status" hx-post="/draft" hx-trigger="change from:#f"
        hx-include="#f" hx-swap="none"></span>
        </form>""",
    )
    page.goto(site.address + "/")
    page.get_by_label("附件").set_input_files(tmp_path / "协议.txt")
    page.get_by_label("名称").fill("联合体")
    page.get_by_label("名称").blur()
    expect(page.get_by_role("status")).to_contain_text("已保存")
    assert "联合体" in site.posts[-1]
    assert "large agreement" not in "".join(site.posts)
    assert "att-1" in site.posts[-1]
    assert "att-2" in site.posts[-1]


def test_what_is_pressed_while_a_draft_is_being_saved_waits_for_it(site: Site, page: Page) -> None:
    """Posted at once it would carry the revision that is being replaced, and be refused as another window's."""
    site.page(
        "/",
        """<form id="f" method="post" action="/done" data-draft="7:44"><label>名称 <input name="name"></label>
        <span class="saved" role="status" hx-post="/draft" hx-trigger="change from:#f" hx-include="#f" hx-swap="none">
        </span><button>提交</button></form>""",
    )
    site.answers["/done"] = 200
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/draft", hold)
    page.goto(site.address + "/")
    page.get_by_label("名称").fill("联合体")
    page.get_by_label("名称").blur()
    expect(page.get_by_role("status")).to_contain_text("正在保存")
    page.get_by_role("button", name="提交").click()
    assert site.posts == []
    held.pop().continue_()
    page.wait_for_url("**/done")
    assert len(site.posts) == 2


SAVING = """
<form id="f" method="post" action="/done" enctype="multipart/form-data" data-draft="7:45">
<label>名称 <input name="name"></label>
<span class="saved" role="status" hx-post="/draft" hx-trigger="change from:#f" hx-include="#f" hx-swap="none"></span>
<button>提交</button></form>
"""
# How often the page has wanted to save, where a test can wait for it.
COUNT_ASKED = """document.addEventListener("htmx:config:request", () => {
    const page = document.documentElement.dataset;
    page.asked = String(Number(page.asked ?? 0) + 1);
})"""


def _typed(page: Page, text: str, asked: int) -> None:
    page.get_by_label("名称").fill(text)
    page.get_by_label("名称").blur()
    expect(page.locator(f'html[data-asked="{asked}"]')).to_be_attached()


def test_what_is_typed_during_a_save_is_saved_by_the_next(site: Site, page: Page) -> None:
    """What waits for its turn is made up when it goes: with the last words, and the revision that came meanwhile."""
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    page.route("**/draft", hold_the_first)
    page.goto(site.page("/", SAVING))
    page.evaluate(COUNT_ASKED)
    for asked, text in enumerate(("示例甲", "示例甲乙", "示例甲乙丙"), start=1):
        _typed(page, text, asked)
    with page.expect_response(lambda answer: "示例甲乙丙" in (answer.request.post_data or "")):
        held[0].continue_()
    assert len(site.posts) == 2


def test_nothing_is_saved_once_the_form_is_posted(site: Site, page: Page) -> None:
    """Both would carry the same revision, and the later be taken for another window's."""
    page.goto(site.page("/", SAVING))
    page.evaluate(COUNT_ASKED)
    with page.expect_response("**/done"):
        page.evaluate("""() => {
            const form = document.querySelector("#f");
            form.requestSubmit();
            form.elements.name.dispatchEvent(new Event("change", { bubbles: true }));
        }""")
    expect(page.locator('html[data-asked="1"]')).to_be_attached()
    page.evaluate("fetch('/last', { method: 'POST', body: 'last' }).then(() => null)")
    assert [post[:4] for post in site.posts] == ["----", "last"]


def test_a_copy_that_was_posted_since_is_not_offered_again(site: Site, page: Page) -> None:
    site.page("/", FORM.replace("<button>提交", '<input type="hidden" name="_revision" value="3"><button>提交'))
    page.goto(site.address + "/")
    for posted, offered in ((2, 0), (3, 1)):
        page.evaluate("([key, copy]) => localStorage.setItem(key, copy)", [KEY, json.dumps(_copy(posted))])
        page.reload()
        expect(page.get_by_role("button", name="恢复")).to_have_count(offered)


def _copy(posted: int) -> dict[str, object]:
    return {"at": "2026-03-02T01:00:00Z", "pairs": [["name", "联合体"]], "posted": posted}


@pytest.mark.parametrize(("status", "said"), [(401, "登录已过期"), (409, "别的窗口"), (422, "没有保存到服务器")])
def test_what_the_server_does_not_take_stays_on_the_device(
    site: Site, page: Page, expected_on_console: list[str], status: int, said: str
) -> None:
    site.answers["/draft"] = status
    expected_on_console.append(f"status of {status}")
    page.clock.install()
    page.goto(site.page("/", FORM))
    page.get_by_label("名称").fill("联合体")
    page.get_by_label("口令").fill("a password")
    page.clock.run_for(2_500)
    expect(page.get_by_role("status")).to_contain_text(said)
    kept = _kept(page)
    assert kept
    assert "联合体" in kept
    assert "a password" not in kept
    assert "token" not in kept


def test_what_was_kept_is_offered_and_comes_back(site: Site, page: Page) -> None:
    page.goto(site.page("/", FORM))
    page.context.set_offline(True)
    page.get_by_label("名称").fill("离线填的")
    page.get_by_label("领域").select_option("ai")
    page.get_by_label("乙").check()
    expect(page.get_by_role("status")).to_contain_text("没有网络")
    page.context.set_offline(False)
    page.goto("about:blank")
    page.goto(site.address + "/")
    page.get_by_role("button", name="恢复").click()
    expect(page.get_by_label("名称")).to_have_value("离线填的")
    expect(page.get_by_label("领域")).to_have_value("ai")
    expect(page.get_by_label("乙")).to_be_checked()
    expect(page.get_by_label("甲")).not_to_be_checked()
    expect(page.locator("form[data-draft] .saved")).to_contain_text("已保存", timeout=6000)
    assert _kept(page) is None


def test_without_a_network_a_form_is_not_sent_into_nothing(site: Site, page: Page) -> None:
    page.goto(site.page("/", FORM))
    page.context.set_offline(True)
    page.get_by_label("名称").fill("还在")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_label("名称")).to_have_value("还在")
    assert _kept(page)


def test_signing_out_leaves_nothing_on_the_device(site: Site, page: Page) -> None:
    page.goto(site.page("/", FORM))
    page.evaluate('key => localStorage.setItem(key, \'{"at":"2025-01-01","pairs":[]}\')', KEY)
    site.answers["/out"] = 200
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/out")
    assert _kept(page) is None
