// What every page loads. Without it all pages work: each form posts, each fragment is a page.

import htmx from "htmx.org";
import { watchDrafts } from "./drafts";

// The pages allow no inline style and no evaluated code; refusals (409, 422, …) are shown where the answer would have been.
htmx.config.includeIndicatorCSS = false;
htmx.config.defaultTimeout = 30_000;

watchDrafts();

// After a refused form what is wrong gets the focus, on a reload as on a swap: the summary of errors, or the refusal.
function focusErrors(): void {
  document.querySelector<HTMLElement>(".errors[role=alert], .notice[role=alert][tabindex]")?.focus();
}
focusErrors();
document.addEventListener("htmx:after:swap", focusErrors);

// [data-print] prints: a button that a page without scripts does not need.
document.addEventListener("click", (event) => {
  if ((event.target as Element).closest("[data-print]") !== null) window.print();
});
