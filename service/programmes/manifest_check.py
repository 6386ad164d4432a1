"""What no single field of a manifest shows: names that point nowhere, periods of no length, dates that contradict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from service.domain.access import PROGRAM

if TYPE_CHECKING:
    from service.programmes.manifest import Manifest

Found = tuple[str, str, str, str]  # place, code, and the text in both languages


def contradictions(manifest: Manifest, file: str) -> list[Found]:
    """Every contradiction in a manifest whose fields are each right; `file` tells its folder."""
    found = [*_unknown_names(manifest), *_program_roles(manifest), *_lengths(manifest), *_circles(manifest)]
    folder = file.split("/")[-2] if file.count("/") >= 1 else manifest.key
    if folder != manifest.key:
        zh = f"键“{manifest.key}”与文件夹“{folder}”不一致。"
        found.append(("key", "manifest-folder", zh, f"The key “{manifest.key}” differs from the folder “{folder}”."))
    for target in manifest.targets.values():
        if target.at_most is not None and target.at_most < target.at_least:
            zh, en = "目标的上限小于下限。", "The target's upper bound is below the lower one."
            found.append((f"targets.{target.key}.at_most", "target-bounds", zh, en))
    if not manifest.procedures:
        found.append(("procedures", "manifest-empty", "至少要有一个程序。", "At least one procedure is needed."))
    return found + _validity(manifest)


def _validity(manifest: Manifest) -> list[Found]:
    found = []
    if manifest.effective_from and manifest.effective_to and manifest.effective_to < manifest.effective_from:
        zh = "失效日期早于生效日期。"
        found.append(("effective_to", "manifest-order", zh, "The programme ends before it begins."))
    if manifest.effective_to and manifest.valid_years:
        zh = "effective_to 与 valid_years 只能写一项：前者写明最后一天，后者由施行之日起算。"
        found.append(("valid_years", "manifest-validity", zh, "Give effective_to or valid_years, not both."))
    return found


def _unknown_names(manifest: Manifest) -> list[Found]:
    wanted: list[tuple[str, str, Mapping[str, Any]]] = []
    for procedure in manifest.procedures.values():
        wanted.append((f"procedures.{procedure.key}.start", procedure.start, manifest.roles))
        if procedure.number != "case":
            wanted.append((f"procedures.{procedure.key}.number", procedure.number, manifest.numbers))
    dated = {key: rule for key, rule in manifest.deadlines.items() if rule.starts == "call"}
    for rule in manifest.deadlines.values():
        wanted += [(f"deadlines.{rule.key}.escalate_to", role, manifest.roles) for role in rule.escalate_to]
        wanted.append((f"deadlines.{rule.key}.{'before' if rule.before else 'after'}", rule.leans_on, dated))
    for duty in manifest.duties.values():
        wanted.append((f"duties.{duty.key}.procedure", duty.procedure, manifest.procedures))
        wanted.append((f"duties.{duty.key}.role", duty.role, manifest.roles))
    wanted += [("sunset.tell", role, manifest.roles) for role in manifest.sunset.tell]
    wanted += [("settings_written", name, manifest.settings) for name in manifest.settings_written]
    at_authority = {key: role for key, role in manifest.roles.items() if role.holder == "authority"}
    wanted += [(place, role, at_authority) for place, role in _programs(manifest)]
    return [
        (place, "manifest-unknown-name", f"本文件中没有“{name}”。", f"“{name}” is not defined in this file.")
        for place, name, known in wanted
        if name and name not in known
    ]


def _programs(manifest: Manifest) -> list[tuple[str, str]]:
    """Where roles of programs outside are named, and which."""
    named = [(f"jobs.{job.key}.worker", job.worker) for job in manifest.jobs.values()]
    return named + [(f"messages.{one.key}.sender", one.sender) for one in manifest.messages.values()]


def _program_roles(manifest: Manifest) -> list[Found]:
    """A role that reads cases by office is no role for a program outside."""
    zh = f"外部程序的角色须以“{PROGRAM}”开头：这样的角色不能按职务查看案件。"
    en = f"A role for a program outside begins with “{PROGRAM}”: such a role reads no case by office."
    wrong = (place for place, role in _programs(manifest) if not role.startswith(PROGRAM))
    return [(place, "manifest-program-role", zh, en) for place in wrong]


def _lengths(manifest: Manifest) -> list[Found]:
    found = []
    for rule in manifest.deadlines.values():
        lengths = [rule.working_days, rule.calendar_days, rule.months]
        given = sum(length is not None for length in lengths)
        if given > 1 or (given == 0 and rule.starts in {"task", "stage"}):
            zh = 'working_days、calendar_days、months 须写明其中一项；仅 starts = "call" 或 "event:…" 可不写。'
            en = 'Give one of working_days, calendar_days, months; only starts = "call" or "event:…" needs none.'
            found.append((f"deadlines.{rule.key}", "manifest-length", zh, en))
        counted = rule.starts == "call" and rule.working_days is not None and not (rule.before and rule.after)
        if rule.leans_on and not counted:
            zh = 'before、after 只能写一项，须与 starts = "call"、working_days 同用。'
            en = 'Give before or after, not both, together with starts = "call" and working_days.'
            found.append((f"deadlines.{rule.key}", "manifest-leaning", zh, en))
    return found


def _circles(manifest: Manifest) -> list[Found]:
    """Dates that lean on each other in a circle would never be counted."""
    found = []
    for rule in manifest.deadlines.values():
        seen, at = [rule.key], rule.leans_on
        while at in manifest.deadlines and at not in seen:
            seen.append(at)
            at = manifest.deadlines[at].leans_on
        if at == rule.key:
            zh, en = "before、after 绕成了圈，日期无从算起。", "The dates lean on each other in a circle."
            found.append((f"deadlines.{rule.key}", "manifest-circle", zh, en))
    return found
