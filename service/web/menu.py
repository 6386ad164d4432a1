"""The main menu, built from what the actor may do: nothing is shown that would be refused."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.access import HOUSE_ROLES, OUTSIDE_ROLES, READING_ROLES, judging_paths
from service.domain.identity import Actor
from service.queries.frame import Frame
from service.web.i18n import gettext

DESIGNER, ADMINISTRATOR, AUDITOR, LEAD, OFFICE = "designer", "administrator", "auditor", "lead", "office"


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry; the key is what a page names as its section."""

    key: str
    href: str
    text: str
    icon: str
    heading: str
    count: int = 0


def is_staff(actor: Actor | None) -> bool:
    """Whether the actor works for an authority; applicants, members and experts see the counter's pages."""
    return actor is not None and any(grant.role not in OUTSIDE_ROLES for grant in actor.roles)


def only_house(actor: Actor) -> bool:
    """Whether the actor designs, runs or audits the service and has neither tasks nor cases of others to look at."""
    return all(grant.role in HOUSE_ROLES for grant in actor.roles) and not judging_paths(actor)


def is_applicant(actor: Actor | None) -> bool:
    """Whether the actor declares for a unit."""
    return actor is not None and actor.holds(LEAD)


def menu_of(actor: Actor, own: Frame) -> list[MenuItem]:
    """The entries this actor sees, in their order."""
    return _staff(actor, own) if is_staff(actor) else _counter(actor, own.open_tasks)


def _counter(actor: Actor, open_tasks: int) -> list[MenuItem]:
    work = gettext("办理")
    items = [
        MenuItem("home", "/home", gettext("我的申报") if is_applicant(actor) else gettext("我的任务"), "inbox", work)
    ]
    items.append(MenuItem("tasks", "/tasks", gettext("待办"), "inbox", work, open_tasks))
    items.append(MenuItem("cases", "/cases", gettext("办理进度"), "folder-open", work))
    items.append(MenuItem("calls", "/calls", gettext("正在受理"), "megaphone", work))
    if actor.organisation_id is not None:
        items.append(MenuItem("unit", "/unit", gettext("本单位"), "users", work))
    if is_applicant(actor):
        items.append(MenuItem("obligations", "/obligations", gettext("义务日历"), "calendar-days", work))
    return items


def _staff(actor: Actor, own: Frame) -> list[MenuItem]:
    open_tasks = own.open_tasks
    work, watch = gettext("办理"), gettext("掌握")
    items = [MenuItem("home", "/home", gettext("今天"), "calendar-days", work)]
    if open_tasks or any(grant.role not in HOUSE_ROLES | READING_ROLES for grant in actor.roles):
        items.append(MenuItem("tasks", "/tasks", gettext("待办"), "inbox", work, open_tasks))
        if own.papers:
            items.append(MenuItem("paper", "/paper", gettext("纸质收件"), "inbox", work))
        items.append(MenuItem("done", "/tasks?scope=done", gettext("已办"), "check-check", work))
    if judging_paths(actor):
        items.append(MenuItem("cases", "/cases", gettext("申报件"), "folder-open", work))
    if own.registrations:
        items.append(MenuItem("registrations", "/registrations", gettext("单位注册"), "users", work))
    if actor.holds(OFFICE):
        items.append(MenuItem("experts", "/experts", gettext("专家库"), "users", work))
    if judging_paths(actor):
        items.append(MenuItem("dashboard", "/dashboard", gettext("看板"), "chart-column", watch))
    items += [
        MenuItem("notices", "/notices", gettext("公示"), "megaphone", watch),
        MenuItem("register", "/register", gettext("名录"), "book-open", watch),
        MenuItem("obligations", "/obligations", gettext("义务日历"), "calendar-days", watch),
    ]
    return [*items, *_house(actor)]


def _house(actor: Actor) -> list[MenuItem]:
    """What those who design and run the house see."""
    house, items = gettext("设计与运行"), []
    if actor.holds(DESIGNER, ADMINISTRATOR):
        items.append(MenuItem("workshop", "/workshop", gettext("专项与版本"), "layers", house))
    if actor.holds(ADMINISTRATOR):
        items.append(MenuItem("calls", "/operations/calls", gettext("批次与日历"), "calendar-range", house))
        items.append(MenuItem("accounts", "/accounts", gettext("人员与单位"), "users", house))
        items.append(MenuItem("operations", "/operations", gettext("运行状况"), "list-checks", house))
    if actor.holds(AUDITOR):
        items.append(MenuItem("audit", "/audit", gettext("操作记录"), "scroll-text", house))
    return items


def headings(items: list[MenuItem]) -> list[str]:
    """The headings of the side menu, each once, in their order."""
    return list(dict.fromkeys(item.heading for item in items))
