// Drafts: the saved state in words, and a copy on the device while the server cannot be reached.
//
//   <form data-draft="<user id>:<task id>" data-draft-url="/tasks/7?draft" …> … <span class="saved" role="status"></span> </form>
//
// With data-draft-url the form is posted there two seconds after the last change (the server answers 2xx, 401, 409 or 422);
// without it, the requests that htmx sends from inside the form are watched. A copy is kept on the device only while saving fails,
// never holds passwords, files or tokens, is offered on the next visit, and is removed once the server has the draft
// or somebody signs out.

import { moment, text } from "./words";

const PREFIX = "shenbao.draft.";
const PAUSE_MS = 2_000;
const SWAP_MS = 300;

interface Backup {
  readonly at: string;
  readonly pairs: readonly (readonly [string, string])[];
  // The revision of the draft when the form was posted with these entries.
  readonly posted?: number;
}

function pairsOf(form: HTMLFormElement): [string, string][] {
  const secret = new Set(["csrf", "csrf_token", "_csrf", "_key"]);
  for (const field of form.querySelectorAll<HTMLInputElement>("input[type=password]")) secret.add(field.name);
  const pairs: [string, string][] = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !secret.has(name)) pairs.push([name, value]);
  }
  return pairs;
}

function readBackup(key: string): Backup | null {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? "null") as Backup | null;
    return found !== null && Array.isArray(found.pairs) ? found : null;
  } catch {
    return null;
  }
}

/** Fills the form from a backup; a field that no longer exists is left out. */
function fill(form: HTMLFormElement, pairs: Backup["pairs"]): void {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      field.checked = values.get(field.name)?.includes(field.value) ?? false;
    } else if (field instanceof HTMLSelectElement && field.multiple) {
      for (const option of field.options) option.selected = values.get(field.name)?.includes(option.value) ?? false;
    } else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) {
      const value = values.get(field.name)?.shift();
      const skipped = field.type === "hidden" || field.type === "file" || field.type === "password" || field.type === "submit";
      if (value !== undefined && !skipped) field.value = value;
    }
  }
}

class Draft {
  private readonly key: string;
  private readonly url: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;
  private saving = false;
  private waiting: HTMLElement | null = null;
  /** The form has been posted: a save now would race with it for the same revision. */
  leaving = false;

  constructor(private readonly form: HTMLFormElement) {
    this.key = PREFIX + (form.dataset["draft"] ?? "");
    this.url = form.dataset["draftUrl"];
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("submit", (event) => this.submitted(event));
    this.offer();
  }

  /** What the form holds now; a draft carries no files, they are sent once, when the form is, but names those kept. */
  entries(): FormData {
    const body = new FormData(this.form);
    for (const [name, value] of [...body]) {
      if (!(value instanceof File)) continue;
      const kept = body.getAll(name).filter((one) => !(one instanceof File)); // ticks of the same name: files kept
      body.delete(name);
      for (const one of kept) body.append(name, one);
    }
    return body;
  }

  private say(message: string, busy = false): void {
    const line = this.form.querySelector<HTMLElement>(".saved") ?? document.querySelector<HTMLElement>(".saved");
    if (line === null) return;
    line.textContent = message;
    line.classList.toggle("saved--busy", busy);
  }

  private changed(): void {
    if (!navigator.onLine) this.keep("keptOffline");
    if (this.url === undefined) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), PAUSE_MS);
  }

  private async save(): Promise<void> {
    if (this.url === undefined || !this.form.isConnected) return;
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.sending();
    const body = this.entries();
    try {
      const answer = await fetch(this.url, {
        method: "POST",
        body,
        headers: { "HX-Request": "true" },
        redirect: "manual",
        signal: running.signal,
      });
      // A redirect is the sign-in page: fetch shows it as an opaque answer with status 0.
      this.answered(answer.type === "opaqueredirect" ? 401 : answer.status);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) this.unreachable();
    }
  }

  sending(): void {
    this.saving = true;
    this.say(text("saving"), true);
  }

  answered(status: number): void {
    this.saving = false;
    if (this.waiting !== null) setTimeout(() => this.settled(), SWAP_MS); // an answer that changes nothing is not swapped
    if (status < 400) {
      localStorage.removeItem(this.key);
      this.say(text("saved", { time: moment(new Date()) }));
    } else if (status === 409) {
      this.keep("conflict");
    } else {
      this.keep(status === 401 || status === 403 ? "keptSignedOut" : "keptFailed");
    }
  }

  /** The page has the draft's new revision: what was pressed meanwhile is done now. */
  settled(): void {
    const pressed = this.waiting;
    if (pressed === null || this.saving) return;
    this.waiting = null;
    this.form.requestSubmit(pressed);
  }

  unreachable(): void {
    this.saving = false;
    this.waiting = null;
    this.keep(navigator.onLine ? "keptFailed" : "keptOffline");
  }

  private keep(reason: "keptOffline" | "keptSignedOut" | "keptFailed" | "conflict"): void {
    try {
      this.store();
      this.say(text(reason));
    } catch {
      this.say(""); // storage is full or forbidden: promise nothing
    }
  }

  private store(posted?: number): void {
    const backup: Backup = { at: new Date().toISOString(), pairs: pairsOf(this.form), ...(posted === undefined ? {} : { posted }) };
    localStorage.setItem(this.key, JSON.stringify(backup));
  }

  private revision(): number {
    return Number(this.form.querySelector<HTMLInputElement>("[name=_revision]")?.value ?? 0);
  }

  private submitted(event: SubmitEvent): void {
    clearTimeout(this.timer);
    this.running?.abort();
    if (!navigator.onLine) {
      event.preventDefault();
      this.keep("keptOffline");
    } else if (this.saving) {
      // Posted now it would carry the revision that is just being replaced, and look like another window's.
      event.preventDefault();
      this.waiting = event.submitter;
      setTimeout(() => this.settled(), PAUSE_MS * 5);
    } else {
      this.leaving = true;
      if (readBackup(this.key) !== null) {
        try {
          this.store(this.revision());
        } catch {
          // storage is full or forbidden: the older copy stays
        }
      }
    }
  }

  private offer(): void {
    const backup = readBackup(this.key);
    if (backup === null) return;
    if (backup.posted !== undefined && this.revision() > backup.posted) {
      localStorage.removeItem(this.key); // the server has it
      return;
    }
    const line = document.createElement("div");
    line.className = "notice notice--amber mb-4";
    line.setAttribute("role", "status");
    const sentence = document.createElement("p");
    sentence.textContent = text("found", { time: moment(new Date(backup.at)) });
    const restore = document.createElement("button");
    const discard = document.createElement("button");
    for (const button of [restore, discard]) {
      button.type = "button";
      button.className = "btn btn--s";
    }
    restore.textContent = text("restore");
    discard.textContent = text("discard");
    restore.addEventListener("click", () => {
      fill(this.form, backup.pairs);
      line.remove();
      this.form.dispatchEvent(new Event("change", { bubbles: true }));
    });
    discard.addEventListener("click", () => {
      localStorage.removeItem(this.key);
      line.remove();
    });
    const buttons = document.createElement("div");
    buttons.className = "btns";
    buttons.append(restore, discard);
    line.append(document.createElement("span"), sentence, buttons);
    this.form.prepend(line);
  }
}

const drafts = new WeakMap<HTMLFormElement, Draft>();

function draftOf(target: EventTarget | null): Draft | undefined {
  const form = target instanceof Element ? target.closest<HTMLFormElement>("form[data-draft]") : null;
  return form === null ? undefined : drafts.get(form);
}

function adopt(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) {
    if (!drafts.has(form)) drafts.set(form, new Draft(form));
  }
}

function forgetAll(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}

interface Exchange {
  readonly ctx: { readonly request: { body: unknown }; readonly response?: { readonly status: number } };
}

/** Watches every form with data-draft, those of later swaps too; [data-sign-out] forms clear the device. */
export function watchDrafts(): void {
  adopt();
  document.addEventListener("htmx:after:swap", (event) => {
    adopt();
    draftOf(event.target)?.settled();
  });
  document.addEventListener("htmx:before:request", (event) => {
    const draft = draftOf(event.target);
    if (draft === undefined) return;
    if (draft.leaving) {
      event.preventDefault();
      return;
    }
    // A save that waited for an earlier one was made up before its answer: it would send the revision that has been replaced,
    // and nothing of what was typed since.
    const { request } = (event as CustomEvent<Exchange>).detail.ctx;
    if (request.body instanceof FormData) request.body = draft.entries();
    draft.sending();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const status = (event as CustomEvent<Exchange>).detail.ctx.response?.status;
    if (status !== undefined) draftOf(event.target)?.answered(status);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) {
      const draft = drafts.get(form);
      if (draft !== undefined) draft.leaving = false; // back from the next page, as it was left
    }
  });
  document.addEventListener("htmx:error", (event) => draftOf(event.target)?.unreachable());
  document.addEventListener("submit", (event) => {
    if (event.target instanceof Element && event.target.matches("[data-sign-out]")) forgetAll();
  });
}
