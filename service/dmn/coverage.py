"""Boxes over columns cut into regions: which overlap, and what none of them covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.feel.run import Budget

Box = tuple[int, ...]  # for each column the regions it takes, as bits


class Boxes:
    """Boxes by number, and for each region of each column which of them take it. A step is a visited partial box."""

    def __init__(self, whole: Box, boxes: Sequence[Box], budget: Budget) -> None:
        self.whole = whole
        self.boxes = boxes
        self.budget = budget
        self._takers: list[list[int]] = [[0] * mask.bit_length() for mask in whole]
        for column, takers in enumerate(self._takers):
            for number, box in enumerate(boxes):
                budget.spend(box[column].bit_count() // 16)
                for region in bits(box[column]):
                    takers[region] |= 1 << number
        self._meeting: list[dict[int, int]] = [{} for _ in whole]

    def meeting(self, box: Box) -> int:
        """The numbers, as bits, of the boxes that share something with this one."""
        found = (1 << len(self.boxes)) - 1
        for column, mask in enumerate(box):
            if not found:
                break
            found &= self._takers_of(column, mask)
        return found

    def _takers_of(self, column: int, mask: int) -> int:
        known = self._meeting[column]
        if mask not in known:
            takers, found = self._takers[column], 0
            for region in bits(mask):
                found |= takers[region]
            known[mask] = found
        return known[mask]

    def uncovered(self, box: Box, among: int) -> Box | None:
        """A part of a box, as large as it can be, that no box of the numbers `among` takes; None where there is none.

        Columns are gone through one after another, with the boxes that are still in play; where some of them takes
        all that remains, or the same boxes were in play at that column before, there is nothing to be found.
        """
        alive = among & self.meeting(box)
        order = sorted(range(len(box)), key=lambda column: -self._restricting(box, alive, column))
        search = _Search(self, box, order, alive)
        found = search.visit(0, alive)
        if found is None:
            return None
        by_column = dict(zip(order, found, strict=False))
        return self._widened(box, tuple(by_column.get(column, box[column]) for column in range(len(box))), alive)

    def _restricting(self, box: Box, alive: int, column: int) -> int:
        return sum(1 for number in bits(alive) if box[column] & ~self.boxes[number][column])

    def _widened(self, limits: Box, box: Box, among: int) -> Box:
        """The box made larger, column by column, while no other box takes any of it."""
        wide = list(box)
        for column in range(len(wide)):
            near = among
            for other, mask in enumerate(wide):
                if other != column:
                    near &= self._takers_of(other, mask)
            taken = 0
            for number in bits(near):
                taken |= self.boxes[number][column]
            wide[column] = limits[column] & ~taken
        return tuple(wide)

    def groups(self, column: int, mask: int, alive: int) -> list[tuple[int, int]]:
        """The regions of a mask by which boxes still in play take them; those that the fewest take come first."""
        found: dict[int, int] = {}
        takers = self._takers[column]
        self.budget.spend(1 + len(takers) // 16)
        for region in bits(mask):
            key = takers[region] & alive
            found[key] = found.get(key, 0) | 1 << region
        return sorted(found.items(), key=lambda one: one[0].bit_count())


class _Search:
    """One way through the columns, which remembers where it has been."""

    def __init__(self, boxes: Boxes, box: Box, order: list[int], alive: int) -> None:
        self._boxes = boxes
        self._box = box
        self._order = order
        self._seen: set[tuple[int, int]] = set()
        self._free = [0] * (len(order) + 1)  # at each step the boxes that take all of the columns from there on
        self._free[len(order)] = alive
        boxes.budget.spend(alive.bit_count() * len(order) // 16)
        for step in range(len(order) - 1, -1, -1):
            column = order[step]
            self._free[step] = sum(
                1 << number for number in bits(self._free[step + 1]) if not box[column] & ~boxes.boxes[number][column]
            )

    def visit(self, step: int, alive: int) -> tuple[int, ...] | None:
        """The regions of the columns from this step on that nothing takes; shorter where the rest does not matter."""
        if not alive:
            return ()
        if alive & self._free[step] or (step, alive) in self._seen:
            return None
        column = self._order[step]
        for takers, regions in self._boxes.groups(column, self._box[column], alive):
            below = self.visit(step + 1, takers)
            if below is not None:
                return (regions, *below)
        self._seen.add((step, alive))
        return None


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, from the lowest."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def shared(one: Box, other: Box) -> Box:
    """What two boxes have in common."""
    return tuple(left & right for left, right in zip(one, other, strict=True))
