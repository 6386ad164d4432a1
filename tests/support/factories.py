"""Rows for tests, made by plain functions with defaults; each flushes and gives the row back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from service.store import organisations, user_tasks
from service.store.cases import Case
from service.store.deployments import Deployment
from service.store.experts import Expert
from service.store.instances import Instance
from service.store.organisations import Organisation
from service.store.user_tasks import UserTask
from service.store.users import Grant, User

AT = datetime(2025, 4, 1, 2, 0, tzinfo=UTC)
_numbers = count(1)


def make_organisation(session: Session, parent: Organisation | None = None, **over: Any) -> Organisation:
    """An authority, or what `kind` says."""
    number = next(_numbers)
    row = Organisation(**{"kind": "authority", "code": f"org-{number}", "name": f"单位{number}", "contact": {}, **over})
    return organisations.add(session, row, parent)


def make_user(session: Session, organisation: Organisation | None = None, *roles: str, **over: Any) -> User:
    """A person with roles at an organisation."""
    number = next(_numbers)
    user = _added(
        session,
        User(
            **{
                "login": f"user-{number}",
                "name": f"用户{number}",
                "password_hash": "-",
                "organisation_id": organisation.id if organisation else None,
                **over,
            }
        ),
    )
    for role in roles:
        assert organisation is not None
        _added(session, Grant(user_id=user.id, role=role, organisation_id=organisation.id))
    return user


def make_expert(session: Session, **over: Any) -> Expert:
    """An active expert, of the pool of an own authority unless one is given."""
    number = next(_numbers)
    if "authority_id" not in over:
        over["authority_id"] = make_organisation(session).id
    values = {"name": f"专家{number}", "employer": f"大学{number}", "field": "材料", "avoid": []}
    return _added(session, Expert(**{**values, **over}))


def make_deployment(session: Session, **over: Any) -> Deployment:
    """A deployment without files."""
    number = next(_numbers)
    values = {"programme": "a-programme", "version": number, "digest": f"digest-{number}", "manifest": {}}
    return _added(session, Deployment(**{**values, "deployed_at": AT, **over}))


def make_case(session: Session, **over: Any) -> Case:
    """A case of a procedure, without an instance."""
    if "deployment_id" not in over:
        over["deployment_id"] = make_deployment(session).id
    values = {"programme": "a-programme", "procedure": "recognition", "title": "一件申报", "state": "draft"}
    return _added(session, Case(**{**values, "started_at": AT, **over}))


def make_instance(session: Session, case: Case | None = None, **over: Any) -> Instance:
    """An instance, of a case of its own unless one is given."""
    case = case or make_case(session)
    values = {"case_id": case.id, "deployment_id": case.deployment_id, "state": b"{}", "revision": 0}
    return _added(session, Instance(**{**values, **over}))


def make_task(
    session: Session, instance: Instance | None = None, groups: Collection[str] = ("local-clerk@1",), **over: Any
) -> UserTask:
    """An open task, of an instance of its own unless one is given."""
    instance = instance or make_instance(session)
    values = {"engine_task": next(_numbers), "element": "review", "name": "初审", "process": "local-review"}
    task = UserTask(**{"instance_id": instance.id, "case_id": instance.case_id, **values, "opened_at": AT, **over})
    user_tasks.open_all(session, [(task, groups)])
    return task


def _added(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
