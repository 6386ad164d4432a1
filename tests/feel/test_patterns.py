"""Regular expressions as XPath has them, all scripts included, run by an engine that cannot explode."""

import pytest

from service.feel import compile_expression

MATCHES = [
    (r"^9[0-9A-Z]{17}$", "91330000000000000X", True),
    (r"^[a-z-[aeiou]]+$", "xyz", True),
    (r"^[a-z-[aeiou]]+$", "xaz", False),
    (r"^[^a-c-[x]]$", "x", False),
    (r"^[^a-c-[x]]$", "y", True),
    (r"^[a-z-[^aeiou]]$", "e", True),
    (r"^\d$", "３", True),
    (r"^[\w-]+$", "长-a", True),
    (r"^\S+$", "a b", False),
    (r"^[\S]+$", "长ab", True),
    (r"^[a\-z]+$", "-", True),
    (r"^[-a]+$", "-a", True),
    (r"^[a^.]+$", "^.", True),
    (r"^\p{Lu}[\p{Lu}]$", "AB", True),
    (r"^\p{Han}+$", "长春", True),
    (r"^\p{IsBasicLatin}$", "a", True),
    (r"^[\p{IsBasicLatin}]$", "长", False),
    (r"^.$", "𠮷", True),
    (r"^[\n]$", "\n", True),
    (r"^[\C]$", "!", True),
    (r"^[\w-[a]]$", "b", True),
    (r"^[\w-[a]]$", "a", False),
    (r"^[\p{L}-[\p{Lu}]]$", "é", True),
    (r"^[\p{L}-[\p{Lu}]]$", "É", False),
    (r"^[a-z-[aeiou-[e]]]$", "e", True),
    (r"^[\S-[长]]$", "长", False),
    (r"^\P{IsBasicLatin}$", "长", True),
    ("^a.b$", "a\rb", False),
]
REFUSED = [
    "[z-a]",
    "[^",
    "[]a]",
    "[a[b]]",
    r"(a)\1",
    r"(?=a)",
    r"a{9999}",
    r"\q",
    r"\p{IsNowhere}",
    "(",
    "a{,2}",
    "(?i)a",
    "a]",
    "a}",
    r"\pL",
    r"[\p{Nowhere}-[a]]",
    "[a-z-[a]b]",
]


@pytest.mark.parametrize(("pattern", "text", "expected"), MATCHES)
def test_a_pattern_matches(pattern: str, text: str, expected: bool) -> None:
    assert compile_expression("matches(t, p)").evaluate({"t": text, "p": pattern}) is expected


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_cannot_be_read_rightly_is_null(pattern: str) -> None:
    assert compile_expression("matches(t, p)").evaluate({"t": "a", "p": pattern}) is None


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "expected"),
    [
        ("ABC", "i", "xabcx", True),
        ("a.b", "s", "a\nb", True),
        ("a.b", "", "a\nb", False),
        ("^b$", "m", "a\nb", True),
        ("a b", "x", "ab", True),
        ("a.b", "q", "a.b", True),
        ("a.b", "q", "axb", False),
        ("a", "z", "a", None),
        (r"hello\ sworld", "x", "hello world", True),
        ("hello[ ]world", "x", "hello world", True),
        (r"\p{Lu}", "i", "a", False),
        ("[^Q]", "i", "q", False),
        ("[A-Z-[OI]]", "i", "a", True),
        ("[A-Z-[OI]]", "i", "o", False),
    ],
)
def test_flags_change_how_a_pattern_is_read(pattern: str, flags: str, text: str, expected: bool | None) -> None:
    found = compile_expression("matches(t, p, f)").evaluate({"t": text, "p": pattern, "f": flags})
    assert found is expected


@pytest.mark.parametrize(
    ("pattern", "replacement", "expected"),
    [
        ("(\\d+)-(\\d+)", "$2/$1", "2/1 4/3"),
        ("\\d", "\\$", "$-$ $-$"),
        ("-", "$", None),
        ("-", "\\n", None),
        ("x*", "y", None),
        ("(1)|(3)", "[$2]", "[]-2 [3]-4"),
        ("(1)", "$12", "12-2 3-4"),
    ],
)
def test_a_replacement_names_groups(pattern: str, replacement: str, expected: str | None) -> None:
    variables = {"p": pattern, "r": replacement}
    assert compile_expression('replace("1-2 3-4", p, r)').evaluate(variables) == expected
