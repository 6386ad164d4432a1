"""The marks of BPMN, each one path within 14 × 14 (BPMN 2.0.2, tables 7.2, 10.13 to 10.85)."""

from __future__ import annotations

PLUS = "M1 1h12v12h-12zM7 3.5v7M3.5 7h7"
LOOP_SYMBOLS = {False: "M3 2v10M7 2v10M11 2v10", True: "M2 3h10M2 7h10M2 11h10"}

_ENVELOPE = "M1 3h12v8h-12zM1 3l6 4.5l6 -4.5"

TASK_SYMBOLS = {
    "userTask": "M7 1.5a2.6 2.6 0 1 1 0 5.2a2.6 2.6 0 1 1 0 -5.2zM1.5 13c0 -4 2.2 -6 5.5 -6s5.5 2 5.5 6z",
    "serviceTask": "M7 4.6a2.4 2.4 0 1 1 0 4.8a2.4 2.4 0 1 1 0 -4.8z"
    "M7 1v2M7 11v2M1 7h2M11 7h2M2.8 2.8l1.4 1.4M9.8 9.8l1.4 1.4M2.8 11.2l1.4 -1.4M9.8 4.2l1.4 -1.4",
    "businessRuleTask": "M1 2h12v10h-12zM1 5h12M1 8.5h12M4.5 5v7",
    "sendTask": _ENVELOPE,
    "receiveTask": _ENVELOPE,
    "manualTask": "M2 12v-6l3 -4l1.4 1l-1.6 3h7v1.6h-4h5v1.6h-5h4.4v1.6h-4.4h3v1.6z",
}

GATEWAY_SYMBOLS = {
    "exclusiveGateway": "M4 4l6 6M10 4l-6 6",
    "parallelGateway": "M7 2.5v9M2.5 7h9",
    "inclusiveGateway": "M7 3a4 4 0 1 1 0 8a4 4 0 1 1 0 -8z",
    "eventBasedGateway": "M7 2a5 5 0 1 1 0 10a5 5 0 1 1 0 -10zM7 4l3 2.2l-1.1 3.6h-3.8l-1.1 -3.6z",
}

EVENT_SYMBOLS = {
    "messageEventDefinition": _ENVELOPE,
    "timerEventDefinition": "M7 1a6 6 0 1 1 0 12a6 6 0 1 1 0 -12zM7 3v4l3 2",
    "errorEventDefinition": "M2 12l2.6 -8l3.6 4.6l3.8 -6.6l-2.6 8.6l-3.6 -4.6z",
    "signalEventDefinition": "M7 2l5.5 9.5h-11z",
    "escalationEventDefinition": "M7 1.5l4.5 11l-4.5 -4l-4.5 4z",
    "terminateEventDefinition": "M7 2a5 5 0 1 1 0 10a5 5 0 1 1 0 -10z",
    "linkEventDefinition": "M1.5 5h6.5v-2.5l4.5 4.5l-4.5 4.5v-2.5h-6.5z",
    "compensateEventDefinition": "M7 2.5v9l-5.5 -4.5zM12.5 2.5v9l-5.5 -4.5z",
    "conditionalEventDefinition": "M2.5 1.5h9v11h-9zM4.5 4h5M4.5 6h5M4.5 8h5M4.5 10h5",
}
