"""How much one command may do and how large an instance may become; what is over ends in an incident at its element.

A command that brings too much itself is refused instead (WrongCommand): its sender is told and nothing has happened.
"""

from __future__ import annotations

LONGEST = 500  # nodes a token may pass without waiting
STEPS = 50_000  # engine steps in one command
SECONDS = 5.0  # of one act in the engine, where the caller gives a clock (processor time: advance does)
LOOK = 100  # steps between two looks at the clock and at the crowd
TOKENS = 5_000  # live in one instance
TURNS = 2_000  # of one loop
DEPTH = 50  # processes within processes
NESTING = 100  # levels of lists and contexts in one value
STATE = 1_048_576  # bytes of the stored instance, after which nothing new begins
RESULT = 4_194_304  # bytes of JSON that a form or an operation gives; only what is mapped is kept
PAYLOAD = 262_144  # bytes of JSON that any other command brings, to be kept as it is
KEPT = 100  # published messages that nobody has taken yet
KEPT_BYTES = 262_144  # of their payloads together
