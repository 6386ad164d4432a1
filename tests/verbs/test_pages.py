"""The pages of the verbs: what is offered is what may be done, wrong entries are named, nothing needs a script."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.domain.deadlines import local_date
from service.domain.verbs import VERBS
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


def test_what_is_wrong_is_named_and_the_rest_stays(desk: Desk) -> None:
    task = desk.task("初核")
    answer = desk.post("经办人", f"/tasks/{task}/do/transfer", {"person": "x", "reason": "我要出差三天"})
    assert answer.status_code == 422
    assert "“人员”填写有误" in answer.text
    assert "我要出差三天" in answer.text
    answer = desk.post("经办人", f"/tasks/{task}/do/return", {"target": "decide", "way": "walk", "reason": "试试"})
    assert answer.status_code == 422


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
    assert desk.post("会签人", "/account/deputies/1/end", {}).status_code == 303
    assert "初核" not in desk.get("会签人", "/tasks?scope=groups")


def test_open_work_is_handed_over_with_a_result_a_row(desk: Desk) -> None:
    task, clerk = desk.task("初核"), desk.office.person("clerk")
    desk.post("经办人", f"/tasks/{task}/claim", {})
    address = f"/account/deputies/hand-over/{clerk.user_id}"
    sent = {"tasks": [task], "to": desk.office.person("clerk", 2).user_id, "reason": "调离"}
    assert "没有交接" in desk.post("会签人", address, sent).text
    done = desk.post("负责人", address, sent).text
    assert "已交接" in done
    assert "初核" in done  # each row says what it was
    assert desk.post("负责人", address, {"reason": "调离"}).status_code == 422
