"""Every page of the service, found as people find it: from their first page on, along the links.

The site is a demonstration of few cases at one fixed instant. Pages are counted by their route, so a new route is
visited without being listed anywhere. One that no link leads to is told by `missed`: it gets a link, or stands in
`BY_OTHER_WAYS` with the way people come to it.
"""

from __future__ import annotations

import email
import email.policy
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from service.app import create_app
from service.clock import jobs
from service.commands import deployments, people
from service.domain.credit_code import complete
from service.domain.identity import SYSTEM
from service.programmes.folder import programme_keys, read_folder
from service.settings import ROOT
from service.simulator.cast import DEMONSTRATION, PASSWORD
from service.simulator.demonstration import demonstrate
from service.store import calendars
from service.store.cases import Case
from service.store.instances import Instance
from service.store.organisations import Organisation
from service.store.panels import Panel
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User
from service.web.security import SESSION_COOKIE
from tests.support import databases
from tests.support.page_form import PDF, body, shown, token_on
from tests.support.stage import TEMPLATES, settings

# A Wednesday in working hours.
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
VISITOR = ""
# The cases of the demonstration that are enough for every page to have something on it, by the task where each stops.
FEW = {
    "changchun-innovation-consortium": ("拟定备案通知", "确认参加"),
    "guizhou-manufacturing-innovation-centre": ("核收纸质材料",),
    "jilin-manufacturing-innovation-centre": ("", "审定汇总报送"),
}
# A unit that registers itself.
UNIT = {
    "name": "示例新申报单位", "credit_code": complete("91220100DEMX00990"), "kind": "enterprise",
    "legal_representative": "示例法人", "address": "示例市示例区示例路 1 号", "contact_name": "示例联系人",
    "contact_mobile": "13800000000", "contact_email": "unit@example.invalid",
}  # fmt: skip
# One sender looks at everything here.
LIMITS = (
    "limit_sign_ins", "limit_searches", "limit_verifications", "limit_calendars", "limit_dossiers", "limit_documents",
    "limit_exports",
)  # fmt: skip
# So often a kind of page is looked at in search of a route that nothing has led to.
AT_MOST = 10
# Doors for programs, and what is no page at all.
NO_PAGES = re.compile(
    r"^/(v2|api|programmes|static)\b|^/(metrics|health\b.*)$|\.(json|txt|ics|xlsx|<any\(.*)$|/(view|licence|files/<code>)$"
)


@dataclass(frozen=True, slots=True)
class Stop:
    """One page as one person sees it; `status` is what it answers with."""

    rule: str
    login: str
    path: str
    status: int = 200


@dataclass
class Site:
    """The service on a filled database, at a standing clock; everybody who visits it has signed in by the form."""

    app: Flask
    folder: Path
    now: datetime
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def client(self, login: str) -> FlaskClient:
        """The person's browser."""
        if login not in self.clients:
            self.clients[login] = self.app.test_client()
            if login != VISITOR:
                page = self.clients[login].get("/sign-in").text
                sent = {"csrf_token": token_on(page), "login": login, "password": PASSWORD}
                assert self.clients[login].post("/sign-in", data=sent).status_code == 303, login
        return self.clients[login]

    def session(self, login: str) -> str:
        """The cookie of the person's session; empty for a visitor."""
        cookie = self.client(login).get_cookie(SESSION_COOKIE)
        return cookie.value if cookie else ""

    def rows(self, statement: Any) -> list[Any]:
        """The values of a statement of one column."""
        with self.app.app_context():
            found = list(db.session.scalars(statement))
            db.session.rollback()
        return found

    def user_id(self, login: str) -> int:
        """The number of an account."""
        return int(self.rows(select(User.id).where(User.login == login))[0])

    def mailed(self, place: str) -> Stop:
        """The newest link of this kind that was sent to somebody and still holds; else one that is over and says so."""
        with self.app.app_context():
            jobs.drain_outbox(self.now)
            db.session.rollback()
        numbered = {int(re.findall(r"\d+", one.name)[0]): one for one in (self.folder / "mail").glob("outbox-*.eml")}
        links = []
        for _, file in sorted(numbered.items(), reverse=True):
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            links += re.findall(rf"/{place}/[\w-]+", mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        assert links, f"nobody was sent a link to /{place}"
        found = {self.client(VISITOR).get(link).status_code: link for link in reversed(links)}
        status = min(found)
        assert status in (200, 422), f"/{place}: {sorted(found)}"
        return Stop(f"/{place}/<token>", VISITOR, found[status], status)

    def frame(self, login: str) -> str:
        """The frame in which the person sees the pages, as the class of their first page."""
        page = self.client(login).get("/" if login == VISITOR else "/home").text
        return str(html.fromstring(page).xpath("//body/@class")[0])

    def logins(self, *, every: bool = False) -> list[str]:
        """The visitor and one account of each kind: the first of those whose names differ in the number only."""
        all_of_them = self.rows(select(User.login).order_by(User.id))
        kinds = {login if every else re.sub(r"\d+$", "", login): login for login in reversed(all_of_them)}
        return [VISITOR, *reversed(kinds.values())]


def _invited(site: Site) -> Stop:
    """The one-time link that a colleague is sent whom a unit's administrator invites."""
    client = site.client("unit")
    sent = {"login": "invited", "name": "示例·新同事", "email": "invited@example.invalid", "roles": "lead"}
    answer = client.post("/unit/people", data={**sent, "csrf_token": token_on(client.get("/unit").text)})
    assert answer.status_code == 303, shown(answer.text)[:600]
    return site.mailed("set-password")


def _hand_over(site: Site) -> Stop:
    """The work of somebody who leaves; linked while there is any."""
    return Stop(
        "/account/deputies/hand-over/<int:user_id>",
        "colleague",
        f"/account/deputies/hand-over/{site.user_id('office')}",
    )


def _registered(site: Site) -> Stop:
    """What somebody who registers a unit is sent; the department's own page of it is linked from its list."""
    client = site.client(VISITOR)
    page = client.get("/units/new").text
    department = str(html.fromstring(page).xpath("//select[@name='competent']/option[@value!='']/@value")[0])
    given = [*UNIT.items(), ("competent", department), ("csrf_token", token_on(page))]
    sent = body(given, [("licence", "licence.pdf", PDF)])
    answer = client.post("/units/new", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 201, shown(answer.text)[:600]
    return site.mailed("units")


def _asked_to_confirm(site: Site) -> Stop:
    """The link by which a member unit without an account answers."""
    return site.mailed("confirm")


def _draw(site: Site) -> Stop:
    """The published record of a draw, whose code stands on the paper."""
    (code,) = site.rows(select(Panel.code).order_by(Panel.id).limit(1))
    return Stop("/draws/<code>", VISITOR, f"/draws/{code}")


def _compare(site: Site) -> Stop:
    """Two versions side by side; linked as soon as there are two."""
    key = next(iter(FEW))
    return Stop("/workshop/<key>/compare", "designer", f"/workshop/{key}/compare")


BY_OTHER_WAYS: tuple[Callable[[Site], Stop], ...] = (
    _invited, _hand_over, _registered, _asked_to_confirm, _draw, _compare,
)  # fmt: skip
# What somebody sees who goes where nothing is, where others belong, or where one must be signed in.
REFUSED = (
    Stop("404", VISITOR, "/nowhere", 404),
    Stop("404", "office", "/cases/999999", 404),
    Stop("403", "office", "/operations", 403),
    Stop("401", VISITOR, "/home", 401),
    Stop("422", "office", "/tasks?after=nonsense", 422),
)


def page_rules(app: Flask) -> frozenset[str]:
    """The routes that people open."""
    rules = (rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()))
    return frozenset(rule for rule in rules if not NO_PAGES.search(rule))


@dataclass
class Tour:
    """What was found: pages to look at, routes that answered with something else than a page, and what went wrong."""

    stops: list[Stop] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def missed(self, app: Flask) -> frozenset[str]:
        """The routes to which nothing led."""
        return page_rules(app) - {stop.rule for stop in self.stops} - self.files


def take(site: Site, logins: Collection[str], *, forms: bool = False) -> Tour:
    """Follow the links from everybody's first page, the least known kind of page first.

    Each kind of page is looked at once, by the first who comes to it: a route in the frame of the public, the counter
    or the desk, with the same parts of a query, and of tasks with `forms` each form of each programme; and then more of
    the same only as long as a route is missed.
    """
    tour = Tour()
    for way in BY_OTHER_WAYS:
        stop = way(site)
        answer = site.client(stop.login).get(stop.path)
        assert answer.status_code == stop.status, f"{stop.path}: {answer.status_code}"
        tour.stops.append(stop)
    walk = _Walk(site, tour, _forms_of(site) if forms else {})
    for login in logins:
        walk.meet(login)
    while (known := walk.least_known()) is not None:
        if known >= (AT_MOST if tour.missed(site.app) else 1):
            break
        walk.step(known)
    return tour


def _forms_of(site: Site) -> dict[str, str]:
    """What each open task's page shows, by its path."""
    rows = select(UserTask.id, Case.programme, UserTask.form).join(Instance, Instance.id == UserTask.instance_id)
    rows = rows.join(Case, Case.id == Instance.case_id).where(UserTask.status == OPEN)
    with site.app.app_context():
        found = db.session.execute(rows).all()
        db.session.rollback()
    return {f"/tasks/{task_id}": f"{programme}/{form}" for task_id, programme, form in found}


@dataclass
class _Walk:
    """What was seen of each kind of page, on which page each link was, and the links not followed yet.

    `ahead`: (how often seen, order, who, path).
    """

    site: Site
    tour: Tour
    forms: dict[str, str]
    frames: dict[str, str] = field(default_factory=dict)
    seen: Counter[tuple[str, ...]] = field(default_factory=Counter)
    found_on: dict[tuple[str, str], str] = field(default_factory=dict)
    ahead: list[tuple[int, int, str, str]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=count)

    def meet(self, login: str) -> None:
        """Begin at the person's first page."""
        self.frames[login] = self.site.frame(login)
        self._push(login, "/" if login == VISITOR else "/home", "")

    def least_known(self) -> int | None:
        """How often the kind of page was seen that comes next; None when there is nothing left."""
        while self.ahead:
            known, _, login, path = self.ahead[0]
            now = self.seen[self._kind(login, path)]
            if now == known:
                return known
            heappop(self.ahead)
            heappush(self.ahead, (now, next(self.order), login, path))
        return None

    def step(self, known: int) -> None:
        """Open the page that comes next."""
        _, _, login, path = heappop(self.ahead)
        rule = _rule(self.site.app, path)
        assert rule is not None
        self.seen[self._kind(login, path)] += 1
        answer = self.site.client(login).get(path)
        if answer.status_code in (301, 302, 303):
            self._push(login, answer.headers["Location"], path)
        elif answer.status_code != 200 and (login, answer.status_code) != (VISITOR, 401):
            origin = self.found_on[login, path]
            self.tour.wrong.append(f"{login or 'visitor'} {path}, linked on {origin}: {answer.status_code}")
        elif answer.mimetype != "text/html":
            self.tour.files.add(rule)
        else:
            if self._is_new(login, path, known) or rule in self.tour.missed(self.site.app):
                self.tour.stops.append(Stop(rule, login, path, answer.status_code))
            for link in _links(path, answer.text):
                self._push(login, link, path)

    def _is_new(self, login: str, path: str, known: int) -> bool:
        """Whether this kind of page was not seen before; everybody's first page is opened, and is one kind a frame."""
        if path != "/home":
            return known == 0
        mark = (self.frames[login], "/home")
        self.seen[mark] += 1
        return self.seen[mark] == 1

    def _push(self, login: str, path: str, origin: str) -> None:
        if (login, path) not in self.found_on and _rule(self.site.app, path) is not None:
            self.found_on[login, path] = origin
            heappush(self.ahead, (self.seen[self._kind(login, path)], next(self.order), login, path))

    def _kind(self, login: str, path: str) -> tuple[str, ...]:
        rule = _rule(self.site.app, path) or ""
        if path == "/home":
            return (login, rule)
        return (self.frames[login], rule, self.forms.get(path, ""), *sorted(parse_qs(urlsplit(path).query)))


def _links(path: str, page: str) -> Iterator[str]:
    for href in html.fromstring(page).xpath("//a/@href | //@data-diagram-url | //@data-marks-url"):
        target = urlsplit(urljoin(f"http://here{path}", str(href)))
        if target.netloc == "here":
            yield target.path + (f"?{target.query}" if target.query else "")


def _rule(app: Flask, path: str) -> str | None:
    """The route of a path of ours, if people open it."""
    try:
        rule, _ = app.url_map.bind("here").match(urlsplit(path).path, return_rule=True)
    except RequestRedirect as elsewhere:
        return _rule(app, urlsplit(elsewhere.new_url).path)
    except HTTPException:
        return path  # nobody answers there: the walk tells so
    return None if NO_PAGES.search(rule.rule) else rule.rule


@contextmanager
def demonstration(url: str, folder: Path, *, now: datetime = NOW, whole: bool = False) -> Iterator[Site]:
    """The service with the demonstration's cases in an empty database: a few of two programmes, or all of all."""
    models = ROOT if whole else _few(folder / "models")
    app = create_app(replace(settings(url, folder), **dict.fromkeys(LIMITS, 1_000_000)))
    app.testing = True
    app.jinja_env.bytecode_cache = TEMPLATES
    app.config["CLOCK"] = lambda: now
    with app.app_context():
        transact(_seed, actor=SYSTEM, now=now)
        for key in programme_keys(models):
            transact(deployments.publish, read_folder(models, key), key, actor=SYSTEM, now=now)
        demonstrate(models, now, lambda _line: None)
        transact(_colleague, actor=SYSTEM, now=now)
        db.session.remove()
    try:
        yield Site(app, folder, now)
    finally:
        databases.dispose(app)


def _seed(work: UnitOfWork) -> None:
    calendars.seed(work.session)


def _colleague(work: UnitOfWork) -> None:
    """Somebody beside the first case officer: work is handed over to people of the same organisation only."""
    office = work.session.scalars(select(User).where(User.login == "office")).one()
    home = work.session.get_one(Organisation, office.organisation_id)
    people.add_user(
        work, login="colleague", name="示例·同事", organisation=home.code, roles=["office"], password=PASSWORD
    )


def _few(models: Path) -> Path:
    """A folder of models whose demonstrations are cut down to a few cases."""
    for kind in ("bpmn", "dmn", "forms"):
        for part in ("common", *FEW):
            if (ROOT / kind / part).exists():
                shutil.copytree(ROOT / kind / part, models / kind / part)
    for key, stages in FEW.items():
        path = models / "bpmn" / key / DEMONSTRATION
        head, *blocks = re.split(r"(?m)^(?=\[\[case\]\])", path.read_text(encoding="utf-8"))
        first: dict[str, str] = {}
        for block in blocks:
            first.setdefault(tomllib.loads(block)["case"][0].get("until", ""), block)
        path.write_text(head + "".join(first[stage] for stage in stages), encoding="utf-8")
    return models
