"""Units that could never confirm are known: no account, no registered address, none declared by the lead."""

from __future__ import annotations

import pytest
from flask import Flask

from service.queries.members import mute
from service.store.organisations import Organisation
from service.store.session import db
from tests.support import factories as make

CODE = "91220101MA0CCL002J"


def _declared(address: str = "") -> list[dict[str, object]]:
    return [{"name": "示例成员单位", "credit_code": CODE, "contact_email": address}]


def _unit(contact: dict[str, str] | None = None) -> Organisation:
    return make.make_organisation(db.session(), kind="enterprise", credit_code=CODE, contact=contact or {})


def test_a_unit_unknown_here_needs_an_address(store: Flask) -> None:
    del store
    assert mute(db.session(), _declared()) == (CODE,)
    assert mute(db.session(), _declared("unit@example.invalid")) == ()


@pytest.mark.parametrize(("active", "silent"), [(True, ()), (False, (CODE,))])
def test_a_unit_known_here_answers_by_its_people(store: Flask, active: bool, silent: tuple[str, ...]) -> None:
    del store
    make.make_user(db.session(), _unit(), active=active)
    assert mute(db.session(), _declared()) == silent


def test_a_registered_address_is_enough(store: Flask) -> None:
    del store
    _unit({"email": "unit@example.invalid"})
    assert mute(db.session(), _declared()) == ()


def test_a_line_that_names_no_unit_yet_is_left_alone(store: Flask) -> None:
    del store
    assert mute(db.session(), [{}, {"credit_code": None}, {"credit_code": ""}]) == ()
