"""Why the decisions of a case came out as they did: asked again of their version, with what they read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.dmn import DecisionModel
from service.dmn.phrases import shown
from service.dmn.vocabulary import in_words, settled
from service.domain.errors import Language
from service.feel import BudgetExceeded, Function, from_json, to_json
from service.forms.values import listed_options
from service.programmes.compiled import compiled_of, read_decisions
from service.programmes.functions import functions_of_no_case
from service.store import audit, calendars
from service.store.deployments import DeploymentFile

#: what tells of experts, their opinions and those who object
_CONFIDENTIAL = frozenset({"panel", "panel_opinion", "objections", "submissions"})


@dataclass(frozen=True, slots=True)
class Explained:
    """One decision as it was taken last; `tree` as of dmn.Explanation, None where `why_not` says why there is none.

    `agrees` is whether it comes to the same today: the calendar may have been imported anew since. `words` are what
    the designers call the codes in it.
    """

    decision: str
    name: str
    at: datetime
    value: Any
    tree: Mapping[str, Any] | None
    agrees: bool
    why_not: tuple[str, str] = ("", "")
    words: Mapping[str, str] = field(default_factory=dict)

    def brief(self, language: Language) -> str:
        """The value in a few words."""
        return self.told({language: shown(self.value, language)}, language)

    def told(self, texts: Mapping[str, str], language: Language) -> str:
        """One of two texts about it; designers name codes in Chinese, so an English reader is shown the codes."""
        return texts[language] if language == "en" else in_words(texts[language], self.words)


def explained(session: Session, case_id: int, deployment_id: int, *, confidential: bool) -> list[Explained]:
    """The last of each decision in the case, the newest first; those that tell of experts only if `confidential`.

    What a decision asked of the case's own deadlines or groups is not in its record; it is then not explained.
    """
    found: list[Explained] = []
    models: dict[str, DecisionModel | None] = {}
    functions = functions_of_no_case(calendars.load(session))
    chosen = _chosen(session, deployment_id)
    for entry in reversed(audit.last_decisions(session, case_id)):
        details = entry.details or {}
        digest = str(details.get("digest") or "")
        if digest not in models:
            models[digest] = _model(session, digest)
        model = models[digest]
        if model is None or entry.object_id not in model.decisions:
            why = ("找不到当时的决策文件", "the file it was made by is not there")
            found.append(_without(entry, entry.object_id, why))
        elif confidential or not _tells_of_experts(model, entry.object_id):
            found.append(_explained(entry, model, functions, chosen))
    return found


def _model(session: Session, digest: str) -> DecisionModel | None:
    query = select(DeploymentFile.path, DeploymentFile.content).where(DeploymentFile.digest == digest).limit(1)
    row = session.execute(query).one_or_none()
    return read_decisions(row.content, row.path) if row is not None else None


def _tells_of_experts(model: DecisionModel, decision: str) -> bool:
    return any(
        path[0] == "case" and not _CONFIDENTIAL.isdisjoint(path[1:2]) for path in model.decisions[decision].paths
    )


def _chosen(session: Session, deployment_id: int) -> Mapping[str, str]:
    """What the forms of the case's version call the values that they offer."""
    forms = compiled_of(session, deployment_id).forms.values()
    offered = (option for form in forms for node in form.form.nodes for option in listed_options(node))
    return settled((option.value, option.label) for option in offered)


def _explained(
    entry: audit.AuditEntry, model: DecisionModel, given: Mapping[str, Function], chosen: Mapping[str, str]
) -> Explained:
    details, decision = entry.details or {}, model.decisions[entry.object_id]
    if decision.calls - given.keys():
        why = (
            "它问过期限或候选组，当时的答复没有记录",
            "it asked for deadlines or groups, whose answers are not recorded",
        )
        return _without(entry, decision.name, why)
    try:
        again = model.explain(entry.object_id, from_json(details.get("read") or {}), functions=given)
    except BudgetExceeded as stopped:
        return _without(entry, decision.name, (stopped.zh, stopped.en))
    agrees = to_json(again.value) == details.get("value")
    file = settled(pair for one in model.decisions.values() for pair in one.words.items())
    words = {**chosen, **file, **decision.words}
    return Explained(entry.object_id, decision.name, entry.at, details.get("value"), again.tree, agrees, words=words)


def _without(entry: audit.AuditEntry, name: str, why: tuple[str, str]) -> Explained:
    value = (entry.details or {}).get("value")
    return Explained(entry.object_id, name, entry.at, value, None, agrees=True, why_not=why)
