"""What an operation works with: the transaction, the case, the programme, the request, and what FEEL may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, cast

from sqlalchemy.orm import Session

from service.domain.deadlines import local_date
from service.domain.errors import Refusal
from service.engine import OperationRequest
from service.programmes.case_values import CaseReading, Paths, read_case
from service.programmes.compiled import CompiledProgramme
from service.store.case_ground import CaseGround, case_ground
from service.store.case_view import case_view
from service.store.cases import Case
from service.store.lookups import Lookups
from service.store.unit_of_work import UnitOfWork


class OperationRefused(Refusal):
    """The operation cannot be carried out with what the case holds; it becomes an incident a person can cure."""

    code = "operation-refused"
    zh = "{zh}"
    en = "{en}"


@dataclass(frozen=True)
class OperationContext:
    """One request of one case; lives for one savepoint."""

    work: UnitOfWork
    case: Case
    programme: CompiledProgramme
    request: OperationRequest

    @cached_property
    def ground(self) -> CaseGround:
        """Who takes part in the case and what runs until when, read when the operation first asks."""
        return case_ground(self.session, self.case)

    @property
    def session(self) -> Session:
        """The session of the transaction; an operation flushes, never commits."""
        return self.work.session

    def reading(self, paths: Paths = ()) -> CaseReading:
        """What these paths can come to ask of the case as it is now; without any, who holds each role in it."""
        return read_case(self.session, self.case, self.programme, now=self.work.now, paths=paths, ground=self.ground)

    def of_case(self, name: str) -> Any:
        """What `case.NAME` is now; None where the case has no such thing."""
        return case_view(self.session, self.case, (("case", name),)).get(name)

    def looked_up(self, name: str) -> Any:
        """What the look-up `lookup.NAME` finds now."""
        return Lookups(self.session, self.case, (("lookup", name),), self.today).get(name)

    @property
    def today(self) -> date:
        """The local date of the act."""
        return local_date(self.work.now)

    def date_of(self, text: Any) -> date:
        """A date as a form writes it; OperationRefused for what is none."""
        try:
            return date.fromisoformat(str(text))
        except ValueError:
            raise OperationRefused(zh=f"“{text}”不是日期", en=f"“{text}” is no date") from None

    def form(self, name: str) -> Mapping[str, Any]:
        """The newest submission of a form, by its id in snake case; OperationRefused when there is none."""
        data = self.of_case(name)
        if not isinstance(data, Mapping):
            raise OperationRefused(zh=f"案件还没有提交过表单 {name}", en=f"the case has no submission of form {name}")
        return cast("Mapping[str, Any]", data)
