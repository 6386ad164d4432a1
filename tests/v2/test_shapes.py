"""What is served has every field the official SDK's models require: a new release shows what is missing by its name."""

from __future__ import annotations

import inspect
import re

import camunda_orchestration_sdk.models as m
import pytest
from marshmallow import Schema

from service.web.api.searching import PageEnd
from service.web.v2 import cluster, definitions, deployments, incidents, instances, jobs, messages, user_tasks

PAIRS = [
    (cluster.Topology, m.TopologyResponse),
    (cluster.License, m.LicenseResponse),
    (cluster.Caller, m.CamundaUserResult),
    (deployments.Deployment, m.DeploymentResult),
    (deployments._Process, m.DeploymentProcessResult),
    (deployments._Decision, m.DeploymentDecisionResult),
    (deployments._Requirements, m.DeploymentDecisionRequirementsResult),
    (deployments._Form, m.DeploymentFormResult),
    (definitions.ProcessDefinition, m.ProcessDefinitionResult),
    (definitions.DecisionDefinition, m.DecisionDefinitionResult),
    (definitions.Evaluation, m.EvaluateDecisionResult),
    (definitions._Evaluated, m.EvaluatedDecisionResult),
    (instances.CreatedInstance, m.CreateProcessInstanceResult),
    (instances.ProcessInstance, m.ProcessInstanceResult),
    (instances.Variable, m.VariableSearchResult),
    (user_tasks.UserTask, m.UserTaskResult),
    (user_tasks.Form, m.FormResult),
    (incidents.Incident, m.IncidentResult),
    (messages.Published, m.MessagePublicationResult),
    (messages.Correlation, m.MessageCorrelationResult),
    (jobs.ActivatedJob_, m.ActivatedJobResult),
    (jobs.Job, m.JobSearchResult),
    (PageEnd, m.SearchQueryPageResponse),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda one: one.__name__)
def test_a_shape_has_every_required_field(ours: type[Schema], theirs: type) -> None:
    required = set(re.findall(r'pop_required\(\s*"(\w+)"', inspect.getsource(theirs)))
    assert required, f"{theirs.__name__} is read in another way than before"
    assert required - set(ours().fields) == set()
    assert all(part.required for part in ours().fields.values())
