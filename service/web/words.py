"""The words of states: one for staff, one for the applicant, and the colour that repeats them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.domain.identity import CLOCK
from service.programmes.manifest import Manifest
from service.queries.holders import EXPERT, MEMBER
from service.web.i18n import language, ngettext
from service.web.i18n import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class StateWord:
    """A state of a case in words; `on_paper` is one in which the applicant acts outside the system."""

    staff: str
    applicant: str
    kind: str = ""
    on_paper: bool = False


_STATES: Final[dict[str, tuple[str, str, str]]] = {
    "draft": (_("填报中"), _("填报中"), ""),
    "submitted": (_("已提交"), _("已提交，等待初审"), "blue"),
    "local_review": (_("初审"), _("主管部门正在初审"), "blue"),
    "recommended": (_("已推荐"), _("主管部门已推荐"), "blue"),
    "paper_delivery": (_("纸质材料报送"), _("请报送纸质材料"), "amber"),
    "dispatching": (_("汇总报送中"), _("汇总报送中"), "blue"),
    "dispatched": (_("已报送"), _("已报送"), "green"),
    "intake_check": (_("形式审查"), _("正在形式审查"), "blue"),
    "expert_review": (_("专家论证"), _("正在专家论证"), "blue"),
    "site_visit": (_("现场考察"), _("正在安排现场考察"), "blue"),
    "meeting": (_("会议审议"), _("等待会议审议"), "blue"),
    "publicity": (_("公示中"), _("正在公示"), "blue"),
    "filing": (_("备案办理中"), _("公示结束，正在备案"), "blue"),
    "returned": (_("等补正（计时中止）"), _("需要您补正"), "orange"),
    "objection_hold": (_("异议处理中"), _("公示期有异议，正在核查"), "amber"),
    "filed": (_("已备案"), _("已备案"), "green"),
    "approved": (_("已批复"), _("已批复"), "green"),
    "piloted": (_("试点"), _("已列入试点"), "green"),
    "recognised": (_("已认定"), _("已认定"), "green"),
    "cultivated": (_("已列入培育"), _("已列入培育"), "green"),
    "constructing": (_("建设中"), _("建设中"), "blue"),
    "acceptance": (_("验收"), _("正在验收"), "blue"),
    "named": (_("已授牌"), _("已授牌"), "green"),
    "operating": (_("运行"), _("运行"), "green"),
    "rectifying": (_("限期整改"), _("限期整改"), "amber"),
    "revoked": (_("已取消称号"), _("已取消称号"), "red"),
    "dissolved": (_("已解散"), _("已解散"), ""),
    "promoted": (_("已晋升"), _("已晋升"), "green"),
    "not_promoted": (_("未晋升"), _("没有晋升"), "red"),
    "not_nominated": (_("未推荐晋升"), _("没有推荐晋升"), "red"),
    "declined": (_("视为放弃晋升"), _("没有按期报送，视为放弃晋升"), ""),
    "stays_pilot": (_("继续试点"), _("没有认定，继续试点"), "amber"),
    "stays_cultivated": (_("继续培育"), _("没有认定，继续培育"), "amber"),
    "rolled_out": (_("试点结束，已推广"), _("试点结束，已推广"), "green"),
    "stopped": (_("试点终止"), _("试点终止"), "red"),
    "received": (_("已接收"), _("已接收"), "green"),
    "missing": (_("未报送"), _("未报送，已记录"), "red"),
    "rectified": (_("整改合格"), _("整改合格"), "green"),
    "restored": (_("恢复运行"), _("整改合格，恢复运行"), "green"),
    "unmet": (_("整改未完成"), _("整改未完成"), "red"),
    "changed": (_("已变更"), _("变更已登记"), "green"),
    "recorded": (_("已登记"), _("已登记"), "green"),
    "supplement_filed": (_("补充协议已备案"), _("补充协议已备案"), "green"),
    "blocked": (_("不得解散"), _("现在不得解散"), "red"),
    "kept": (_("保持称号"), _("保持称号"), "green"),
    "commended": (_("通报表扬"), _("通报表扬"), "green"),
    "granted": (_("已登记支持"), _("已同意支持"), "green"),
    "not_eligible": (_("不符合条件"), _("不符合条件"), "red"),
    "closed": (_("已结题"), _("项目已结题"), "green"),
    "not_recommended": (_("不予推荐"), _("主管部门未推荐"), "red"),
    "rejected": (_("不予通过"), _("没有通过"), "red"),
    "deferred": (_("暂缓"), _("会议决定暂缓"), "amber"),
    "cancelled": (_("已终止"), _("受理单位已终止办理"), "red"),
    "withdrawn": (_("已撤回"), _("您已撤回"), ""),
    "late": (_("逾期不予受理"), _("截止后收到，没有受理"), "red"),
    "not_accepted": (_("不予受理"), _("没有受理"), "red"),
    "lapsed": (_("逾期失效"), _("期限内没有提交，已失效"), ""),
    "objection_upheld": (_("异议成立"), _("异议成立，终止办理"), "red"),
    "planned": (_("筹备中"), _("筹备中"), ""),
    "published": (_("已发布"), _("已发布"), "green"),
    "held": (_("已召开"), _("已召开"), "green"),
    "concluded": (_("已办结"), _("已办结"), "green"),
    "accepted": (_("已接受"), _("已接受"), "green"),
    "refused": (_("没有接受"), _("没有接受"), "red"),
    "pass": (_("通过"), _("通过"), "green"),
    "fail": (_("未通过"), _("未通过"), "red"),
    "running": (_("办理中"), _("办理中"), "blue"),
    "completed": (_("已办结"), _("已办结"), "green"),
}

_PROGRAMME_STATUS: Final[dict[str, tuple[str, str]]] = {
    "draft": (_("办法为征求意见稿，仅演示"), "violet"),
    "in-force": (_("生效"), "green"),
    "expired": (_("已失效"), "red"),
}

_SEATS: Final = {
    "invited": _("已邀请"),
    "accepted": _("已应邀"),
    "declined": _("不能参加"),
    "empty": _("空缺"),
}
_OBJECTIONS: Final = {
    "lodged": _("异议已收到，正在审查是否受理"),
    "admitted": _("异议已受理，正在调查"),
    "refused": _("异议不予受理，理由已告知"),
    "upheld": _("异议已办结：成立"),
    "rejected": _("异议已办结：不成立"),
}
_LEFT_OUT: Final = {
    "own-unit": _("所属单位回避"),
    "declared": _("申报的关系回避"),
    "absent": _("请假"),
    "set-aside": _("方案排除"),
    "declined": _("不能参加"),
    "recused": _("声明回避"),
    "no-answer": _("逾期未复"),
}
_PHASES: Final = {
    "announced": _("已公告"),
    "open": _("正在受理"),
    "closed": _("已截止，在办"),
    "archived": _("已归档"),
}
_DECISIONS: Final = {
    "": _("还没有审议"),
    "agree": _("同意"),
    "conditional": _("原则同意，按意见完善"),
    "defer": _("暂缓，下次再议"),
    "disagree": _("不同意"),
}
_RECEIPTS: Final = {
    "picked": _("还没有报送"),
    "sent": _("还没有核收"),
    "received": _("已签收"),
    "returned": _("退回补齐"),
    "late": _("逾期"),
    "withdrawn": _("已撤回"),
}
_CHANGES: Final = {
    "registered": _("登记"),
    "enrolled": _("补登此前的备案"),
    "amended": _("变更登记"),
    "standing": _("状态变为"),
    "struck-off": _("除名"),
    "duty-moved": _("义务改期"),
    "put-forward": _("申报上一级"),
    "promoted-above": _("获得上一级认定"),
    "not-promoted": _("没有获得上一级认定"),
    "relied-on": _("作为直接认定的依据"),
}
_CHANGED_PARTS: Final = {
    "name": _("名称"),
    "lead": _("牵头单位"),
    "region": _("所在地区"),
    "members": _("成员单位"),
    "field": _("领域"),
}
_MEMBER_KINDS: Final = {
    "enterprise": _("企业"),
    "university": _("高校"),
    "institute": _("科研院所"),
    "public": _("事业单位"),
    "other": _("其他"),
    "core": _("核心层"),
    "ordinary": _("一般成员"),
    "lead": _("牵头"),
}

ROLE_WORDS: Final = {
    "lead": _("申报单位"),
    "unit-administrator": _("本单位管理员"),
    "administrator": _("系统管理员"),
    "operator": _("系统运维"),
    "member": _("成员单位"),
    "designer": _("流程设计"),
    "auditor": _("审计"),
}


def state_word(code: str) -> StateWord:
    """The words of a state; a code nobody named yet shows itself to staff, so that a new programme is never blank."""
    staff, applicant, kind = _STATES.get(code, (code, _("办理中"), ""))
    return StateWord(str(staff), str(applicant), kind, code == "paper_delivery")


#: what a browser and a system call themselves; the first that is found counts, as later ones claim to be earlier ones
_BROWSERS: Final = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def device_word(client: str) -> str:
    """The browser, the system and the address of a signed-in device; as it names itself where neither is known."""
    address, _space, agent = client.partition(" ")
    known = [next((word for mark, word in names.items() if mark in agent), "") for names in (_BROWSERS, _SYSTEMS)]
    return " · ".join([*filter(None, known), address]) if any(known) else client


def programme_status(code: str) -> tuple[str, str]:
    """The words and colour of a programme's status."""
    text, kind = _PROGRAMME_STATUS.get(code, (code, ""))
    return str(text), kind


_SCOPES: Final = {
    "read": (_("查看"), _("查询您能看到的任务、实例、作业和定义")),
    "work": (_("办理"), _("发起、认领和提交您能办的任务")),
    "jobs": (_("外部作业"), _("领取和办结外部作业，发布外部消息")),
    "deploy": (_("部署"), _("检查和发布您设计的专项")),
    "operate": (_("运行"), _("处理您管理范围内的异常，终止您主办的案件")),
    "calendar": (_("日历订阅"), _("读取您待办的期限，只用于订阅地址")),
}


def scope_word(code: str) -> tuple[str, str]:
    """What a token's scope is called, and what it lets a program do."""
    name, what = _SCOPES[code]
    return str(name), str(what)


_TIES: Final = {
    "relation": _("亲属或利害关系"),
    "joint-project": _("共同承担项目"),
    "employment": _("任职或曾任职"),
}


def tie_word(code: str) -> str:
    """How a person is tied to a unit."""
    return str(_TIES.get(code, code))


def expert_tie(code: str) -> str:
    """Why an expert stays out of a unit's cases, as the pool says it."""
    return str(_("列为回避")) if code == "avoided" else tie_word(code)


def names_of(manifest: Manifest) -> dict[str, str]:
    """The roles of a programme by name, in the reader's language where the manifest has it."""
    english = language() == "en"
    return {key: role.name_en if english and role.name_en else role.name for key, role in manifest.roles.items()}


def role_word(key: str, names: dict[str, str] | None = None) -> str:
    """A role as its manifest names it; the few roles of the service itself have names here."""
    if names and key in names:
        return names[key]
    return str(ROLE_WORDS.get(key, key))


def several_word(role: str, count: int) -> str:
    """So many who have the same step to do, by the role it is given to."""
    if role == MEMBER:
        return ngettext("%(num)d 家成员单位", "%(num)d 家成员单位", count)
    if role == EXPERT:
        return ngettext("%(num)d 位专家", "%(num)d 位专家", count)
    return ngettext("%(num)d 个单位或人员", "%(num)d 个单位或人员", count)


def actor_word(name: str) -> str:
    """Who acted, as the trail wrote it; of an act of the clock, that it came with its date."""
    return str(_("系统按期办理")) if name == CLOCK.name else name


def seat_word(code: str) -> str:
    """The state of a panel's seat in words."""
    return str(_SEATS.get(code, code))


def objection_word(code: str) -> str:
    """How far an objection has come, for whoever lodged it."""
    return str(_OBJECTIONS.get(code, code))


def left_out_word(code: str) -> str:
    """Why an expert is not drawn, or has left a seat, as the record of a draw says it."""
    return str(_LEFT_OUT.get(code, code))


def phase_word(code: str) -> str:
    """Where a call stands in its life."""
    return str(_PHASES.get(code, code))


def decision_word(code: str) -> str:
    """What a meeting decided; a code nobody named yet shows itself."""
    return str(_DECISIONS.get(code, code))


def receipt_word(code: str) -> str:
    """What came of a case in a dispatch; a code nobody named yet shows itself."""
    return str(_RECEIPTS.get(code, code))


def member_kind(code: str | None) -> str:
    """What a member unit is, or its part; programmes use these codes, and a word of their own shows as it is."""
    return str(_MEMBER_KINDS.get(code or "", code or ""))


def change_word(kind: str) -> str:
    """What happened to a register entry, in words."""
    return str(_CHANGES.get(kind, kind))


def changed_part(name: str) -> str:
    """The part of a register entry that was written anew, in words."""
    return str(_CHANGED_PARTS.get(name, name))


def entry_state(code: str) -> tuple[str, str]:
    """The standing of a register entry in words, with its colour."""
    word = state_word(code)
    return word.staff, word.kind
