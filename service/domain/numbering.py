"""Official numbers: a pattern filled with the year and a serial; and the code of a version of what was declared."""

from __future__ import annotations

import re
from typing import Final

FIELD: Final = re.compile(r"\{(\w+)\}")
VERSION: Final = re.compile(r"(.+)-V([1-9]\d{0,2})")
FIELDS: Final = frozenset({"year", "serial"})


def format_number(pattern: str, *, year: int, serial: int, digits: int = 1) -> str:
    """The number of a letter or a case; `digits` pads the serial with zeros.

    >>> format_number("长创联备〔{year}〕{serial}号", year=2026, serial=7)
    '长创联备〔2026〕7号'
    >>> format_number("SB{year}{serial}", year=2026, serial=7, digits=6)
    'SB2026000007'
    """
    values = {"year": str(year), "serial": str(serial).zfill(digits)}
    return FIELD.sub(lambda found: values.get(found[1], found[0]), pattern)


def unknown_fields(pattern: str) -> tuple[str, ...]:
    """What a pattern asks for that no number has.

    >>> unknown_fields("第{number}号")
    ('number',)
    """
    return tuple(name for name in FIELD.findall(pattern) if name not in FIELDS)


def version_code(code: str, version: int) -> str:
    """The code of a version: that of the receipt for the first, ending with its number for each further one.

    >>> version_code("7KQM2P4RXWZB", 1), version_code("7KQM2P4RXWZB", 2), version_code("", 2)
    ('7KQM2P4RXWZB', '7KQM2P4RXWZB-V2', '')
    """
    return f"{code}-V{version}" if code and version > 1 else code


def read_version(code: str) -> tuple[str, int]:
    """The receipt's code and the version in a code.

    >>> read_version("7KQM2P4RXWZB-V2"), read_version("7KQM2P4RXWZB")
    (('7KQM2P4RXWZB', 2), ('7KQM2P4RXWZB', 1))
    """
    found = VERSION.fullmatch(code)
    return (found[1], int(found[2])) if found else (code, 1)
