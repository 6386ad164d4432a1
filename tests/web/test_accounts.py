"""Administrators and accounts: roles, links, sessions, organisations; and the auditor's trail."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, text

from service import cli
from service.commands import accounts, deputies, people, ports
from service.domain.credit_code import complete
from service.domain.errors import InvalidInput, NotAllowed, NotFound
from service.domain.identity import SYSTEM, Actor
from service.store import audit_chain
from service.store.audit import AuditEntry
from service.store.counters import HEARTBEAT, put
from service.store.organisations import Organisation
from service.store.outbox import OutboxEntry
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.users import Grant, User, actor_of
from tests.support.factories import make_task
from tests.web.conftest import AT, PASSWORD, Browser

Browse = Callable[[str], Browser]
NEW = "a new fictional password"


def test_an_account_is_made_by_a_link_that_works_once(site: Flask, browse: Browse) -> None:
    admin = browse("admin")
    page = admin.post("/accounts/new", {"name": "新同事", "login": "new.one", "organisation": _place(site, "county-0")})
    link = _link(page.text)
    visitor = browse("")
    assert visitor.post(link, {"new": NEW, "again": NEW}).status_code == 303
    assert visitor.sign_in("new.one", NEW).status_code == 303
    assert browse("").post(link, {"new": NEW, "again": NEW}).status_code == 422
    assert NEW not in page.text


def test_nobody_signs_in_before_the_link_was_used(site: Flask, browse: Browse) -> None:
    browse("admin").post("/accounts/new", {"name": "甲", "login": "new.two", "organisation": _place(site, "county-0")})
    for password in ("", "!", "anything at all"):
        assert browse("").sign_in("new.two", password).status_code == 422


def test_a_link_is_over_after_a_day(site: Flask, browse: Browse, clock: Callable[[datetime], None]) -> None:
    link = _link(browse("admin").post(f"/accounts/{_user(site, 'office')}/reset").text)
    clock(AT + timedelta(hours=24))
    page = browse("").post(link, {"new": NEW, "again": NEW})
    assert page.status_code == 422
    assert "已过期" in page.text


@pytest.mark.parametrize(
    ("new", "again", "told"), [("short", "short", "10"), (NEW, NEW + "x", "不一样"), ("", "", "请填写")]
)
def test_a_bad_password_is_told_beside_its_field(new: str, again: str, told: str, site: Flask, browse: Browse) -> None:
    link = _link(browse("admin").post(f"/accounts/{_user(site, 'office')}/reset").text)
    page = browse("").post(link, {"new": new, "again": again})
    assert (page.status_code, told in page.text) == (422, True)
    assert browse("").post(link, {"new": NEW, "again": NEW}).status_code == 303


def test_a_reset_ends_the_old_password_and_every_session(site: Flask, browse: Browse) -> None:
    office = browse("office")
    assert office.get("/tasks").status_code == 200
    browse("admin").post(f"/accounts/{_user(site, 'office')}/reset")
    assert office.get("/tasks").status_code == 401
    assert browse("").sign_in("office", PASSWORD).status_code == 422


def test_a_disabled_account_is_out_at_once_and_comes_back(site: Flask, browse: Browse) -> None:
    office, admin, user = browse("office"), browse("admin"), _user(site, "office")
    assert admin.post(f"/accounts/{user}/active", {"active": "0"}).status_code == 303
    assert office.get("/tasks").status_code == 401
    assert browse("").sign_in("office").status_code == 422
    admin.post(f"/accounts/{user}/active", {"active": "1"})
    assert browse("").sign_in("office").status_code == 303


def test_an_account_with_open_work_says_so_before_and_after_it_is_disabled(site: Flask, browse: Browse) -> None:
    admin, user = browse("admin"), _user(site, "office")
    assert "没有办结的任务" not in admin.get(f"/accounts/{user}").text
    with site.app_context():
        make_task(db.session(), assignee_id=user)
        db.session.commit()
    for _ in range(2):
        page = admin.get(f"/accounts/{user}").text
        assert "手上有 1 件没有办结的任务" in page
        assert f'href="/account/deputies/hand-over/{user}"' in page
        admin.post(f"/accounts/{user}/active", {"active": "0"})


def test_a_role_holds_and_ends_from_the_next_request_on(site: Flask, browse: Browse) -> None:
    office, admin, user = browse("office"), browse("admin"), _user(site, "office")
    assert office.get("/workshop").status_code == 403
    given = {"role": "designer", "organisation": _place(site, "sample-authority")}
    assert admin.post(f"/accounts/{user}/roles", given).status_code == 303
    assert office.get("/workshop").status_code == 200
    grant = re.findall(rf"/accounts/{user}/roles/(\d+)/end", admin.get(f"/accounts/{user}").text)[-1]
    assert admin.post(f"/accounts/{user}/roles/{grant}/end").status_code == 303
    assert office.get("/workshop").status_code == 403


def test_roles_that_exclude_each_other_are_refused_beside_the_field(site: Flask, browse: Browse) -> None:
    user = _user(site, "designer")
    given = {"role": "auditor", "organisation": _place(site, "sample-authority")}
    page = browse("admin").post(f"/accounts/{user}/roles", given)
    assert page.status_code == 422
    assert "不能由同一人担任" in page.text


@pytest.mark.parametrize(
    "wrong",
    [{"role": "no-such-role"}, {"role": ""}, {"until": "soon"}, {"until": "2020-01-01"}, {"organisation": "x"}],
    ids=["unknown", "none", "no date", "past", "no place"],
)
def test_a_wrong_grant_keeps_what_was_entered(wrong: dict[str, str], site: Flask, browse: Browse) -> None:
    given = {"role": "office", "organisation": str(_place(site, "county-0")), "until": "2026-12-31", **wrong}
    page = browse("admin").post(f"/accounts/{_user(site, 'lead')}/roles", given)
    assert page.status_code == 422
    assert 'role="alert"' in page.text


def test_nobody_acts_on_the_own_account_or_on_another_authoritys(site: Flask, browse: Browse) -> None:
    admin, own, other = browse("admin"), _user(site, "admin"), _user(site, "elsewhere")
    assert admin.post(f"/accounts/{own}/reset").status_code == 403
    assert admin.post(f"/accounts/{own}/active", {"active": "0"}).status_code == 403
    given = {"role": "office", "organisation": _place(site, "sample-authority")}
    assert admin.post(f"/accounts/{own}/roles", given).status_code == 403
    assert admin.get(f"/accounts/{other}").status_code == 404
    for path in ("reset", "active", "roles"):
        assert admin.post(f"/accounts/{other}/{path}", given).status_code == 404
    assert "示例·elsewhere" not in admin.get("/accounts").text
    with site.app_context():
        actor = _actor("admin")
        with pytest.raises(NotFound):
            _act(
                accounts.grant,
                _user_id("lead"),
                "office",
                _place_id("other-authority"),
                known=frozenset({"office"}),
                by=actor,
            )
        with pytest.raises(NotAllowed):
            _act(accounts.reset_password, _user_id("lead"), by=_actor("office"))


@pytest.fixture
def county(site: Flask) -> Actor:
    """The administrator of a department, with three colleagues: here only, with a role above, and later above."""
    with site.app_context():
        add = partial(_act, people.add_user, organisation="county-0", password=PASSWORD)
        add(login="county-admin", name="示例·区管理员", roles=["administrator"])
        for login in ("here", "above", "later"):
            add(login=login, name=f"示例·{login}", roles=["local-clerk"])
        for login, begins in (("above", None), ("later", AT.date() + timedelta(days=1))):
            transact(_raise, login, begins, actor=SYSTEM, now=AT)
        return _actor("county-admin")


def test_an_account_that_reaches_further_is_administered_further_up(site: Flask, browse: Browse, county: Actor) -> None:
    with site.app_context():
        for login in ("above", "later"):
            for act, more in (
                (accounts.reset_password, {}),
                (accounts.set_active, {"active": False}),
            ):
                with pytest.raises(NotAllowed, match="administrator above you"):
                    _act(act, _user_id(login), by=county, **more)
        _act(accounts.reset_password, _user_id("here"), by=county)
    above = _user(site, "above")
    assert browse("county-admin").post(f"/accounts/{above}/reset").status_code == 403
    assert browse("").sign_in("above").status_code == 303, "the password still holds"
    assert browse("admin").post(f"/accounts/{above}/reset").status_code == 200


def test_who_stands_in_for_one_who_reaches_further_is_administered_further_up(site: Flask, county: Actor) -> None:
    with site.app_context():
        role = {"roles": ["office"], "from_on": AT.date(), "to_on": AT.date()}
        _act(deputies.appoint, _user_id("here"), **role, by=_actor("above"))
        with pytest.raises(NotAllowed, match="administrator above you"):
            _act(accounts.reset_password, _user_id("here"), by=county)


def test_an_account_without_a_unit_is_the_operators(site: Flask, browse: Browse) -> None:
    with site.app_context():
        transact(_without_unit, "stranger", actor=SYSTEM, now=AT)
    user = _user(site, "stranger")
    admin = browse("admin")
    assert admin.get(f"/accounts/{user}").status_code == 404
    assert admin.post(f"/accounts/{user}/reset").status_code == 404
    assert "示例·stranger" not in admin.get("/accounts").text
    with site.app_context():
        _act(accounts.reset_password, user)


def test_an_expert_is_the_pools_authoritys(site: Flask, browse: Browse) -> None:
    with site.app_context():
        for login, authority in (("expert-here", "sample-authority"), ("expert-there", "other-authority")):
            person = {"name": f"示例·{login}", "organisation": None, "email": "e@e.invalid"}
            _act(people.add_user, login=login, password=PASSWORD, **person)
            given = {"name": "示例专家", "employer": "示例大学", "field": "材料", "user_id": _user_id(login)}
            _act(people.add_expert, authority=authority, **given)
    here, there = _user(site, "expert-here"), _user(site, "expert-there")
    admin = browse("admin")
    listed = admin.get("/accounts").text
    assert "示例·expert-here" in listed
    assert "示例·expert-there" not in listed
    assert admin.get(f"/accounts/{there}").status_code == 404
    for act in ("reset", "active"):
        assert admin.post(f"/accounts/{there}/{act}", {"active": "0"}).status_code == 404
    assert browse("").sign_in("expert-there").status_code == 303
    link = _link(admin.post(f"/accounts/{here}/reset").text)
    assert browse("").sign_in("expert-here").status_code == 422, "the old password is over"
    assert browse("").post(link, {"new": NEW, "again": NEW}).status_code == 303
    with site.app_context():
        mails = [row.payload for row in db.session.query(OutboxEntry).filter(OutboxEntry.kind == "mail")]
    assert [(mail["to"], mail["subject"]) for mail in mails] == [("e@e.invalid", "口令已被重置")]
    assert link not in mails[0]["body"]


def test_the_console_resets_any_account(site: Flask, browse: Browse, tmp_path: Path) -> None:
    environment = {
        "SHENBAO_DEVELOPMENT": "1", "SHENBAO_DATABASE_URL": f"sqlite:///{tmp_path / 'test.sqlite3'}",
        "SHENBAO_DATA_DIR": str(tmp_path / "files"), "SHENBAO_BASE_URL": "https://example.invalid",
    }  # fmt: skip
    with site.app_context():
        transact(_without_unit, "stranger", actor=SYSTEM, now=AT)
    unknown = CliRunner().invoke(cli.main, ["user", "reset", "nobody"], env=environment)
    assert isinstance(unknown.exception, InvalidInput)
    assert "没有账号 nobody" in unknown.exception.text("zh")
    done = CliRunner().invoke(cli.main, ["user", "reset", "stranger"], env=environment)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("https://example.invalid/set-password/")
    assert browse("").sign_in("stranger").status_code == 422, "the old password is over"


def test_a_session_is_listed_and_ended(site: Flask, browse: Browse) -> None:
    office, admin, user = browse("office"), browse("admin"), _user(site, "office")
    page = admin.get(f"/accounts/{user}").text
    (session_id,) = re.findall(rf"/accounts/{user}/sessions/(\d+)/end", page)
    assert "127.0.0.1" in page
    admin.post(f"/accounts/{user}/sessions/{session_id}/end")
    assert office.get("/tasks").status_code == 401


def test_organisations_are_registered_under_the_own_authority(site: Flask, browse: Browse) -> None:
    admin = browse("admin")
    given = {"name": "示例新企业有限公司", "code": "unit-new", "kind": "enterprise", "above": "county-0"}
    code = complete("91220101MA0000NEWA"[:17])
    assert admin.post("/organisations", {**given, "credit_code": code}).status_code == 303
    assert "示例新企业有限公司" in admin.get("/organisations").text
    for change, told in (
        ({"credit_code": code[:-1] + ("0" if code[-1] != "0" else "1"), "code": "unit-x"}, "校验位"),
        ({}, "已存在"),
        ({"code": "X Y"}, "代码"),
        ({"above": "other-authority", "code": "unit-y"}, "没有代码"),
    ):
        page = admin.post("/organisations", {**given, **change})
        assert (page.status_code, told in page.text) == (422, True), change
    with site.app_context(), pytest.raises(InvalidInput):
        _act(people.add_organisation, code="root", name="自立一家", kind="authority", by=_actor("admin"))


@pytest.mark.parametrize(
    "path", ["/accounts", "/accounts/new", "/accounts/1", "/organisations", "/audit", "/operations"]
)
def test_other_duties_do_not_enter(path: str, browse: Browse) -> None:
    for login in ("office", "lead", "designer"):
        assert browse(login).get(path).status_code == 403
    assert browse("").get(path).status_code == 401


@pytest.fixture
def auditor(site: Flask) -> str:
    """An auditor of the sample authority, and one elsewhere."""
    with site.app_context():
        for login, place in (("auditor", "sample-authority"), ("auditor-2", "other-authority")):
            given = {"name": f"示例·{login}", "organisation": place, "roles": ["auditor"], "password": PASSWORD}
            _act(people.add_user, login=login, **given)
    return "auditor"


def test_an_auditor_reads_the_own_authoritys_trail_and_verifies_it(site: Flask, browse: Browse, auditor: str) -> None:
    browse("lead").start()
    with site.app_context():
        transact(_seal, actor=SYSTEM, now=AT)
    own, other = browse(auditor), browse("auditor-2")
    assert "开始" in own.get("/audit?action=case-started").text
    assert "示例·lead" in own.get("/audit?who=lead").text
    assert "示例·lead" not in other.get("/audit?who=lead").text
    assert "没有符合条件" in own.get("/audit?from=2030-01-01&to=").text
    assert "起始日期晚于截止日期" in own.get("/audit?from=2030-01-02&to=2030-01-01").text
    assert own.get("/audit?from=never").status_code == 422
    assert "整条链完整" in own.post("/audit/verify").text
    with site.app_context():
        db.session.execute(text("DROP TRIGGER audit_entries_update"))
        first = db.session.scalars(select(AuditEntry.id).where(AuditEntry.seq == 2)).one()
        db.session.execute(text("UPDATE audit_entries SET actor_name = '别人' WHERE id = :id"), {"id": first})
        db.session.commit()
    assert "链条断开" in own.post("/audit/verify").text


def test_an_auditor_who_is_tied_to_a_unit_reads_nothing_of_its_case(site: Flask, browse: Browse, auditor: str) -> None:
    browse("lead").start()
    own = browse(auditor)
    with site.app_context():
        number = db.session.execute(text("SELECT number FROM cases")).scalar_one()
    assert number in own.get("/audit?action=case-started").text
    with site.app_context():
        transact(_tie, auditor, "示例企业0有限公司", actor=SYSTEM, now=AT)
    assert number not in own.get("/audit?action=case-started").text


def test_figures_are_for_who_bears_the_token(site: Flask, browse: Browse) -> None:
    assert browse("").get("/metrics").status_code == 404
    given: ports.Ports = site.extensions[ports.NAME]
    site.extensions[ports.NAME] = replace(given, metrics_token="for the monitor")
    assert browse("").get("/metrics").status_code == 404
    assert browse("admin").get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    browse("lead").start()
    page = browse("").get("/metrics", headers={"Authorization": "Bearer for the monitor"})
    assert page.status_code == 200
    assert "\nshenbao_open_tasks 1\n" in page.text
    assert page.text.endswith("\n")
    assert "示例" not in page.text


def test_health_turns_when_the_clock_stands(site: Flask, browse: Browse, clock: Callable[[datetime], None]) -> None:
    visitor = browse("")
    assert visitor.get("/health").status_code == 200
    with site.app_context():
        transact(_tick, actor=SYSTEM, now=AT)
    assert visitor.get("/health").status_code == 200
    clock(AT + timedelta(seconds=46))
    late = visitor.get("/health")
    assert (late.status_code, late.json) == (503, {"status": "clock-late"})
    assert visitor.get("/health/ready").status_code == 200
    assert visitor.get("/health/live").status_code == 200


def _tick(work: UnitOfWork) -> None:
    put(work.session, HEARTBEAT, int(work.now.timestamp()))


def _seal(work: UnitOfWork) -> None:
    audit_chain.seal(work.session)


def _tie(work: UnitOfWork, login: str, unit: str) -> None:
    from service.store.relations import Relation  # noqa: PLC0415 # only here

    work.session.add(Relation(user_id=_user_id(login), unit=unit, kind="relation", declared_at=AT))


def _raise(work: UnitOfWork, login: str, begins: date | None) -> None:
    place = _place_id("sample-authority")
    work.session.add(Grant(user_id=_user_id(login), role="office", organisation_id=place, valid_from_on=begins))


def _without_unit(work: UnitOfWork, login: str) -> None:
    work.session.get_one(User, _user_id(login)).organisation_id = None


def _act(command: Callable[..., Any], *args: Any, by: Actor = SYSTEM, **more: Any) -> Any:
    return transact(command, *args, actor=by, now=AT, **more)


def _actor(login: str) -> Actor:
    found = actor_of(db.session(), _user_id(login), AT.date())
    assert found is not None
    return found


def _link(page: str) -> str:
    found = re.search(r"(/set-password/[\w-]+)", page)
    assert found, page
    return found.group(1)


def _user(site: Flask, login: str) -> int:
    with site.app_context():
        return _user_id(login)


def _user_id(login: str) -> int:
    return int(db.session.scalars(select(User.id).where(User.login == login)).one())


def _place(site: Flask, code: str) -> int:
    with site.app_context():
        return _place_id(code)


def _place_id(code: str) -> int:
    return int(db.session.scalars(select(Organisation.id).where(Organisation.code == code)).one())
