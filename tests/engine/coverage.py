"""The constructs of BPMN 2.0 as Camunda 8 draws them, and the page that says which of them run; made from the cases.

python -m tests.engine.coverage        writes docs/bpmn-coverage.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/bpmn-coverage.md"
CASES: list[dict[str, Any]] = json.loads((ROOT / "tests/data/bpmn/coverage.json").read_text(encoding="utf-8"))

TASKS = {
    "task.user": "用户任务 user task",
    "task.manual": "手工任务 manual task",
    "task.undefined": "未指定的任务 undefined task",
    "task.service": "服务任务 service task",
    "task.send": "发送任务 send task",
    "task.receive": "接收任务 receive task",
    "task.rule": "业务规则任务 business rule task",
    "task.script": "脚本任务 script task",
    "task.call": "调用活动 call activity",
    "task.sub": "嵌入子流程 embedded sub-process",
    "task.transaction": "事务子流程 transaction",
    "task.adhoc": "临时子流程 ad-hoc sub-process",
    "task.compensation": "补偿 compensation",
    "loop.parallel": "并行多实例 parallel multi-instance",
    "loop.sequential": "顺序多实例 sequential multi-instance",
    "loop.nested": "嵌套多实例 nested multi-instance",
    "loop.sub": "子流程多实例 multi-instance sub-process",
    "loop.call": "调用活动多实例 multi-instance call activity",
    "loop.until": "完成条件 completion condition",
    "loop.collection": "输出集合 output collection",
    "loop.standard": "标准循环 standard loop",
}
GATEWAYS = {
    "gateway.exclusive": "排他网关 exclusive gateway",
    "gateway.parallel": "并行网关 parallel gateway",
    "gateway.inclusive": "包容网关 inclusive gateway",
    "gateway.event": "事件网关 event-based gateway",
    "gateway.complex": "复杂网关 complex gateway",
}
DATA = {
    "data.input": "输入映射 input mapping",
    "data.output": "输出映射 output mapping",
}
REST = {
    "event.conditional": "条件事件 conditional event",
    "event.compensation": "补偿事件 compensation event",
    "event.cancel": "取消事件 cancel event",
    "event.multiple": "多重事件 multiple event definitions",
}
KINDS = {
    "none": "空 none",
    "timer": "定时器 timer",
    "message": "消息 message",
    "signal": "信号 signal",
    "error": "错误 error",
    "escalation": "升级 escalation",
    "terminate": "终止 terminate",
    "link": "链接 link",
}
PLACES = {
    "start": "开始 start",
    "eventsub": "事件子流程 event sub-process",
    "eventsub-beside": "事件子流程（非中断）event sub-process, non-interrupting",
    "catch": "中间捕获 intermediate catch",
    "throw": "中间抛出 intermediate throw",
    "boundary": "边界 boundary",
    "boundary-beside": "边界（非中断）boundary, non-interrupting",
    "end": "结束 end",
}
#: what happens between cases is shown where there are rows: construct → (Chinese and English, file, tests)
BETWEEN = {
    "启动消息，同一关联键同时只有一个实例 message start, one instance a key": (
        "test_a_message_begins_a_case_with_its_payload",
        "test_a_message_with_a_key_begins_no_second_case_while_the_first_is_running",
    ),
    "按名称和关联键送达其他实例 correlation across instances": (
        "test_a_message_finds_the_case_that_waits_for_its_key",
        "test_a_case_tells_another_by_message_after_its_commit",
    ),
    "消息保留时间和消息标识 time to live, message id": (
        "test_a_kept_message_waits_for_whoever_comes_and_is_taken_once",
        "test_a_message_id_makes_it_one_message_while_it_is_kept",
    ),
    "信号广播 broadcast of signals": ("test_a_signal_reaches_every_case_that_waits_and_begins_others",),
    "定时启动 timer start": (
        "test_a_start_timer_begins_a_case_at_each_of_its_times",
        "test_a_newer_version_takes_the_start_events_over",
    ),
}
BETWEEN_FILE = "tests/events/test_events.py"
HEAD = """# BPMN 构件支持情况 · BPMN coverage

本页由测试生成（`python -m tests.engine.coverage`）：每一格都有一个能运行的例子，或者一个在部署时被拒绝的例子；例子在
`tests/data/bpmn/coverage.json`。

This page is generated from the tests: each entry has an example that runs, or one that is refused at deployment; the
examples stand in `tests/data/bpmn/coverage.json`.

- ✓ 能运行 runs
- ✗ 部署时按元素说明原因，拒绝 refused at deployment, with element and reason
- — BPMN 没有这种组合 BPMN has no such combination
"""
NOTES = """
## 与 Camunda 8 的差别 · Where we differ from Camunda 8

- 用户任务没有输出映射时，表单内容不会成为变量。Without an output mapping nothing of a form becomes a variable.
- 包容网关的汇合在别处没有令牌能再来时就继续；Zeebe 只在有令牌到达时查看。An inclusive join goes on as soon as no token
  can come any more; Zeebe looks only when one arrives.
- 消息、信号、错误的名称必须是文字，不能是表达式；cron 周期、`versionTag` 绑定、监听器会被拒绝。Names of messages,
  signals and errors are plain texts; cron cycles, `versionTag` bindings and listeners are refused.
- 事件能启动的只有清单（programme.toml）中的程序。Events begin procedures of the manifest only.
- 周期定时器在时钟停过以后，错过的几次只补一次，次数照算。After a stop of the clock, a cycle makes up once for what was
  missed, and counts it.
"""


def constructs() -> set[str]:
    """Every construct that a case may cover."""
    events = {f"event.{kind}.{place}" for kind in KINDS for place in PLACES}
    return {*TASKS, *GATEWAYS, *DATA, *REST, *events}


def page() -> str:
    """The page as it must be."""
    parts = [HEAD, "\n## 活动 · Activities\n\n", *_list(TASKS), "\n## 网关 · Gateways\n\n", *_list(GATEWAYS)]
    parts += [
        "\n## 事件 · Events\n\n",
        *_matrix(),
        "\n",
        *_list(_placed() | REST),
        "\n## 数据 · Data\n\n",
        *_list(DATA),
    ]
    parts += ["\n## 实例之间 · Between instances\n\n| 构件 construct | 测试 test |\n|---|---|\n"]
    parts += [f"| {what} | {', '.join(f'`{test}`' for test in tests)} |\n" for what, tests in BETWEEN.items()]
    return "".join((*parts, NOTES))


def _list(rows: dict[str, str]) -> Iterator[str]:
    yield "| 构件 construct | | 例子 examples |\n|---|---|---|\n"
    for key, text in rows.items():
        yield f"| {text} | {_state(key)} | {', '.join(f'`{id_}`' for id_ in _examples(key))} |\n"


def _matrix() -> Iterator[str]:
    yield "| |" + "".join(f" {text} |" for text in PLACES.values()) + "\n|---|" + "---|" * len(PLACES) + "\n"
    for kind, text in KINDS.items():
        yield f"| {text} |" + "".join(f" {_state(f'event.{kind}.{place}')} |" for place in PLACES) + "\n"


def _placed() -> dict[str, str]:
    """The combinations that have examples, one a line."""
    found = {f"event.{kind}.{place}": f"{k} · {p}" for kind, k in KINDS.items() for place, p in PLACES.items()}
    return {key: text for key, text in found.items() if _examples(key)}


def _examples(construct: str) -> list[str]:
    return [case["id"] for case in CASES if construct in case["covers"]]


def _state(construct: str) -> str:
    if not _examples(construct):
        return "—"
    return "✓" if any(construct in case["covers"] and "refused" not in case for case in CASES) else "✗"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
