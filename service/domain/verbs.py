"""What a clerk can do with a task or a case: who may, when, whether a reason is due, and the words for it.

Pages, the API, the commands and the tests read this one table; nothing else says which verbs there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from service.domain.errors import Conflict, InvalidInput, NotAllowed, Refusal


class Standing(StrEnum):
    """What a person is to a task or its case; one person may be several."""

    FREE = "free"  # one of its groups, and nobody has taken it
    HOLDER = "holder"  # has it, or stands in for who has it
    DELEGATE = "delegate"  # works on it for its owner
    OWNER = "owner"  # has delegated it
    SIGNER = "signer"  # was asked for a signature
    DOER = "doer"  # has completed it
    READER = "reader"  # may see the case
    STAFF = "staff"  # judges the case by office, whatever the task
    OFFICE = "office"  # works for the authority that decides the case
    SUPERVISOR = "supervisor"  # is told when it is late, or administers the authority
    EXPERT = "expert"  # judges on a panel of the case, once and alone


class Hindrance(StrEnum):
    """What keeps most verbs from a task."""

    CLOSED = "closed"
    SUSPENDED = "suspended"
    AWAY = "away"
    DELEGATED = "delegated"
    SEALED = "sealed"
    SIGNING = "signing"


TOLD: Final[dict[Hindrance, tuple[str, str]]] = {
    Hindrance.CLOSED: ("这一步已经办结或不再需要办理。", "This step has been closed."),
    Hindrance.SUSPENDED: ("案件已暂停办理，恢复以后才能办。", "The case is suspended; wait until it is resumed."),
    Hindrance.AWAY: (
        "已退回前面的步骤，对方办完会自动回到这里。",
        "It was sent back and returns here when that step is done.",
    ),
    Hindrance.DELEGATED: (
        "任务已委派：受委派人填写以后交回，由委派人提交。",
        "It is delegated: it is filled in, handed back, and submitted by its owner.",
    ),
    Hindrance.SEALED: ("已经提交，正在等加签人签署。", "It has been submitted and waits for signatures."),
    Hindrance.SIGNING: ("还有加签人没有签署，签完才能提交。", "Signatures asked for beforehand are still missing."),
}


class Hindered(Conflict):
    """The task or the case is in a state in which this cannot be done."""

    code = "verb-hindered"
    zh = "现在不能{verb_zh}：{zh}"
    en = "“{verb_en}” is not possible now: {en}"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb; `key` names it in addresses, `audit` in the trail.

    `despite`: hindrances that do not matter to it; `undoes`: the one without which there is nothing to do. `experts`:
    whether an expert may, too: who judges alone hands nothing on, sends nothing back and urges nobody.
    """

    key: str
    zh: str
    en: str
    who: frozenset[Standing]
    audit: str
    reason: bool = True
    takes: tuple[str, ...] = ()
    despite: frozenset[Hindrance] = frozenset()
    undoes: Hindrance | None = None
    experts: bool = False
    zh_effect: str = ""
    en_effect: str = ""

    def why_not(self, standings: Collection[Standing], hindrances: Iterable[Hindrance]) -> Refusal | None:
        """The refusal to raise, or None."""
        if self.who.isdisjoint(standings) or (Standing.EXPERT in standings and not self.experts):
            return NotAllowed(why_zh=f"您现在不能{self.zh}这项任务。", why_en=f"You cannot do this now: {self.en}.")
        found = tuple(hindrances)
        if self.undoes is not None and self.undoes not in found:
            return Hindered(verb_zh=self.zh, verb_en=self.en, zh="没有要恢复的。", en="There is nothing to undo.")
        for one in found:
            if one not in self.despite:
                zh, en = TOLD[one]
                return Hindered(verb_zh=self.zh, verb_en=self.en, zh=zh, en=en)
        return None


S, H = Standing, Hindrance
HANDS: Final = frozenset({S.HOLDER, S.FREE})
WAITING: Final = frozenset({H.SIGNING, H.SEALED})
ANY: Final = frozenset(H)
OPEN: Final = ANY - {H.CLOSED}

_TASK: Final = (
    Verb("claim", "认领", "claim", frozenset({S.FREE}), "task-claimed", reason=False, experts=True),
    Verb("release", "放回", "release", frozenset({S.HOLDER}), "task-released", reason=False, experts=True),
    Verb("complete", "办结", "complete", HANDS, "task-completed", reason=False, experts=True),
    Verb(
        "transfer", "转办", "transfer", HANDS | {S.SUPERVISOR}, "task-transferred",
        takes=("person",), despite=frozenset({H.SIGNING}),
        zh_effect="任务归对方办理，不再回到您这里。", en_effect="The task is theirs for good.",
    ),
    Verb(
        "delegate", "委派", "delegate", HANDS, "task-delegated", takes=("person",),
        zh_effect="对方填写以后交回，由您提交并负责。", en_effect="They fill it in and hand it back; you submit it.",
    ),
    Verb(
        "hand-back", "交回", "hand back", frozenset({S.DELEGATE, S.OWNER}), "task-handed-back", reason=False,
        despite=frozenset({H.DELEGATED}),
        zh_effect="填写的内容作为草稿交给委派人。", en_effect="What was entered becomes the owner's draft.",
    ),
    Verb(
        "add-signer", "加签", "add a signer", HANDS, "signer-added", takes=("person", "place"),
        despite=frozenset({H.SIGNING}),
        zh_effect="前加签：对方签完您才能提交；后加签：您提交后对方签完才往下走。",
        en_effect="Before: you submit after they signed. After: the case moves on after they signed.",
    ),
    Verb(
        "remove-signer", "减签", "remove a signer", frozenset({S.HOLDER, S.SUPERVISOR}), "signer-removed",
        takes=("signature",), despite=WAITING,
        zh_effect="只能减去还没有签署的人。", en_effect="Only one who has not signed yet.",
    ),
    Verb(
        "replace-signer", "改签", "replace a signer", frozenset({S.HOLDER, S.SUPERVISOR}), "signer-replaced",
        takes=("signature", "person"), despite=WAITING,
        zh_effect="只能换下还没有签署的人。", en_effect="Only one who has not signed yet.",
    ),
    Verb("sign", "签署", "sign", frozenset({S.SIGNER}), "signature-given", takes=("agrees",), despite=WAITING),
    Verb(
        "return", "退回", "send back", HANDS, "task-returned", takes=("target", "way"), despite=frozenset({H.SIGNING}),
        zh_effect="前面的步骤重新打开，交给原来办理的人。", en_effect="The earlier step opens again for who did it.",
    ),
    Verb(
        "take-back", "撤回办结", "take back", frozenset({S.DOER}), "task-taken-back",
        despite=frozenset({H.CLOSED, H.SEALED}),
        zh_effect="下一步还没有人办理时，可以拿回来重办。", en_effect="While nobody has begun the next step.",
    ),
    Verb(
        "copy", "抄送", "send a copy", HANDS | {S.DOER, S.SUPERVISOR}, "copy-sent", reason=False,
        takes=("person",), despite=ANY,
        zh_effect="对方可以查看这一件，不能办理。", en_effect="They may read the case and do nothing in it.",
    ),
    Verb(
        "urge", "催办", "urge", frozenset({S.READER}), "task-urged", reason=False, despite=OPEN,
        zh_effect="每人每天对一项任务催一次，一项任务一天最多三次。",
        en_effect="Each person once a day; a task three times a day at most.",
    ),
    Verb(
        "set-due", "改期", "set the due date", frozenset({S.SUPERVISOR}), "due-date-set",
        takes=("due_on",), despite=OPEN,
        zh_effect="只改本单位自己定的日期；办法规定的期限用“延期”。",
        en_effect="Only dates of the office itself; a period of the notice is extended.",
    ),
)  # fmt: skip
_CASE: Final = (
    Verb(
        "suspend", "暂停", "suspend", frozenset({S.OFFICE}), "case-suspended",
        zh_effect="待办仍显示，不能办理；期限停止计算，批次的截止日期不变。",
        en_effect="Tasks are shown but cannot be done; periods stop, dates of the call do not.",
    ),
    Verb(
        "resume", "恢复", "resume", frozenset({S.OFFICE}), "case-resumed", despite=frozenset({H.SUSPENDED}),
        undoes=H.SUSPENDED, zh_effect="期限按暂停的工作日顺延。",
        en_effect="Periods are prolonged by the working days it stood still.",
    ),
    Verb(
        "cancel", "终止", "end the case", frozenset({S.OFFICE}), "case-cancelled", despite=frozenset({H.SUSPENDED}),
        zh_effect="这一件停止办理，不能恢复；申报单位会收到原因。",
        en_effect="The case ends for good; the applicant is told why.",
    ),
)  # fmt: skip
VERBS: Final[dict[str, Verb]] = {verb.key: verb for verb in _TASK}
CASE_VERBS: Final[dict[str, Verb]] = {verb.key: verb for verb in _CASE}
SHORTEST_REASON, LONGEST_REASON = 2, 500


def offered(
    verbs: Iterable[Verb], standings: Collection[Standing], hindrances: Collection[Hindrance]
) -> Iterator[Verb]:
    """Those verbs that this person can do now."""
    return (verb for verb in verbs if verb.why_not(standings, hindrances) is None)


def reason_of(verb: Verb, text: str) -> str:
    """The reason, if one is due. Raises InvalidInput where it is missing, too short or too long."""
    given = text.strip()
    if (verb.reason or given) and not SHORTEST_REASON <= len(given) <= LONGEST_REASON:
        raise InvalidInput(
            field=f"{verb.zh}原因",
            zh=f"请填写 {SHORTEST_REASON} 至 {LONGEST_REASON} 字",
            en=f"please give a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters",
        )
    return given
