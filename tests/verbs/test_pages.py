"""The pages of the verbs: what is offered is what may be done, wrong entries are named, nothing needs a script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.domain.deadlines import local_date
from service.domain.verbs import VERBS
from service.queries.verbs import MOST_PEOPLE
from service.store.session import db
from service.store.users import Grant, User
from tests.support.office import Office
from tests.verbs.desk import Desk


@pytest.fixture
def desk(office: Office) -> Desk:
    """A matter whose first check is open."""
    found = Desk(office)
    found.start("matter")
    found.submit("申报单位", "填写申请")
    return found


def offered(page: str) -> set[str]:
    """The verbs that a page links to."""
    return {key for key in VERBS if f"/do/{key}" in page}


def test_a_page_offers_what_may_be_done_and_each_has_a_page(desk: Desk) -> None:
    task = desk.task("初核")
    found = offered(desk.get("经办人", f"/tasks/{task}"))
    assert found == {"transfer", "delegate", "add-signer", "return", "copy", "urge"}
    for key in found:
        assert "/do/" in desk.get("经办人", f"/tasks/{task}/do/{key}")
    for key in set(VERBS) - found - {"claim", "complete"}:
        assert desk.browser("经办人").get(f"/tasks/{task}/do/{key}").status_code in (403, 404, 409), key
    assert desk.browser("经办人").get(f"/tasks/{task}/do/fly").status_code == 404


def test_the_first_step_of_a_case_cannot_be_sent_back(office: Office) -> None:
    found = Desk(office)
    found.start("matter")
    task = found.task("填写申请")
    assert "return" not in offered(found.get("申报单位", f"/tasks/{task}"))
    assert "没有可以退回的步骤" in found.get("申报单位", f"/tasks/{task}/do/return")


def test_what_is_wrong_is_named_and_the_rest_stays(desk: Desk) -> None:
    task = desk.task("初核")
    answer = desk.post("经办人", f"/tasks/{task}/do/transfer", {"person": "x", "reason": "我要出差三天"})
    assert answer.status_code == 422
    assert "“人员”填写有误" in answer.text
    assert "我要出差三天" in answer.text
    answer = desk.post("经办人", f"/tasks/{task}/do/return", {"target": "decide", "way": "walk", "reason": "试试"})
    assert answer.status_code == 422


def test_who_is_done_goes_on_where_they_came_from(desk: Desk) -> None:
    task, other = desk.task("初核"), desk.office.person("clerk", 2)
    desk.post("经办人", f"/tasks/{task}/claim", {})
    assert desk.post("负责人", f"/tasks/{task}/do/urge", {"reason": "今天办结"}).location == f"/cases/{desk.case_id}"
    given = {"person": other.user_id, "reason": "我要出差三天"}
    assert desk.post("经办人", f"/tasks/{task}/do/transfer", given).location == "/tasks"


def test_who_may_not_see_the_case_finds_nothing(desk: Desk) -> None:
    task = desk.task("初核")
    for key in ("transfer", "urge", "copy", "sign"):
        assert desk.browser("会签人").get(f"/tasks/{task}/do/{key}").status_code == 404
    assert desk.browser("会签人").get(f"/cases/{desk.case_id}/do/cancel").status_code == 404


def test_a_deputy_is_appointed_and_called_back_by_pages(desk: Desk) -> None:
    today, voter = local_date(desk.office.now), desk.office.person("voter")
    given = {"deputy": voter.user_id, "roles": "clerk", "from_on": today, "to_on": today + timedelta(days=3)}
    assert desk.post("经办人", "/account/deputies", {**given, "to_on": today + timedelta(days=30)}).status_code == 422
    assert desk.post("经办人", "/account/deputies", given).status_code == 303
    assert "初核" in desk.get("会签人", "/tasks?scope=groups")
    task, principal = desk.task("初核"), desk.office.person("clerk").name
    desk.post("经办人", f"/tasks/{task}/claim", {})
    assert f"您替 {principal} 办理" in desk.get("会签人", f"/tasks/{task}")
    desk.post("会签人", f"/tasks/{task}/release", {})
    assert f"替 {principal} 办理" in desk.get("经办人", f"/cases/{desk.case_id}"), "the history says for whom"
    assert desk.post("会签人", "/account/deputies/1/end", {}).status_code == 303
    assert "初核" not in desk.get("会签人", "/tasks?scope=groups")


def test_open_work_is_handed_over_with_a_result_a_row(desk: Desk) -> None:
    task, clerk = desk.task("初核"), desk.office.person("clerk")
    desk.post("经办人", f"/tasks/{task}/claim", {})
    address = f"/account/deputies/hand-over/{clerk.user_id}"
    heir = desk.office.person("clerk", 2)
    sent = {"tasks": [task], "to": heir.user_id, "reason": "调离"}
    assert "没有交接" in desk.post("会签人", address, sent).text
    done = desk.post("负责人", address, sent).text
    assert "已交接" in done
    assert "初核" in done  # each row says what it was
    assert f"<b>初核</b> 交接 → {heir.name}" in desk.get("经办人", f"/cases/{desk.case_id}"), "what went to whom"
    assert desk.post("负责人", address, {"reason": "调离"}).status_code == 422


def crowd(desk: Desk) -> None:
    """More clerks at the place of the first than a list shows; the last by name is “郑末”."""
    desk.office.person("clerk", 2)  # stands at that place before the crowd does
    with desk.office.app.app_context():
        clerk = db.session.get_one(User, desk.office.person("clerk").user_id)
        place = db.session.scalars(select(Grant.organisation_id).where(Grant.user_id == clerk.id)).first()
        people = [
            User(login=f"crowd-{n}", name="郑末" if n == MOST_PEOPLE else f"同事{n:03}", password_hash="-",
                 organisation_id=clerk.organisation_id)
            for n in range(MOST_PEOPLE + 1)
        ]  # fmt: skip
        db.session.add_all(people)
        db.session.flush()
        db.session.add_all(Grant(user_id=one.id, role="clerk", organisation_id=place) for one in people)
        db.session.commit()


def test_a_long_list_of_people_says_so_and_is_searched_with_nothing_lost(desk: Desk) -> None:
    task = desk.task("初核")
    transfer, deputies = f"/tasks/{task}/do/transfer", "/account/deputies"
    hand_over = f"/account/deputies/hand-over/{desk.office.person('clerk', 2).user_id}"
    assert all("人员较多" not in desk.get("经办人", address) for address in (transfer, deputies, hand_over))
    desk.post("经办人二", f"/tasks/{task}/claim", {})
    crowd(desk)
    for address in (transfer, deputies, hand_over):
        page = desk.get("经办人二" if address == transfer else "经办人", address)
        assert "这里只列前 200 位" in page, address
        assert "郑末" not in page, address
    find = {"find": "1", "person_name": "郑", "reason": "要出差三天"}
    asked = {"verb": "transfer", "task": task, "go": "1"}
    for role, address, sent in (
        ("经办人二", transfer, {}), ("经办人", deputies, {}), ("经办人", hand_over, {"tasks": task}),
        ("经办人二", "/tasks/batch", asked),
    ):  # fmt: skip
        answer = desk.post(role, address, {**find, **sent})
        assert answer.status_code == 200, address
        assert "郑末" in answer.text, address
        assert "要出差三天" in answer.text, address
        assert "同事001" not in answer.text, address
        assert "没有找到。换几个字再找。" in desk.post(role, address, {**find, **sent, "person_name": "%"}).text or (
            address == hand_over  # there the group and oneself can always take it
        )
    assert desk.task("初核") == task, "to look for somebody moves nothing"
    assert desk.browser("经办人").get(hand_over).status_code == 200
