"""Kills nodes of the service under load: `python -m tests.proof.warden`, its orders as JSON on standard input.

Two nodes race for the same tasks. Every 20 to 250 ms one that works gets SIGKILL, wherever it is, and another takes its
place; whoever waited for the dead one's answer asks the next one again with the same key. Each node says through a pipe
what it tries and what was acknowledged; the warden collects that and prints it as JSON. It is a process of its own
because it forks: it has one thread, and no connection that a child could inherit.
"""

from __future__ import annotations

import gc
import json
import os
import random
import select
import signal
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from service.app import create_app
from service.commands import cases, housekeeping, user_tasks
from service.domain.deadlines import local_date
from service.domain.errors import Refusal, TaskAlreadyCompleted
from service.domain.identity import CLOCK, Actor
from service.settings import Settings
from service.store import users
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.user_tasks import OPEN, UserTask
from tests.proof import naive
from tests.support.panel import PROGRAMME, SCORE

SHORTEST, LONGEST = 0.02, 0.25
NODES = 2
LONGEST_START = 30
SEALED_EVERY = 4  # requests of a node, then it seals the audit trail
FEW = 6  # so many open tasks are left before a node starts another case; few, so that the nodes meet


People = dict[int, Actor]


@dataclass(frozen=True)
class Orders:
    """What to do: on which database, how often to kill, who completes, and whether the guarded way or the naive one."""

    url: str
    folder: str
    kills: int
    seed: int
    clerks: list[int]
    lead: int
    naive: bool = False


@dataclass
class Node:
    """A running node and what it has said so far: requests by key, and how each ended."""

    pid: int
    pipe: int
    unread: bytes = b""
    tried: dict[str, tuple[int, int]] = field(default_factory=dict)
    acknowledged: dict[str, tuple[int, int]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Read what is in the pipe; to its end once the node is dead. A last line that is cut off was never said."""
        while True:
            try:
                piece = os.read(self.pipe, 65536)
            except BlockingIOError:
                break
            if not piece:
                break
            self.unread += piece
        *lines, self.unread = self.unread.split(b"\n")
        for line in lines:
            self._hear(line.decode())

    def await_first_word(self) -> None:
        """A node that has not begun to work has nothing to lose: on a busy machine, wait until it has."""
        while not self.tried:
            if not select.select([self.pipe], [], [], LONGEST_START)[0]:
                raise TimeoutError("a node did not begin to work")
            self.listen()

    def _hear(self, line: str) -> None:
        word, key, rest = line.split(" ", 2)
        if word == "fail":
            self.failures.append(rest)
        elif word == "no":
            self.refused[key] = rest
        else:
            task_id, person = rest.split()
            said = self.tried if word == "try" else self.acknowledged
            said[key] = (int(task_id), int(person))

    @property
    def unanswered(self) -> dict[str, tuple[int, int]]:
        """Requests nobody has heard of again."""
        return {key: one for key, one in self.tried.items() if key not in self.acknowledged and key not in self.refused}


def run(orders: Orders) -> dict[str, Any]:
    """Carry the orders out; what was acknowledged, and the figures."""
    app = create_app(
        Settings(
            development=True, database_url=orders.url, data_dir=Path(orders.folder), argon2_time_cost=1,
            argon2_memory_kib=64,
        )
    )  # fmt: skip
    warm, people = _warmed(app, orders)
    dice = random.Random(orders.seed)  # noqa: S311 # a proof that can be repeated
    begun, count = time.monotonic(), NODES
    nodes = [_node(app, orders, people, number, {}) for number in range(NODES)]
    buried: list[Node] = []
    for _ in range(orders.kills):
        place = dice.randrange(NODES)
        nodes[place].await_first_word()
        time.sleep(dice.uniform(SHORTEST, LONGEST))
        _kill(nodes[place])
        for node in nodes:
            node.listen()
        buried.append(nodes[place])
        nodes[place] = _node(app, orders, people, count, buried[-1].unanswered)
        count += 1
    for node in nodes:
        _kill(node)
        node.listen()
    return _told([warm, *buried, *nodes], orders.kills, time.monotonic() - begun)


def _warmed(app: Flask, orders: Orders) -> tuple[Node, People]:
    """Compile the programme and every statement once, on the first case, and close the connection before any fork."""
    warm = Node(0, 0)
    with app.app_context():
        people = {user_id: _actor(user_id) for user_id in (*orders.clerks, orders.lead)}
        case_id = transact(cases.start, PROGRAMME, "desk", actor=people[orders.lead], now=_now())
        tasks = db.session.scalars(
            sa.select(UserTask.id).where(UserTask.case_id == case_id).order_by(UserTask.id)
        ).all()
        for task_id in tasks:
            by, key = people[orders.clerks[0]], f"warm-{task_id}"
            transact(user_tasks.complete, task_id, data=SCORE, request_key=key, actor=by, now=_now())
            warm.acknowledged[key] = (task_id, orders.clerks[0])
        db.session.remove()
        db.engine.dispose()
    gc.collect()
    gc.freeze()
    return warm, people


def _told(nodes: list[Node], kills: int, seconds: float) -> dict[str, Any]:
    acknowledged = {key: one for node in nodes for key, one in node.acknowledged.items()}
    cut_off = {key for node in nodes for key in node.unanswered}
    return {
        "acknowledged": sorted(acknowledged.values()),
        "kills": kills,
        "seconds": round(seconds, 1),
        "cut off": len(cut_off),
        "answered when asked again": len(cut_off & acknowledged.keys()),
        "refused, somebody was first": sum(
            why == TaskAlreadyCompleted.code for node in nodes for why in node.refused.values()
        ),
        "refused otherwise": sorted(
            {why for node in nodes for why in node.refused.values()} - {TaskAlreadyCompleted.code}
        ),
        "failures": [line for node in nodes for line in node.failures],
    }


def _kill(node: Node) -> None:
    os.kill(node.pid, signal.SIGKILL)
    os.waitpid(node.pid, 0)


def _node(app: Flask, orders: Orders, people: People, number: int, again: dict[str, tuple[int, int]]) -> Node:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            with app.app_context():
                Worker(orders, people, number, writing).work(again)
        finally:
            os._exit(1)
    os.close(writing)
    os.set_blocking(reading, False)
    return Node(pid, reading)


class Worker:
    """A node: completes tasks until it is killed."""

    def __init__(self, orders: Orders, people: People, number: int, pipe: int) -> None:
        self.orders = orders
        self.people = people
        self.number = number
        self.pipe = pipe
        self.dice = random.Random(orders.seed * 10_000 + number)  # noqa: S311 # as above

    def work(self, again: dict[str, tuple[int, int]]) -> None:
        """First what was asked before and not answered, then whatever is open."""
        for key, (task_id, person) in again.items():
            self._request(key, task_id, person)
        for number in range(1_000_000):
            if number % SEALED_EVERY == SEALED_EVERY - 1:
                self._seal()
            waiting = self._open()
            if len(waiting) < FEW:
                self._start()
            elif waiting:
                key = f"{self.number}-{number}"
                self._request(key, self.dice.choice(waiting), self.dice.choice(self.orders.clerks))

    def _request(self, key: str, task_id: int, person: int) -> None:
        self._say("try", key, f"{task_id} {person}")
        try:
            self._complete(key, task_id, self.people[person])
        except Refusal as refusal:
            self._say("no", key, refusal.code)
        except Exception as error:  # noqa: BLE001 # whatever it is, the proof has to hear of it
            self._say("fail", key, f"{type(error).__name__}: {error}".replace("\n", " ")[:400])
        else:
            self._say("ack", key, f"{task_id} {person}")

    def _complete(self, key: str, task_id: int, by: Actor) -> None:
        if self.orders.naive:
            naive.complete(task_id, SCORE, actor=by, now=_now())
        else:
            transact(user_tasks.complete, task_id, data=SCORE, request_key=key, actor=by, now=_now())

    def _start(self) -> None:
        try:
            transact(cases.start, PROGRAMME, "desk", actor=self.people[self.orders.lead], now=_now())
        except Exception as error:  # noqa: BLE001 # as above
            self._say("fail", "start", f"{type(error).__name__}: {error}".replace("\n", " ")[:400])

    def _seal(self) -> None:
        """Do what the clock does each second: a chain that a kill can break is no chain."""
        try:
            transact(housekeeping.keep, actor=CLOCK, now=_now())
        except Exception as error:  # noqa: BLE001 # as above
            self._say("fail", "seal", f"{type(error).__name__}: {error}".replace("\n", " ")[:400])

    def _open(self) -> list[int]:
        waiting = list(
            db.session.scalars(sa.select(UserTask.id).where(UserTask.status == OPEN).order_by(UserTask.id).limit(FEW))
        )
        db.session.rollback()
        return waiting

    def _say(self, word: str, key: str, rest: str) -> None:
        os.write(self.pipe, f"{word} {key} {rest}\n".encode())


def _actor(user_id: int) -> Actor:
    actor = users.actor_of(db.session(), user_id, local_date(_now()))
    db.session.rollback()
    if actor is None:
        raise LookupError(user_id)
    return actor


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(Orders(**json.load(sys.stdin)))))
