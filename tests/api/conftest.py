"""A site as tests/web has it, asked by programs: tokens, Basic, and a client."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from service.commands import api_tokens
from service.domain.deadlines import local_date
from service.domain.identity import SYSTEM, Actor
from service.store.api_tokens import ApiToken
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.users import User, actor_of
from tests.web.conftest import AT, PASSWORD, Browser, app, clock, filled, site

__all__ = ["AT", "PASSWORD", "app", "clock", "filled", "site"]


@dataclass
class Sign:
    """Makes tokens for accounts of the site."""

    app: Flask

    def __call__(self, login: str, *scopes: str, days: int = 30) -> str:
        with self.app.app_context():
            given = {"name": "test", "scopes": scopes or api_tokens.SCOPES, "days": days, "login": login}
            return transact(api_tokens.create, **given, actor=SYSTEM, now=AT)

    def actor(self, login: str) -> Actor:
        """The actor of an account."""
        user_id = db.session.scalar(select(User.id).where(User.login == login))
        found = actor_of(db.session(), user_id or 0, local_date(AT))
        db.session.rollback()
        assert found
        return found

    def newest(self) -> int:
        """The id of the token made last."""
        return int(db.session.scalar(select(func.max(ApiToken.id))) or 0)


@pytest.fixture
def token(site: Flask) -> Sign:
    """A maker of tokens."""
    return Sign(site)


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    """A program's client."""
    return site.test_client()


@pytest.fixture
def sign_in(client: FlaskClient) -> Callable[[str], None]:
    """Sign the client in as a browser does."""

    def enter(login: str) -> None:
        assert Browser(client).sign_in(login).status_code == 303

    return enter


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


def basic(login: str, password: str = PASSWORD) -> dict[str, str]:
    """The header of a login and password."""
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}
