"""The rules in force: what a programme rests on, its periods and duties, and what the notice does not write."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from service.domain.errors import NotFound
from service.programmes import defaults
from service.programmes.manifest import DeadlineRule
from service.queries import programmes
from service.store.session import db
from service.web.i18n import gettext, ngettext, this_day
from service.web.public.caching import cacheable
from service.web.security import public

pages = Blueprint("rules", __name__, url_prefix="/rules")


@pages.get("")
@public
@cacheable
def index() -> ResponseReturnValue:
    """Every programme with its standing and the way to its rules."""
    return render_template("public/rules_index.html", section="rules", programmes=programmes.newest(db.session()))


@pages.get("/<key>")
@public
@cacheable
def show(key: str) -> ResponseReturnValue:
    """One programme's articles, periods, duties and numbers, as its newest version has them."""
    programme = programmes.newest(db.session()).get(key)
    if programme is None:
        raise NotFound()
    rules, last = list(programme.manifest.deadlines.values()), programme.manifest.last_day
    return render_template(
        "public/rules.html",
        section="rules",
        programme=programme,
        left=(last - this_day()).days if last is not None else None,
        written=[rule for rule in rules if not rule.added],
        added=[rule for rule in rules if rule.added],
        duties=programme.manifest.duties.values(),
        written_numbers=list(defaults.settings(programme.manifest, written=True)),
        added_numbers=list(defaults.settings(programme.manifest, written=False)),
        length=length,
    )


def length(rule: DeadlineRule) -> str:
    """How long a period runs, in words; one whose date stands in the call says so."""
    if rule.working_days is not None:
        return ngettext("%(num)d 个工作日", "%(num)d 个工作日", rule.working_days)
    if rule.calendar_days is not None:
        return ngettext("%(num)d 日", "%(num)d 日", rule.calendar_days)
    if rule.months is not None:
        return ngettext("%(num)d 个月", "%(num)d 个月", rule.months)
    return gettext("由申报批次写明日期")
