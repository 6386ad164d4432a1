"""What stands beside a form while it is filled in: what the rules find, who could not confirm, what sections lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from service.forms import FieldView, FormView, judge
from service.programmes.task_forms import TaskForm
from service.queries.findings import Finding, Findings, of_draft
from service.queries.members import mute_in_draft
from service.queries.task_page import TaskPage
from service.store.session import db
from service.web.i18n import gettext

FOREIGN = frozenset({"unknown", "not-writable"})  # of the draft's own bookkeeping, not the person's to mend


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a long form; `missing` is how many of its fields are not right yet."""

    id: str
    label: str
    missing: int


@dataclass(frozen=True, slots=True)
class Filling:
    """The state of a draft: `found` only where something is filled in, and a decision or a member is to be told of."""

    found: Findings
    sections: tuple[Section, ...]

    @property
    def missing(self) -> int:
        """How many fields are not right yet, in all sections."""
        return sum(one.missing for one in self.sections)


def filling(page: TaskPage, form: TaskForm, shown: FormView, now: datetime) -> Filling:
    """Judge the draft without keeping or refusing anything."""
    begun = form.revision > 0 or page.ground.earlier is not None  # what the form starts with is nobody's work yet
    found = Findings((), asked=False)
    if begun:
        found = of_draft(db.session(), page.case, page.task.form or "", form.given, programme=form.programme, now=now)
        told = tuple(_mute_members(form))
        found = Findings(found.rows + told, found.asked or bool(told))
    return Filling(found, _sections(form, shown))


def _mute_members(form: TaskForm) -> Iterator[Finding]:
    """The declared members that could never confirm what is being filled in: said while it can still be mended."""
    for number, name in mute_in_draft(db.session(), form.programme, form.given):
        title = gettext("成员单位第 %(number)s 项“%(name)s”收不到确认请求", number=number, name=name)
        text = gettext("这家单位在本系统没有账号，也没有填联系邮箱。请填上联系邮箱，或者请它先登记单位账号。")
        yield Finding("warn", title, "", "", text)


def _sections(form: TaskForm, shown: FormView) -> tuple[Section, ...]:
    groups = [one for line in shown.lines for one in line.fields if one.kind == "group" and one.label and one.lines]
    if len(groups) < 3:
        return ()
    judged = judge(
        form.compiled, form.given, roles=form.roles, variables=form.variables, functions=form.functions,
        today=form.today, attachments=form.attachments, stored=form.given,
    )  # fmt: skip
    wrong = [problem.control for problem in judged.problems if problem.code not in FOREIGN]
    inside = {group.id: frozenset(_names([group])) for group in groups}
    return tuple(
        Section(group.id, group.label, sum(control in inside[group.id] for control in wrong)) for group in groups
    )


def _names(fields: Iterable[FieldView]) -> Iterator[str]:
    for one in fields:
        yield one.name
        for line in one.lines:
            yield from _names(line.fields)
        for row in one.rows:
            for line in row.lines:
                yield from _names(line.fields)
