"""Every refusal the service can give, each with a stable code and its text in Chinese and English.

Refusal
├─ NotFound                  also what is out of the actor's scope
├─ NotAllowed
├─ Conflict
│  ├─ TaskAlreadyClaimed
│  ├─ TaskAlreadyCompleted
│  ├─ StaleRevision          somebody wrote in between: read again and retry
│  ├─ StaleDraft
│  └─ WrongState
├─ DeadlinePassed
├─ WrongCommand              a command the process does not wait for
├─ InvalidInput              a value from outside; names the field
├─ FormInvalid               a form with errors beside its fields
├─ FileRefused
├─ DeploymentRefused         a list of problems in a programme's models
├─ CalendarGap               a year without a business calendar
├─ TooManyAttempts
└─ Unavailable
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from service.domain.written import written

Language = Literal["zh", "en"]
Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a programme's models, said of the element a designer can click.

    An error keeps the programme from being published; a warning may be meant so; a note says what was not looked into.
    """

    file: str
    element: str
    code: str
    zh: str
    en: str
    name: str = ""
    line: int = 0
    level: Level = "error"

    @property
    def order(self) -> tuple[int, str, int]:
        """Where it stands in a list: errors, then warnings, then notes, each by file and line."""
        return ("error", "warning", "note").index(self.level), self.file, self.line

    def text(self, language: str = "zh") -> str:
        """The problem in one line: file, element, name and what to do."""
        place = f"{self.file} {self.element}".strip() + (f" “{self.name}”" if self.name else "")
        separator = ": " if language == "en" else "："
        return place + separator + (self.en if language == "en" else self.zh)


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """The request cannot be carried out; nothing has changed."""

    code: ClassVar[str] = "refused"
    zh: ClassVar[str] = "这项操作没有被接受，内容没有变化。"
    en: ClassVar[str] = "The request was not accepted; nothing has changed."

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.text("en"))

    def text(self, language: str = "zh") -> str:
        """The refusal in the user's language; `details` fill the template, dates and instants as people write them."""
        template = self.en if language == "en" else self.zh
        shown = {name: written(one, language) if isinstance(one, date) else one for name, one in self.details.items()}
        return template.format_map(_Blank(shown))


class _Blank(dict[str, Any]):
    """Details for a template; what is missing is left empty rather than an error on top of an error."""

    def __missing__(self, key: str) -> str:
        return ""


class NotFound(Refusal):
    """What was asked for does not exist, or not for this actor."""

    code = "not-found"
    zh = "没有找到要看的内容：它可能不存在，或者您没有查看的权限。"
    en = "Nothing was found here: it may not exist, or you may not see it."


class NotAllowed(Refusal):
    """The actor may see the object but not do this with it."""

    code = "not-allowed"
    zh = "您没有办理这一步的权限。{why_zh}"
    en = "You may not do this. {why_en}"


class Conflict(Refusal):
    """Somebody else acted in the meantime."""

    code = "conflict"
    zh = "内容已被他人更改，请刷新后再试；您填写的内容已保留。"
    en = "Somebody changed this in the meantime. Reload and try again; what you entered is kept."


class TaskAlreadyClaimed(Conflict):
    """Another person holds the task."""

    code = "task-already-claimed"
    zh = "任务已由{who}于{when}认领。请联系对方放回，或办理其他任务。"
    en = "The task was claimed by {who} at {when}. Ask them to release it."


class TaskAlreadyCompleted(Conflict):
    """Another person, or the clock, has finished the task."""

    code = "task-already-completed"
    zh = "任务已由{who}于{when}办结。您填写的内容已保留在草稿中。"
    en = "The task was completed by {who} at {when}. What you entered is kept as a draft."


class StaleRevision(Conflict):
    """The instance was moved by another transaction."""

    code = "stale-revision"


class StaleDraft(Conflict):
    """A newer draft of the same person exists, from another window."""

    code = "stale-draft"
    zh = "这份草稿已在另一个窗口更新（{when}）。请选择保留哪一份。"
    en = "This draft was changed in another window ({when}). Choose which one to keep."


class WrongState(Conflict):
    """The object is no longer in a state that allows the act."""

    code = "wrong-state"
    zh = "{zh}"
    en = "{en}"


class DeadlinePassed(Refusal):
    """The act came at or after the end of its period."""

    code = "deadline-passed"
    zh = "期限已于{due}届满，没有收下这次提交。您填写的内容已保留；如需延期，请联系受理单位。"
    en = "The period ended at {due}; the submission was not accepted. What you entered is kept; ask for an extension."


class WrongCommand(Refusal):
    """The process does not wait for this."""

    code = "wrong-command"
    zh = "流程当前不能执行这一步：{zh}"
    en = "The process cannot do this now: {en}"


class InvalidInput(Refusal):
    """A value from outside is not what the field takes."""

    code = "invalid-input"
    zh = "“{field}”填写有误：{zh}"
    en = "“{field}” is not valid: {en}"


class FormInvalid(Refusal):
    """The form has errors; `submission` holds what was entered and the problems."""

    code = "form-invalid"
    zh = "有 {count} 处需要改正，已在各栏标出。"
    en = "{count} entries need correcting; each is marked."


class FileRefused(Refusal):
    """The file was not kept."""

    code = "file-refused"
    zh = "没有收下文件“{name}”：{zh}"
    en = "The file “{name}” was not accepted: {en}"


class NotScanned(Refusal):
    """The scanner does not answer, and what it has not seen is not given out."""

    code = "not-scanned"
    zh = "文件“{name}”还没有查毒，查毒服务没有应答，请稍后再打开"
    en = "The file “{name}” has not been scanned: the scanner does not answer. Open it again later"


class DeploymentRefused(Refusal):
    """The models have problems; nothing was published."""

    code = "deployment-refused"
    zh = "发现 {count} 个问题，没有发布。"
    en = "{count} problems were found; nothing was published."

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(count=len(self.problems))


class CalendarGap(Refusal):
    """A period reaches a year for which no business calendar is loaded."""

    code = "calendar-gap"
    zh = "{year} 年的工作日历尚未导入，无法计算期限。请管理员导入。"
    en = "The business calendar of {year} has not been imported, so the deadline cannot be computed."


class TooManyAttempts(Refusal):
    """The sender has to wait."""

    code = "too-many-attempts"
    zh = "尝试次数过多，请在 {minutes} 分钟后（{until}）再试。"
    en = "Too many attempts. Try again in {minutes} min (at {until}, China time)."


class Unavailable(Refusal):
    """The service is busy or a part of it cannot be reached; nothing has changed."""

    code = "unavailable"
    zh = "系统繁忙，操作没有生效，请稍后再试。"
    en = "The service is busy and nothing was changed. Please try again."
