"""The wording of everything that can be wrong in a model, by code, in Chinese and English."""

from __future__ import annotations

from typing import Any, Literal

from service.domain.errors import Problem

TEXTS: dict[str, tuple[str, str]] = {
    # reading
    "too-large": ("文件超过 2 MB。", "The file is larger than 2 MB."),
    "too-many-nodes": (
        "图中有 {count} 个元素，最多 {most} 个；请拆成几个由调用活动相连的流程。",
        "The diagram has {count} elements, and {most} are the most; part it into processes joined by call activities.",
    ),
    "not-xml": ("不是有效的 XML：{reason}", "This is not valid XML: {reason}"),
    "doctype": ("不允许 DOCTYPE 声明，请删除。", "A DOCTYPE declaration is not allowed; remove it."),
    "not-bpmn": ("不是 BPMN 文件（根元素是 {root}）。", "This is not a BPMN file (its root element is {root})."),
    "no-process": ("没有可执行的流程。", "There is no executable process."),
    "duplicate-process": ("流程标识与 {other} 中的重复。", "The process id is also used in {other}."),
    "not-executable": ("流程没有勾选“可执行”。", "The process is not marked executable."),
    "no-id": ("{kind} 没有标识（id）。", "This {kind} has no id."),
    "duplicate-id": ("标识 {id} 在文件中出现了两次。", "The id {id} occurs twice in the file."),
    "illegal-id": (
        "标识“{id}”不合法：以字母或下划线开头，只含字母、数字、“.”“-”“_”。",
        "“{id}” is no legal id: a letter or “_” first, then letters, digits, “.”, “-”, “_”.",
    ),
    "unsupported-element": (
        "不支持的元素：{kind}。请删除，改用用户任务、服务任务、业务规则任务、调用活动、网关或事件。",
        "Elements of type {kind} are not supported: delete it and use tasks, call activities, gateways or events.",
    ),
    "script-task": (
        "不运行脚本：请改用决策表、映射或服务任务。",
        "Scripts are not run: use a decision, a mapping or a service task.",
    ),
    "unknown-attribute": ("不认识的属性：{attribute}。", "The attribute {attribute} is not known."),
    "ignored-attribute": ("属性 {attribute} 不起作用。", "The attribute {attribute} has no effect."),
    "unsupported-extension": ("不支持的扩展元素：{kind}。", "The extension element {kind} is not supported."),
    "ignored-extension": ("扩展元素 {kind} 不起作用。", "The extension element {kind} has no effect."),
    "duplicated-extension": ("扩展元素 {kind} 出现了两次。", "The extension element {kind} occurs twice."),
    "camunda7": (
        "这是 Camunda 7 的写法（{attribute}），请用 Camunda 8 的模型。",
        "This is Camunda 7 ({attribute}); draw a Camunda 8 model.",
    ),
    "binding": (
        "绑定方式 {binding} 不支持，请用 deployment。",
        "The binding {binding} is not supported; use deployment.",
    ),
    "external-form": (
        "只支持以 formId 引用的表单。",
        "Only forms referred to by formId are supported.",
    ),
    "candidate-users": (
        "不支持候选人（candidateUsers），请用候选组。",
        "candidateUsers is not supported; use candidateGroups.",
    ),
    "several-events": ("一个事件只能有一个事件定义。", "An event has exactly one event definition."),
    "event-without-reference": ("没有选定{kind}。", "It refers to no {kind}."),
    "event-without-code": ("{kind}“{id}”没有代码。", "The {kind} “{id}” has no code."),
    "nameless-definition": ("{kind}“{id}”没有名称。", "The {kind} “{id}” has no name."),
    "dangling-reference": ("引用的{kind}“{id}”不存在。", "The {kind} “{id}” it refers to does not exist."),
    "timer-without-time": (
        "定时器必须恰好填写日期、时长、周期之一。",
        "A timer has exactly one of date, duration and cycle.",
    ),
    "loop-without-collection": (
        "多实例没有填写输入集合（inputCollection）。",
        "The multi-instance has no inputCollection.",
    ),
    "loop-output": (
        "outputCollection 与 outputElement 必须同时填写。",
        "outputCollection and outputElement go together.",
    ),
    # expressions
    "empty-expression": ("{what} 是空的。", "{what} is empty."),
    "not-feel": (
        "{what} 必须是以“=”开头的 FEEL 表达式：{text}",
        "{what} must be a FEEL expression beginning with “=”: {text}",
    ),
    "feel-syntax": ("{what} 的表达式 {text} 有误：{zh}", "{what}, expression {text}: {en}"),
    "mapping-without-target": ("映射 {text} 没有目标变量。", "The mapping of {text} has no target."),
    "mapping-target": (
        "映射的目标“{text}”不是变量名（字母、数字、下划线，可用点分层）。",
        "The mapping target “{text}” is not a variable name (letters, digits, underscores, parted by dots).",
    ),
    "reserved-name": ("变量名“{text}”由系统占用。", "The variable name “{text}” is taken by the system."),
    "not-a-number": (
        "{what} 必须是 {low} 到 {high} 的整数：{text}",
        "{what} must be a whole number from {low} to {high}: {text}",
    ),
    "date-value": (
        "{what} 必须是带时区的日期时间，例如 2026-04-15T17:30+08:00：{text}",
        "{what} must be a date and time with a zone, such as 2026-04-15T17:30+08:00: {text}",
    ),
    # flows and structure
    "dangling-flow": ("连线的一端 {end} 不在 {scope} 中。", "One end of the flow, {end}, is not in {scope}."),
    "flow-into-start": ("{kind} 不能有进入的连线。", "A {kind} has no incoming flow."),
    "flow-from-end": ("结束事件不能有离开的连线。", "An end event has no outgoing flow."),
    "implicit-end": ("这条路径没有画到结束事件。", "The path ends here without an end event."),
    "default-flow": ("默认连线 {flow} 不是从这里出发的。", "The default flow {flow} does not leave this node."),
    "condition-not-at-gateway": (
        "只有排他网关和包容网关之后的连线可以带条件（{flow}）。",
        "Only flows from an exclusive or inclusive gateway may have a condition ({flow}).",
    ),
    "flow-without-condition": (
        "从 {source} 到 {target} 的连线没有条件，也不是默认连线。",
        "The flow from {source} to {target} has no condition and is not the default.",
    ),
    "no-default": (
        "没有默认连线：各条件都不成立时，流程会停在这里。",
        "There is no default flow: an instance stops here if no condition holds.",
    ),
    "no-start": ("没有开始事件。", "There is no start event."),
    "several-starts": ("普通开始事件不止一个。", "There is more than one plain start event."),
    "start-by-event": (
        "流程“{process}”不是清单中的程序（procedures），没有什么会触发这个开始事件。",
        "The process “{process}” is no procedure of the manifest: nothing triggers this start event.",
    ),
    "start-timer-reads": (
        "流程启动之前还没有案件和变量，启动定时器不能读 {names}。",
        "Before the process begins there is no case and no variable: its timer cannot read {names}.",
    ),
    "start-mapping": (
        "开始事件没有输入映射：还没有可读的变量。",
        "A start event has no input mapping: there is nothing to read yet.",
    ),
    "unreachable": ("没有路径通到这里。", "No path leads here."),
    "endless-cycle": (
        "这个循环里没有任何等待（{path}），会一直转下去；请在循环中放一个任务或等待事件。",
        "Nothing in this cycle ever waits ({path}); put a task or a catch event into it.",
    ),
    "lost": ("没有进入编译后的流程。", "This did not get into the compiled process."),
    # nodes
    "boundary": ("附着的 {host} 不是这里的活动。", "It is attached to {host}, which is not an activity here."),
    "boundary-event": ("边界事件不支持这种触发方式：{kind}。", "A boundary event cannot be triggered by: {kind}."),
    "error-never-thrown": (
        "“{host}”从不抛出错误，这个边界事件不会发生；抛出错误的是服务任务、发送任务、子流程和调用活动。",
        "“{host}” throws no error, so this event never happens: jobs, sub-processes and call activities throw errors.",
    ),
    "boundary-error": ("错误总是中断的，不能设为非中断。", "An error always interrupts."),
    "boundary-without-flow": ("边界事件之后没有连线。", "Nothing follows the boundary event."),
    "boundary-escalation": (
        "升级事件只能附着在子流程或调用活动上。",
        "An escalation can be caught at a sub-process or call activity only.",
    ),
    "duplicate-catch": (
        "同一处已有另一个事件捕获{kind}“{what}”：{other}。",
        "Another event here catches the same {kind} “{what}”: {other}.",
    ),
    "loop": ("{kind} 不能多实例执行。", "A {kind} cannot be multi-instance."),
    "leaves-the-loop": (
        "每一轮都会把 {target} 写到流程中，最后一轮的生效。",
        "Every turn writes {target} into the process: the last one wins.",
    ),
    "timer-value": ("定时器的值 {text} 有误：{zh}。", "The timer's value {text} is wrong: {en}."),
    "timer-cycle": (
        "周期定时器只能用于非中断的边界事件或事件子流程。",
        "A cycle can be used at a non-interrupting boundary event or event sub-process only.",
    ),
    "computed-name": (
        "{kind} 的名称或代码不能是表达式：{text}。",
        "The name or code of a {kind} cannot be an expression: {text}.",
    ),
    "no-correlation-key": ("消息“{id}”没有关联键。", "The message “{id}” has no correlation key."),
    "event-gateway": (
        "事件网关之后只能是只有这一条进入连线的捕获事件（消息、定时器、信号）。",
        "After an event gateway there may only be catch events (message, timer, signal) with this one incoming flow.",
    ),
    "event-gateway-receive": (
        "事件网关之后不能是接收任务，请改用消息捕获事件。",
        "A receive task cannot follow an event gateway; use a message catch event.",
    ),
    "event-gateway-flows": ("事件网关之后至少要有两条连线。", "An event gateway has at least two outgoing flows."),
    "start": ("开始事件不支持这种触发方式：{kind}。", "A start event cannot be triggered by: {kind}."),
    "catch": ("这里不能等待：{kind}。", "This cannot be waited for here: {kind}."),
    "throw": ("这里不能抛出：{kind}。", "This cannot be thrown here: {kind}."),
    "throw-without-code": ("{kind} 没有代码。", "The {kind} has no code."),
    "link": ("链接“{id}”有 {count} 个对应的{other}。", "The link “{id}” has {count} counterparts ({other})."),
    "no-operation": ("没有填写操作类型（taskDefinition type）。", "There is no operation (taskDefinition type)."),
    "unknown-operation": (
        "没有名为“{id}”的操作：请从元素模板里选一个；由外部程序办理的，请在 programme.toml 写 [jobs.{id}]。",
        "There is no operation “{id}”: choose one of the element templates, or declare [jobs.{id}] in the manifest.",
    ),
    "computed-operation": ("操作类型不能是表达式：{id}。", "The operation cannot be an expression: {id}."),
    "receive-without-message": ("接收任务没有选定消息，只能按任务送达。", "The receive task refers to no message."),
    "job-user-task": (
        "没有勾选“Camunda 用户任务”，仍按用户任务办理。",
        "It is not a Camunda user task (zeebe:userTask); it is run as one all the same.",
    ),
    "form-without-output": (
        "表单的内容都不会成为流程变量（没有输出映射）。",
        "Nothing of the form becomes a variable (there is no output mapping).",
    ),
    "unknown-form": ("没有名为“{id}”的表单。", "There is no form “{id}”."),
    "computed-form": ("表单标识不能是表达式：{id}。", "The form id cannot be an expression: {id}."),
    "no-decision": ("没有填写决策标识或结果变量。", "The decisionId or the resultVariable is missing."),
    "unknown-decision": ("没有名为“{id}”的决策。", "There is no decision “{id}”."),
    "no-called-process": ("没有填写被调用的流程。", "The called process is missing."),
    "unknown-process": ("没有名为“{id}”的流程。", "There is no process “{id}”."),
    "called-without-plain-start": (
        "被调用的流程“{id}”没有普通开始事件。",
        "The called process “{id}” has no plain start event.",
    ),
    "computed-reference": ("这里的标识不能是表达式：{id}。", "This id cannot be an expression: {id}."),
    "sub-process-start": ("子流程必须有且仅有一个普通开始事件。", "A sub-process has exactly one plain start event."),
    "event-sub-process": (
        "事件子流程必须有且仅有一个带触发条件的开始事件，并且不能连线。",
        "An event sub-process has exactly one start event, with a trigger, and no flows touch it.",
    ),
    "never-set": (
        "变量“{id}”没有任何地方设置，会是空值。",
        "Nothing in these models sets the variable “{id}”; it will be null.",
    ),
    "unregistered-function": ("没有名为“{id}”的函数。", "There is no function “{id}”."),
}


def problem(
    file: str,
    element: str,
    code: str,
    *,
    name: str = "",
    line: int = 0,
    level: Literal["error", "warning"] = "error",
    **details: Any,
) -> Problem:
    """A Problem with the texts of its code; `details` fill them."""
    zh, en = TEXTS[code]
    return Problem(file, element, code, zh.format(**details), en.format(**details), name, line, level)
