"""DMN 1.1 to 1.5: decision tables with all hit policies, requirements graphs, boxed expressions, and why.

    model = read_model(xml, file="dmn/key/eligibility.dmn", functions=["working days after"])
    model.evaluate("declaration_verdict", {"case": …}); model.explain("declaration_verdict", {"case": …}).text("zh")

A file becomes FEEL nodes (`boxed`; only a table, `table`, is a node of its own), so that expressions and boxed
expressions compile and tell what they read by the same code. `evaluate` is fast, `explain` runs again and keeps what
every cell said. The package imports `service.feel` and nothing else of the project. `python -m service.dmn.tck DIR`
runs the Technology Compatibility Kit.
"""

from service.dmn.compare import Change, Comparison, Outcome, compare
from service.dmn.explanation import Explanation
from service.dmn.model import Decision, DecisionModel, read_model
from service.dmn.problems import DmnError, DmnProblem

__all__ = [
    "Change",
    "Comparison",
    "Decision",
    "DecisionModel",
    "DmnError",
    "DmnProblem",
    "Explanation",
    "Outcome",
    "compare",
    "read_model",
]
