"""The marshmallow schema of `programme.toml`: which keys there are, and what each may hold.

Unknown keys are refused. Messages leave here as codes with both languages (`messages`), never as marshmallow's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from service.domain.register import ACTIVE

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
STARTS = re.compile(r"call|stage|task|event:[a-z][a-z0-9]*(-[a-z0-9]+)*")
VARIABLE = re.compile(r"(?!case_id\Z|outcome\Z)[a-z][a-z0-9_]{0,59}")
TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
MONTH_DAY = re.compile(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
HOLDERS = ("applicant", "competent", "authority", "member", "expert", "panel-chair", "named")

TEXTS: dict[str, tuple[str, str]] = {
    "required": ("缺少这一项。", "This key is missing."),
    "unknown": ("不认识的键，请检查拼写。", "This key is not known; check its spelling."),
    "null": ("不能为空。", "This may not be empty."),
    "blank": ("不能为空白。", "This may not be blank."),
    "text": ("须为文字（加引号）。", "This must be text in quotes."),
    "whole": ("须为整数，且不小于允许的最小值。", "This must be a whole number, not below the least allowed."),
    "yes-no": ("须为 true 或 false。", "This must be true or false."),
    "day": ("须为日期，如 2025-04-15。", "This must be a date such as 2025-04-15."),
    "table": ("须为表（[…] 段落）。", "This must be a table."),
    "twice": ("同一个角色写了两次。", "A role is named twice."),
    "list": ("须为列表。", "This must be a list."),
    "choice": ("不在允许的取值之内。", "This is not one of the values allowed."),
    "kebab": (
        "只用小写字母、数字和连字符，并以字母开头。",
        "Use lower-case letters, digits and hyphens, starting with a letter.",
    ),
    "starts": (
        "须为 call、stage、task 或 event:<事件名>。",
        "This must be call, stage, task or event:<event name>.",
    ),
    "time": ('须为 00:00 到 24:00 的时刻，如 "17:30"。', 'This must be a time from 00:00 to 24:00, such as "17:30".'),
    "month-day": ('须为月-日，如 "01-31"。', 'This must be month-day, such as "01-31".'),
    "pattern": (
        "编号式样须含 {serial}，且只可用 {year}、{serial}。",
        "The pattern must hold {serial} and nothing else but {year}.",
    ),
    "variable": (
        "须为变量名：小写字母、数字和下划线；case_id 和 outcome 由系统写。",
        "This must be a variable: lower-case letters, digits, underscores; case_id and outcome are the service's.",
    ),
    "setting": (
        "须为文字、数字、真假、日期或它们的列表。",
        "This must be text, a number, true or false, a date, or a list of these.",
    ),
}

# what marshmallow shall say instead of its own sentences: codes of TEXTS
_FIELD_CODES: dict[str, Any] = {"required": "required", "null": "null"}
_TEXT_CODES: dict[str, Any] = {**_FIELD_CODES, "invalid": "text", "invalid_utf8": "text"}
_SCHEMA_CODES: dict[str, str] = {"unknown": "unknown", "type": "table"}


def messages(found: Mapping[Any, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Each error as (place, code, zh, en); the place is the dotted path of the key."""
    for place, code in _flat(found, ()):
        zh, en = TEXTS.get(code, (code, code))
        yield place, f"manifest-{code}" if code in TEXTS else "manifest-invalid", zh, en


def _flat(found: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(found, Mapping):
        for key, value in found.items():
            # marshmallow puts "value" or "key" between a table's key and the error there, and "_schema" for a whole
            between = key == "_schema" or (key in {"value", "key"} and len(path) == 2)
            step = () if between else (str(key),)
            yield from _flat(value, path + step)
    elif isinstance(found, list):
        for item in found:
            yield from _flat(item, path)
    else:
        yield ".".join(path), str(found)


def _matching(pattern: re.Pattern[str], code: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if not pattern.fullmatch(value):
            raise ValidationError(code)

    return check


def _not_blank(value: str) -> None:
    if not value.strip():
        raise ValidationError("blank")


class Text(fields.String):
    """Text; TOML's own type, nothing converted."""

    default_error_messages = _TEXT_CODES


class Whole(fields.Field[int]):
    """A whole number not below `least`."""

    default_error_messages = _FIELD_CODES

    def __init__(self, *, least: int = 0, **options: Any) -> None:
        self.least = least
        super().__init__(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < self.least:
            raise ValidationError("whole")
        return value


class YesNo(fields.Field[bool]):
    """True or false; never "yes" or 1."""

    default_error_messages = _FIELD_CODES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("yes-no")
        return value


class Day(fields.Field[date]):
    """A date of TOML, without a time."""

    default_error_messages = _FIELD_CODES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if type(value) is not date:
            raise ValidationError("day")
        return value


class Chain(fields.Field[list[str]]):
    """Roles told one after the other; a single one may be written without brackets."""

    default_error_messages = _FIELD_CODES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[str]:
        roles = value if isinstance(value, list) else [value]
        if not all(isinstance(role, str) and role.strip() for role in roles):
            raise ValidationError("text")
        if len(set(roles)) < len(roles):
            raise ValidationError("twice")
        return roles


class Setting(fields.Field[Any]):
    """A value of `[settings]`: a scalar or a list of scalars."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str | bool | int | float | date) for item in items):
            raise ValidationError("setting")
        return tuple(value) if isinstance(value, list) else value


def _name(**options: Any) -> Text:
    return Text(required=True, validate=_not_blank, **options)


def _choice(*values: str, **options: Any) -> Text:
    return Text(validate=validate.OneOf(values, error="choice"), **options)


def _keys() -> Text:
    return Text(validate=_matching(KEBAB, "kebab"))


def _list(inner: fields.Field[Any]) -> fields.List[Any]:
    return fields.List(inner, error_messages={"invalid": "list", "null": "null"})


def _table(schema: type[Schema]) -> fields.Dict:
    nested = fields.Nested(schema, error_messages={"type": "table", "null": "null"})
    return fields.Dict(keys=_keys(), values=nested, error_messages={"invalid": "table", "null": "null"})


class StrictSchema(Schema):
    """A schema that refuses unknown keys and speaks in the codes of TEXTS."""

    error_messages = _SCHEMA_CODES

    class Meta:  # noqa: D106 - marshmallow's own word for options
        unknown = RAISE


class LegalBasisSchema(StrictSchema):
    """One row of `legal_basis`."""

    document = _name()
    number = Text()
    article = Text()
    issued_on = Day()
    url = Text()


class ProcedureSchema(StrictSchema):
    """One `[procedures.<process id>]`."""

    name = _name()
    name_en = Text()
    start = Text()
    kind = _choice("case", "meeting", "dispatch", "notice", "training")
    subject = _choice("application", "register-entry", "none")
    intake = _choice("rolling", "batch")
    withdraw = YesNo()
    number = Text(validate=_not_blank)
    title = Text()
    summary = Text()
    summary_en = Text()
    takes = _list(Text(validate=_matching(VARIABLE, "variable")))


class RoleSchema(StrictSchema):
    """One `[roles.<role>]`."""

    name = _name()
    name_en = Text()
    holder = _choice(*HOLDERS, required=True)


class DeadlineSchema(StrictSchema):
    """One `[deadlines.<name>]`."""

    name = _name()
    name_en = Text()
    starts = Text(required=True, validate=_matching(STARTS, "starts"))
    working_days = Whole(least=1)
    calendar_days = Whole(least=1)
    months = Whole(least=1)
    before = Text()
    after = Text()
    local = YesNo()
    end = Text(validate=_matching(TIME, "time"))
    reminders = _list(Whole())
    inclusive_first_day = YesNo()
    source = Text()
    added = YesNo()
    escalate_to = Chain()
    escalate_every = Whole(least=1)
    extension_months = Whole()
    event_name = Text(validate=_not_blank)
    event_name_en = Text(validate=_not_blank)


def _pattern(value: str) -> None:
    slots = re.findall(r"\{([^{}]*)\}", value)
    loose = re.sub(r"\{[^{}]*\}", "", value)
    if "serial" not in slots or set(slots) - {"year", "serial"} or set(loose) & set("{}"):
        raise ValidationError("pattern")


class NumberSchema(StrictSchema):
    """One `[numbers.<series>]`."""

    pattern = Text(required=True, validate=_pattern)
    name = Text()
    digits = Whole(least=1)
    yearly = YesNo()


class DutySchema(StrictSchema):
    """One `[duties.<kind>]`."""

    name = _name()
    name_en = Text()
    procedure = Text()
    role = Text()
    due = Text(validate=_matching(MONTH_DAY, "month-day"))
    every_years = Whole()
    after_months = Whole()
    opens_days = Whole()
    standing = _choice(*ACTIVE)
    extension_months = Whole()
    source = Text()
    added = YesNo()


class TargetSchema(StrictSchema):
    """One `[targets.<key>]`."""

    name = _name()
    name_en = Text()
    year = Whole(required=True, least=2000)
    at_least = Whole(required=True)
    at_most = Whole()
    standings = _list(Text())
    source = Text()


class JobSchema(StrictSchema):
    """One `[jobs.<type>]`."""

    name = _name()
    name_en = Text()
    worker = Text(required=True, validate=_not_blank)


class MessageSchema(StrictSchema):
    """One `[messages.<name>]`."""

    name = _name()
    name_en = Text()
    sender = Text(required=True, validate=_not_blank)


class SunsetSchema(StrictSchema):
    """`[sunset]`: who is warned of the rules' last day, and how many calendar days before it."""

    days_before = _list(Whole(least=1))
    tell = _list(Text(validate=_not_blank))


class UsesSchema(StrictSchema):
    """`[uses]`: models that only operations need."""

    forms = _list(Text())
    decisions = _list(Text())
    letters = _list(Text())
    processes = _list(Text())


class ManifestSchema(StrictSchema):
    """The whole file."""

    key = Text(required=True, validate=_matching(KEBAB, "kebab"))
    name = _name()
    name_en = Text()
    authority = _name()
    status = _choice("draft", "in-force", "expired", required=True)
    summary = Text()
    summary_en = Text()
    intake = _choice("rolling", "batch")
    effective_from = Day()
    effective_to = Day()
    valid_years = Whole(least=1)
    sunset = fields.Nested(SunsetSchema, error_messages={"type": "table", "null": "null"})
    legal_basis = fields.List(
        fields.Nested(LegalBasisSchema, error_messages={"type": "table"}),
        error_messages={"invalid": "list", "null": "null"},
    )
    procedures = _table(ProcedureSchema)
    roles = _table(RoleSchema)
    deadlines = _table(DeadlineSchema)
    numbers = _table(NumberSchema)
    settings_written = _list(Text(validate=_not_blank))
    settings = fields.Dict(keys=Text(), values=Setting(), error_messages={"invalid": "table", "null": "null"})
    duties = _table(DutySchema)
    targets = _table(TargetSchema)
    jobs = _table(JobSchema)
    messages = _table(MessageSchema)
    uses = fields.Nested(UsesSchema, error_messages={"type": "table", "null": "null"})
