"""What a manifest adds to its notice: every period, duty and number that is the service's own and not the notice's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from service.programmes.describe import period_text
from service.programmes.duty import Duty
from service.programmes.manifest import DeadlineRule, Manifest

Kind = Literal["deadline", "duty", "setting"]

#: What the settings are called that the models and operations read (domain §12); any other is called by its key.
SETTING_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "copies_in": ("收取的纸质份数", "paper sets to be delivered"),
    "copies_on": ("向上报送的纸质份数", "paper sets sent on"),
    "local_review_required": ("须经主管部门初审", "reviewed by the department first"),
    "site_visit": ("现场考察", "site visit"),
    "joint_opinion": ("有关部门会签", "countersigned by related departments"),
    "meeting_required": ("须经会议审议", "deliberated by a meeting"),
    "publicity_enabled": ("公示", "publicity"),
    "publicity_days": ("公示的工作日", "working days of publicity"),
    "correction_days": ("补正的工作日", "working days of a correction"),
    "correction_rounds": ("补正最多几轮", "rounds of correction at most"),
    "paper_days": ("送交纸质材料的工作日", "working days to deliver paper"),
    "training_basis": ("从哪场培训起算", "which training starts the period"),
    "rectify_months": ("整改的月数", "months of a rectification"),
    "rectify_rounds": ("整改最多几次", "rectifications at most"),
    "ban_years": ("取消称号后的禁限年数", "years of a ban after revocation"),
    "support_cap_wan": ("一项支持的上限（万元）", "cap of one support (10,000 yuan)"),
    "count_lead_as_founder": ("牵头单位计入发起单位", "the lead counts as a founder"),
    "triennial_anchor": ("三年考核从何时起算", "what the triennial assessment is counted from"),
    "target_city_2025": ("2025年市级目标家数", "city centres by 2025"),
    "target_province_2025": ("2025年晋升省级目标家数", "provincial centres by 2025"),
    "target_nation_2025": ("2025年国家级目标家数", "national centres by 2025"),
}
_VALUES: Final[Mapping[Any, tuple[str, str]]] = {
    True: ("是", "yes"),
    False: ("否", "no"),
    "last": ("末场", "the last session"),
    "attended": ("到场的末场", "the last one attended"),
    "filing_date": ("备案之日", "the day of filing"),
}


@dataclass(frozen=True, slots=True)
class Default:
    """One of them: `what` is its length, date or value in Chinese, `what_en` in English (periods: empty)."""

    kind: Kind
    key: str
    name: str
    name_en: str
    what: str
    what_en: str = ""


def settings(manifest: Manifest, *, written: bool) -> Iterator[Default]:
    """The numbers and switches that the notice writes itself, or those that are added."""
    for key, value in manifest.settings.items():
        if (key in manifest.settings_written) == written:
            name, name_en = SETTING_NAMES.get(key, (key, key))
            yield Default("setting", key, name, name_en, _value(value, 0), _value(value, 1))


def added(manifest: Manifest) -> tuple[Default, ...]:
    """Everything that is added by configuration and not by the notice, in the order of the manifest."""
    periods = [
        Default("deadline", rule.key, rule.name, rule.name_en or rule.name, _period(rule))
        for rule in manifest.deadlines.values()
        if rule.added
    ]
    duties = [
        Default("duty", duty.key, duty.name, duty.name_en or duty.name, _when(duty))
        for duty in manifest.duties.values()
        if duty.added
    ]
    return (*periods, *duties, *settings(manifest, written=False))


def lines(manifest: Manifest) -> Iterator[str]:
    """They as the lines of a list (Markdown), for the README of the programme."""
    words = {"deadline": "期限", "duty": "义务", "setting": "数值"}
    for one in added(manifest):
        yield f"- {words[one.kind]} `{one.key}` {one.name}：{one.what}"


def _period(rule: DeadlineRule) -> str:
    """The period in one phrase, its event by name."""
    return period_text(rule).replace(f"“{rule.event}”", rule.since[0]) if rule.event else period_text(rule)


def _when(duty: Duty) -> str:
    """When a duty is due, in one phrase.

    >>> _when(Duty("annual-report", "年度报告", due="01-31", opens_days=60))
    '每年 01-31，提前 60 日发起'
    """
    often = "一次" if not duty.every_years else "每年" if duty.every_years == 1 else f"每 {duty.every_years} 年"
    parts = [f"{often} {duty.due}".strip()]
    parts += [f"满 {duty.after_months} 个月以后"] if duty.after_months else []
    parts += [f"提前 {duty.opens_days} 日发起"] if duty.opens_days else []
    return "，".join(parts)


def _value(value: Any, language: int) -> str:
    """A value in words.

    >>> _value(True, 0), _value(5, 1), _value((10, 15), 0)
    ('是', '5', '10–15')
    """
    if isinstance(value, tuple):
        return "–".join(str(one) for one in value)
    known = _VALUES.get(value) if isinstance(value, bool | str) else None
    return known[language] if known else str(value)
