"""Functions registered from outside: how arguments reach them, and what their errors do."""

from decimal import Decimal

import pytest

from service.feel import Function, compile_expression

GROUPS = {"groups": Function(("role", "who"), lambda role, who=None: f"{role}@{who}", optional=1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('groups("clerk")', "clerk@None"),
        ('groups("clerk", "7")', "clerk@7"),
        ('groups(who: "7", role: "clerk")', "clerk@7"),
        ('groups(role: "clerk")', "clerk@None"),
        ("groups()", None),
        ('groups("a", "b", "c")', None),
        ('groups(who: "7")', None),
        ('groups(rôle: "clerk")', None),
    ],
)
def test_arguments_go_by_position_or_by_name(text: str, expected: str | None) -> None:
    assert compile_expression(text).evaluate({}, functions=GROUPS) == expected


def test_a_functions_own_error_is_not_made_null() -> None:
    def fail() -> None:
        raise LookupError("no calendar for 2031")

    with pytest.raises(LookupError, match="2031"):
        compile_expression("is working day()", names=["is working day"]).evaluate(
            {}, functions={"is working day": Function((), fail)}
        )


def test_a_registered_function_can_be_handed_to_another() -> None:
    functions = {"larger": Function(("a", "b"), lambda a, b: a > b)}
    value = compile_expression("sort([1, 3, 2], larger)").evaluate({}, functions=functions)
    assert value == [Decimal(3), Decimal(2), Decimal(1)]
