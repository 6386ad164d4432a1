// The live diagram: the designer's own drawing, read only, with what is done, where the tokens are and what is overdue.
//
//   <div class="bpmn" data-diagram-url="…" data-marks-url="…" aria-label="one sentence that says the same"></div>
//
// The first address answers the BPMN file, the second JSON: {"marks": {"<element id>": "done" | "now" | "overdue"},
// "links": {"<element id>": "<address of the called process's page>"}}. Instead of data-marks-url, data-marks may hold that JSON.
// The bpmn.io mark in the corner stays: the licence of bpmn-js asks for it.

import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./diagram.css";

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import type Canvas from "diagram-js/lib/core/Canvas";
import type ElementRegistry from "diagram-js/lib/core/ElementRegistry";
import type Overlays from "diagram-js/lib/features/overlays/Overlays";
import { text } from "./words";

type State = "done" | "now" | "overdue";
interface Marks {
  readonly marks: Readonly<Record<string, State>>;
  readonly links: Readonly<Record<string, string>>;
}
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const STEP = 80;
const READABLE = 0.7;
// bpmn-js centres a fitted diagram when any point is given; which one does not matter.
const CENTRED = { x: 0, y: 0 };

async function fetchText(url: string): Promise<string> {
  const answer = await fetch(url, { headers: { Accept: "application/xml, application/json" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.text();
}

async function readMarks(holder: HTMLElement): Promise<Marks> {
  const url = holder.dataset["marksUrl"];
  const json = url === undefined ? (holder.dataset["marks"] ?? "{}") : await fetchText(url);
  const found = JSON.parse(json) as Partial<Marks>;
  return { marks: found.marks ?? {}, links: found.links ?? {} };
}

function button(key: "whole" | "here" | "closer" | "wider", act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "bpmn__tool";
  made.textContent = key === "closer" ? "+" : key === "wider" ? "−" : text(key);
  made.setAttribute("aria-label", text(key));
  made.addEventListener("click", act);
  return made;
}

class LiveDiagram {
  private readonly canvas: Canvas;
  private readonly registry: ElementRegistry;

  constructor(
    private readonly holder: HTMLElement,
    private readonly viewer: NavigatedViewer,
    private readonly state: Marks,
  ) {
    this.canvas = viewer.get<Canvas>("canvas");
    this.registry = viewer.get<ElementRegistry>("elementRegistry");
  }

  show(): void {
    for (const [id, mark] of Object.entries(this.state.marks)) {
      if (this.registry.get(id) === undefined) continue;
      this.canvas.addMarker(id, mark);
      // What is overdue is also where the case is now; the colour is never the only sign, see diagram.css.
      if (mark === "overdue") this.canvas.addMarker(id, "now");
    }
    for (const [id, address] of Object.entries(this.state.links)) this.link(id, address);
    this.tools();
    this.holder.addEventListener("keydown", (event) => this.key(event));
    this.openOnceSeen();
  }

  /** A narrow screen hides the diagram; turned on its side it may show it. What has no width cannot be fitted. */
  private openOnceSeen(): void {
    if (this.holder.clientWidth > 0) {
      this.open();
      return;
    }
    const seen = new ResizeObserver(() => {
      if (this.holder.clientWidth === 0) return;
      seen.disconnect();
      this.canvas.resized();
      this.open();
    });
    seen.observe(this.holder);
  }

  /** A link on the call activity: to be reached by Tab, opened by Enter, and to be copied as any link. */
  private link(id: string, address: string): void {
    const element = this.registry.get(id);
    if (element === undefined) return;
    const name = String((element["businessObject"] as { name?: string } | undefined)?.name ?? id);
    const link = document.createElement("a");
    link.className = "bpmn__open";
    link.href = address;
    link.title = text("open", { name });
    link.setAttribute("aria-label", link.title);
    link.addEventListener("focus", () => this.canvas.scrollToElement(id, STEP));
    this.viewer.get<Overlays>("overlays").add(id, "open", { position: { bottom: 12, right: 12 }, html: link });
  }

  private tools(): void {
    const bar = document.createElement("div");
    bar.className = "bpmn__tools";
    bar.append(
      button("here", () => this.goToTokens()),
      button("whole", () => this.canvas.zoom("fit-viewport", CENTRED)),
      button("closer", () => this.canvas.zoom(this.canvas.zoom() * 1.25)),
      button("wider", () => this.canvas.zoom(this.canvas.zoom() / 1.25)),
    );
    this.holder.append(bar);
  }

  private tokens(): Box[] {
    const here = (id: string): boolean => this.state.marks[id] === "now" || this.state.marks[id] === "overdue";
    return this.registry.filter((element) => here(element.id)).map((element) => element as unknown as Box);
  }

  /** The whole diagram where it stays readable, else the place where the case is now, else its beginning. */
  private open(): void {
    if (this.canvas.zoom("fit-viewport", CENTRED) < READABLE) this.goToTokens();
  }

  private goToTokens(): void {
    const [first, ...others] = this.tokens();
    const { inner, outer } = this.canvas.viewbox();
    const place = first ?? { x: inner.x, y: inner.y, width: outer.width, height: outer.height };
    let [left, top, right, bottom] = [place.x, place.y, place.x + place.width, place.y + place.height];
    for (const box of others) {
      [left, top] = [Math.min(left, box.x), Math.min(top, box.y)];
      [right, bottom] = [Math.max(right, box.x + box.width), Math.max(bottom, box.y + box.height)];
    }
    const scale = Math.min(1, Math.max(READABLE, outer.width / (right - left + 400)));
    const [width, height] = [outer.width / scale, outer.height / scale];
    this.canvas.viewbox({ x: (left + right - width) / 2, y: (top + bottom - height) / 2, width, height });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.canvas.scroll({ dx: STEP, dy: 0 }),
      ArrowRight: () => this.canvas.scroll({ dx: -STEP, dy: 0 }),
      ArrowUp: () => this.canvas.scroll({ dx: 0, dy: STEP }),
      ArrowDown: () => this.canvas.scroll({ dx: 0, dy: -STEP }),
      "+": () => this.canvas.zoom(this.canvas.zoom() * 1.25),
      "=": () => this.canvas.zoom(this.canvas.zoom() * 1.25),
      "-": () => this.canvas.zoom(this.canvas.zoom() / 1.25),
      "0": () => this.canvas.zoom("fit-viewport", CENTRED),
      Home: () => this.goToTokens(),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }
}

async function draw(holder: HTMLElement): Promise<void> {
  const url = holder.dataset["diagramUrl"];
  if (url === undefined) return;
  holder.classList.add("bpmn--live");
  holder.tabIndex = 0;
  holder.setAttribute("role", "group");
  if (!holder.hasAttribute("aria-label")) holder.setAttribute("aria-label", text("diagram"));
  try {
    const [xml, state] = await Promise.all([fetchText(url), readMarks(holder)]);
    const viewer = new NavigatedViewer({
      container: holder,
      bpmnRenderer: { defaultFillColor: "var(--bp-fill)", defaultStrokeColor: "var(--bp-line)", defaultLabelColor: "var(--bp-text)" },
      // The wheel belongs to the page: a diagram that swallows it stops the reader half-way down.
      zoomScroll: { enabled: false },
    });
    await viewer.importXML(xml);
    new LiveDiagram(holder, viewer, state).show();
    holder.dataset["state"] = "shown";
  } catch (error) {
    holder.dataset["state"] = "failed";
    holder.textContent = text("unreadable");
    console.warn(error);
  }
}

function drawAll(): void {
  for (const holder of document.querySelectorAll<HTMLElement>(".bpmn[data-diagram-url]:not([data-state])")) {
    holder.dataset["state"] = "loading";
    void draw(holder);
  }
}

drawAll();
document.addEventListener("htmx:after:swap", drawAll);
