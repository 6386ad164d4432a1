"""What the audit trail and the outbox are about, in words: acts, things, and what is to be sent."""

from __future__ import annotations

from typing import Final

from service.domain.verbs import CASE_VERBS, VERBS
from service.web.i18n import language
from service.web.i18n import lazy_gettext as _

_ACTIONS: Final = {
    "case-started": _("开始办理"),
    "case-withdrawn": _("撤回申报"),
    "case-ended": _("办结"),
    "task-opened": _("到达"),
    "task-claimed": _("认领"),
    "task-released": _("放回"),
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
    "api-token-created": _("生成接口令牌"),
    "api-token-revoked": _("撤销接口令牌"),
    "call-date-set": _("定本单位的截止日期"),
    "deputy-appointed": _("设代理"),
    "deputy-ended": _("收回代理"),
    "reminder-told": _("提醒快到期"),
    "overdue-told": _("告知逾期"),
    "escalation-told": _("逾期，报告上级"),
    "link-sent": _("发出一次性链接"),
    "link-revoked": _("作废一次性链接"),
    "password-link-sent": _("发出设口令的链接"),
    "message-correlated": _("送达消息"),
    "message-dropped": _("消息没有人等，已放弃"),
    "registration-lodged": _("收到单位注册"),
    "registration-decided": _("答复单位注册"),
    "registration-amended": _("单位补充注册材料"),
    "signal-sent": _("发出信号"),
    "signal-received": _("收到信号"),
    "start-refused": _("没能自动发起"),
}

_VERBS: Final = {verb.audit: verb for verb in (*VERBS.values(), *CASE_VERBS.values())}
# told with the task's name before them
TASK_ACTIONS: Final = frozenset(verb.audit for verb in VERBS.values()) | {"task-handed-over"}

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


def action_word(code: str) -> str:
    """An audit entry's action in words."""
    verb = _VERBS.get(code)
    if verb is not None and code not in _ACTIONS:
        return verb.en if language() == "en" else verb.zh
    return str(_ACTIONS.get(code, code))
