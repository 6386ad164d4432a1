"""Reads what a program sends: strict JSON and query strings, judged by marshmallow, refused in both languages."""

from __future__ import annotations

import re
from typing import Any, Final, NoReturn

import orjson
from flask import Request
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from service.domain.errors import InvalidInput

LARGEST_BODY: Final = 1024 * 1024
LARGEST_KEY: Final = 2**63 - 1
DEEPEST: Final = 100  # levels of lists and objects in a body, as in a process's variables


class Key(fields.Integer):
    """A key: int64, written as a decimal string."""

    def __init__(self, **more: Any) -> None:
        metadata = {"type": "string", "format": "int64", "pattern": "^[0-9]{1,19}$"}
        super().__init__(as_string=True, metadata=metadata, **more)

    def _validated(self, value: Any) -> Any:
        if not isinstance(value, str) or re.fullmatch(r"[0-9]{1,19}", value) is None or int(value) > LARGEST_KEY:
            raise ValidationError("Not a valid key.")
        return int(value)


class Text(fields.String):
    """A text of at most `most` characters without NUL, which no database keeps."""

    def __init__(self, most: int = 500, *, least: int = 0, **more: Any) -> None:
        super().__init__(validate=[validate.Length(least, most), validate.ContainsNoneOf("\0")], **more)


class Body(Schema):
    """The base of every JSON body: what it does not know is left out, as in Camunda 8."""

    class Meta:
        """Unknown fields are left out."""

        unknown = EXCLUDE


class Query(Schema):
    """The base of every query string: strict."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE


class Parser(FlaskParser):
    """webargs with a reader that knows its limits, and refusals of our own."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {"json": None, "query": None}  # noqa: RUF012 # webargs' own; the schema says it

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body; an empty one is an empty object, as some clients send nothing."""
        del schema
        content = req.get_data()
        if not content.strip():
            return {}
        if not req.is_json:
            raise UnsupportedMediaType()
        try:
            data = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise InvalidInput(
                field="body", zh=f"不是有效的 JSON（{error}）", en=f"is not valid JSON ({error})"
            ) from None
        if not isinstance(data, dict):
            raise InvalidInput(field="body", zh="应为一个 JSON 对象", en="must be a JSON object")
        if _levels(data) > DEEPEST:
            zh, en = f"嵌套超过 {DEEPEST} 层", f"is nested deeper than {DEEPEST} levels"
            raise InvalidInput(field="body", zh=zh, en=en)
        if b"\\u0000" in content and _has_nul(data):
            raise InvalidInput(field="body", zh="不能含 NUL 字符", en="must not hold the character NUL")
        return data

    def handle_error(self, error: ValidationError, *_more: Any, **_options: Any) -> NoReturn:
        """The first thing wrong, named by its place."""
        place, why = next(_wrong(error.messages), ("body", "is not valid"))
        raise InvalidInput(field=place, zh=in_chinese(why), en=why.rstrip(".")) from error


def _levels(value: Any) -> int:
    """How deep lists and objects lie in each other, counted no further than one beyond the limit."""
    layer, level = [value], 0
    while level <= DEEPEST and (layer := [one for one in layer if isinstance(one, dict | list)]):
        layer = [part for one in layer for part in (one.values() if isinstance(one, dict) else one)]
        level += 1
    return level


def _has_nul(value: Any) -> bool:
    """Whether a text in it, or the name of a member, holds what no database keeps."""
    if isinstance(value, dict):
        return any("\0" in name or _has_nul(inner) for name, inner in value.items())
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value


def _wrong(messages: Any, place: str = "") -> Any:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            below = place if name in ("_schema", "json", "query") else f"{place}.{name}".lstrip(".")
            yield from _wrong(inner, below)
    elif isinstance(messages, list):
        for one in messages:
            yield from _wrong(one, place)
    else:
        yield place or "body", str(messages)


_CHINESE: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"Missing data for required field\.", "必填"),
        (r"Unknown field\.", "没有这一项"),
        (r"Field may not be null\.", "不能为空"),
        (r"Not a valid string\.", "应为文字"),
        (r"Not a valid key\.", "应为以十进制文字写的键"),
        (r"Not a valid integer\.", "应为整数"),
        (r"Not a valid boolean\.", "应为 true 或 false"),
        (r"Not a valid (aware )?datetime\.", "应为带时区的日期时间"),
        (r"Not a valid list\.", "应为列表"),
        (r"Not a valid mapping type\.|Invalid input type\.", "应为对象"),
        (r"Must be one of: (.*)\.", r"只能是：\1"),
        (r"Longer than maximum length (\d+)\.", r"不能超过 \1 个"),
        (r"Length must be between (\d+) and (\d+)\.", r"长度应为 \1 至 \2"),
        (r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.", r"应在 \1 与 \2 之间"),
        (r"One or more of the choices you made was in: .*", "不能含 NUL 字符"),
    )
)


def in_chinese(message: str) -> str:
    """What a schema says, in Chinese; what has no wording is left as it is."""
    for pattern, words in _CHINESE:
        if found := pattern.fullmatch(message):
            return found.expand(words)
    return message
