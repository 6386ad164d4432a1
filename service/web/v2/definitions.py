"""Process and decision definitions: lists, one of them, its file, and a decision tried out."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from marshmallow import fields

from service.domain.errors import InvalidInput, NotAllowed
from service.queries import decisions, definitions
from service.queries.definitions import DefinitionRow
from service.store.session import db
from service.web.api import searching
from service.web.api.blueprint import allows
from service.web.api.bodies import Body, Key, Text
from service.web.api.searching import SearchBody
from service.web.security import moment, who
from service.web.v2.parts import (
    TENANT,
    V2Blueprint,
    json_text,
    key,
    key_in_address,
    nothing,
    page_of,
    programme,
    shape,
    text,
)

part: Final = V2Blueprint("definitions", __name__, "Process and decision definitions.")

ProcessDefinition = shape(
    "ProcessDefinition", processDefinitionKey=key(), processDefinitionId=text(), name=text(null=True),
    version=fields.Integer(), versionTag=nothing(), resourceName=text(), tenantId=text(),
    hasStartForm=fields.Boolean(), state=text(),
)  # fmt: skip
DecisionDefinition = shape(
    "DecisionDefinition", decisionDefinitionKey=key(), decisionDefinitionId=text(), name=text(),
    version=fields.Integer(), decisionRequirementsId=text(), decisionRequirementsKey=key(),
    decisionRequirementsName=text(), decisionRequirementsVersion=fields.Integer(), tenantId=text(),
)  # fmt: skip
_Output = shape(
    "EvaluatedOutput", outputId=text(), outputName=text(), outputValue=text(), ruleId=nothing(), ruleIndex=nothing()
)
_Rule = shape(
    "MatchedRule", ruleId=text(), ruleIndex=fields.Integer(), evaluatedOutputs=fields.List(fields.Nested(_Output))
)
_Input = shape("EvaluatedInput", inputId=text(), inputName=text(), inputValue=text())
_Evaluated = shape(
    "EvaluatedDecision", decisionDefinitionId=text(), decisionDefinitionName=text(),
    decisionDefinitionVersion=fields.Integer(), decisionDefinitionType=text(), output=text(), tenantId=text(),
    decisionDefinitionKey=key(), decisionEvaluationInstanceKey=text(),
    matchedRules=fields.List(fields.Nested(_Rule)), evaluatedInputs=fields.List(fields.Nested(_Input)),
)  # fmt: skip
Evaluation = shape(
    "Evaluation", decisionDefinitionId=text(), decisionDefinitionKey=key(), decisionDefinitionName=text(),
    decisionDefinitionVersion=fields.Integer(), decisionRequirementsId=text(), decisionRequirementsKey=key(),
    decisionEvaluationKey=text(), decisionInstanceKey=text(), output=text(), failedDecisionDefinitionId=nothing(),
    failureMessage=nothing(), tenantId=text(), evaluatedDecisions=fields.List(fields.Nested(_Evaluated)),
)  # fmt: skip


class EvaluationBody(Body):
    """Which decision, and the variables it reads."""

    decision_id = Text(200, data_key="decisionDefinitionId", load_default="")
    decision_key = Key(data_key="decisionDefinitionKey", load_default=None)
    variables = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)


@part.post("/process-definitions/search")
@part.takes(SearchBody)
@part.gives(200, page_of(ProcessDefinition))
@allows("read")
def search_processes(body: dict[str, Any]) -> dict[str, Any]:
    """Every version of every process; filter isLatestVersion for the newest."""
    found = definitions.page(db.session(), "process", searching.read(body), programme())
    return searching.envelope(found, _process)


@part.get("/process-definitions/<key>")
@part.gives(200, ProcessDefinition)
@allows("read")
def process(key: str) -> dict[str, Any]:
    """One process definition."""
    return _process(definitions.of_key(db.session(), "process", key_in_address(key), programme()))


@part.get("/process-definitions/<key>/xml")
@part.gives(200, content_type="text/xml")
@allows("read")
def process_xml(key: str) -> Response:
    """The diagram's file, for its designers."""
    return _file("process", key)


@part.post("/decision-definitions/search")
@part.takes(SearchBody)
@part.gives(200, page_of(DecisionDefinition))
@allows("read")
def search_decisions(body: dict[str, Any]) -> dict[str, Any]:
    """Every version of every decision."""
    found = definitions.page(db.session(), "decision", searching.read(body), programme())
    return searching.envelope(found, _decision)


@part.get("/decision-definitions/<key>")
@part.gives(200, DecisionDefinition)
@allows("read")
def decision(key: str) -> dict[str, Any]:
    """One decision definition."""
    return _decision(definitions.of_key(db.session(), "decision", key_in_address(key), programme()))


@part.get("/decision-definitions/<key>/xml")
@part.gives(200, content_type="text/xml")
@allows("read")
def decision_xml(key: str) -> Response:
    """The file a decision stands in, for its designers."""
    return _file("decision", key)


@part.post("/decision-definitions/evaluation")
@part.takes(EvaluationBody)
@part.gives(200, Evaluation)
@allows("deploy")
def evaluate(body: dict[str, Any]) -> dict[str, Any]:
    """Try a decision out with given variables; nothing is kept. For the designers of its programme."""
    session = db.session()
    if bool(body["decision_id"]) == (body["decision_key"] is not None):
        zh, en = "请给出 decisionDefinitionId 或 decisionDefinitionKey 之一", "one of id and key is needed"
        raise InvalidInput(field="decisionDefinitionId", zh=zh, en=en)
    if body["decision_key"] is not None:
        row = definitions.of_key(session, "decision", body["decision_key"], programme())
    else:
        row = definitions.named(session, "decision", body["decision_id"], programme=programme())
    _refuse_unless_designer(row)
    tried = decisions.try_out(session, row, body["variables"] or {}, moment())
    about = {
        "decisionDefinitionId": row.name, "decisionDefinitionKey": row.id, "decisionDefinitionName": row.title,
        "decisionDefinitionVersion": row.version, "tenantId": TENANT,
    }  # fmt: skip
    return {
        **about,
        "decisionRequirementsId": row.file_name,
        "decisionRequirementsKey": row.file_id,
        "decisionEvaluationKey": str(row.id),
        "decisionInstanceKey": str(row.id),
        "output": json_text(tried.value),
        "failedDecisionDefinitionId": None,
        "failureMessage": None,
        "evaluatedDecisions": [
            {
                **about,
                "decisionDefinitionId": one.name,
                "decisionDefinitionName": one.title,
                "decisionDefinitionType": "DECISION_TABLE" if one.is_table else "LITERAL_EXPRESSION",
                "decisionEvaluationInstanceKey": f"{row.id}-{number}",
                "output": json_text(one.value),
                "matchedRules": [
                    {"ruleId": rule.id, "ruleIndex": rule.number, "evaluatedOutputs": []} for rule in one.matched
                ],
                "evaluatedInputs": [
                    {"inputId": given.expression, "inputName": given.label, "inputValue": json_text(given.value)}
                    for given in one.inputs
                ],
            }
            for number, one in enumerate(tried.decisions, 1)
        ],
    }


def _process(row: DefinitionRow) -> dict[str, Any]:
    return {
        "processDefinitionKey": row.id, "processDefinitionId": row.name, "name": row.title or None,
        "version": row.version, "versionTag": None, "resourceName": row.path, "tenantId": TENANT,
        "hasStartForm": False, "state": "ACTIVE",
    }  # fmt: skip


def _decision(row: DefinitionRow) -> dict[str, Any]:
    return {
        "decisionDefinitionKey": row.id, "decisionDefinitionId": row.name, "name": row.title, "version": row.version,
        "decisionRequirementsId": row.file_name, "decisionRequirementsKey": row.file_id,
        "decisionRequirementsName": row.file_title, "decisionRequirementsVersion": row.version, "tenantId": TENANT,
    }  # fmt: skip


def _file(kind: str, key: str) -> Response:
    row = definitions.of_key(db.session(), kind, key_in_address(key), programme())
    _refuse_unless_designer(row)
    return Response(definitions.content(db.session(), row), mimetype="text/xml")


def _refuse_unless_designer(row: DefinitionRow) -> None:
    authority = definitions.manifest_of(db.session(), row).authority
    if not definitions.designs(db.session(), who(), authority):
        raise NotAllowed(
            why_zh="模型由该专项主管机关的设计人员查看。", why_en="Its authority's designers read a model."
        )
