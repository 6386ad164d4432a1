// What every page loads. Without it all pages work: each form posts, each fragment is a page.

import htmx from "htmx.org";
import { watchDrafts } from "./drafts";

// The pages allow no inline style and no evaluated code; refusals (409, 422, …) are shown where the answer would have been.
htmx.config.includeIndicatorCSS = false;
htmx.config.defaultTimeout = 30_000;

watchDrafts();

// After a refused form the summary of errors gets the focus, on a reload as on a swap.
function focusErrors(): void {
  document.querySelector<HTMLElement>(".errors[role=alert]")?.focus();
}
focusErrors();
document.addEventListener("htmx:after:swap", focusErrors);

// [data-print] prints, [data-dialog="id"] opens a dialog: buttons that a page without scripts does not need.
document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("[data-print], [data-dialog]");
  if (button === null) return;
  if (button.dataset["print"] !== undefined) window.print();
  const dialog = document.getElementById(button.dataset["dialog"] ?? "");
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    dialog.showModal();
  }
});
