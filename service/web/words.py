"""The words of states: one for staff, one for the applicant, and the colour that repeats them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.web.i18n import lazy_gettext


@dataclass(frozen=True, slots=True)
class StateWord:
    """A state of a case in words."""

    staff: str
    applicant: str
    kind: str = ""


_STATES: Final[dict[str, tuple[str, str, str]]] = {
    "draft": (lazy_gettext("填报中"), lazy_gettext("填报中"), ""),
    "submitted": (lazy_gettext("已提交"), lazy_gettext("已提交，等待初审"), "blue"),
    "local_review": (lazy_gettext("初审"), lazy_gettext("主管部门正在初审"), "blue"),
    "recommended": (lazy_gettext("已推荐"), lazy_gettext("主管部门已推荐"), "blue"),
    "paper_delivery": (lazy_gettext("纸质材料报送"), lazy_gettext("请报送纸质材料"), "amber"),
    "intake_check": (lazy_gettext("形式审查"), lazy_gettext("正在形式审查"), "blue"),
    "expert_review": (lazy_gettext("专家论证"), lazy_gettext("正在专家论证"), "blue"),
    "site_visit": (lazy_gettext("现场考察"), lazy_gettext("正在安排现场考察"), "blue"),
    "meeting": (lazy_gettext("会议审议"), lazy_gettext("等待会议审议"), "blue"),
    "publicity": (lazy_gettext("公示中"), lazy_gettext("正在公示"), "blue"),
    "filing": (lazy_gettext("备案办理中"), lazy_gettext("公示结束，正在备案"), "blue"),
    "returned": (lazy_gettext("等补正（计时中止）"), lazy_gettext("需要您补正"), "orange"),
    "objection_hold": (lazy_gettext("异议处理中"), lazy_gettext("公示期有异议，正在核查"), "amber"),
    "filed": (lazy_gettext("已备案"), lazy_gettext("已备案"), "green"),
    "approved": (lazy_gettext("已批复"), lazy_gettext("已批复"), "green"),
    "piloted": (lazy_gettext("试点"), lazy_gettext("已列入试点"), "green"),
    "recognised": (lazy_gettext("已认定"), lazy_gettext("已认定"), "green"),
    "cultivated": (lazy_gettext("已列入培育"), lazy_gettext("已列入培育"), "green"),
    "constructing": (lazy_gettext("建设中"), lazy_gettext("建设中"), "blue"),
    "acceptance": (lazy_gettext("验收"), lazy_gettext("正在验收"), "blue"),
    "named": (lazy_gettext("已授牌"), lazy_gettext("已授牌"), "green"),
    "operating": (lazy_gettext("运行"), lazy_gettext("运行"), "green"),
    "rectifying": (lazy_gettext("限期整改"), lazy_gettext("限期整改"), "amber"),
    "revoked": (lazy_gettext("已取消称号"), lazy_gettext("已取消称号"), "red"),
    "dissolved": (lazy_gettext("已解散"), lazy_gettext("已解散"), ""),
    "promoted": (lazy_gettext("已晋升"), lazy_gettext("已晋升"), "green"),
    "not_recommended": (lazy_gettext("不予推荐"), lazy_gettext("主管部门未推荐"), "red"),
    "rejected": (lazy_gettext("不予通过"), lazy_gettext("没有通过"), "red"),
    "deferred": (lazy_gettext("暂缓"), lazy_gettext("会议决定暂缓"), "amber"),
    "withdrawn": (lazy_gettext("已撤回"), lazy_gettext("您已撤回"), ""),
    "late": (lazy_gettext("逾期不予受理"), lazy_gettext("截止后收到，没有受理"), "red"),
    "not_accepted": (lazy_gettext("不予受理"), lazy_gettext("没有受理"), "red"),
    "lapsed": (lazy_gettext("逾期失效"), lazy_gettext("期限内没有提交，已失效"), ""),
    "objection_upheld": (lazy_gettext("异议成立"), lazy_gettext("异议成立，终止办理"), "red"),
    "running": (lazy_gettext("办理中"), lazy_gettext("办理中"), "blue"),
    "completed": (lazy_gettext("已办结"), lazy_gettext("已办结"), "green"),
}

_PROGRAMME_STATUS: Final[dict[str, tuple[str, str]]] = {
    "draft": (lazy_gettext("办法为征求意见稿，仅演示"), "violet"),
    "in-force": (lazy_gettext("生效"), "green"),
    "expired": (lazy_gettext("已失效"), "red"),
}

_ACTIONS: Final = {
    "case-started": lazy_gettext("开始申报"),
    "case-withdrawn": lazy_gettext("撤回申报"),
    "case-ended": lazy_gettext("办结"),
    "task-opened": lazy_gettext("到达"),
    "task-claimed": lazy_gettext("签收"),
    "task-released": lazy_gettext("退签"),
    "task-completed": lazy_gettext("办结"),
    "task-cancelled": lazy_gettext("不再需要办理"),
    "task-transferred": lazy_gettext("转办"),
    "task-escalated": lazy_gettext("逾期，已提醒上级"),
    "draft-saved": lazy_gettext("保存草稿"),
    "file-kept": lazy_gettext("上传文件"),
    "attachment-kept": lazy_gettext("上传文件"),
    "timer-fired": lazy_gettext("期限到"),
    "message-published": lazy_gettext("收到通知"),
    "paper-issued": lazy_gettext("发出文书"),
    "letter-issued": lazy_gettext("发出文书"),
    "notice-published": lazy_gettext("发布公示"),
    "objection-lodged": lazy_gettext("收到异议"),
    "decision-taken": lazy_gettext("规则核对"),
    "deadline-extended": lazy_gettext("延期"),
    "incident-opened": lazy_gettext("自动步骤出错"),
    "incident-resolved": lazy_gettext("自动步骤已恢复"),
    "signed-in": lazy_gettext("登录"),
}

ROLE_WORDS: Final = {
    "lead": lazy_gettext("申报单位"),
    "administrator": lazy_gettext("系统管理员"),
    "designer": lazy_gettext("流程设计"),
    "auditor": lazy_gettext("审计"),
}


def state_word(code: str) -> StateWord:
    """The words of a state; a code nobody named yet shows itself, so that a new programme is never blank."""
    staff, applicant, kind = _STATES.get(code, (code, code, ""))
    return StateWord(str(staff), str(applicant), kind)


def programme_status(code: str) -> tuple[str, str]:
    """The words and colour of a programme's status."""
    text, kind = _PROGRAMME_STATUS.get(code, (code, ""))
    return str(text), kind


def action_word(code: str) -> str:
    """An audit entry's action in words."""
    return str(_ACTIONS.get(code, code))


def role_word(key: str, names: dict[str, str] | None = None) -> str:
    """A role as its manifest names it; the few roles of the service itself have names here."""
    if names and key in names:
        return names[key]
    return str(ROLE_WORDS.get(key, key))


def entry_state(code: str) -> tuple[str, str]:
    """The standing of a register entry in words, with its colour."""
    word = state_word(code)
    return word.staff, word.kind
