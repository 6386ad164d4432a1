"""Deploys what a modeler sends: files take the place of their namesakes, and the whole programme is checked anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask import request
from marshmallow import fields

from service.commands import deployments as commands
from service.domain.errors import DeploymentRefused, InvalidInput, NotAllowed, NotFound, Problem
from service.operations import CATALOGUE
from service.programmes.check import check_programme
from service.programmes.manifest import FILE_NAME, read_manifest
from service.programmes.package import MAX_PACKAGE_BYTES, namesake, replace
from service.programmes.scan import MAX_FILE_BYTES
from service.queries import definitions, programmes
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.api.blueprint import allows
from service.web.security import moment, who
from service.web.v2.parts import TENANT, V2Blueprint, key, nothing, programme, shape, text

part: Final = V2Blueprint("deployments", __name__, "Deploy BPMN, DMN and forms into a programme.")
MOST_FILES: Final = 100

_Process = shape(
    "DeployedProcess", processDefinitionId=text(), processDefinitionVersion=fields.Integer(),
    processDefinitionKey=key(), resourceName=text(), tenantId=text(),
)  # fmt: skip
_Decision = shape(
    "DeployedDecision", decisionDefinitionId=text(), version=fields.Integer(), name=text(),
    decisionRequirementsId=text(), decisionDefinitionKey=key(), decisionRequirementsKey=key(), tenantId=text(),
)  # fmt: skip
_Requirements = shape(
    "DeployedRequirements", decisionRequirementsId=text(), decisionRequirementsName=text(), version=fields.Integer(),
    resourceName=text(), decisionRequirementsKey=key(), tenantId=text(),
)  # fmt: skip
_Form = shape(
    "DeployedForm", formId=text(), version=fields.Integer(), resourceName=text(), formKey=key(), tenantId=text()
)
_Deployed = shape(
    "Deployed", processDefinition=fields.Nested(_Process, allow_none=True),
    decisionDefinition=fields.Nested(_Decision, allow_none=True),
    decisionRequirements=fields.Nested(_Requirements, allow_none=True), form=fields.Nested(_Form, allow_none=True),
    resource=nothing(),
)  # fmt: skip
Deployment = shape(
    "Deployment", deploymentKey=key(), tenantId=text(), deployments=fields.List(fields.Nested(_Deployed))
)
_EMPTY: Final = dict.fromkeys(("processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource"))


class ResourcesRefused(DeploymentRefused):
    """What is wrong with the resources, written as Camunda 8 writes it, because the Modeler shows the text as it is."""

    code = "resources-refused"
    zh = "Command 'CREATE' rejected with code 'INVALID_ARGUMENT': 没有部署，发现 {count} 个问题："
    en = (
        "Command 'CREATE' rejected with code 'INVALID_ARGUMENT': "
        "Expected to deploy new resources, but encountered the following {count} errors:"
    )

    def text(self, language: str = "zh") -> str:
        """The first line, then each file with its elements and what to do."""
        return "\n".join([super().text(language), *_told(self.problems, language)])


class ProgrammeUnclear(InvalidInput):
    """The address names no programme, and the files do not tell which is meant."""

    code = "programme-unclear"


def _told(problems: Sequence[Problem], language: str) -> Iterable[str]:
    for file in dict.fromkeys(problem.file for problem in problems):
        yield f"'{file}':"
        for one in problems:
            if one.file == file:
                name = f" “{one.name}”" if one.name else ""
                yield f"- Element: {one.element or '-'}{name}" + (f" (line {one.line})" if one.line else "")
                yield f"    - ERROR: {one.en if language == 'en' else one.zh} [{one.code}]"


@part.post("/deployments")
@part.gives(200, Deployment)
@part.documents(
    requestBody={
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["resources"],
                    "properties": {
                        "resources": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "tenantId": {"type": "string"},
                    },
                }
            }
        },
    }
)
@allows("deploy", largest=MAX_PACKAGE_BYTES)
def deploy() -> dict[str, Any]:
    """All files or none; a programme that comes out as it was gets no new version."""
    given = _uploaded()
    home = programme() or _home_of(given)
    base, present = _present(home)
    try:
        files, paths = _in_place(present, home, given)
        _refuse_unless_designer(present, files, home)
        unused = _problems(files, home, paths.values())
        if unused:
            raise DeploymentRefused(unused)
        done = transact(commands.publish, files, home, base=base, actor=who(), now=moment())
    except DeploymentRefused as refused:
        raise ResourcesRefused(refused.problems) from refused
    names = {path: name for name, path in paths.items()}
    rows = [row for row in definitions.of_deployment(db.session(), done.deployment_id) if row.path in names]
    return {
        "deploymentKey": done.deployment_id,
        "tenantId": TENANT,
        "deployments": [_deployed(row, names[row.path]) for row in rows],
    }


def _uploaded() -> dict[str, bytes]:
    """The files by the names they came under."""
    given: dict[str, bytes] = {}
    parts = request.files.getlist("resources")
    if not parts or len(parts) > MOST_FILES:
        zh, en = f"请上传 1 至 {MOST_FILES} 个文件", f"must be 1 to {MOST_FILES} files"
        raise InvalidInput(field="resources", zh=zh, en=en)
    for upload in parts:
        name = (upload.filename or "").replace("\\", "/")
        if not name or name in given:
            zh, en = "每个文件都要有各自的文件名", "must each have a file name of their own"
            raise InvalidInput(field="resources", zh=zh, en=en)
        given[name] = upload.stream.read(MAX_FILE_BYTES + 1)
    return given


def _home_of(given: Mapping[str, bytes]) -> str:
    """The one programme in which every file has its namesake, or that a manifest among the files names."""
    session = db.session()
    for name, content in given.items():
        if name.rpartition("/")[2] == FILE_NAME:
            return read_manifest(content).key
    fits = [
        key
        for key, row in programmes.newest(session).items()
        if all(_has(programmes.all_files(session, row.deployment_id), key, name) for name in given)
    ]
    if len(fits) == 1:
        return fits[0]
    known = "、".join(fits or sorted(programmes.newest(session)))
    zh = f"看不出属于哪个专项，请把集群地址写成 …/programmes/<专项>（可选：{known}）"
    en = f"do not tell which programme is meant: use the cluster address …/programmes/<key> (one of: {known})"
    raise ProgrammeUnclear(field="resources", zh=zh, en=en)


def _has(files: Mapping[str, bytes], home: str, name: str) -> bool:
    try:
        return bool(namesake(files, home, name))
    except NotFound:
        return False


def _present(home: str) -> tuple[int | None, dict[str, bytes]]:
    """The newest deployment of a programme and its files; none before the first."""
    row = programmes.newest(db.session()).get(home)
    return (row.deployment_id, programmes.all_files(db.session(), row.deployment_id)) if row else (None, {})


def _in_place(
    present: Mapping[str, bytes], home: str, given: Mapping[str, bytes]
) -> tuple[dict[str, bytes], dict[str, str]]:
    """The programme's files with the given ones in their places, and the place of each."""
    files: dict[str, bytes] = dict(present)
    paths: dict[str, str] = {}
    for name, content in given.items():
        before = dict(files)
        files = replace(files, home, name, content)
        placed = [path for path in files if path not in before]
        paths[name] = placed[0] if placed else (name if name in before else namesake(before, home, name))
    return files, paths


def _refuse_unless_designer(present: Mapping[str, bytes], files: Mapping[str, bytes], home: str) -> None:
    """Both the programme as it is and as it would be must be the actor's to design."""
    place = f"bpmn/{home}/{FILE_NAME}"
    for content in (present.get(place), files.get(place)):
        if content is not None and not definitions.designs(db.session(), who(), read_manifest(content).authority):
            raise NotAllowed(
                why_zh="部署由该专项主管机关的设计人员办理。", why_en="Its authority's designers deploy a programme."
            )


def _problems(files: Mapping[str, bytes], home: str, paths: Iterable[str]) -> list[Problem]:
    """Errors, and uploaded files that nothing reaches: those would not be deployed, and nobody would be told."""
    uploaded = set(paths)
    found = check_programme(files, home, operations=CATALOGUE.keys())
    return [one for one in found if one.level == "error" or (one.code == "orphan" and one.file in uploaded)]


def _deployed(row: definitions.DefinitionRow, name: str) -> dict[str, Any]:
    """One definition under the name its file was uploaded with."""
    common = {"tenantId": TENANT, "resourceName": name, "version": row.version}
    if row.kind == "process":
        process = {
            "processDefinitionId": row.name, "processDefinitionVersion": row.version, "processDefinitionKey": row.id,
            "resourceName": name, "tenantId": TENANT,
        }  # fmt: skip
        return {**_EMPTY, "processDefinition": process}
    if row.kind == "decision":
        decision = {
            "decisionDefinitionId": row.name, "name": row.title, "decisionDefinitionKey": row.id,
            "decisionRequirementsId": row.file_name, "decisionRequirementsKey": row.file_id, **common,
        }  # fmt: skip
        return {**_EMPTY, "decisionDefinition": decision}
    if row.kind == "requirements":
        file = {
            "decisionRequirementsId": row.name, "decisionRequirementsName": row.title,
            "decisionRequirementsKey": row.id, **common,
        }  # fmt: skip
        return {**_EMPTY, "decisionRequirements": file}
    return {**_EMPTY, "form": {"formId": row.name, "formKey": row.id, **common}}
