"""A declaration from its first page to the public register, every role at a real browser at least once.

What many do alike is done in a browser by the first of them and over HTTP by the others: the pages are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from service.simulator.cast import Lead
from tests.browser.keys import Keyboard
from tests.browser.served import reachable
from tests.browser.site import STATIC
from tests.browser.window import Window
from tests.support.stage import Stage, at, prepared
from tests.support.telling import Played, Telling, declaration_of, member_rows, story_of

PROGRAMME = "changchun-innovation-consortium"
PROCEDURE = "consortium-recognition"
NAME = "示例智能网联汽车"
# Of these there are so many that a browser is closed after each turn.
MANY = ("member", "expert")

pytestmark = pytest.mark.skipif(not (STATIC / "dist").exists(), reason="the front end is not built: run `make setup`")


@pytest.fixture
def telling(run_folder: Path, tmp_path: Path) -> Iterator[Telling]:
    """The story of the straight way, on a database of the test's own."""
    story = story_of(PROGRAMME, "filed")
    lead = declaration_of(story)["lead"]
    template = prepared(
        run_folder,
        PROGRAMME,
        lead=Lead(name=lead["name"], credit_code=lead["credit_code"]),
        members=[row["credit_code"] for row in member_rows(story, 15, 9)],
    )
    told = Telling(Stage.on_copy(template, tmp_path, PROGRAMME, at(story.starts_on)), story, Played(tmp_path))
    yield told
    told.stage.close()


@pytest.fixture
def address(telling: Telling) -> Iterator[str]:
    """Where the service is."""
    with reachable(telling.stage.app) as address:
        yield address


class Play:
    """The story with windows: one for each person who needs one, all of one service."""

    def __init__(
        self, telling: Telling, address: str, new_page: Callable[[], Page], kind: type[Window] = Window
    ) -> None:
        self.telling = telling
        self.stage = telling.stage
        self.windows: dict[str, Window] = {}
        self._address = address
        self._new_page = new_page
        self._kind = kind

    def at(self, login: str) -> Window:
        """The person's window, signed in."""
        if login not in self.windows:
            self.windows[login] = self._kind(self._new_page(), self._address).sign_in(login)
        return self.windows[login]

    def visitor(self) -> Window:
        """The window of somebody without an account."""
        return self.windows.setdefault("", self._kind(self._new_page(), self._address))

    def act(self, task: str, role: str, *, windows: int = 1) -> None:
        """The first so many whose turn it is at a browser, everybody else over HTTP."""
        turns = self.telling.turns(task, role)
        for _, person in turns[:windows]:
            self.at(person.login).complete(task, self.telling.data_of(task))
            self.stage.after_act()
            if role in MANY:
                self.windows.pop(person.login).page.context.close()
        if len(turns) > windows:
            self.telling.act(task, role)


@pytest.fixture
def play(telling: Telling, address: str, new_page: Callable[[], Page]) -> Play:
    """The story, ready to be played."""
    return Play(telling, address, new_page)


@pytest.mark.proof  # two minutes; the scenarios over HTTP go the same way through the same pages in every run
@pytest.mark.parametrize("kind", [Window, Keyboard])
def test_from_the_first_page_to_the_register(
    kind: type[Window], telling: Telling, address: str, new_page: Callable[[], Page]
) -> None:
    play = Play(telling, address, new_page, kind)
    _declared(play)
    _recommended(play)
    _argued(play)
    _decided(play)
    _publicised(play)
    _filed(play)


def _declared(play: Play) -> None:
    lead = play.at("lead")
    lead.start(f"/cases/start/{PROGRAMME}/{PROCEDURE}")
    play.stage.cases[PROCEDURE] = play.stage.newest_case(PROCEDURE)
    lead.fits_a_phone()
    lead.fill_in(play.telling.data_of("填写申报材料"))
    lead.send()
    play.stage.after_act()
    play.act("确认参加", "member", windows=2)
    play.stage.now = at(play.telling.story.starts_on.replace(day=4))
    play.act("签署并提交", "lead")
    case = lead.open(f"/cases/{play.stage.cases[PROCEDURE]}").page
    expect(case.locator(".bpmn")).to_have_attribute("data-state", "shown")
    expect(case.locator(".bpmn .djs-element.now").first).to_be_visible()
    lead.fits_a_phone()


def _recommended(play: Play) -> None:
    play.stage.pass_days(1)
    play.act("签收并分办", "local-head")
    play.act("核查材料", "local-clerk")
    play.stage.pass_days(4)
    play.act("审定推荐意见", "local-head")


def _argued(play: Play) -> None:
    play.stage.pass_days(1)
    play.act("核对材料清单", "office")
    play.act("制定论证方案", "office", windows=0)
    play.act("双人随机抽取专家", "office")
    play.act("见证抽取", "draw-witness")
    play.stage.pass_days(1)
    play.act("确认应邀并声明回避", "expert", windows=1)
    play.stage.pass_days(2)
    play.act("独立评分", "expert", windows=2)
    play.act("会商形成专家组意见", "panel-chair")
    play.act("起草汇报材料", "office", windows=0)


def _decided(play: Play) -> None:
    secretary = play.at("meeting-secretary")
    secretary.open("/home").start(f"/cases/start/{PROGRAMME}/meeting")
    play.stage.cases["meeting"] = play.stage.newest_case("meeting")
    agenda = play.telling.data_of("编制会议议程")
    secretary.fill_in({name: value for name, value in agenda.items() if name != "case_ids"})
    secretary.tick(secretary.form.locator('[name="case_ids"]'))
    secretary.send()
    play.stage.after_act()
    play.stage.pass_days(1)
    play.act("逐项记录审议表决", "meeting-secretary", windows=0)
    play.act("签发会议纪要", "meeting-chair")


def _publicised(play: Play) -> None:
    play.act("拟定公示内容", "office", windows=0)
    anybody = play.visitor().open("/").page
    play.visitor().follow(anybody.get_by_role("link", name=NAME))
    expect(anybody.get_by_role("link", name="提出异议")).to_be_visible()
    play.visitor().fits_a_phone()
    play.stage.pass_until(play.stage.due_of("publicity-end"))


def _filed(play: Play) -> None:
    play.stage.pass_days(1)
    play.act("拟定备案通知", "office", windows=0)
    play.act("签发", "leader")
    anybody = play.visitor().open("/register").page
    play.visitor().follow(anybody.get_by_role("table").get_by_role("link", name=NAME))
    expect(anybody.get_by_role("heading", level=1)).to_contain_text(NAME)
    expect(anybody.get_by_text("长春示例整车制造有限公司").first).to_be_visible()
    play.visitor().fits_a_phone()


def test_what_is_typed_survives_closing_the_tab(play: Play) -> None:
    lead = play.at("lead")
    lead.start(f"/cases/start/{PROGRAMME}/{PROCEDURE}")
    task = lead.page.url
    lead.page.locator('#task-form [name="core_name"]').fill(NAME)
    lead.saved()
    again = lead.page.context.new_page()
    lead.page.close()
    again.goto(task)
    expect(again.locator('#task-form [name="core_name"]')).to_have_value(NAME)
    again.goto(task.partition("/tasks/")[0] + "/cases")
    expect(again.locator("td.head a").first).to_contain_text(NAME)


def test_pages_fit_a_phone_and_can_be_used_by_everybody(play: Play) -> None:
    visitor = play.visitor()
    for path in ("/", "/calls", "/notices", "/register", "/verify", "/sign-in", "/preferences"):
        visitor.open(path).suits_everybody()
    for login, paths in {
        "lead": ("/home", "/tasks", "/cases", "/messages", "/account"),
        "office": ("/home", "/tasks", "/tasks?scope=done", "/cases", "/messages", "/account"),
        "designer": ("/workshop", f"/workshop/{PROGRAMME}", f"/workshop/{PROGRAMME}/diagrams/{PROCEDURE}"),
        "admin": ("/operations",),
    }.items():
        for path in paths:
            play.at(login).open(path).suits_everybody()


def test_the_language_is_the_readers(play: Play) -> None:
    visitor = play.visitor().open("/preferences").page
    visitor.get_by_label("English").check()
    visitor.get_by_role("button", name="保存").click()
    expect(visitor.locator("html")).to_have_attribute("lang", "en")
    play.visitor().open("/sign-in")
    expect(visitor.get_by_role("button", name="Sign in")).to_be_visible()
    play.visitor().open("/preferences")
    visitor.get_by_label("中文").check()
    visitor.get_by_role("button", name="Save").click()
    expect(visitor.locator("html")).to_have_attribute("lang", "zh-CN")
