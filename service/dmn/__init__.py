"""DMN 1.1 to 1.5: decision tables with all hit policies, requirements graphs, boxed expressions — and why.

A file is read once, with everything wrong in it told at once, and then asked any number of times, from any thread:

    >>> text = '''<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
    ...   <decision id="verdict" name="资格"><variable id="v" name="verdict"/>
    ...     <decisionTable id="t" hitPolicy="UNIQUE">
    ...       <input id="i" label="企业成员占比"><inputExpression id="e" typeRef="number">
    ...         <text>enterprises / members</text></inputExpression></input>
    ...       <output id="o" name="verdict"/>
    ...       <rule id="r1"><description>第六条</description>
    ...         <inputEntry id="r1i"><text>&gt;= 0.6</text></inputEntry>
    ...         <outputEntry id="r1o"><text>"eligible"</text></outputEntry></rule>
    ...       <rule id="r2"><description>第六条</description>
    ...         <inputEntry id="r2i"><text>&lt; 0.6</text></inputEntry>
    ...         <outputEntry id="r2o"><text>"ineligible"</text></outputEntry></rule>
    ...     </decisionTable></decision></definitions>'''
    >>> model = read_model(text.encode(), file="eligibility.dmn")
    >>> case = from_json({"enterprises": 6, "members": 11})
    >>> model.evaluate("verdict", case)
    'ineligible'

`explain` runs again and keeps what every cell said: JSON for an audit trail, and text for a reader.

    >>> print(model.explain("verdict", case).text("zh"))
    资格：ineligible
      [未命中] 第六条 企业成员占比 54.5% 低于 60%
      [命中] 第六条 企业成员占比 54.5% 低于 60%
    >>> sorted(model.explain("verdict", case).tree["inputs"])
    ['enterprises', 'members']

`check` says before any use what is wrong with the tables: overlaps, gaps, dead rules, values that cannot be.

    >>> [(problem.level, problem.code, problem.en.partition(";")[0]) for problem in model.check()]
    [('warning', 'gap', 'no rule takes: 企业成员占比 null')]

`compare` asks two versions about the same facts and tells whose outcome changed.

    >>> newer = read_model(text.replace("0.6", "0.5").encode(), file="eligibility.dmn")
    >>> [change.row("en")[:4] for change in compare(model, newer, {"case 1": case}, decision="verdict").changes]
    [('case 1', 'verdict', 'ineligible', 'eligible')]

Nothing raises but for a file that cannot be used (DmnError), an id that is not there (KeyError) and an evaluation past
its budget (BudgetExceeded); what has no value is null, and the explanation says since where.

Inside, a file becomes FEEL nodes (`boxed`; only a table, `table`, is a node of its own), so that expressions and boxed
expressions compile and tell what they read by the same code. The check cuts columns into `regions` and takes rules for
boxes over them (`coverage`). The package imports `service.feel` and nothing else of the project. `python -m
service.dmn.tck DIR` runs the Technology Compatibility Kit.
"""

from service.dmn.compare import Change, Comparison, Outcome, compare
from service.dmn.explanation import Explanation
from service.dmn.model import Decision, DecisionModel, read_model
from service.dmn.problems import DmnError, DmnProblem
from service.feel.conversion import from_json

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
    "from_json",
    "read_model",
]
