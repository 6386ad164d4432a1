"""The unified social credit code 统一社会信用代码: its alphabet and its check character."""

from __future__ import annotations

import re

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BODY = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}")
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def complete(first17: str) -> str:
    """The whole code for its first 17 characters: registrar and kind, six digits of region, nine of the body.

    Source: GB 32100-2015, 4.5 and appendix A (letters without I, O, S, V, Z; modulus 31, weights 3^n).
    Raises ValueError when the text does not have that shape; letters must be capital.

    >>> complete("91350100M000100Y4")
    '91350100M000100Y43'
    """
    if not _BODY.fullmatch(first17):
        raise ValueError("17 characters of a credit code expected: " + first17)
    total = sum(_ALPHABET.index(character) * weight for character, weight in zip(first17, _WEIGHTS, strict=True))
    return first17 + _ALPHABET[-total % 31]


def is_valid_credit_code(text: str) -> bool:
    """Whether `text` is a whole code, in capitals and without blanks, whose last character is right.

    Source: GB 32100-2015.

    >>> is_valid_credit_code("91350100M000100Y43"), is_valid_credit_code("91350100M000100Y34")
    (True, False)
    """
    return len(text) == 18 and _BODY.fullmatch(text[:17]) is not None and complete(text[:17]) == text
