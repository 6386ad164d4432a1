"""The functions of SpiffWorkflow 3.2.0 that run after compilation; a test traces runs and compares.

Only these can break the engine when the library changes. The record 0002 says why they are so few.
"""

FUNCTIONS = frozenset(
    {
        "bpmn/util/event.py:EventManager.__init__",
        "bpmn/util/subworkflow.py:BpmnBaseWorkflow.__init__",
        "bpmn/util/subworkflow.py:BpmnSubWorkflow.__init__",
        "bpmn/workflow.py:BpmnWorkflow.__init__",
        "specs/base.py:TaskSpec._on_complete",
        "specs/base.py:TaskSpec._on_ready",
        "specs/base.py:TaskSpec._run",
        "specs/base.py:TaskSpec._update",
        "task.py:Task._ready",
        "task.py:Task.complete",
        "task.py:Task.has_state",
        "util/event.py:Event.__init__",
        "workflow.py:Workflow.__init__",
    }
)
