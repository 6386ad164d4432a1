"""A person who has a keyboard and nothing else: Tab, Enter, Space, arrows and letters, never a pointer.

The focus is watched: it must be on something that is in the window, not covered, and ringed; it must not fall back to
nowhere because the page changed under it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from playwright.sync_api import FileChooser, Locator, TimeoutError, expect

from service.simulator.cast import PASSWORD
from tests.browser.window import DRAWN_ANEW, Window, documents
from tests.support.page_form import Pair

MOST_LOOKS = 300
MOST_PRESSES, PATIENCE_MS = 3, 10_000
# On a long way the focus is looked at once in so many presses.
STRIDE = 6
# Where the focus is: on the element that is looked for (Tab leads to one of a group of radio buttons, as the browser
# chooses, the arrows to the others), and if not whether that stands further up; with what is wrong.
# A page that is new begins nowhere; one on which something had the focus may not lose it.
WHERE = """wanted => {
    const on = document.activeElement, nowhere = on === null || on === document.body;
    const lost = nowhere && document.body.dataset.hadFocus === "yes";
    if (!nowhere) document.body.dataset.hadFocus = "yes";
    const above = !nowhere && !!(on.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING);
    let wrong = lost ? "the focus was lost" : "";
    if (!nowhere && on.tabIndex >= 0) {
        const seen = on.matches(".seg input") ? on.nextElementSibling : on;
        const box = seen.getClientRects()[0], ring = getComputedStyle(seen);
        const inside = box && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
        const spots = box ? [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]] : [];
        const uncovered = spots.some(([x, y]) => {
            const top = document.elementFromPoint(box.x + box.width * x, box.y + box.height * y);
            const own = [seen, ...(on.labels ?? [])];
            return top !== null && (own.some(one => one.contains(top)) || top.contains(seen));
        });
        if (!inside) wrong = "the focus is outside the window";
        else if (!uncovered) wrong = "the focus is covered";
        else if (ring.outlineStyle === "none" || parseFloat(ring.outlineWidth) < 2) wrong = "the focus has no ring";
    }
    const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter(one => one === on || one === wanted
            || one.tabIndex >= 0 && one.checkVisibility() && !(one.type === "radio" && !one.checked));
    const between = Math.abs(stops.indexOf(wanted) - stops.indexOf(on));
    const grouped = wanted.type === "radio" && on.type === "radio" && on.name === wanted.name;
    const there = on === wanted || grouped;
    return {there, above, wrong, between, on: nowhere ? "nowhere" : on.outerHTML.slice(0, 160)};
}"""
CHOSEN = "select => select.selectedIndex"
PLACE_OF = "(select, value) => [...select.options].findIndex(option => option.value === value)"


class Keyboard(Window):
    """One window that is worked by keys alone."""

    def sign_in(self, login: str) -> Keyboard:
        """By the form, from the first page on."""
        self.open("/")
        self.follow(self.page.locator('.banner a[href="/sign-in"]:visible'))
        self.write(self.page.get_by_label("账号"), login)
        self.write(self.page.get_by_label("口令"), PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/home")
        return self

    def start(self, path: str) -> None:
        """Press the button that starts a procedure and go on to its first task."""
        self.press(self.page.locator(f'form[action="{path}"] button'))
        self.page.wait_for_url("**/tasks/*")

    def open_task(self, name: str) -> Keyboard:
        """Along the menu to the inbox, and in it to a task of this name: mine, or what can be claimed."""
        self.open("/home")
        self.follow(self.page.locator('nav a[href="/tasks"]:visible').first)
        row = self.page.locator(".row--pick", has_text=name).locator("a").first
        if not row.count():
            self.follow(self.page.locator('.tabs a[href*="scope=groups"]'))
        self.follow(row)
        expect(self.page.get_by_role("heading", level=1)).to_have_text(name)
        return self

    def claim(self) -> None:
        """Take the task from the group."""
        self.press(self.page.get_by_role("button", name="认领", exact=True))
        expect(self.page.locator(".toast")).to_contain_text("已认领")

    def send(self) -> None:
        """Press the form's primary button; the act must be accepted."""
        self.press(self.form.locator('button[name="_submit"]'))
        self._is_accepted()

    def skip_to_the_text(self) -> None:
        """The first press of Tab offers the way past the menu, and Enter takes it."""
        self.page.keyboard.press("Tab")
        expect(self.page.locator(".skip")).to_be_focused()
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Tab")
        assert self.page.evaluate("document.getElementById('main').contains(document.activeElement)")

    def follow(self, link: Locator) -> None:
        """Go along a link."""
        self.reach(link)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def tick(self, box: Locator) -> None:
        """Put a tick into a box."""
        self.reach(box)
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def press(self, button: Locator) -> None:
        """Press a button, which leads to another page or draws this one anew."""
        self.reach(button)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, box: Locator, text: str) -> None:
        """Put a text in the place of what a box holds."""
        self.reach(box)
        if box.get_attribute("type") in ("date", "datetime-local", "month"):
            self._date(box, text)
            return
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def reach(self, wanted: Locator) -> None:
        """Tab forwards or backwards until the focus is on it."""
        expect(wanted).to_have_count(1)
        for _ in range(MOST_LOOKS):
            where = wanted.evaluate(WHERE)
            assert not where["wrong"], f"{self.page.url}: {where['wrong']}: {where['on']}"
            if where["there"]:
                return
            for _ in range(max(1, min(STRIDE, where["between"] - 1))):
                self.page.keyboard.press("Shift+Tab" if where["above"] else "Tab")
        raise AssertionError(f"{self.page.url}: Tab does not lead to {wanted}")

    def _date(self, box: Locator, text: str) -> None:
        """Year, month and day, in whichever order the browser's own boxes ask for them."""
        day, _, hour = text.partition("T")
        year, month, date = day.split("-")
        if not box.evaluate("one => one.matches(':focus')"):  # the calendar's button, which stands behind the boxes
            self.page.keyboard.press("Shift+Tab")
        for order in ((year, month, date), (month, date, year)):
            for _ in range(6):
                self.page.keyboard.press("ArrowLeft")
            for part in (*order, *hour.split(":")):
                self.page.keyboard.type(part)
                if part is year:  # of which a browser takes six digits; after two of the others it goes on by itself
                    self.page.keyboard.press("ArrowRight")
            if box.input_value() == text:
                return
        assert box.input_value() == text

    def _enter(self, pairs: Iterable[Pair]) -> list[Pair]:
        left = []
        for name, value in pairs:
            kind = self._kind(name)
            if kind is None:
                left.append((name, value))
            elif kind == "radio":
                self._choose(name, value)
            elif kind == "checkbox":
                box = self.form.locator(f'[name="{name}"][value="{value}"]')
                if not box.is_checked():
                    self.tick(box)
            elif kind == "select-one":
                self._select(self._control(name), value)
            else:
                self.write(self._control(name), value)
        return left

    def _kind(self, name: str) -> str | None:
        found = self._control(name).first
        kind: str | None = found.evaluate("one => one.type") if found.count() else None
        return kind

    def _choose(self, name: str, value: str) -> None:
        """Tab to the group, then by arrows to the one."""
        group = self.form.locator(f'[name="{name}"]:not([type=hidden])')
        chosen = group.and_(self.form.locator(":checked"))
        self.reach(chosen if chosen.count() else group.first)
        wanted = self.form.locator(f'[name="{name}"][value="{value}"]')
        if not chosen.count():
            self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        expect(wanted).to_be_checked()

    def _select(self, box: Locator, value: str) -> None:
        self.reach(box)
        steps = box.evaluate(PLACE_OF, value) - box.evaluate(CHOSEN)
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")

    def _attach(self, files: Mapping[str, list[str]]) -> None:
        for name, names in files.items():
            self._choose_files(self._control(name).last).set_files(documents(names))

    def _choose_files(self, box: Locator) -> FileChooser:
        """Enter opens the dialog; a key pressed in the moment in which the fields are drawn anew is pressed again."""
        for _ in range(MOST_PRESSES):
            self.reach(box)
            with suppress(TimeoutError), self.page.expect_file_chooser(timeout=PATIENCE_MS) as asked:
                self.page.keyboard.press("Enter")
            if asked.is_done():
                return asked.value
        raise AssertionError(f"{self.page.url}: no dialog opens for {box}")

    def _add_rows(self, rows: Iterable[str]) -> None:
        for row in rows:
            mark = self.form.locator(f'[name="{row}._row"]')
            if not mark.count():
                self.press(self.form.locator(f'button[name="_add"][value="{row.rpartition("[")[0]}"]'))
                expect(mark).to_be_attached(timeout=DRAWN_ANEW)
