"""The functions every FEEL expression can call (DMN 1.5 §10.3.4), by family.

They must not read a clock: `now` and `today` answer only when the caller registers them.
"""

from service.feel.builtins import contexts, dates, lists, numbers, ranges, strings
from service.feel.builtins.registry import BUILTINS

BUILTIN_NAMES = frozenset(BUILTINS)
# what every parser has to know beforehand: functions, and the parts of values whose names hold a blank
SPACED_NAMES = (*BUILTINS, "time offset", "start included", "end included")

__all__ = ["BUILTINS", "BUILTIN_NAMES", "SPACED_NAMES", "contexts", "dates", "lists", "numbers", "ranges", "strings"]
