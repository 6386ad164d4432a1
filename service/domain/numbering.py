"""Official numbers: a pattern filled with the year and a serial; and the code of a version of what was declared."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

FIELD: Final = re.compile(r"\{(\w+)\}")
VERSION: Final = re.compile(r"(.+)-V([1-9]\d{0,2})")
SHORTEST: Final = 12  # signs of a code
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


def read_code(entered: str) -> str:
    """The code in what a scanner or a person gave: the address of the proof, full-width letters, blanks and all.

    The ending of a version is left out: the code of a declaration is that of its receipt.

    >>> read_code("https://example.invalid/verify?code=7KQM2P4RXWZB-V2"), read_code(" ７kqm-2p4r-xwzb－v2 ")
    ('7KQM2P4RXWZB', '7KQM2P4RXWZB')
    >>> read_code("7KQM-2P4R-V234")
    '7KQM2P4RV234'
    """
    text = "".join(unicodedata.normalize("NFKC", entered).upper().split())
    text = text.rpartition("CODE=")[2]
    whole, without = _signs(text), _signs(read_version(text)[0])
    return without if len(without) >= SHORTEST else whole


def _signs(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum())
