"""The official Python SDK, unchanged, drives a programme from its deployment to its end over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import camunda_orchestration_sdk.models as m
import pytest
from camunda_orchestration_sdk import CamundaClient
from camunda_orchestration_sdk.errors import ApiError

from tests.jobs.conftest import MODELS, PROGRAMME

Sdk = Callable[..., CamundaClient]
BPMN = MODELS / "bpmn" / PROGRAMME / "outside-check.bpmn"
DMN = MODELS / "dmn" / PROGRAMME / "sample-grade.dmn"
FORM = MODELS / "forms" / PROGRAMME / "sample-confirmation.form"


def changed(source: Path, folder: Path, old: str, new: str) -> str:
    """A copy of a model with something changed, under its own name."""
    target = folder / source.name
    text = source.read_text(encoding="utf-8")
    assert old in text
    target.write_text(text.replace(old, new), encoding="utf-8")
    return str(target)


def start(client: CamundaClient, amount: int = 1500) -> str:
    variables = m.ProcessInstanceCreationInstructionBaseVariables.from_dict({"amount": amount})
    made = client.create_process_instance(
        data=m.ProcessCreationById(process_definition_id="outside-check", variables=variables)
    )
    return str(made.process_instance_key)


def take(client: CamundaClient, wait: int = -1) -> list[Any]:
    request = m.JobActivationRequest(
        type_="credit-check", timeout=60_000, max_jobs_to_activate=5, worker="sdk", request_timeout=wait
    )
    return list(client.activate_jobs(data=request).jobs)


def test_what_clients_ask_first(sdk: Sdk) -> None:
    client = sdk("office", "read")
    topology = client.get_topology()
    assert topology.gateway_version == "8.9.0"
    assert str(topology.brokers[0].partitions[0].state) == "active"
    assert client.get_authentication().display_name == "示例·office"
    assert client.get_license().license_type == "Apache-2.0"


def test_from_the_deployment_to_the_end(sdk: Sdk, tmp_path: Path) -> None:
    files = [changed(BPMN, tmp_path, "确认核查结果", "确认信用"), changed(DMN, tmp_path, "1000", "2000"), str(FORM)]
    done = sdk("designer", "deploy").deploy_resources_from_files(files)
    assert [(one.process_definition_id, one.process_definition_version) for one in done.processes] == [
        ("outside-check", 2)
    ]
    assert {one.resource_name for one in done.processes} == {"outside-check.bpmn"}
    assert [one.decision_definition_id for one in done.decisions] == ["sample_grade"]
    assert [one.form_id for one in done.forms] == ["sample-confirmation"]

    office, worker = sdk("office", "read", "work"), sdk("credit", "jobs", "read")
    instance = start(office)
    (job,) = take(worker)
    assert job.variables.to_dict() == {"grade_asked": "small"}
    assert job.custom_headers.to_dict() == {"register": "national"}
    assert job.process_instance_key == instance
    result = m.JobCompletionRequestVariables.from_dict({"verdict": "clean"})
    worker.complete_job(job_key=job.job_key, data=m.JobCompletionRequest(variables=result))

    (task,) = office.search_user_tasks(
        data=m.UserTaskSearchQuery(
            filter_=m.UserTaskFilter(state=m.AdvancedUserTaskStateFilter(eq=m.AdvancedUserTaskStateFilterEq.CREATED))
        )
    ).items
    assert (task.name, task.element_id, task.assignee) == ("确认信用", "confirm", None)
    assert task.candidate_groups == ["office@1"]
    assert office.get_user_task(user_task_key=task.user_task_key).process_instance_key == instance
    form = office.get_user_task_form(user_task_key=task.user_task_key)
    assert '"key": "note"' in form.schema
    (shown,) = office.search_user_task_variables(user_task_key=task.user_task_key).items
    assert (shown.name, shown.value) == ("verdict_shown", '"clean"')
    office.assign_user_task(user_task_key=task.user_task_key, data=m.UserTaskAssignmentRequest(assignee="office"))
    assert office.get_user_task(user_task_key=task.user_task_key).assignee == "office"
    office.unassign_user_task(user_task_key=task.user_task_key)
    answers = m.UserTaskCompletionRequestVariables.from_dict({"note": "同意，信用良好"})
    office.complete_user_task(user_task_key=task.user_task_key, data=m.UserTaskCompletionRequest(variables=answers))

    variables = office.search_variables(
        data=m.VariableSearchQuery(filter_=m.VariableFilter(process_instance_key=instance))
    ).items
    assert {one.name: one.value for one in variables} == {
        "amount": "1500", "case_id": f'"{instance}"', "grade": '"small"', "verdict": '"clean"',
    }  # fmt: skip
    told = worker.correlate_message(data=m.MessageCorrelationRequest(name="papers-arrived", correlation_key=instance))
    assert told.process_instance_key == instance
    ended = office.get_process_instance(process_instance_key=instance)
    assert (str(ended.state), ended.process_definition_version) == ("COMPLETED", 2)


def test_a_failing_job_becomes_an_incident_that_an_administrator_resolves(sdk: Sdk) -> None:
    office, worker, admin = sdk("office"), sdk("credit"), sdk("admin")
    instance = start(office)
    (job,) = take(worker)
    failed = m.JobFailRequest(retries=0, error_message="名录连不上")
    worker.fail_job(job_key=job.job_key, data=failed)
    wanted = m.IncidentSearchQuery(filter_=m.IncidentFilter(process_instance_key=instance))
    (incident,) = admin.search_incidents(data=wanted).items
    assert (str(incident.error_type), str(incident.state), incident.job_key) == (
        "JOB_NO_RETRIES", "ACTIVE", job.job_key,
    )  # fmt: skip
    assert "名录连不上" in incident.error_message
    assert admin.get_process_instance(process_instance_key=instance).has_incident is True
    worker.update_job(job_key=job.job_key, data=m.JobUpdateRequest(changeset=m.JobChangeset(retries=3)))
    admin.resolve_incident(incident_key=incident.incident_key)
    assert str(admin.get_incident(incident_key=incident.incident_key).state) == "RESOLVED"
    (again,) = take(worker)
    assert (again.job_key, again.retries) == (job.job_key, 3)
    worker.throw_job_error(job_key=again.job_key, data=m.JobErrorRequest(error_code="NOT_LISTED"))
    assert str(office.get_process_instance(process_instance_key=instance).state) == "COMPLETED"
    (closed,) = worker.search_jobs().items
    assert str(closed.state) == "ERROR_THROWN"


def test_a_message_is_published_before_anybody_waits(sdk: Sdk) -> None:
    worker = sdk("credit", "jobs")
    sent = worker.publish_message(
        data=m.MessagePublicationRequest(name="papers-arrived", correlation_key="77", time_to_live=60_000)
    )
    assert int(sent.message_key) > 0
    with pytest.raises(ApiError) as nobody:
        worker.correlate_message(data=m.MessageCorrelationRequest(name="papers-arrived", correlation_key="78"))
    assert nobody.value.status_code == 404


def test_definitions_and_decisions(sdk: Sdk) -> None:
    designer = sdk("designer", "read", "deploy")
    (process,) = designer.search_process_definitions().items
    assert (process.process_definition_id, process.name, process.version) == ("outside-check", "外部核查", 1)
    assert "<bpmn:definitions" in designer.get_process_definition_xml(
        process_definition_key=process.process_definition_key
    )
    (decision,) = designer.search_decision_definitions().items
    assert decision.decision_requirements_id == "sample-grades"
    tried = designer.evaluate_decision(
        data=m.DecisionEvaluationByID(
            decision_definition_id="sample_grade",
            variables=m.DecisionEvaluationByIdVariables.from_dict({"amount": 1200}),
        )
    )
    assert tried.output == '"large"'
    (behind,) = tried.evaluated_decisions
    assert [rule.rule_id for rule in behind.matched_rules] == ["grade-large"]
    assert [(one.input_name, one.input_value) for one in behind.evaluated_inputs] == [("金额（万元）", "1200")]


def test_the_programme_may_stand_in_the_address(sdk: Sdk) -> None:
    here = sdk("office", base=f"/programmes/{PROGRAMME}")
    assert len(here.search_process_definitions().items) == 1
    elsewhere = sdk("office", base="/programmes/another")
    assert elsewhere.search_process_definitions().items == []


def test_a_refused_deployment_says_file_element_and_reason(sdk: Sdk, tmp_path: Path) -> None:
    wrong = changed(BPMN, tmp_path, 'type="credit-check"', 'type="credit-chek"')
    with pytest.raises(ApiError) as refused:
        sdk("designer").deploy_resources_from_files([wrong])
    assert refused.value.status_code == 400
    detail = str(refused.value)
    assert "'bpmn/sample-outside-check/outside-check.bpmn':" in detail
    assert "- Element: check" in detail
    assert "credit-chek" in detail
