"""The sentences of the scenarios of the late stages."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from datetime import date, datetime, time
from typing import Any

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from service.domain.deadlines import ZONE
from service.domain.errors import NotFound, Refusal, TaskAlreadyCompleted
from service.domain.identity import Actor
from service.forms import view
from service.queries import case_page, dockets, task_page
from service.store.experts import Absence, Expert
from service.store.messages import Message
from service.store.notices import Notice, Objection
from service.store.panels import Panel, Seat
from service.store.papers import Paper
from service.store.register import RegisterEntry
from service.store.session import db
from service.store.submissions import Submission
from service.store.unit_of_work import UnitOfWork
from tests.stages.conftest import NO_TIES, Desk
from tests.support.page_form import shown
from tests.support.stage import at

scenarios("专家会议公示备案.feature")

PLAN = {"size": 5, "fields": ["新能源汽车"], "review_on": "2026-03-13", "method": "onsite", "place": "示例会议室"}
DECISIONS = {"同意": "agree", "暂缓": "defer", "不同意": "disagree"}
WORDS = "请按会议意见补充材料。"
CONTACT = {"contact_name": "示例受理人", "contact_phone": "0431-80000000", "contact_address": "示例路一号"}
NOTICE = {
    "title": "关于拟认定名单的公示",
    "basis": "示例办法第九条",
    "body": "现将拟认定的名单公示如下，公示期内欢迎社会监督。",
    "channel": "https://example.invalid/notices",
    "supervisor": "示例监督部门",
} | CONTACT
HONEST = {
    "kind": "person",
    "name": "示例异议人",
    "contact": "13900000012",
    "facts": "其中一家成员单位已经注销，不具备法人资格。",
}
YES = dict.fromkeys(("real_name", "contactable", "signed", "evidence", "in_period"), "yes")


# ---- 专家


@given(parsers.parse("“{name}”在专家论证，抽取 {seats:d} 人、候补 {reserves:d} 人"))
def at_expert_review(desk: Desk, name: str, seats: int, reserves: int) -> None:
    desk.begin("expert-review", name, desk.links.get("unit", ""))
    _plan(desk, seats, reserves)


@given(parsers.parse("专家 {number:d} 在论证当日请假"))
def absent(desk: Desk, number: int) -> None:
    day = date(2026, 3, 13)
    desk.office.act(_add, Absence(expert_id=number, from_on=day, to_on=day, reason="出差"))


@given(parsers.parse("专家 {number:d} 在别的机关的专家库"))
def kept_elsewhere(desk: Desk, number: int) -> None:
    from service.commands import people  # noqa: PLC0415 # the application is made by now

    place = desk.office.act(people.add_organisation, code="elsewhere", name="别的机关", kind="authority")
    desk.office.act(_move, number, place)


@then(parsers.parse("专家 {number:d} 不在封存的专家库里"))
def not_sealed(desk: Desk, number: int) -> None:
    (panel,) = desk.office.rows(db.select(Panel).order_by(Panel.id.desc()).limit(1))
    assert number not in panel.record["experts"].values()
    assert len(panel.record["experts"]) == desk.office.count(Expert) - 1


def _move(work: UnitOfWork, expert_id: int, place: int) -> None:
    work.session.get_one(Expert, expert_id).authority_id = place


@given(parsers.parse("专家 {number:d} 与“甲”的牵头单位是同一单位"))
def same_unit(desk: Desk, number: int) -> None:
    desk.links["unit"] = str(desk.office.rows(db.select(Expert.employer).where(Expert.id == number))[0])


@given(parsers.parse("专家 {number:d} 申报与“甲”的牵头单位合作项目"))
def joint_project(desk: Desk, number: int) -> None:
    from service.commands import relations  # noqa: PLC0415 # the application is made by now

    user = desk.office.rows(db.select(Expert.user_id).where(Expert.id == number))[0]
    desk.office.act(relations.declare, desk.links["unit"], "joint-project", by=desk.office.actor(user))


@when(parsers.parse("监督人见证抽取，写下“{number}”"))
def witnessed(desk: Desk, number: str) -> None:
    (panel,) = desk.office.rows(db.select(Panel).order_by(Panel.id.desc()).limit(1))
    told = _drawn(desk, "witness", desk.office.person("draw-witness"))
    assert panel.pool_digest in told
    sealed = dockets.panel(db.session(), panel.case_id)
    assert sealed is not None
    assert sealed.drawn_at is None
    db.session.rollback()
    assert panel.record["commitment"] in told
    assert panel.record["secret"] not in told
    assert f'href="/draws/{panel.code}"' in told
    before = desk.get(f"/draws/{panel.code}.json").get_json()
    assert not {"secret", "seed", "seats"} & set(before)
    assert panel.record["secret"] not in desk.get(f"/draws/{panel.code}").text
    desk.do("witness", "draw-witness", {"number": number, "supervised": True})


@when(parsers.parse("重新抽取 {seats:d} 人、候补 {reserves:d} 人，监督人写下“{number}”"))
def drawn_again(desk: Desk, seats: int, reserves: int, number: str) -> None:
    _plan(desk, seats, reserves)
    witnessed(desk, number)


@when(parsers.parse("第 {position:d} 席的专家声明“三年内与其合作项目”"))
def recuses(desk: Desk, position: int) -> None:
    told = {"conflict_project": "yes", "conflict_detail": "两年前与牵头单位合作项目"}
    _answer(desk, position, {"accepted": "yes", **NO_TIES, **told, "confidential": True})


@when(parsers.parse("第 {position:d} 席的专家不能参加"))
def declines(desk: Desk, position: int) -> None:
    _answer(desk, position, {"accepted": "no", "decline_reason": "当日已有安排"})


@when("其余专家应邀")
def others_accept(desk: Desk) -> None:
    for task in desk.office.open_tasks("invite"):
        desk.office.complete(task.id, {"accepted": "yes", **NO_TIES, "confidential": True}, desk.expert_of(task.id))


@then("任何人按公开记录可以复算出同样的专家")
def recomputed(desk: Desk) -> None:
    """With nothing but the public record and a hash function; no line of the service draws here."""
    code = desk.office.rows(db.select(Panel.code))[0]
    assert desk.get(f"/draws/{code}").status_code == 200
    record = desk.get(f"/draws/{code}.json").get_json()
    text = desk.get(f"/draws/{code}/pool.txt").data
    assert hashlib.sha256(text).hexdigest() == record["pool_digest"]
    assert hashlib.sha256(record["secret"].encode()).hexdigest() == record["commitment"]
    assert record["seed"] == f"{record['secret']}/{record['number']}"
    lots = []
    for line in text.decode().splitlines():
        entry, field, mark = line.split("\t")
        if mark == "ok":
            lots.append((hashlib.sha256(f"{record['seed']}:{entry}".encode()).hexdigest(), entry, field))
    lots.sort()
    first = [next(entry for _, entry, field in lots if field == wanted) for wanted in record["fields"]]
    rest = [entry for _, entry, _ in lots if entry not in first]
    drawn = (first + rest)[: record["size"]]
    assert drawn == record["seats"]
    assert [entry for entry in rest if entry not in drawn][: record["reserves_wanted"]] == record["reserves"]
    names = desk.office.rows(db.select(Expert.name))
    assert not [name for name in names if name in str(record) or name in desk.get(f"/draws/{code}").text]


@then(parsers.parse("第 {position:d} 席由候补递补，记录写明“{reason}”"))
def replaced(desk: Desk, position: int, reason: str) -> None:
    record = _record(desk)
    (one,) = [one for one in record["replacements"] if one["position"] == position]
    assert (one["from"], one["to"], one["reason"]) == (record["seats"][position - 1], record["reserves"][0], reason)


@then(parsers.parse("第 {position:d} 席空缺，业务处重新制定论证方案"))
def vacant(desk: Desk, position: int) -> None:
    last = _record(desk)["replacements"][-1]
    assert (last["position"], last["to"], last["reason"]) == (position, None, "declined")
    assert desk.office.open_task("plan")


@then("新的专家组里没有退出过的专家")
def without_those_who_left(desk: Desk) -> None:
    left = set(desk.office.rows(db.select(Seat.expert_id).where(Seat.state == "declined")))
    newest = max(desk.office.rows(db.select(Panel.id)))
    seated = set(desk.office.rows(db.select(Seat.expert_id).where(Seat.panel_id == newest)))
    assert len(left) == 2
    assert len(seated) == 5
    assert not left & seated
    assert len(_marks(desk, "declined")) == 2


@then(parsers.parse("操作人办理“见证抽取”被拒绝"))
def not_the_operator(desk: Desk) -> None:
    task = desk.office.open_task("witness")
    with pytest.raises(NotFound):
        desk.office.complete(task.id, {"number": "20260302", "supervised": True}, desk.office.person("office"))
    both = desk.office.act(_also_witness, desk.office.person("office").user_id)
    with pytest.raises(Refusal, match="another role"):
        desk.office.complete(task.id, {"number": "20260302", "supervised": True}, desk.office.actor(both))
    assert not _record(desk).get("seats")


@then(parsers.parse("记录里专家 1 是“{one}”、专家 2 是“{two}”、专家 3 是“{three}”，都没有抽中"))
def left_out(desk: Desk, one: str, two: str, three: str) -> None:
    record = _record(desk)
    of = {expert: code for code, expert in record["experts"].items()}
    reasons = {row["entry"]: row["reason"] for row in record["pool"]}
    assert [reasons[of[number]] for number in (1, 2, 3)] == [one, two, three]
    assert not {of[1], of[2], of[3]} & {*record["seats"], *record["reserves"]}


@then("每位抽中的专家各收到一封带链接的邮件")
def each_has_a_link(desk: Desk) -> None:
    assert len(_links(desk)) == 5


@when("第一位专家打开链接，答复不能参加")
def answers_by_link(desk: Desk) -> None:
    address, path = min(_links(desk).items())
    desk.links["address"], desk.links["path"] = address, path
    page = desk.get(path)
    assert page.status_code == 200
    assert "请答复能否参加评审" in shown(page.text)
    wrong = desk.post(path, {"accepted": "no", "decline_reason": ""})
    assert wrong.status_code == 422
    assert desk.post(path, {"accepted": "no", "decline_reason": "当日已有安排"}).status_code == 201
    assert "答复已收到" in desk.answers[-1].text


@then("候补收到带链接的邮件，第一位专家的链接不能再用")
def the_reserve_is_asked(desk: Desk) -> None:
    desk.office.tick()
    assert len(_links(desk)) == 6
    again = desk.post(desk.links["path"], {"accepted": "yes"})
    assert again.status_code == 422
    assert "这个链接用过了" in shown(again.text)
    record = _record(desk)
    assert [(one["to"], one["reason"]) for one in record["replacements"]] == [(record["reserves"][0], "declined")]


@when("五位专家依次评分")
def scored(desk: Desk) -> None:
    panel = dockets.panel(db.session(), desk.cases["甲"])
    assert panel is not None
    assert {seat.state for seat in panel.seats} == {"accepted"}
    db.session.rollback()
    for number, task in enumerate(desk.office.open_tasks("score")):
        score = dict.fromkeys(("necessity", "capability", "cooperation", "tasks", "benefit"), 80 + number)
        words = f"第{number}份评审意见：方向明确，成员互补，任务具体可考核，转化安排可行，建议给予支持。"
        expert = desk.expert_of(task.id)
        desk.office.complete(task.id, {**score, "recommend": "yes", "opinion": words}, expert)
        with pytest.raises(TaskAlreadyCompleted):
            desk.office.complete(task.id, {**score, "recommend": "no", "opinion": words}, expert)


@then("每位专家只看得到自己的评分，也不能再提交")
def blind(desk: Desk) -> None:
    for user in desk.office.rows(db.select(Submission.submitted_by).where(Submission.form == "expert-score")):
        actor = desk.office.actor(user)
        facts = case_page.facts(db.session(), actor, desk.cases["甲"])
        seen = [row.by_id for row in case_page.submissions(db.session(), actor, facts) if row.form == "expert-score"]
        db.session.rollback()
        assert seen == [user]


@then("组长会商时看到五份评分和平均分，没有姓名")
def the_chair_sees_all(desk: Desk) -> None:
    text = _drawn(desk, "opine", desk.expert_of(desk.office.open_task("opine").id))
    assert "82.00" in text or "平均 **82**" in text or ">82<" in text, text[:800]
    assert all(f"第{number}份评审意见" in text for number in range(5))
    assert not [name for name in desk.office.rows(db.select(Expert.name)) if name in text]


# ---- 会议


@given(parsers.parse("“{name}”等待会议审议"))
def waits_for_meeting(desk: Desk, name: str) -> None:
    case_id = desk.begin("meeting-review", name)
    paper = {
        "title": f"关于认定{name}的请示",
        "summary": "申报、初审和专家论证的情况都已经核对，符合办法的规定，提请会议审议。",
    }
    desk.do("papers", "office", {**paper, "proposal": "建议同意认定并公示。"}, case_id)


@when("秘书把三件列入议程")
def on_the_agenda(desk: Desk) -> None:
    desk.office.start("meeting", "meeting-secretary")
    given = {"held_on": "2026-03-20", "place": "示例会议室", "chair": "示例局长", "attendees": "班子成员"}
    desk.do("agenda", "meeting-secretary", {**given, "case_ids": [str(one) for one in desk.cases.values()]})


@then("议程用案件编号和名称称呼各件")
def called_by_number(desk: Desk) -> None:
    items = desk.office.open_task("record").inputs["items"]
    assert [row["title"] for row in items] == list(desk.cases)
    assert all(row["number"].startswith("SB2026") for row in items)
    (body,) = set(desk.office.rows(db.select(Message.body).where(Message.title == "会议材料已印发")))
    assert all(f"{row['number']} {row['title']}" in body for row in items)


@when(
    parsers.re(
        r"秘书记录应到 (?P<appointed>\d+) 人、实到 (?P<present>\d+) 人，"
        r"“甲”(?:以 (?P<votes>\d) 票)?同意、“乙”暂缓、“丙”不同意"
    )
)
def recorded(desk: Desk, appointed: str, present: str, votes: str | None) -> None:
    items = desk.office.open_task("record").inputs["items"]
    yes = int(votes or 5)
    counts = {"甲": (yes, int(present) - yes), "乙": (0, 0), "丙": (1, int(present) - 2)}
    rows = [
        {
            **row,
            "decision": {"甲": "agree", "乙": "defer", "丙": "disagree"}[row["title"]],
            "votes_for": counts[row["title"]][0],
            "votes_against": counts[row["title"]][1],
            "votes_abstained": 0,
            **({"recused": "示例某局长", "recused_count": 1} if row["title"] == "丙" else {}),
            **({} if row["title"] == "甲" else {"conditions": WORDS}),
        }
        for row in items
    ]
    meeting = {"appointed": int(appointed), "present": int(present), "recorder": "示例秘书", "items": rows}
    desk.do("record", "meeting-secretary", meeting)


@then(parsers.parse("记录被退回秘书，原因是“{verdict}”"))
def sent_back(desk: Desk, verdict: str) -> None:
    task = desk.office.open_task("record")
    assert not desk.office.open_tasks("minutes")
    assert [row["decision"] for row in task.inputs["items"]] == ["agree", "defer", "disagree"], "it stands"
    from service.store import audit  # noqa: PLC0415 # reads what the decision said

    assert audit.decisions_of(db.session(), task.case_id)["meeting_record_verdict"] == verdict
    db.session.rollback()


@when("主持人签发纪要")
def signed(desk: Desk) -> None:
    desk.do("minutes", "meeting-chair", {"signed": "yes"})
    desk.office.tick()


@then("纪要有编号，写明三件各自的票数和结论")
def minutes(desk: Desk) -> None:
    (paper,) = desk.office.rows(db.select(Paper).where(Paper.letter == "meeting-minutes"))
    assert paper.number == "局办公会纪要〔2026〕1号"
    lines = [line for line in paper.body.splitlines() if line.startswith("- SB2026")]
    assert [line.rsplit("：", 1)[0].split("；")[-1][:0] or line for line in lines]
    assert "同意 5 票，不同意 3 票" in lines[0]
    assert "暂缓" in lines[1]
    assert "示例某局长回避" in lines[2]
    assert "不同意。" in lines[2]


@then(parsers.parse("“{name}”的会议结论是“{outcome}”"))
@then(parsers.parse("“{name}”公示的结论是“{outcome}”"))
def ended_as(desk: Desk, name: str, outcome: str) -> None:
    assert desk.outcome(name) == outcome


@then(parsers.parse("“{name}”还在办理，状态是“{state}”"))
def still_in(desk: Desk, name: str, state: str) -> None:
    assert (desk.outcome(name), desk.state(name)) == ("", state)


# ---- 公示与异议


@given(parsers.parse("“{one}”和“{two}”合并成一份公示"))
def joint_notice(desk: Desk, one: str, two: str) -> None:
    for name in (one, two):
        desk.do("draft", "office", {"joint": True}, desk.begin("publicity", name))
    act = desk.office.start("notice", "office")
    desk.do("draft", "office", {**NOTICE, "case_ids": [str(desk.cases[name]) for name in (one, two)]}, act)
    desk.links["notice"] = str(desk.office.rows(db.select(Notice.number))[0])
    page = shown(desk.get(f"/notices/{desk.links['notice']}").text)
    assert all(part in page for part in (f"依据：{NOTICE['basis']}", "异议受理人：", "监督部门：", "发布网址："))


@when(parsers.re(r"时间到 (?P<day>\S+) (?P<hour>\S+)"))
def time_comes(desk: Desk, day: str, hour: str) -> None:
    now = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour), ZONE)
    desk.office.tick(at(now.date(), now.time()))


@when(parsers.parse("有人实名对“{name}”提出异议"))
def objects(desk: Desk, name: str) -> None:
    _object(desk, name, {})


@when(parsers.parse("有人对“{name}”提出异议，不写姓名"))
def objects_nameless(desk: Desk, name: str) -> None:
    _object(desk, name, {"name": ""})


@when(parsers.parse("有人以“{who}”的名义对“{name}”提出异议"))
def objects_as(desk: Desk, who: str, name: str) -> None:
    _object(desk, name, {"name": who})


@then(parsers.parse("收到回执编号，凭编号查到“{told}”"))
def has_receipt(desk: Desk, told: str) -> None:
    assert desk.answers[-1].status_code == 201
    assert desk.office.rows(db.select(Objection.code))[-1] in desk.answers[-1].text
    look_up(desk, told)


@then(parsers.parse("凭编号查到“{told}”，看不到异议人"))
def look_up(desk: Desk, told: str) -> None:
    (code,) = desk.office.rows(db.select(Objection.code))
    answer = desk.get(f"/verify?code={code}")
    assert answer.status_code == 200
    assert told in shown(answer.text)
    assert HONEST["name"] not in answer.text
    assert HONEST["contact"] not in answer.text


@then("被告知公示期已经结束")
def told_over(desk: Desk) -> None:
    assert desk.answers[-1].status_code == 422
    page = shown(desk.answers[-1].text)
    assert "公示期已结束，不再受理异议" in page
    assert HONEST["facts"] in page, "what was written is not lost"
    assert desk.office.count(Objection) == 1


@then("被要求写真实姓名")
def asked_for_name(desk: Desk) -> None:
    assert desk.answers[-1].status_code == 422
    assert "请填写真实姓名或单位名称" in shown(desk.answers[-1].text)
    assert desk.office.count(Objection) == 0


@when(parsers.parse("“{name}”的异议受理、调查，认定成立"))
def upheld(desk: Desk, name: str) -> None:
    case_id = desk.cases[name]
    desk.do("admit", "objection-handler", {**YES, "matter": "成员单位是否具备法人资格。"}, case_id)
    found = {
        "method": "调取登记档案，约谈牵头单位。",
        "statement": "属实。",
        "facts": "该成员单位已于上年注销，申报时未更正，情况属实。",
    }
    desk.do("investigate", "objection-handler", {**found, "proposal": "uphold"}, case_id)
    words = "该成员单位已经注销，所列成员不实，异议成立。"
    desk.do("conclude", "office-head", {"upheld": "yes", "reasons": words, "reply": words}, case_id)


@when(parsers.parse("“{name}”的异议因匿名不予受理"))
def not_admitted(desk: Desk, name: str) -> None:
    answers = {**YES, "real_name": "no", "reason": "没有写真实姓名，无法核实身份。"}
    desk.do("admit", "objection-handler", answers, desk.cases[name])


@then("公示合并的两件各有一份告知")
def each_told(desk: Desk) -> None:
    told = desk.office.rows(db.select(Message.case_id).where(Message.title == "公示已发布"))
    assert set(told) == set(desk.cases.values())


# ---- 备案


@given(parsers.parse("名录中已有“{name}”"))
def in_use(desk: Desk, name: str) -> None:
    case_id = desk.begin("meeting-review", "先前")
    entry = RegisterEntry(
        number="手工1号", programme="changchun-innovation-consortium", name=name, credit_code=None, case_id=case_id,
        state="operating", entered_on=date(2026, 1, 5), data={},
    )  # fmt: skip
    desk.office.act(_add, entry)


@given(parsers.parse("“{name}”在备案"))
def at_filing(desk: Desk, name: str) -> None:
    desk.begin("filing", name)


@then("牵头单位须更改名称，备案编号还没有取")
def must_rename(desk: Desk) -> None:
    (task,) = desk.office.open_tasks("rename")
    assert task.inputs["full_name"] == "长春市智能底盘创新联合体"
    assert not desk.office.open_tasks("draft")


@when(parsers.parse("牵头单位改名为“{name}”"))
def renamed(desk: Desk, name: str) -> None:
    task = desk.office.open_task("rename")
    desk.office.complete(task.id, {"core_name": name}, desk.office.cast.of_role("lead", desk.office.now))


@when("业务处拟定通知，分管领导签发")
def filed(desk: Desk) -> None:
    words = "同意备案，列入重点支持范围，请按办法组织实施。"
    draft = {"filed_on": "2026-03-02", "body": words, "duties": "每年一月底前报送年度运行报告。"}
    desk.do("draft", "office", draft)
    desk.do("sign", "leader", {"signed": "yes", "signer_name": "示例分管领导"})
    (told,) = desk.office.rows(db.select(Paper.body).where(Paper.letter == "filing-notice"))
    assert words in told
    assert draft["duties"] in told, "what the clerk writes of duties stands in the notice"


@then(parsers.parse("名录中有“{name}”"))
def entered(desk: Desk, name: str) -> None:
    assert name in shown(desk.get("/register").text)


@then("扫证书上的二维码，看到它今天有效，没有任何个人信息")
def certificate_holds(desk: Desk) -> None:
    page = _verified(desk)
    assert "今天有效" in page
    assert "长创联备〔2026〕1号" in page
    people_here = [one.name for one in desk.office.rows(db.select(Expert))] + ["示例分管领导", "示例受理人"]
    assert not [name for name in people_here if name in page]
    assert not re.search(r"1[3-9]\d{9}|@example", page)


@when("它被撤销")
def struck_off(desk: Desk) -> None:
    desk.office.act(_strike_off)


@then("扫证书上的二维码，看到它已经失效")
def certificate_over(desk: Desk) -> None:
    page = _verified(desk)
    assert "已经失效" in page
    assert "今天有效" not in page


def _verified(desk: Desk) -> str:
    (paper,) = desk.office.rows(db.select(Paper).where(Paper.letter == "certificate"))
    assert re.fullmatch("[0-9A-Z]{12}", paper.code)
    answer = desk.get(f"/verify?code={paper.code}")
    assert answer.status_code == 200
    return str(shown(answer.text))


def _links(desk: Desk) -> dict[str, str]:
    """The newest link that was mailed to each address."""
    found: dict[str, tuple[int, str]] = {}
    for file in desk.mails.glob("outbox-*.eml"):
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        number = int(re.findall(r"outbox-(\d+)", file.name)[0])
        for path in re.findall(r"/confirm/[\w-]{43}", text):
            found[str(mail["To"])] = max(found.get(str(mail["To"]), (0, "")), (number, path))
    return {address: path for address, (_, path) in found.items()}


def _drawn(desk: Desk, element: str, actor: Actor) -> str:
    """What a task's form shows to somebody, as the page is made of."""
    page = task_page.load(db.session(), actor, desk.office.open_task(element).id, desk.office.now)
    form = task_page.form_of(db.session(), page, actor, desk.office.now)
    drawn = view(form.compiled, {}, roles=form.roles, variables=form.variables, functions=form.functions, lang="zh")
    db.session.rollback()
    return repr(drawn)


def _plan(desk: Desk, seats: int, reserves: int) -> None:
    desk.do("plan", "office", {**PLAN, "size": seats, "reserves": reserves})
    desk.do("draw", "office", {"checked": True})


def _answer(desk: Desk, position: int, data: dict[str, Any]) -> None:
    seats = desk.office.rows(db.select(Seat).where(Seat.position == position, Seat.state == "invited"))
    (task,) = [one for one in desk.office.open_tasks("invite") if one.inputs["seat_id"] == seats[-1].id]
    desk.office.complete(task.id, data, desk.expert_of(task.id))


def _object(desk: Desk, name: str, other: dict[str, str]) -> None:
    sent = {**HONEST, "case_id": str(desk.cases[name]), **other}
    desk.post(f"/notices/{desk.links['notice']}/object", sent)
    desk.office.tick()


def _record(desk: Desk) -> dict[str, Any]:
    newest = desk.office.rows(db.select(Panel).order_by(Panel.id))[-1]
    return dict(newest.record)


def _marks(desk: Desk, reason: str) -> list[str]:
    return [row["entry"] for row in _record(desk)["pool"] if row["reason"] == reason]


def _add(work: UnitOfWork, row: Any) -> None:
    work.session.add(row)


def _also_witness(work: UnitOfWork, user_id: int) -> int:
    from service.store.users import Grant, User  # noqa: PLC0415 # one account with both roles, as nobody should grant

    home = work.session.get_one(User, user_id).organisation_id
    work.session.add(Grant(user_id=user_id, role="draw-witness", organisation_id=home, granted_by=None))
    return user_id


def _strike_off(work: UnitOfWork) -> None:
    entry = work.session.scalars(db.select(RegisterEntry).where(RegisterEntry.number != "手工1号")).one()
    entry.state = "revoked"
