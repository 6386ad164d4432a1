"""Whether this node lives, may be asked, and the service is well; and its figures for who holds the token."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from service.commands.ports import ports
from service.domain.errors import NotFound
from service.queries import vitals
from service.store.session import db
from service.web.security import moment, public

pages = Blueprint("health", __name__)


@pages.get("/health/live")
@public
def live() -> Response:
    """This process answers."""
    return jsonify(status="ok")


@pages.get("/health/ready")
@public
def ready() -> tuple[Response, int]:
    """This node reaches its database; 503 where it does not."""
    found = _state()
    return jsonify(status="ok" if found != "down" else "down"), 503 if found == "down" else 200


@pages.get("/health")
@public
def health() -> tuple[Response, int]:
    """The database answers and the clock has ticked within three of its periods; 503 otherwise, and no more said."""
    found = _state()
    return jsonify(status=found), 200 if found == "ok" else 503


@pages.get("/metrics")
@public
def metrics() -> Response:
    """The figures as Prometheus reads them, for the bearer of SHENBAO_METRICS_TOKEN; without it there are none."""
    expected, sent = ports().metrics_token, request.headers.get("Authorization", "")
    if not expected or not hmac.compare_digest(sent.encode(), f"Bearer {expected}".encode()):
        raise NotFound()
    lines = []
    for one in vitals.figures(db.session(), moment()):
        lines += [f"# HELP {one.name} {one.text}", f"# TYPE {one.name} gauge"]
        lines += [f"{one.name}{{{label}}} {value}" if label else f"{one.name} {value}" for label, value in one.values]
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")


def _state() -> str:
    """`ok`, `clock-late` or `down`."""
    try:
        return "clock-late" if vitals.clock_is_late(db.session(), moment(), ports().tick_seconds) else "ok"
    except SQLAlchemyError:
        return "down"
