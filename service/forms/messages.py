"""What a person is told, by code, in Chinese and English: what is wrong and what to do, never a code alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.domain.credit_code import complete
from service.domain.errors import Language
from service.forms.display import moment_text
from service.forms.model import Node
from service.forms.places import control_id, parse_name

_TEXTS: Mapping[str, tuple[str, str]] = {
    "required": ("请填写", "Enter a value"),
    "required-choice": ("请选择", "Choose an option"),
    "required-file": ("请上传文件", "Upload a file"),
    "required-check": ("请勾选", "Tick the box"),
    "min-length": ("至少 {limit} 字，现在 {have} 字", "At least {limit} characters; it has {have}"),
    "max-length": ("最多 {limit} 字，现在 {have} 字", "At most {limit} characters; it has {have}"),
    "min": ("不能小于 {limit}，现在是 {have}", "Not less than {limit}; it is {have}"),
    "max": ("不能大于 {limit}，现在是 {have}", "Not more than {limit}; it is {have}"),
    "decimals": ("最多保留 {limit} 位小数", "At most {limit} decimal places"),
    "integer": ("请填写整数，不带小数", "Enter a whole number"),
    "digits": ("数字太长，最多 {limit} 位有效数字", "The number is too long: at most {limit} significant digits"),
    "increment": ("应为 {limit} 的整数倍", "Must be a multiple of {limit}"),
    "pattern": ("格式不正确，请按说明填写", "The format is not right; see the hint"),
    "email": ("请填写完整的电子邮箱，例如 name@example.cn", "Enter a whole e-mail address, such as name@example.cn"),
    "phone": (
        "请填写带国家代码的号码，例如 +8643112345678",
        "Enter the number with country code, such as +8643112345678",
    ),
    "option": ("所选的项已不在可选范围内，请重新选择", "The choice is no longer offered; choose again"),
    "type": ("填写的内容类型不对，请重新填写", "The value is of the wrong kind; enter it again"),
    "not-a-number": ("请填写数字，例如 1234.5", "Enter a number, such as 1234.5"),
    "not-a-date": ("请按 2026-03-31 的样式填写日期", "Enter the date as 2026-03-31"),
    "not-a-time": ("请按 09:30 的样式填写时间", "Enter the time as 09:30"),
    "not-a-datetime": ("请按 2026-03-31T09:30 的样式填写日期和时间", "Enter date and time as 2026-03-31T09:30"),
    "later-than": ("须晚于 {limit}", "Must be later than {limit}"),
    "not-after": ("不能晚于 {limit}", "May not be later than {limit}"),
    "past": ("不能早于今天（{limit}）", "Not before today ({limit})"),
    "min-items": ("至少 {limit} 项，现在 {have} 项", "At least {limit} items; there are {have}"),
    "max-items": ("最多 {limit} 项，现在 {have} 项", "At most {limit} items; there are {have}"),
    "each-option": ("还没有写到：{limit}", "Still missing: {limit}"),
    "unknown": ("表单里没有“{name}”这一栏，没有收下", "The form has no field “{name}”; it was not accepted"),
    "not-writable": ("“{name}”不由您填写，没有收下", "“{name}” is not yours to fill in; it was not accepted"),
    "attachment": ("没有找到这个附件，请重新上传", "The file was not found; upload it again"),
    "too-many": ("一次提交的内容太多，请减少行数后再试", "Too much was sent at once; use fewer rows"),
    "too-complex": ("内容太多，无法核对，请减少行数后再试", "There is too much to check; use fewer rows"),
    "format-uscc": (
        "统一社会信用代码应为 18 位数字和大写字母",
        "A social credit code has 18 digits and capital letters",
    ),
    "uscc-length": (
        "统一社会信用代码应为 18 位，现在 {have} 位",
        "A social credit code has 18 characters; it has {have}",
    ),
    "uscc-check": (
        "信用代码最后一位不对：按前 17 位算应为 {limit}。请对照营业执照核对整串代码",
        "The last character is wrong: the first 17 give {limit}. Compare the whole code with the licence",
    ),
    "format-mobile": ("手机号码应为 11 位数字", "A mobile number has 11 digits"),
    "digits-mobile": ("手机号码应为 11 位数字，现在 {have} 位", "A mobile number has 11 digits; it has {have}"),
    "format-phone-cn": (
        "请填写手机号码，或带区号的固定电话，例如 0431-88776655",
        "Enter a mobile number, or a landline with area code, such as 0431-88776655",
    ),
    "format-id-card": (
        "身份证号码不正确，请对照证件核对",
        "The identity number is not right; compare it with the card",
    ),
    "format-email": (
        "请填写完整的电子邮箱，例如 name@example.cn",
        "Enter a whole e-mail address, such as name@example.cn",
    ),
}
_OF_DAYS = frozenset({"later-than", "not-after", "past"})
_ALIASES = {"format-date": "not-a-date", "format-time": "not-a-time", "format-date-time": "not-a-datetime"}
_MISSING = {"filepicker": "required-file", "checkbox": "required-check"}
_TYPED = frozenset({"textfield", "textarea", "number", "datetime"})


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field. `control` is the control's name ('' = the whole form), `row` the rows, from 1."""

    control: str
    label: str
    code: str
    zh: str
    en: str
    row: tuple[int, ...] = ()
    within: str = ""  # what the list is called in which it stands

    def text(self, language: str = "zh") -> str:
        """What is told beside the field."""
        return self.en if language == "en" else self.zh

    def line(self, language: str = "zh") -> str:
        """What is told in the summary, where the field has to be named."""
        if not self.label:
            return self.text(language)
        place = f"{self.within} › " if self.within else ""
        if language == "en":
            rows = "".join(f", row {number}" for number in self.row)
            return f"{place}{self.label}{rows}: {self.text(language)}"
        rows = "".join(f"（第 {number} 行）" for number in self.row)
        return f"{place}{self.label}{rows}：{self.text(language)}"


def describe(code: str, node: Node | None, value: Any, limit: Any, said: str = "") -> tuple[str, str, str]:
    """The code told, and the text in both languages; `said` is the designer's own message."""
    code = _exact(code, node, value)
    if code == "uscc-check":
        limit = complete(value[:17])[17]
    if said:
        return code, said, said
    zh, en = _TEXTS.get(code, _TEXTS["type"])
    blanks = {"have": _amount(code, value), "name": value}
    if code not in _OF_DAYS:
        return code, zh.format_map(blanks | {"limit": limit}), en.format_map(blanks | {"limit": limit})
    days = {"zh": moment_text(str(limit), "zh"), "en": moment_text(str(limit), "en")}
    return code, zh.format_map(blanks | {"limit": days["zh"]}), en.format_map(blanks | {"limit": days["en"]})


def _exact(code: str, node: Node | None, value: Any) -> str:
    """The code that fits the kind of field."""
    code = _ALIASES.get(code, code)
    if node is None:
        return code
    if code == "required" and node.type not in _TYPED:
        return "required-choice" if node.answers else _MISSING.get(node.type, "required-choice")
    if code == "decimals" and not node.digits:
        return "integer"
    if code == "format-uscc" and isinstance(value, str):
        return _of_credit_code(value)
    if code == "format-mobile" and isinstance(value, str) and value.isdigit() and len(value) != 11:
        return "digits-mobile"
    return code


def _of_credit_code(text: str) -> str:
    if len(text) != 18:
        return "uscc-length"
    try:
        complete(text[:17])
    except ValueError:
        return "format-uscc"
    return "uscc-check"


def _amount(code: str, value: Any) -> Any:
    counted = code.endswith(("length", "items")) or code == "digits-mobile"
    return len(value) if counted and isinstance(value, str | list) else value


def summary_of(problems: tuple[FieldProblem, ...], language: Language = "zh") -> list[tuple[str, str]]:
    """(id of the control to jump to, what is wrong) for each problem, in page order; '' when there is no control."""
    return [(control_id(path) if (path := parse_name(p.control)) else "", p.line(language)) for p in problems]
