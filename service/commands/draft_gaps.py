"""What a draft still lacks, as its form judges it, for those who are reminded of its deadline."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from service.domain.deadlines import local_date
from service.domain.errors import Language
from service.forms import judge
from service.programmes.task_forms import open_task_form
from service.store.cases import Case
from service.store.submissions import Draft
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask
from service.store.users import actor_of

NAMED: Final = 30  # items a reminder names; how many more there are is said
Gaps = dict[Language, str]
NO_DRAFT: Final[Gaps] = {"zh": "", "en": ""}


def gaps(work: UnitOfWork, task: UserTask, person: int | None = None) -> Gaps:
    """The missing items of a person's draft, or of the one saved last, to append to a text; empty without a draft.

    Source: domain §11, “drafts: exact missing items”.
    """
    drafts = select(Draft.user_id).where(Draft.task_id == task.id).order_by(Draft.saved_at.desc(), Draft.id.desc())
    author = work.session.scalar((drafts.where(Draft.user_id == person) if person is not None else drafts).limit(1))
    actor = actor_of(work.session, author, local_date(work.now)) if author is not None else None
    if actor is None:
        return NO_DRAFT
    case = work.session.get_one(Case, task.case_id)
    form = open_task_form(work.session, task, case, actor=actor, now=work.now)
    problems = judge(
        form.compiled, {}, stored=form.given, roles=form.roles, variables=form.variables, functions=form.functions,
        today=form.today, attachments=form.attachments,
    ).problems  # fmt: skip
    if not problems:
        return {"zh": "\n\n草稿已经填齐，还没有提交。", "en": "\n\nThe draft is complete, but has not been submitted."}
    more = len(problems) - NAMED
    named = {of: "".join(f"\n- {one.line(of)}" for one in problems[:NAMED]) for of in NO_DRAFT}
    rest = {"zh": f"\n- 另有 {more} 项", "en": f"\n- and {more} more"} if more > 0 else NO_DRAFT
    return {
        "zh": f"\n\n草稿还差 {len(problems)} 项：{named['zh']}{rest['zh']}",
        "en": f"\n\nThe draft still lacks {len(problems)}:{named['en']}{rest['en']}",
    }
