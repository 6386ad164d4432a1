"""The two languages of the pages: which one a request gets, how dates read in it, and the catalogue's compilation."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import flask_babel  # type: ignore[import-untyped] # it has no stubs; what we use of it is typed below
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, has_request_context, request

from service.domain.errors import Language
from service.domain.written import written

ZONE = ZoneInfo("Asia/Shanghai")
LANGUAGE_COOKIE = "shenbao_language"
TRANSLATIONS = Path(__file__).parent / "translations"

_LOCALES: dict[Language, str] = {"zh": "zh_Hans_CN", "en": "en"}
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def gettext(message: str, **values: object) -> str:
    """The Chinese message in the reader's language, with its %(name)s filled."""
    text: str = _catalogue().ugettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The message for a number, which stands in it as %(num)s; Chinese has one form, English two."""
    text: str = _catalogue().ungettext(one, many, num)
    return text % {"num": num, **values}


def lazy_gettext(message: str) -> str:
    """A message of a module's constant: translated when it is written out, so take str() of it then."""
    return cast(str, flask_babel.LazyString(gettext, message))


def _catalogue() -> Any:
    """The texts in the language of this request; found once a request, for a page asks for hundreds of them."""
    if not g:
        return flask_babel.get_translations()
    if "catalogue" not in g:
        g.catalogue = flask_babel.get_translations()
    return g.catalogue


def language() -> Language:
    """The language of this request: the cookie, then the account, then the browser, then Chinese.

    A program at the API says it by Accept-Language with each request, and is asked for nothing else.
    """
    if not has_request_context():
        return "zh"
    if g.get("is_program"):
        return "en" if request.accept_languages.best_match(["zh", "zh-CN", "zh-TW", "en"], "zh") == "en" else "zh"
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen not in ("zh", "en"):
        actor = getattr(g, "actor", None)
        chosen = getattr(actor, "language", None)
    if chosen not in ("zh", "en"):
        best = request.accept_languages.best_match(["zh", "zh-CN", "zh-TW", "en"], "zh")
        chosen = "en" if best == "en" else "zh"
    return "en" if chosen == "en" else "zh"


def install_languages(app: Flask) -> None:
    """Attach Flask-Babel with Chinese msgids: the Chinese catalogue is empty and falls through."""
    compile_catalogues()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    app.config["BABEL_DEFAULT_LOCALE"] = "zh_Hans_CN"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    flask_babel.Babel(app, locale_selector=lambda: _LOCALES[language()])
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined] # of the extension that Flask-Babel adds
        gettext=lambda text: _catalogue().ugettext(text),
        ngettext=lambda one, many, num: _catalogue().ungettext(one, many, num),
        newstyle=True,
    )


def compile_catalogues() -> None:
    """Write each .mo that is missing or older than its .po."""
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as lines:
            catalogue = read_po(lines, locale=source.parent.parent.name)
        with target.open("wb") as compiled:
            write_mo(compiled, catalogue)


def local(moment: datetime) -> datetime:
    """The instant on the office's clock."""
    return moment.astimezone(ZONE)


def date_text(day: date, *, year: bool | None = None) -> str:
    """A date with its weekday; the year only when it is not this year's, unless asked for.

    >>> date_text(date(2025, 9, 30), year=False)
    '9月30日（周二）'
    """
    if year is None:
        year = day.year != this_day().year
    if language() == "en":
        text = f"{_WEEKDAYS_EN[day.weekday()]} {day.day} {_MONTHS_EN[day.month - 1]}"
        return f"{text} {day.year}" if year else text
    text = f"{day.month}月{day.day}日（周{_WEEKDAYS_ZH[day.weekday()]}）"
    return f"{day.year}年{text}" if year else text


def plain_date(day: date | str | None) -> str:
    """A date in full, without weekday, for official facts: 2025年9月26日."""
    if day is None:
        return ""
    if isinstance(day, str):
        try:
            return plain_date(date.fromisoformat(day[:10]))
        except ValueError:
            return day
    return written(day, language())


def month_text(day: date, *, year: bool = False) -> str:
    """The month of a day: 9月."""
    if language() == "en":
        return f"{_MONTHS_EN[day.month - 1]} {day.year}" if year else _MONTHS_EN[day.month - 1]
    return f"{day.year}年{day.month}月" if year else f"{day.month}月"


def official_day(moment: datetime) -> str:
    """The date of an instant, in full, as it stands under a letter."""
    return plain_date(local(moment).date())


def moment_text(moment: datetime, *, year: bool | None = None) -> str:
    """A recorded instant: 9月10日 16:21."""
    here = local(moment)
    if year is None:
        year = here.year != this_day().year
    if language() == "en":
        text = f"{here.day} {_MONTHS_EN[here.month - 1]}"
        text = f"{text} {here.year}" if year else text
        return f"{text}, {here:%H:%M}"
    text = f"{here.month}月{here.day}日"
    text = f"{here.year}年{text}" if year else text
    return f"{text} {here:%H:%M}"


def day_text(moment: datetime) -> str:
    """Today with its weekday, in full."""
    return date_text(local(moment).date(), year=True)


def deadline_day(due_at: datetime) -> tuple[date, str]:
    """The last day of a half-open period and the hour it closes: midnight belongs to the day before, as 24:00."""
    here = local(due_at)
    if here.hour == 0 and here.minute == 0:
        return here.date() - timedelta(days=1), "24:00"
    return here.date(), f"{here:%H:%M}"


def deadline_text(due_at: datetime) -> str:
    """The end of a period as a date with weekday and hour: 9月30日（周二）24:00."""
    day, hour = deadline_day(due_at)
    separator = ", " if language() == "en" else ""
    return f"{date_text(day)}{separator}{hour}"


def this_day() -> date:
    """Today on the office's clock; outside a request, the machine's day."""
    now: datetime | None = getattr(g, "now", None) if has_request_context() else None
    return (now or datetime.now(ZONE)).astimezone(ZONE).date()


def bilingual(value: object, *, fallback: str = "") -> str:
    """A text that may stand in both languages as {"zh": …, "en": …}, in the reader's."""
    if isinstance(value, dict):
        chosen = value.get(language()) or value.get("zh") or value.get("en")
        return str(chosen) if chosen else fallback
    return str(value) if value else fallback


def size_text(size: int) -> str:
    """A file's size for people."""
    if size >= 1024 * 1024:
        return f"{size / 1024 / 1024:.1f} MB"
    return f"{max(1, round(size / 1024))} KB"
