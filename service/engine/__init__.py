"""The engine: Camunda 8 models compiled, and moved step by step as pure values."""

from service.engine.apply import apply, return_targets, variables_of, view
from service.engine.bundle import Bundle, ElementInfo, ProcessInfo, check_files, compile_bundle
from service.engine.commands import (
    AddTurn,
    Broadcast,
    Cancel,
    Command,
    Complete,
    Fail,
    Fire,
    Publish,
    RemoveTurn,
    Retry,
    Return,
    SetDue,
    SetVariables,
    Start,
    Throw,
)
from service.engine.decisions import DecisionTaken
from service.engine.expressions import CaseValues
from service.engine.migration import Renamed, migrate, plan
from service.engine.results import (
    IncidentRow,
    Live,
    MessageWait,
    OperationRequest,
    SignalWait,
    Step,
    TimerWait,
    Work,
)
from service.engine.scopes import plain
from service.engine.starts import StartEvent, due_start
from service.engine.timers import Armed, TimerError, coming

__all__ = [
    "AddTurn",
    "Armed",
    "Broadcast",
    "Bundle",
    "Cancel",
    "CaseValues",
    "Command",
    "Complete",
    "DecisionTaken",
    "ElementInfo",
    "Fail",
    "Fire",
    "IncidentRow",
    "Live",
    "MessageWait",
    "OperationRequest",
    "ProcessInfo",
    "Publish",
    "RemoveTurn",
    "Renamed",
    "Retry",
    "Return",
    "SetDue",
    "SetVariables",
    "SignalWait",
    "Start",
    "StartEvent",
    "Step",
    "Throw",
    "TimerError",
    "TimerWait",
    "Work",
    "apply",
    "check_files",
    "coming",
    "compile_bundle",
    "due_start",
    "migrate",
    "plain",
    "plan",
    "return_targets",
    "variables_of",
    "view",
]
