"""A story: who does what, in order, and how it must end; written in TOML beside the programme's diagrams.

A step is one of: a task to complete (`task`, `as`, `data`), a procedure to start (`start`, `as`), a message to send
(`message`, `as`; with a day `on` in its data the event of that day is recorded), or time to pass (`wait_until` a named
deadline of an open task, `advance_days`, or `until` an instant of the authority's clock). The message
`objection-lodged` is somebody's objection to the newest notice about the first case. A second declaration is started
by another `unit` (name, credit_code). Texts in `data` that begin with `=` are FEEL over what the task's form
may read; `file:NAME` uploads a sample file. A story of a programme that takes declarations in batches opens its own
`[call]`. `rows` names the requirements the story shows, `experts` (field, employer) who is in the pool besides the
usual ones, `bans` the units that may not apply, each with its last day.

A story that differs from another only from some task on says so, `before = { story = "filed.toml", until = "签发" }`:
that story's steps before it first completes that task come first, and what this story does not write of
programme, procedure, day, call and the like is that story's. `before.data` is laid over what those steps enter: a step
takes of it what it enters itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from service.domain.errors import InvalidInput

ACTS = ("task", "start", "message", "wait_until", "advance_days", "until")
ROW = r"[A-Z]\w*-[A-Z]\w*"
OWN = ("title", "rows", "expect")  # what every story says for itself


@dataclass(frozen=True, kw_only=True)
class StoryStep:
    """One act of one person, or the passing of time."""

    task: str = ""
    role: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    data_file: str = ""
    start: str = ""
    unit: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    wait_until: str = ""
    advance_days: int = 0
    until: datetime | None = None
    only_first: int = 0
    refused: str = ""


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """How the story must end; what is empty is not looked at. `decisions` are the last values, by decision."""

    outcome: str = ""
    state: str = ""
    waiting_at: tuple[str, ...] = ()
    verdict: str = ""
    findings: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    standing: str = ""
    decisions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StoryCall:
    """The call a story declares in; dates that lean on others may be left out."""

    key: str
    title: str
    opens_on: date
    dates: Mapping[str, date]


@dataclass(frozen=True, kw_only=True)
class StoryCentre:
    """A centre that was filed before the story begins; its lead unit is the story's."""

    number: str
    name: str
    entered_on: date
    standing: str = "operating"
    members: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Before:
    """Another story, as far as its first step that completes the task `until`; that step is not in it."""

    story: str
    until: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Story:
    """A whole story; `starts_on` is a local date of the authority, `rows` are the requirements it shows (P1-C04).

    `direct`: no department stands between the lead unit and the authority.
    """

    title: str
    programme: str
    procedure: str
    starts_on: date
    steps: tuple[StoryStep, ...]
    expect: Expectation
    call: StoryCall | None = None
    direct: bool = False
    centre: StoryCentre | None = None
    experts: tuple[Mapping[str, str], ...] = ()
    bans: Mapping[str, date] = field(default_factory=dict)
    rows: tuple[str, ...] = ()


class _StepSchema(Schema):
    class Meta:
        unknown = RAISE

    task = fields.String()
    role = fields.String(data_key="as")
    data = fields.Dict(keys=fields.String())
    data_file = fields.String()
    start = fields.String()
    unit = fields.Dict(keys=fields.String(), values=fields.String())
    message = fields.String()
    wait_until = fields.String()
    advance_days = fields.Integer()
    until = fields.Raw()
    only_first = fields.Integer(data_key="only")
    refused = fields.String()

    @validates_schema
    def one_act(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        """A step says exactly one thing to do."""
        acts = [key for key in ACTS if data.get(key)]
        if len(acts) != 1:
            raise ValidationError(f"每一步只能有 {'、'.join(ACTS)} 之一")
        if not isinstance(data.get("until"), datetime | None):
            raise ValidationError({"until": ["应为 TOML 日期时间，例如 2025-04-15T23:59:00"]})

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> StoryStep:
        return StoryStep(**data)


class _ExpectSchema(Schema):
    class Meta:
        unknown = RAISE

    outcome = fields.String()
    state = fields.String()
    waiting_at = fields.List(fields.String())
    verdict = fields.String()
    findings = fields.List(fields.String())
    others = fields.List(fields.String())
    standing = fields.String()
    decisions = fields.Dict(keys=fields.String())

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> Expectation:
        return Expectation(**{**data, **{key: tuple(value) for key, value in data.items() if isinstance(value, list)}})


class _CallSchema(Schema):
    class Meta:
        unknown = RAISE

    key = fields.String(required=True)
    title = fields.String(required=True)
    opens_on = fields.Raw(required=True)
    dates = fields.Dict(keys=fields.String(), required=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> StoryCall:
        if not all(isinstance(day, date) for day in (data["opens_on"], *data["dates"].values())):
            raise ValidationError({"dates": ["应为 TOML 日期，例如 2025-04-15"]})
        return StoryCall(**data)


class _CentreSchema(Schema):
    class Meta:
        unknown = RAISE

    number = fields.String(required=True)
    name = fields.String(required=True)
    entered_on = fields.Raw(required=True)
    standing = fields.String()
    members = fields.List(fields.Dict(keys=fields.String()), load_default=[])

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> StoryCentre:
        if not isinstance(data["entered_on"], date):
            raise ValidationError({"entered_on": ["应为 TOML 日期，例如 2025-06-01"]})
        return StoryCentre(**{**data, "members": tuple(data["members"])})


class _ExpertSchema(Schema):
    class Meta:
        unknown = RAISE

    field = fields.String(required=True)
    employer = fields.String(required=True)


class _BeforeSchema(Schema):
    class Meta:
        unknown = RAISE

    story = fields.String(
        required=True, validate=validate.Regexp(r"^[\w-]+\.toml$", error="应为同一文件夹里的故事，例如 filed.toml")
    )
    until = fields.String(required=True)
    data = fields.Dict(keys=fields.String())

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> Before:
        return Before(**data)


class _StorySchema(Schema):
    class Meta:
        unknown = RAISE

    title = fields.String(required=True)
    programme = fields.String(required=True)
    procedure = fields.String(required=True)
    starts_on = fields.Raw(required=True)
    steps = fields.List(fields.Nested(_StepSchema), required=True, data_key="step")
    expect = fields.Nested(_ExpectSchema, required=True)
    call = fields.Nested(_CallSchema)
    direct = fields.Boolean()
    centre = fields.Nested(_CentreSchema)
    experts = fields.List(fields.Nested(_ExpertSchema), load_default=[])
    bans = fields.Dict(keys=fields.String(), values=fields.Raw(), load_default={})
    rows = fields.List(fields.String(validate=validate.Regexp(f"^{ROW}$", error="应为要求的编号，例如 P1-C04")))

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> Story:
        starts_on = data.pop("starts_on")
        if not isinstance(starts_on, date):
            raise ValidationError({"starts_on": ["应为 TOML 日期，例如 2026-03-02"]})
        if not all(isinstance(day, date) for day in data["bans"].values()):
            raise ValidationError({"bans": ["应为 TOML 日期，例如 2027-03-01"]})
        data["experts"] = tuple(data["experts"])
        rows = tuple(data.pop("rows", ()))
        return Story(**{**data, "starts_on": starts_on, "steps": tuple(data["steps"]), "rows": rows})


def read_story(path: Path) -> Story:
    """The story in a TOML file; other files are looked for beside it. Raises InvalidInput naming the place."""
    try:
        story: Story = _StorySchema().load(_written(path, ()))
        steps = tuple(_with_file(step, path.parent) for step in story.steps)
    except (tomllib.TOMLDecodeError, ValidationError, OSError) as error:
        raise InvalidInput(field=path.name, zh=str(error), en=str(error)) from None
    return replace(story, steps=steps)


def _written(path: Path, after: tuple[Path, ...]) -> dict[str, Any]:
    """What the file says, the steps of the story it begins as included; `after` are the stories that begin as it."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    if "before" not in raw:
        return raw
    before: Before = _BeforeSchema().load(raw.pop("before"))
    if path in after:
        raise ValidationError({"before": [f"{path.name} 绕回自己 / begins as itself"]})
    begun = _written(path.with_name(before.story), (*after, path))
    inherited = {key: value for key, value in begun.items() if key not in OWN}
    steps = [_otherwise(step, before.data, path.parent) for step in _until(before, _steps(begun))]
    return {**inherited, **raw, "step": [*steps, *_steps(raw)]}


def _steps(raw: dict[str, Any]) -> list[dict[str, Any]]:
    steps = raw.get("step", [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise ValidationError({"step": ["应为 [[step]]"]})
    return steps


def _until(before: Before, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for count, step in enumerate(steps):
        if step.get("task") == before.until:
            return steps[:count]
    raise ValidationError({"before": [f"{before.story} 里没有“{before.until}”这一步 / has no step {before.until}"]})


def _otherwise(step: dict[str, Any], data: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The step as the file writes it, entering these data instead of its own."""
    own = step.get("data", {})
    if not data or not isinstance(own, dict):
        return step
    entered = {**(_file(folder / str(step["data_file"])) if "data_file" in step else {}), **own}
    return {**step, "data": {**own, **laid_over({name: entered[name] for name in data if name in entered}, data)}}


def laid_over(entered: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What a step enters, with other values for what it enters; in a group, only those that are named."""
    return {name: _over(value, other[name]) if name in other else value for name, value in entered.items()}


def _over(value: Any, other: Any) -> Any:
    return {**value, **other} if isinstance(value, Mapping) and isinstance(other, Mapping) else other


def _with_file(step: StoryStep, folder: Path) -> StoryStep:
    """The step with the data of its file beneath its own."""
    if not step.data_file:
        return step
    return replace(step, data={**_file(folder / step.data_file), **step.data})


def _file(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
