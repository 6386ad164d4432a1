"""Forms: a form-js `.form` file becomes a page, a JSON Schema, and a judge of what comes back."""

from service.forms.check import check_form
from service.forms.columns import SheetList, plain_list, row_pairs, sheet_list, sheet_lists
from service.forms.compiled import CompiledForm, compile_form
from service.forms.expressions import Variables, plain, text_of
from service.forms.messages import FieldProblem
from service.forms.model import Form, read_form
from service.forms.page import FieldView, FormView, always_shows, shows_anything, view
from service.forms.submission import Submission, begin, change_rows, enter, initialise, judge, redact, summary, take

__all__ = [
    "CompiledForm",
    "FieldProblem",
    "FieldView",
    "Form",
    "FormView",
    "SheetList",
    "Submission",
    "Variables",
    "always_shows",
    "begin",
    "change_rows",
    "check_form",
    "compile_form",
    "enter",
    "initialise",
    "judge",
    "plain",
    "plain_list",
    "read_form",
    "redact",
    "row_pairs",
    "sheet_list",
    "sheet_lists",
    "shows_anything",
    "summary",
    "take",
    "text_of",
    "view",
]
