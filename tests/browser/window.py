"""A person at a browser: signs in, fills a task's form in as it stands on the page, and reads what comes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page, expect

from service.simulator.cast import PASSWORD
from tests.browser.axe import blamed
from tests.support.page_form import PDF, Pair, flattened

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
# How long a field that depends on another may take: the draft is saved first, on a machine that has other work too.
DRAWN_ANEW = 15_000
# The text boxes, choices and ticks of a form as a browser would send them, its own bookkeeping left out.
ENTERED = """form => [...new FormData(form)].filter(([name, value]) =>
    typeof value === "string" && value !== "" && name !== "csrf_token" && !name.startsWith("_"))"""

KINDS = "form => Object.fromEntries([...form.elements].map(one => [one.name, one.type]))"


def documents(names: Iterable[str]) -> list[FilePayload]:
    """Small documents of these names, to be chosen for a file box."""
    return [{"name": one, "mimeType": "application/pdf", "buffer": PDF} for one in names]


@dataclass
class Window:
    """One window of one person's browser; `address` is the service's, without a slash at its end."""

    page: Page
    address: str

    def open(self, path: str) -> Window:
        """Go to a page, which must be there."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        return self

    def sign_in(self, login: str) -> Window:
        """By the form, as far as the person's first page."""
        self.open("/sign-in")
        self.page.get_by_label("账号").fill(login)
        self.page.get_by_label("口令").fill(PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url("**/home")
        return self

    def start(self, path: str) -> None:
        """Press the button that starts a procedure and go on to its first task."""
        self.page.locator(f'form[action="{path}"] button').click()
        self.page.wait_for_url("**/tasks/*")

    def open_task(self, name: str) -> Window:
        """Find a task of this name in the inbox: mine, or what can be claimed."""
        self.open("/tasks?scope=groups")
        self.page.locator(".row--pick", has_text=name).locator("a").first.click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(name)
        return self

    @property
    def form(self) -> Locator:
        """The task's form."""
        return self.page.locator("#task-form")

    def fill_in(self, data: Mapping[str, Any]) -> None:
        """Write nested data into the controls of their names; rows are added by their button, files are chosen last."""
        pairs, files = flattened(data)
        self._add_rows(name.removesuffix("._row") for name, _ in pairs if name.endswith("._row"))
        pairs = [(name, value) for name, value in pairs if not name.endswith("._row")]
        left = self._enter(pairs)
        while left:  # what was entered before makes others come on the page
            expect(self._control(left[0][0]).first).to_be_attached(timeout=DRAWN_ANEW)
            left = self._enter(left)
        by_name: dict[str, list[str]] = {}
        for name, file_name, _ in files:
            by_name.setdefault(name, []).append(file_name)
        self._attach(by_name)
        missing = [pair for pair in pairs if pair not in self.entered()]
        assert not missing, f"entered, but no longer on the page: {missing}"

    def entered(self) -> list[Pair]:
        """What the form would send."""
        return [(name, value) for name, value in self.form.evaluate(ENTERED)]

    def saved(self) -> None:
        """Wait until the page says that the draft is on the server."""
        expect(self.form.locator(".saved")).to_contain_text("已保存", timeout=DRAWN_ANEW)

    def send(self) -> None:
        """Press the form's primary button; the act must be accepted."""
        self.form.locator('button[name="_submit"]').click()
        self._is_accepted()

    def follow(self, link: Locator) -> None:
        """Go along a link."""
        link.click()

    def tick(self, box: Locator) -> None:
        """Put a tick into a box."""
        box.check()

    def _is_accepted(self) -> None:
        expect(self.page.locator(".toast, .errors, .notice[role=alert]").first).to_be_visible(timeout=DRAWN_ANEW)
        told = self.page.locator(".toast")
        assert told.count(), self.page.locator(".errors, .notice[role=alert]").first.inner_text()
        expect(told).to_contain_text("已办结")

    def complete(self, name: str, data: Mapping[str, Any]) -> None:
        """A task from the inbox to its end; its page must fit a phone."""
        self.open_task(name)
        self.fits_a_phone()
        self.fill_in(data)
        self.send()

    def fits_a_phone(self) -> None:
        """No page is wider than the narrowest screen people have; the window is as wide as before afterwards."""
        self.page.set_viewport_size(PHONE)
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.set_viewport_size(DESK)
        assert wide <= PHONE["width"], f"{self.page.url} is {wide} px wide on a phone"

    def suits_everybody(self) -> None:
        """The page fits a phone, and axe-core finds nothing to blame there."""
        self.fits_a_phone()
        self.page.set_viewport_size(PHONE)
        found = blamed(self.page)
        self.page.set_viewport_size(DESK)
        assert not found, f"{self.page.url}: {found}"

    def _control(self, name: str) -> Locator:
        return self.form.locator(f'[name="{name}"]:not([type=hidden])')

    def _enter(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Enter what has a control on the page now; the pairs that have none."""
        kinds: dict[str, str] = self.form.evaluate(KINDS)
        left = []
        for name, value in pairs:
            kind = kinds.get(name)
            if kind is None:
                left.append((name, value))
            elif kind in ("radio", "checkbox"):
                # by its words, as people do: where a judgement is drawn in one line the circle itself is not to be seen
                box = self.form.locator(f'[name="{name}"][value="{value}"]')
                if not box.is_checked():
                    box.locator("xpath=ancestor::label").click()
            elif kind == "select-one":
                self._control(name).select_option(value)
            else:
                self._control(name).fill(value)
        return left

    def _attach(self, files: Mapping[str, list[str]]) -> None:
        """Choose files of these names for the controls of these names."""
        for name, names in files.items():
            self._control(name).set_input_files(documents(names))

    def _add_rows(self, rows: Iterable[str]) -> None:
        for row in rows:
            mark = self.form.locator(f'[name="{row}._row"]')
            if mark.count():
                continue
            self.form.locator(f'button[name="_add"][value="{row.rpartition("[")[0]}"]').click()
            expect(mark).to_be_attached()
