"""The words of states: one for staff, one for the applicant, and the colour that repeats them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.domain.verbs import CASE_VERBS, VERBS
from service.programmes.manifest import Manifest
from service.web.i18n import language
from service.web.i18n import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class StateWord:
    """A state of a case in words."""

    staff: str
    applicant: str
    kind: str = ""


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

_ACTIONS: Final = {
    "case-started": _("开始办理"),
    "case-withdrawn": _("撤回申报"),
    "case-ended": _("办结"),
    "task-opened": _("到达"),
    "task-claimed": _("签收"),
    "task-released": _("退签"),
    "task-completed": _("办结"),
    "task-cancelled": _("不再需要办理"),
    "task-sealed": _("提交，等签署"),
    "task-handed-over": _("交接"),
    "task-escalated": _("逾期，已提醒上级"),
    "draft-saved": _("保存草稿"),
    "file-kept": _("上传文件"),
    "file-scanned": _("查毒"),
    "attachment-kept": _("上传文件"),
    "timer-fired": _("期限到"),
    "message-published": _("收到通知"),
    "job-activated": _("外部程序领取作业"),
    "job-completed": _("外部程序办结作业"),
    "job-failed": _("外部程序报告失败"),
    "job-error-thrown": _("外部程序报告错误"),
    "job-changed": _("外部程序调整作业"),
    "paper-issued": _("发出文书"),
    "letter-issued": _("发出文书"),
    "notice-published": _("发布公示"),
    "objection-lodged": _("收到异议"),
    "decision-taken": _("规则核对"),
    "deadline-extended": _("延期"),
    "version-changed": _("换到专项的另一版本"),
    "incident-opened": _("自动步骤出错"),
    "incident-resolved": _("自动步骤已恢复"),
    "signed-in": _("登录"),
    "sign-in-failed": _("登录失败"),
    "password-changed": _("更换口令"),
    "password-reset": _("重置口令"),
    "session-ended": _("结束登录"),
    "unit-contact-changed": _("更改单位联系方式"),
    "unit-change-asked": _("申请变更单位名称或法定代表人"),
    "unit-changed": _("变更单位登记资料"),
    "user-added": _("新建账号"),
    "user-disabled": _("停用账号"),
    "user-enabled": _("启用账号"),
    "role-granted": _("授予角色"),
    "role-taken-back": _("收回角色"),
    "relation-declared": _("登记回避"),
    "relation-ended": _("结束回避"),
    "organisation-added": _("登记单位"),
    "expert-added": _("专家入库"),
    "expert-changed": _("专家信息变更"),
    "absence-noted": _("登记专家请假"),
    "absence-ended": _("取消专家请假"),
    "call-opened": _("开放批次"),
    "call-extended": _("批次延期"),
    "calendar-imported": _("导入日历"),
    "event-recorded": _("记录日期"),
    "duty-opened": _("义务到期，自动发起"),
    "duty-refused": _("义务没能自动发起"),
    "duty-retried": _("重试发起义务"),
    "call-news-told": _("批次提醒"),
    "rule-sunset-told": _("规则到期提醒"),
    "centre-enrolled": _("补登此前的备案"),
    "programme-published": _("发布专项"),
    "incident-retried": _("重试停住的步骤"),
    "outbox-sent-again": _("重新发出"),
    "list-exported": _("导出列表"),
    "dossier-exported": _("导出案卷"),
    "database-restored": _("从备份恢复"),
    "personal-data-revealed": _("查看未遮盖的个人信息"),
    "personal-data-cleared": _("按期限清除个人信息"),
    "old-data-cleared": _("按期限清除草稿、邮件和登录"),
}

_VERBS: Final = {verb.audit: verb for verb in (*VERBS.values(), *CASE_VERBS.values())}
TASK_ACTIONS: Final = frozenset(verb.audit for verb in VERBS.values())  # told with the task's name before them

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
_DECISIONS: Final = {
    "": _("还没有审议"),
    "agree": _("同意"),
    "conditional": _("原则同意，按意见完善"),
    "defer": _("暂缓，下次再议"),
    "disagree": _("不同意"),
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
    "designer": _("流程设计"),
    "auditor": _("审计"),
}


def state_word(code: str) -> StateWord:
    """The words of a state; a code nobody named yet shows itself to staff, so that a new programme is never blank."""
    staff, applicant, kind = _STATES.get(code, (code, _("办理中"), ""))
    return StateWord(str(staff), str(applicant), kind)


def programme_status(code: str) -> tuple[str, str]:
    """The words and colour of a programme's status."""
    text, kind = _PROGRAMME_STATUS.get(code, (code, ""))
    return str(text), kind


_SCOPES: Final = {
    "read": (_("查看"), _("查询您能看到的任务、实例、作业和定义")),
    "work": (_("办理"), _("发起、签收和提交您能办的任务")),
    "jobs": (_("外部作业"), _("领取和办结外部作业，发布外部消息")),
    "deploy": (_("部署"), _("检查和发布您设计的专项")),
    "operate": (_("运行"), _("处理您管理范围内的异常，终止您主办的案件")),
    "calendar": (_("日历订阅"), _("读取您待办的期限，只用于订阅地址")),
}


def scope_word(code: str) -> tuple[str, str]:
    """What a token's scope is called, and what it lets a program do."""
    name, what = _SCOPES[code]
    return str(name), str(what)


_OUTBOX: Final = {
    "mail": _("邮件"),
    "digest": _("每日提醒"),
    "task-link": _("成员确认的一次性链接"),
    "registration": _("单位注册的通知"),
    "password-link": _("设口令的一次性链接"),
    "message": _("告诉另一件的消息"),
    "signal": _("信号"),
    "event": _("期限的起算"),
    "pdf": _("文书的 PDF"),
}


def outbox_word(code: str) -> str:
    """What an entry of the outbox is."""
    return str(_OUTBOX.get(code, code))


_OBJECTS: Final = {
    "api-token": _("接口令牌"),
    "archive": _("备份"),
    "attachment": _("附件"),
    "calendar": _("工作日历"),
    "call": _("批次"),
    "case": _("申报件"),
    "deployment": _("专项版本"),
    "deputy": _("代理"),
    "expert": _("专家"),
    "incident": _("停住的步骤"),
    "instance": _("流程实例"),
    "job": _("外部作业"),
    "list": _("列表"),
    "message": _("消息"),
    "objection": _("异议"),
    "organisation": _("单位"),
    "outbox": _("待发出的"),
    "programme": _("专项"),
    "register-entry": _("名录"),
    "registration": _("单位注册"),
    "service": _("系统"),
    "user": _("账号"),
    "user-task": _("任务"),
}


def object_word(code: str) -> str:
    """What an audit entry is about; a kind nobody named yet shows itself."""
    return str(_OBJECTS.get(code, code))


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


def action_word(code: str) -> str:
    """An audit entry's action in words."""
    verb = _VERBS.get(code)
    if verb is not None and code not in _ACTIONS:
        return verb.en if language() == "en" else verb.zh
    return str(_ACTIONS.get(code, code))


def names_of(manifest: Manifest) -> dict[str, str]:
    """The roles of a programme by name, in the reader's language where the manifest has it."""
    english = language() == "en"
    return {key: role.name_en if english and role.name_en else role.name for key, role in manifest.roles.items()}


def role_word(key: str, names: dict[str, str] | None = None) -> str:
    """A role as its manifest names it; the few roles of the service itself have names here."""
    if names and key in names:
        return names[key]
    return str(ROLE_WORDS.get(key, key))


def seat_word(code: str) -> str:
    """The state of a panel's seat in words."""
    return str(_SEATS.get(code, code))


def objection_word(code: str) -> str:
    """How far an objection has come, for whoever lodged it."""
    return str(_OBJECTIONS.get(code, code))


def left_out_word(code: str) -> str:
    """Why an expert is not drawn, or has left a seat, as the record of a draw says it."""
    return str(_LEFT_OUT.get(code, code))


def decision_word(code: str) -> str:
    """What a meeting decided; a code nobody named yet shows itself."""
    return str(_DECISIONS.get(code, code))


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
