"""Letters and messages: tell the parties, issue a numbered letter, give a receipt."""

from __future__ import annotations

import secrets
from typing import Any

from service.domain.numbering import format_number
from service.feel import from_json
from service.operations.context import OperationContext, OperationRefused
from service.operations.recipients import tell_roles
from service.programmes.letters import CompiledLetter, RenderedLetter
from service.store import counters, outbox
from service.store.papers import Paper

PAPER_SET = "paper-set"  # the declaration as printed, its code on each page


def notify(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Tell the roles of a letter's `to` and the groups named beside them, in the service and by mail."""
    letter, text = rendered(context, inputs["letter"], inputs)
    keys = tell_roles(context, letter.to, text.title, text.body, also=inputs.get("groups") or ())
    return {"told": len(keys)}


def issue_letter(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Issue a letter: numbered, kept as a paper with a code that proves it, set as PDF, and told to its `to`.

    With a `role` it is a paper of that role's office: what several may issue bears the head of who does.
    """
    letter = _letter(context, inputs["letter"])
    number = next_of(context, letter.number) if letter.number else None
    paper = issue(context, letter, {**inputs, "number": number}, number)
    tell_roles(context, letter.to, paper.title, paper.body)
    return {"paper": paper.code, "number": number}


def reprint(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Issue the printed declaration anew where something was declared since; the codes of the older one are stale.

    Nothing happens in a case that has printed none. Source: domain §13.22.
    """
    printed = [paper for paper in context.of_case("papers") if paper["letter"] == PAPER_SET]
    if not printed or printed[-1]["current"]:
        return {"paper": None}
    return {"paper": issue_letter(context, {"letter": PAPER_SET})["paper"]}


def declared_title(core: str, unit: str) -> str:
    """What a case is called that declares something with a name of its own."""
    return f"{core}（{unit}）"


def issue_receipt(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Lock the submitted version and give a receipt with its code; the case is submitted from now on."""
    code = new_code()
    context.case.submitted_at = context.work.now
    context.case.receipt_code = code
    core = (context.of_case("declaration") or {}).get("core_name")
    if core:
        context.case.title = declared_title(core, (context.of_case("applicant") or {}).get("name", ""))
    letter = _letter(context, inputs.get("letter", "receipt"))
    paper = issue(context, letter, {**inputs, "code": code}, None, code=code)
    tell_roles(context, letter.to, paper.title, paper.body)
    return {"receipt": code}


def issue(
    context: OperationContext,
    letter: CompiledLetter,
    inputs: dict[str, Any],
    number: str | None,
    *,
    code: str | None = None,
) -> Paper:
    """The paper of a rendered letter; its PDF is set after the commit."""
    text = _rendered(context, letter, inputs)
    paper = Paper(
        case_id=context.case.id,
        letter=letter.id,
        number=number,
        code=code or new_code(),
        title=text.title,
        body=text.body,
        issued_at=context.work.now,
        issued_by=context.work.actor.user_id,
        issuer_id=_issuer(context, letter, inputs.get("role")),
    )
    context.session.add(paper)
    context.session.flush()
    outbox.add(context.session, "pdf", {"paper_id": paper.id}, dedupe_key=f"pdf:{paper.code}", now=context.work.now)
    return paper


def _issuer(context: OperationContext, letter: CompiledLetter, role: str | None) -> int | None:
    """The office whose head a paper bears: of the role that issues it, or as the letter's front matter says."""
    roles = context.programme.manifest.roles
    if role is not None and role not in roles:
        raise OperationRefused(zh=f"专项没有角色 {role}", en=f"the programme has no role {role}")
    holder = roles[role].holder if role is not None else letter.issuer
    if holder == "applicant":
        return None
    case = context.case
    return (case.competent_id or case.authority_id) if holder == "competent" else case.authority_id


def next_of(context: OperationContext, series: str) -> str:
    """The next number of a series of the manifest; gapless within its year among all that use its pattern."""
    rule = context.programme.manifest.numbers.get(series)
    if rule is None:
        raise OperationRefused(zh=f"专项没有编号规则 {series}", en=f"the programme has no number series {series}")
    year = context.today.year
    serial = counters.take(context.session, rule.series(year))
    return format_number(rule.pattern, year=year, serial=serial, digits=rule.digits)


def new_code() -> str:
    """A random reference that people can read out: no vowels, nothing that looks like another."""
    alphabet = "23456789BCDFGHJKMNPQRSTVWXZ"
    return "".join(secrets.choice(alphabet) for _ in range(12))


def rendered(context: OperationContext, name: str, inputs: dict[str, Any]) -> tuple[CompiledLetter, RenderedLetter]:
    """A letter of the programme and its text for this case."""
    letter = _letter(context, name)
    return letter, _rendered(context, letter, inputs)


def _letter(context: OperationContext, name: str) -> CompiledLetter:
    letter = context.programme.letters.get(name)
    if letter is None:
        raise OperationRefused(zh=f"没有文书 {name}", en=f"there is no letter {name}")
    return letter


def _rendered(context: OperationContext, letter: CompiledLetter, inputs: dict[str, Any]) -> RenderedLetter:
    reading = context.reading(letter.paths)
    variables = {**from_json({**reading.variables, "input": inputs}), "today": context.today}
    return letter.render(variables, reading.functions)
