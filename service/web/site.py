"""The pages as one thing: `install` gives an application its languages, guards, errors, routes and templates."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, g
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from service.queries import frame as frames
from service.store.session import db
from service.web import assets, chinese_marks, download, i18n, menu, present, trail_words, words
from service.web.api.site import install_api
from service.web.errors import install_errors
from service.web.pages import (
    account,
    accounts,
    api_tokens,
    attachments,
    audit,
    batches,
    calls,
    cases,
    centres,
    cut_offs,
    dashboard,
    deputies,
    diagrams,
    experts,
    exports,
    extensions,
    home,
    members,
    messages,
    operations,
    paper_desk,
    papers,
    registrations,
    sign_in,
    unit,
    unit_profile,
    user_tasks,
    verbs,
    workshop,
)
from service.web.public import (
    calendar_feed,
    confirm,
    draws,
    front,
    health,
    notices,
    register,
    rules,
    set_password,
    units,
)
from service.web.schemas import MAX_ID
from service.web.security import install_security
from service.web.templating import COMPILED
from service.web.v2.site import install_v2

MAX_BODY_BYTES = 60 * 1024 * 1024
MAX_FORM_BYTES = 4 * 1024 * 1024
MAX_FORM_PARTS = 5_000

BLUEPRINTS = (
    front.pages, notices.pages, draws.pages, register.pages, rules.pages, sign_in.pages, home.pages,
    centres.pages, user_tasks.pages, verbs.pages, batches.pages, deputies.pages, attachments.pages, experts.pages,
    cases.pages, extensions.pages, diagrams.pages, messages.pages, account.pages, api_tokens.pages, workshop.pages,
    operations.pages,
    calls.pages, members.pages, registrations.pages, unit.pages, unit_profile.pages,
    cut_offs.pages, dashboard.pages,
    accounts.pages, audit.pages, exports.pages, papers.pages, paper_desk.pages, set_password.pages, confirm.pages,
    units.pages,
    calendar_feed.pages, health.pages,
)  # fmt: skip


class _Key(IntegerConverter):
    """A key of the database in an address; a number that no key can be is an address that does not exist."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"max": MAX_ID, **options})


def install(app: Flask, *, proxies: int = 0, demonstration: bool = False, secure: bool = False) -> None:
    """Attach the site.

    `proxies` is how many proxies in front of us are trusted to tell the sender and the scheme; `secure` says that
    browsers reach us by TLS only; `demonstration` marks every page as fictional data.
    """
    # set, not defaulted: Flask has values of its own for these, and no limit for the first
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_FORM_BYTES
    app.config["MAX_FORM_PARTS"] = MAX_FORM_PARTS
    app.url_map.converters["int"] = _Key
    app.config["SESSION_COOKIE_NAME"] = "shenbao_notes"  # only the one-time confirmations of a page
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SECURE"] = secure
    app.config["DEMONSTRATION"] = demonstration
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.jinja_env.bytecode_cache = COMPILED
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    i18n.install_languages(app)
    chinese_marks.install_chinese_marks(app)
    install_security(app)
    install_errors(app)
    _install_words(app)
    app.context_processor(_shell)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    install_api(app)
    install_v2(app)


def _install_words(app: Flask) -> None:
    app.jinja_env.globals.update(
        script=assets.script,
        styles=assets.styles,
        state_word=words.state_word,
        programme_status=words.programme_status,
        entry_state=words.entry_state,
        change_word=words.change_word,
        changed_part=words.changed_part,
        action_word=trail_words.action_word,
        outbox_word=trail_words.outbox_word,
        object_word=trail_words.object_word,
        tie_word=words.tie_word,
        objection_word=words.objection_word,
        expert_tie=words.expert_tie,
        device_word=words.device_word,
        task_actions=trail_words.TASK_ACTIONS,
        viewed_types=download.VIEWED,
        role_word=words.role_word,
        several_word=words.several_word,
        actor_word=words.actor_word,
        member_kind=words.member_kind,
        seat_word=words.seat_word,
        decision_word=words.decision_word,
        receipt_word=words.receipt_word,
        due_mark=lambda due_at, paused=False: present.due(due_at, g.now, paused=paused),
        due_of=lambda task: present.due_of(task, g.now),
        left_out_word=words.left_out_word,
        due_reason=present.reason,
        period=present.period,
    )
    app.jinja_env.filters.update(
        day=i18n.plain_date,
        month=i18n.month_text,
        official_day=i18n.official_day,
        weekday=i18n.date_text,
        moment=i18n.moment_text,
        deadline=i18n.deadline_text,
        bilingual=i18n.bilingual,
        size=i18n.size_text,
        today=i18n.day_text,
        query=_query,
    )


def _query(parts: dict[str, Any]) -> str:
    """A query string of what is not empty."""
    return urlencode({name: value for name, value in parts.items() if value not in ("", None)})


def _shell() -> dict[str, Any]:
    """What every page's frame needs; for a signed-in person one statement, if the page has not asked it already."""
    actor = g.get("actor")
    frame: dict[str, Any] = {
        "actor": actor,
        "person": g.get("person"),
        "language": i18n.language(),
        "large": g.get("large", False),
        "demonstration": current_app.config["DEMONSTRATION"],
        "section": "",
        "shell": "shells/public.html",
        "now": g.get("now"),
        "menu": [],
        "menu_headings": [],
        "unread": 0,
    }
    if actor is not None:
        staff = menu.is_staff(actor)
        told = g.get("frame") or frames.frame(db.session(), actor)
        frame["menu"] = menu.menu_of(actor, told)
        frame["menu_headings"] = menu.headings(frame["menu"])
        frame["unread"] = told.unread
        frame["shell"] = "shells/desk.html" if staff else "shells/counter.html"
        frame["staff"] = staff
    return frame
