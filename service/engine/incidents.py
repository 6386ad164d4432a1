"""Why a running instance cannot go on at an element: the exception inside the engine and its texts by code."""

from __future__ import annotations

from typing import Any

LONGEST = 300  # signs of a detail: the state stays small

TEXTS: dict[str, tuple[str, str]] = {
    "condition": (
        "条件“{text}”的结果是 {value}，不是真或假{missing_zh}。",
        "The condition “{text}” is {value}, not true or false{missing_en}.",
    ),
    "no-flow": (
        "没有一个条件成立，也没有默认连线。",
        "No condition holds and there is no default flow.",
    ),
    "evaluation": ("表达式“{text}”无法计算：{zh}", "The expression “{text}” cannot be evaluated: {en}"),
    "not-storable": ("表达式“{text}”的结果不能存为变量：{why}", "The result of “{text}” cannot be stored: {why}"),
    "timer": ("定时器“{text}”的值 {value} 有误：{zh}。", "The timer “{text}” gives {value}: {en}."),
    "correlation-key": (
        "关联键“{text}”的值是 {value}，不是文字或整数。",
        "The correlation key “{text}” is {value}, neither a text nor a whole number.",
    ),
    "collection": ("多实例的集合“{text}”不是列表。", "The collection “{text}” is not a list."),
    "assignment": ("{what}“{text}”的值是 {value}，应为{zh}。", "{what} “{text}” is {value}, not {en}."),
    "operation-type": ("操作类型“{text}”的值不是文字。", "The operation “{text}” is not a text."),
    "decision": ("决策“{decision}”无法得出结果：{zh}", "The decision “{decision}” has no result: {en}"),
    "uncaught-error": ("错误“{error}”没有被任何环节捕获。", "The error “{error}” is caught nowhere."),
    "dead-join": (
        "这里等待的另一条路径不会再来了。",
        "This waits for a token that can never come.",
    ),
    "endless": ("流程一直在转，没有任何等待。", "The process goes round without ever waiting."),
    "too-slow": (
        "这一步计算超过 {seconds:g} 秒，已停在这里；可以重试，从这里继续。",
        "This step has computed for more than {seconds:g} seconds and stops here; a retry goes on from here.",
    ),
    "too-many-tokens": ("同时进行的环节超过 {most} 个。", "More than {most} tokens are alive at once."),
    "too-many-turns": (
        "多实例的集合“{text}”有 {count} 项，最多 {most} 项。",
        "The collection “{text}” has {count} items, {most} at most.",
    ),
    "too-large": (
        "流程的变量超过 {most} 字节，不再开始新的环节。",
        "The instance is larger than {most} bytes: nothing new begins.",
    ),
    "stranded": (
        "流程没有结束，却没有任何任务、定时器、消息或操作在等待。",
        "The instance has not ended, and yet no task, timer, message or operation waits.",
    ),
    "too-deep": ("流程相互调用超过 {depth} 层。", "Processes call each other more than {depth} levels deep."),
}


class Stuck(Exception):  # noqa: N818 - a state of a token, not a failure of the program
    """A token cannot go on here; it is caught at the token, which is then parked."""

    def __init__(self, code: str, **details: Any) -> None:
        self.code, self.details = code, {name: _short(value) for name, value in details.items()}
        super().__init__(f"{code}: {details}")


def _short(value: Any) -> Any:
    return f"{value[:LONGEST]}…" if isinstance(value, str) and len(value) > LONGEST else value


def texts(code: str, details: dict[str, Any]) -> tuple[str, str]:
    """What happened, in Chinese and English. A code from outside (a failed operation) brings its own texts."""
    if code not in TEXTS:
        return str(details.get("zh") or code), str(details.get("en") or details.get("zh") or code)
    zh, en = TEXTS[code]
    return zh.format(**details), en.format(**details)
