"""Whether a programme takes anything new on a day: its rules must be in force, and not over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from service.commands.ports import ports
from service.domain.errors import InvalidInput, NotAllowed
from service.domain.written import written
from service.programmes.manifest import Manifest
from service.store.calls import INTAKE


class IntakeClosed(NotAllowed):
    """The programme's rule is a draft or has expired, or no call is open."""

    code = "intake-closed"
    zh = "“{name}”目前不能受理新的申报：{zh_reason}"
    en = "“{name}” takes no new cases now: {en_reason}"


def refuse_closed(manifest: Manifest, on: date) -> None:
    """Raise IntakeClosed for a rule that is a draft, not yet in force or over; what is in the register goes on.

    A draft takes cases only where the operator runs the service in development. Source: domain §13.23, §13.30.
    """
    last, first = manifest.last_day, manifest.effective_from
    if last is not None and on > last:
        zh, en = f"依据文件有效期至{written(last)}，已经届满。", f"its rule ended on {written(last, 'en')}."
    elif first is not None and on < first:
        zh = f"依据文件自{written(first)}起施行，届时再办理。"
        en = f"its rule is in force from {written(first, 'en')} on."
    elif manifest.status == "in-force" or (manifest.status == "draft" and ports().development):
        return
    elif manifest.status == "draft":
        zh, en = "依据文件仍是征求意见稿，尚未施行。", "its rule is still a draft."
    else:
        zh, en = "依据文件已经失效。", "its rule has expired."
    raise IntakeClosed(name=manifest.name, zh_reason=zh, en_reason=en)


def refuse_after_sunset(manifest: Manifest, dates: Mapping[str, date]) -> None:
    """Declarations end with the rule, what is reviewed after it may still come to its end. Source: domain §13.30."""
    last, closes = manifest.last_day, dates.get(INTAKE)
    if last is not None and closes is not None and closes > last:
        zh = f"{written(closes)} 晚于依据文件有效期的最后一天 {written(last)}；请改为不晚于这一天的日期"
        en = f"{written(closes, 'en')} is after the rule's last day; choose a day up to {written(last, 'en')}"
        raise InvalidInput(field=manifest.deadlines[INTAKE].name, zh=zh, en=en, name="until")
