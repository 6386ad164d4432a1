"""What query strings and small forms may contain; an unknown key is refused: a typo never means “all”."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from flask import request
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, pre_load, validate

from service.domain.errors import InvalidInput

MAX_ID = 2**63 - 1


class Query(Schema):
    """The base of every query string: strict."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE


class InboxQuery(Query):
    """Filters of the inbox; all of them stand in the address."""

    scope = fields.String(load_default="mine", validate=validate.OneOf(["mine", "groups", "done"]))
    q = fields.String(load_default="", validate=validate.Length(max=80))
    programme = fields.String(load_default="", validate=validate.Length(max=80))
    due = fields.String(load_default="", validate=validate.OneOf(["", "over", "today", "soon"]))
    after = fields.String(load_default="", validate=validate.Length(max=80))


class InboxView(InboxQuery):
    """The filters of the inbox with a name for them; where a page begins is no part of it."""

    class Meta:
        """The form's token comes along."""

        unknown = EXCLUDE
        exclude = ("after",)

    name = fields.String(load_default="", validate=validate.Length(max=80))


class CasesQuery(Query):
    """Filters of the list of cases."""

    q = fields.String(load_default="", validate=validate.Length(max=80))
    programme = fields.String(load_default="", validate=validate.Length(max=80))
    state = fields.String(load_default="", validate=validate.OneOf(["", "running", "ended"]))
    standing = fields.String(load_default="", validate=validate.Length(max=40))
    after = fields.String(load_default="", validate=validate.Length(max=40))


class DashboardQuery(Query):
    """The programme whose figures are asked for."""

    programme = fields.String(load_default="", validate=validate.Length(max=80))


class RegisterQuery(Query):
    """Search of the public register."""

    q = fields.String(load_default="", validate=validate.Length(max=80))
    programme = fields.String(load_default="", validate=validate.Length(max=80))
    state = fields.String(load_default="", validate=validate.Length(max=40))
    after = fields.String(load_default="", validate=validate.Length(max=40))


class ObligationsQuery(Query):
    """Which obligations: all, those open, or those late; `after` is where the page begins."""

    show = fields.String(load_default="", validate=validate.OneOf(["", "open", "late"]))
    after = fields.String(load_default="", validate=validate.Length(max=60))


class PageQuery(Query):
    """A list that has only pages."""

    after = fields.String(load_default="", validate=validate.Length(max=40))


class AskedQuery(Query):
    """The two lists of what others ask of me, each with its own pages."""

    after = fields.String(load_default="", validate=validate.Length(max=40))
    copies_after = fields.String(load_default="", validate=validate.Length(max=40))


class VerifyQuery(Query):
    """The code printed on a paper."""

    code = fields.String(load_default="", validate=validate.Length(max=40))


class SignInQuery(Query):
    """Where to go after signing in."""

    next = fields.String(load_default="", validate=validate.Length(max=400))


class CompareQuery(Query):
    """Two versions of a programme; 0 is the one that stands to reason."""

    old = fields.Integer(load_default=0, validate=validate.Range(0, MAX_ID))
    new = fields.Integer(load_default=0, validate=validate.Range(0, MAX_ID))


class DiagramQuery(Query):
    """Which drawing is asked for: the call activities that lead to it from the top process."""

    path = fields.String(load_default="", validate=validate.Length(max=400))


class AccountsQuery(Query):
    """Search of the accounts."""

    q = fields.String(load_default="", validate=validate.Length(max=80))
    after = fields.String(load_default="", validate=validate.Length(max=40))


class TrailQuery(Query):
    """Filters of the audit trail; an empty day narrows nothing."""

    who = fields.String(load_default="", validate=validate.Length(max=80))
    action = fields.String(load_default="", validate=validate.Length(max=80))
    case = fields.String(load_default="", validate=validate.Length(max=80))
    after = fields.String(load_default="", validate=validate.Length(max=40))

    class Meta(Query.Meta):
        """Two names that Python keeps for itself."""

        include: ClassVar = {
            "from": fields.Date(load_default=None, allow_none=True),
            "to": fields.Date(load_default=None, allow_none=True),
        }

    @pre_load
    def _empty_days(self, given: dict[str, str], **_: object) -> dict[str, str | None]:
        return {name: value or (None if name in ("from", "to") else "") for name, value in given.items()}


class AccountForm(Schema):
    """A new account."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    name = fields.String(required=True, validate=validate.Length(1, 60))
    login = fields.String(required=True, validate=validate.Length(1, 40))
    organisation = fields.Integer(required=True, validate=validate.Range(1, MAX_ID))
    email = fields.String(load_default="", validate=validate.Regexp(r"(?:[^@\s]+@[^@\s]+)?\Z"))


class GrantForm(Schema):
    """A role at an organisation, until a day or without an end."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    role = fields.String(required=True, validate=validate.Length(1, 80))
    organisation = fields.Integer(required=True, validate=validate.Range(1, MAX_ID))
    until = fields.Date(load_default=None, allow_none=True)

    @pre_load
    def _no_end(self, given: dict[str, str], **_: object) -> dict[str, str | None]:
        return {name: (value or None) if name == "until" else value for name, value in given.items()}


class OrganisationForm(Schema):
    """A new organisation under another; an office has one above it, a unit the department that answers for it."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    code = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9][a-z0-9-]{1,39}\Z"))
    name = fields.String(required=True, validate=validate.Length(2, 80))
    kind = fields.String(
        required=True, validate=validate.OneOf(["authority", "competent", "enterprise", "institute", "other"])
    )
    above = fields.String(required=True, validate=validate.Length(1, 40))
    credit_code = fields.String(load_default="", validate=validate.Length(max=18))
    region = fields.String(load_default="", validate=validate.Length(max=40))


class RelationForm(Schema):
    """A tie to a unit, until a day or without an end."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    unit = fields.String(required=True, validate=validate.Length(2, 80))
    kind = fields.String(required=True, validate=validate.OneOf(["relation", "joint-project", "employment"]))
    until = fields.Date(load_default=None, allow_none=True)

    @pre_load
    def _no_end(self, given: dict[str, str], **_: object) -> dict[str, str | None]:
        return {name: (value or None) if name == "until" else value for name, value in given.items()}


class ExtensionForm(Schema):
    """A later last day, and why."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    deadline = fields.String(required=True, validate=validate.Length(1, 80))
    until = fields.Date(required=True)
    why = fields.String(required=True, validate=validate.Length(4, 500))


class NewPasswordForm(Schema):
    """A password set by a link."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    new = fields.String(required=True, validate=validate.Length(1, 200))
    again = fields.String(required=True, validate=validate.Length(1, 200))


class PasswordForm(Schema):
    """A change of password."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    current = fields.String(required=True, validate=validate.Length(1, 200))
    new = fields.String(required=True, validate=validate.Length(1, 200))
    again = fields.String(required=True, validate=validate.Length(1, 200))


class TokenForm(Schema):
    """A new token for a program; the scopes come along as a list."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    name = fields.String(required=True, validate=validate.Length(1, 60))
    days = fields.Integer(required=True, validate=validate.Range(1, 366))


class ReasonForm(Schema):
    """A reason that others will read."""

    class Meta:
        """Only this field."""

        unknown = EXCLUDE

    reason = fields.String(required=True, validate=validate.Length(2, 500))


class CallForm(Schema):
    """A new call; its dates are named by the programme's manifest."""

    class Meta:
        """The dates come along under their own names."""

        unknown = EXCLUDE

    title = fields.String(required=True, validate=validate.Length(2, 120))
    call_key = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9][a-z0-9-]{0,39}\Z"))
    year = fields.Integer(required=True, validate=validate.Range(2000, 2100))
    opens_on = fields.Date(required=True)


class EventForm(Schema):
    """A dated event that starts a deadline."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    name = fields.String(required=True, validate=validate.Length(1, 80))
    on = fields.Date(required=True)


class ObjectionForm(Schema):
    """A real-name objection to a notice."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    case_id = fields.Integer(required=False, strict=False, validate=validate.Range(1, MAX_ID))
    facts = fields.String(required=True, validate=validate.Length(10, 2000))
    kind = fields.String(required=True, validate=validate.OneOf(["person", "unit"]))
    name = fields.String(required=True, validate=validate.Length(2, 60))
    contact = fields.String(required=True, validate=validate.Length(5, 100))


class ExpertsQuery(Query):
    """Search of the pool of experts."""

    q = fields.String(load_default="", validate=validate.Length(max=80))
    state = fields.String(load_default="", validate=validate.OneOf(["", "free", "away", "inactive"]))
    after = fields.String(load_default="", validate=validate.Length(max=40))


class ExpertForm(Schema):
    """What the pool knows of an expert; the units to avoid stand one a line. No tab: a sealed pool is set with tabs."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    name = fields.String(required=True, validate=validate.Length(2, 30))
    employer = fields.String(required=True, validate=validate.Length(2, 80))
    employer_credit_code = fields.String(load_default="", validate=validate.Length(max=18))
    title = fields.String(load_default="", validate=validate.Length(max=40))
    field = fields.String(required=True, validate=[validate.Length(2, 40), validate.Regexp(r"[^\t\r\n]+\Z")])
    avoid = fields.String(load_default="", validate=validate.Length(max=1000))


class ExpertLine(ExpertForm):
    """A row of an imported table: the same, and where the expert is written to."""

    email = fields.String(load_default="", validate=validate.Regexp(r"([^@\s]+@[^@\s]+\.[^@\s]+)?\Z"))


class AbsenceForm(Schema):
    """Days on which an expert is not drawn."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    from_on = fields.Date(required=True)
    to_on = fields.Date(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=100))


def query(schema: type[Schema]) -> dict[str, Any]:
    """This request's query string, loaded; raises InvalidInput naming the first wrong key."""
    return _load(schema, request.args.items())


def form(schema: type[Schema]) -> dict[str, Any]:
    """This request's posted fields, loaded; raises InvalidInput naming the first wrong field."""
    return _load(schema, request.form.items())


def problems(schema: type[Schema], given: dict[str, str], words: dict[str, str]) -> dict[str, str]:
    """What is wrong with each posted field, in the page's words; empty when all is right."""
    return {field: words.get(field, "") for field in schema().validate(given)}


def _load(schema: type[Schema], pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema().load({name: value.strip() for name, value in pairs})
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, dict) else {"": error.messages}
        field, why = next(iter(messages.items()))
        raise InvalidInput(field=field, zh="请检查这一项", en=str(why[0] if isinstance(why, list) else why)) from error
    return loaded
