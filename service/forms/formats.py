"""Formats of this trade, by name in a field's custom property `format`: each a predicate on a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from service.domain.credit_code import is_valid_credit_code

EMAIL: Final = (
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)
"""The pattern of HTML and form-js."""

PHONE: Final = r"^(\+|00)[1-9][0-9]{6,23}$"
"""form-js's `phone`: international numbers only; it lists the country codes and has no end anchor."""

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_PHONE_CN = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,5})?")
_ID_CARD = re.compile(r"[0-9]{17}[0-9X]")
_EMAIL_CN = re.compile(EMAIL)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:?[0-9]{2})?")
_ATTACHMENT = re.compile(r"att-[0-9A-Za-z_-]{4,64}")


def is_mobile(text: str) -> bool:
    """A mobile number of the mainland: 11 digits, without country code.

    >>> is_mobile("13812345678"), is_mobile("1381234567")
    (True, False)
    """
    return _MOBILE.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """A mobile number or a landline with area code, hyphen optional.

    >>> is_phone("0431-88776655"), is_phone("88776655")
    (True, False)
    """
    return _PHONE_CN.fullmatch(text) is not None


def is_id_card(text: str) -> bool:
    """A resident identity number: 18 characters, a real birthday, the right check character.

    Source: GB 11643-1999.

    >>> is_id_card("11010519491231002X"), is_id_card("110105194912310021")
    (True, False)
    """
    if _ID_CARD.fullmatch(text) is None or not is_date(f"{text[6:10]}-{text[10:12]}-{text[12:14]}"):
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17]


def is_email(text: str) -> bool:
    """An address as HTML understands it, with a dot in its domain.

    >>> is_email("a@b.cn"), is_email("a@b")
    (True, False)
    """
    return _EMAIL_CN.fullmatch(text) is not None and "." in text.rpartition("@")[2]


def is_date(text: str) -> bool:
    """A date as ISO 8601 writes it."""
    return _DATE.fullmatch(text) is not None and _parses(date.fromisoformat, text)


def is_time(text: str) -> bool:
    """A time of day, with or without seconds and zone."""
    return _TIME.fullmatch(text) is not None


def is_date_time(text: str) -> bool:
    """A date with a time of day; without zone it is the office's clock."""
    return _DATE_TIME.fullmatch(text) is not None and _parses(datetime.fromisoformat, text)


def is_attachment(text: str) -> bool:
    """The shape of an attachment's reference; whether it exists is asked elsewhere."""
    return _ATTACHMENT.fullmatch(text) is not None


def _parses(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "uscc": is_valid_credit_code,
    "mobile": is_mobile,
    "phone-cn": is_phone,
    "id-card": is_id_card,
    "email": is_email,
    "date": is_date,
    "x-time": is_time,
    "x-date-time": is_date_time,
    "x-attachment": is_attachment,
}
MOMENTS: Mapping[str, str] = {"date": "date", "time": "x-time", "datetime": "x-date-time"}
