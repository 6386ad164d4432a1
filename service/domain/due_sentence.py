"""Why a deadline falls on its day, as one sentence in Chinese or English that a clerk can check."""

from __future__ import annotations

from typing import Any, Final

UNWRITTEN: Final = "未规定"
UNITS_ZH: Final = {"working_days": "个工作日", "calendar_days": "日", "months": "个月"}
HOLIDAYS_EN: Final = {
    "元旦": "New Year",
    "春节": "Spring Festival",
    "清明节": "Tomb-sweeping Day",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-autumn Festival",
    "国庆节": "National Day",
    "抗战胜利纪念日": "Victory Day",
}
UNITS_EN: Final = {"working_days": "working days", "calendar_days": "days", "months": "months"}


def sentence(reason: dict[str, Any], language: str = "zh") -> str:
    """The sentence of a reason (`Due.reason`): event, count, day, what was counted in or out, article.

    >>> sentence({"since": ["培训", "training"], "anchor": "2022-09-26", "unit": "working_days", "count": 10,
    ...           "inclusive": False, "last_on": "2022-10-13", "end": "17:30", "source": "四（三）2", "added": False,
    ...           "provisional": False})
    '培训 2022-09-26 + 10 个工作日 = 2022-10-13 17:30止；依据：四（三）2'
    """
    parts = _parts_en(reason) if language == "en" else _parts_zh(reason)
    return ("; " if language == "en" else "；").join(part for part in parts if part)


def _parts_zh(reason: dict[str, Any]) -> list[str]:
    unit, counted = reason["unit"], reason["unit"] == "working_days"
    pauses = [f"{p['from']}至{p['until']}中止计算" for p in reason.get("paused", ())]
    extensions = reason.get("extended", ())
    if unit == "date":
        start = f"截止日期为{_equals(reason)}"
    else:
        first = "（当日计入）" if reason["inclusive"] else ""
        stopped = f"（{'、'.join(pauses)}）" if pauses and not extensions else ""
        event = f"{_since(reason, 0)} {reason['anchor']}".strip()
        start = f"{event}{first} + {reason['count']} {UNITS_ZH[unit]}{stopped} = {_equals(reason)}"
    spans = [f"{s['name']}{_range(s)}放假" for s in reason.get("skipped", ())]
    spans += [f"{_range(s)}调休上班" for s in reason.get("made_up", ())]
    return [
        f"{start} {reason['end']}止",
        "、".join(spans) + ("，已计入" if counted and spans else ""),
        f"{reason['moved_from']}为休息日，顺延" if "moved_from" in reason else "",
        *(pauses if extensions or unit == "date" else ()),
        *(f"由{e['from']}延期至{e['until']}（{e['why']}）" for e in extensions),
        f"依据：{source}" if (source := _basis(reason)) else "",
        "通知未规定，由本系统设定" if reason["added"] else "",
        "涉及的年度放假安排尚未公布，日期为暂定" if reason["provisional"] else "",
    ]


def _parts_en(reason: dict[str, Any]) -> list[str]:
    unit, counted = reason["unit"], reason["unit"] == "working_days"
    pauses = [f"stopped from {p['from']} to {p['until']}" for p in reason.get("paused", ())]
    extensions = reason.get("extended", ())
    if unit == "date":
        start = f"due on {_equals(reason)}"
    else:
        first = " (this day counts)" if reason["inclusive"] else ""
        stopped = f" ({', '.join(pauses)})" if pauses and not extensions else ""
        event = f"{_since(reason, 1)} {reason['anchor']}".strip()
        start = f"{event}{first} + {reason['count']} {UNITS_EN[unit]}{stopped} = {_equals(reason)}"
    spans = [f"{HOLIDAYS_EN.get(s['name'], s['name'])} {_range(s)} closed" for s in reason.get("skipped", ())]
    spans += [f"{_range(s)} working" for s in reason.get("made_up", ())]
    return [
        start + ("" if reason["end"] == "24:00" else f" {reason['end']}"),
        ", ".join(spans) + (", counted in" if counted and spans else ""),
        f"moved from the rest day {reason['moved_from']}" if "moved_from" in reason else "",
        *(pauses if extensions or unit == "date" else ()),
        *(f"extended from {e['from']} to {e['until']} ({e['why']})" for e in extensions),
        f"source: {source}" if (source := _basis(reason)) else "",
        "not in the notice; set by this service" if reason["added"] else "",
        "provisional: the year's holidays are not published yet" if reason["provisional"] else "",
    ]


def _basis(reason: dict[str, Any]) -> str:
    """What a manifest gives as source, without the word that the notice has none: `added` says that.

    >>> _basis({"source": "未规定，依行政惯例一次性告知补正"})
    '依行政惯例一次性告知补正'
    """
    return str(reason["source"]).removeprefix(UNWRITTEN).lstrip("；，")


def _since(reason: dict[str, Any], language: int) -> str:
    """What started the period; a date that was set before events had names has none."""
    return str(reason["since"][language]) if "since" in reason else ""


def _equals(reason: dict[str, Any]) -> str:
    """The day the count itself gives: what extensions made of it follows in the sentence."""
    extensions = reason.get("extended")
    return str(extensions[0]["from"] if extensions else reason["last_on"])


def _range(span: dict[str, str]) -> str:
    return span["first"] if span["first"] == span["last"] else f"{span['first']}–{span['last']}"
