"""What axe-core has to say of a page as it stands in a window."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
# The rules' names and the places, as few words as lead to the mistake.
JUDGE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
    one => `${one.id}: ${one.nodes.map(node => node.target.join(" ")).slice(0, 3).join(" | ")}`)"""


def blamed(page: Page) -> list[str]:
    """Each rule that is broken with its places; empty where there is nothing to blame."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(JUDGE)
    return found
