/* The playground's front end: it draws and asks; Python (widget.py) trains and answers.

Python never runs by itself. A request is {n, do, …}; its reply carries that n as `to`, and only then the next request
is sent. So a slow kernel is never flooded, and a page that is closed, or hidden, trains no further.

  open               → a form, then a frame             draw    {points: [[x, y], …]}          own data, for all games
  advance {steps}                                       scrub   {to: index, or null = now}     an earlier moment
  move    {player}   one player alone                   preset  {name}
  change  {game, settings}                              compare {on}                           a second game, B
  restart                                               look    {arrows, lines, optimal, exact, time}, or some
  code               → {kind: "code", text}             all others → a frame; any → {kind: "error", text}

A form says which settings there are. A frame has an entry for each game, with its arrays as binary buffers: points
[n, 2], arrows [m, 4] (x, y, dx, dy), lines [l, k, 2] in float32, D's heat maps [c, c] in uint8. No `real`: the same. */

const COLOURS = { real: "#0072B2", generated: "#E69F00", edge: "#5C4000", lines: "#9E5E81", arrows: "#1A1A1A" };
const VERDICT = ["#B35806", "#F1A340", "#FBE3C0", "#F7F7F7", "#C9DDF0", "#5E9DCB", "#08519C"]; // generated … real
const SPEEDS = [[0, "slow: 4 steps a second"], ...[1, 10, 100].map((k) => [k, `${k} step${k > 1 ? "s" : ""} a frame`])];
const SLOW = 250; // milliseconds that a step takes in slow motion
const SPEAK = 5000; // milliseconds between two sentences to a screen reader
const PATIENCE = 15000; // milliseconds without an answer, until we say so
const SILENCE = "Python does not answer: another cell may be running, or the kernel was restarted (run this cell again).";
const SPACING = 0.02; // of the width, between two points of a stroke
let ids = Math.floor(Math.random() * 1e9); // no two playgrounds of a page share an id

export default { render };

function render({ model, el }) {
  const playground = new Playground(model, el);
  return () => playground.close();
}

/** An element with properties (or attributes, where there is no such property) and children. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const button = (words, title, onclick) => make("button", { type: "button", title, onclick }, words);
const part = (name, ...children) => make("div", { className: `playground-${name}` }, ...children);
const option = ([value, words]) => make("option", { value: String(value) }, words);
const select = (choices, onchange) => make("select", { onchange }, ...choices.map(option));
const setText = (element, words) => { if (element.textContent !== words) element.textContent = words; };
const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));
const nextPicture = () => new Promise((wake) => requestAnimationFrame(wake));

/** A row of a label, its control, and what goes with it. */
function labelled(words, control, title = "", ...more) {
  Object.assign(control, { id: `playground-${++ids}`, title });
  return part(`row playground-${control.type}`, make("label", { htmlFor: control.id, title }, words), control, ...more);
}

/** A <details> that is open when it was open before, on this page or an earlier one. */
function remembered(name, summary, ...children) {
  const details = make("details", {}, make("summary", {}, summary), ...children);
  try { // a page may be forbidden to store anything
    details.open = localStorage.getItem(`playground-${name}`) === "open";
    details.addEventListener("toggle", () => localStorage.setItem(`playground-${name}`, details.open ? "open" : ""));
  } catch { /* then nothing is remembered */ }
  return details;
}

// ---- the conversation with Python: requests in their order, never more than one at a time

/** `ask(request)` is a promise of its end; `hear(message, buffers)` gets what Python says. */
function converse(model, hear) {
  const waiting = [];
  let [current, timer, number] = [null, null, Math.floor(Math.random() * 2 ** 40)]; // other views count elsewhere
  const sendNext = () => {
    if (current || !waiting.length) return;
    current = { n: ++number, ...waiting.shift() };
    timer = setTimeout(() => hear({ kind: "silence" }), PATIENCE);
    model.send({ n: current.n, ...current.request });
  };
  const receive = (message, buffers) => {
    const mine = current?.n === message.to;
    if (mine || message.kind === "frame") hear(message, buffers); // a frame is news for every view of the model
    if (!mine || message.kind === "form") return; // after a form comes its frame
    clearTimeout(timer);
    current.done();
    current = null;
    sendNext();
  };
  const ask = (request) => new Promise((done) => {
    if (waiting.length && undoes(request, waiting.at(-1).request)) waiting.pop().done();
    waiting.push({ request, done });
    sendNext();
  });
  const close = () => {
    clearTimeout(timer);
    waiting.length = 0;
    model.off("msg:custom", receive);
  };
  model.on("msg:custom", receive);
  return { ask, close };
}

/** Whether a request makes an earlier one of no effect, which is then not sent: a slider that is dragged makes many. */
function undoes(request, earlier) {
  const what = (one) => [one.do, one.game, ...Object.keys({ ...one, ...one.settings })].join();
  return ["change", "scrub", "look"].includes(request.do) && what(request) === what(earlier);
}

/** The arrays of one game, {name: {values, shape}}, out of the message's buffers. */
function unpack(references, buffers) {
  return Object.fromEntries(Object.entries(references).map(([name, [index, shape]]) => {
    const { buffer, byteOffset, byteLength } = buffers[index];
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
    const isHeat = ["heat", "optimal", "density"].includes(name);
    return [name, { values: isHeat ? new Uint8Array(bytes) : new Float32Array(bytes), shape }];
  }));
}

// ---- drawing

const RING = new Path2D("M 1 0 A 1 1 0 0 0 -1 0 A 1 1 0 0 0 1 0 Z");
const TRIANGLE = new Path2D("M 0 -1.25 L 1.1 0.75 L -1.1 0.75 Z");
const LAYERS = { // from the bottom to the top
  heat: drawHeat,
  optimal: drawHeat,
  density: drawHeat,
  real: (sheet, points) => stamp(sheet, points, RING, "transparent", COLOURS.real, 0.4),
  generated: (sheet, points) => stamp(sheet, points, TRIANGLE, COLOURS.generated, COLOURS.edge, 0.25),
  lines: drawLines,
  arrows: drawArrows,
};
const PALETTE = palette();

/** 256 colours, each as RGBA in one number, half as strong as the samples that lie on them. */
function palette() {
  const pen = make("canvas", { width: 256, height: 1 }).getContext("2d");
  const gradient = pen.createLinearGradient(0, 0, 256, 0);
  VERDICT.forEach((colour, k) => gradient.addColorStop(k / (VERDICT.length - 1), colour));
  for (const fillStyle of [gradient, "rgb(255 255 255 / 50%)"]) Object.assign(pen, { fillStyle }).fillRect(0, 0, 256, 1);
  return new Uint32Array(pen.getImageData(0, 0, 256, 1).data.buffer);
}

/** The arrays of a game that are given, and below them a legend: now and then it is told to screen readers, too. */
function paintPlane({ canvas, caption }, game, arrays, speak) {
  const sheet = sheetOf(canvas, game.extent);
  const legend = { real: "real", generated: "generated", ...game.legend };
  const names = Object.keys(LAYERS).filter((name) => arrays[name]);
  for (const name of names) LAYERS[name](sheet, arrays[name]);
  const words = names.map((name) => legend[name]).join("; ");
  if (speak) canvas.setAttribute("aria-label", `Game ${game.name}, step ${game.step}: ${words}`);
  if (caption.title === words) return;
  caption.title = words;
  caption.replaceChildren(...names.map((name) => make("span", { className: `playground-of-${name}` }, legend[name])));
}

/** The canvas at the screen's resolution, white, with functions from the plane's units to its pixels. */
function sheetOf(canvas, [x0, x1, y0, y1]) {
  canvas.style.aspectRatio = `${x1 - x0} / ${y1 - y0}`;
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * ratio));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d", { alpha: false });
  Object.assign(pen, { fillStyle: "#FFFFFF", lineWidth: ratio });
  pen.fillRect(0, 0, width, height);
  const x = (value) => ((value - x0) / (x1 - x0)) * width;
  const y = (value) => ((y1 - value) / (y1 - y0)) * height;
  return { pen, width, height, ratio, x, y };
}

function drawHeat({ pen, width, height }, { values, shape: [rows, columns] }) {
  const small = make("canvas", { width: columns, height: rows });
  const colours = Uint32Array.from(values, (level) => PALETTE[level]);
  small.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(colours.buffer), columns, rows), 0, 0);
  pen.drawImage(small, 0, 0, width, height); // the browser smooths it
}

/** One picture of the mark, copied to each point: much faster than to draw the mark there. */
function stamp({ pen, ratio, width, x, y }, { values }, mark, fillStyle, strokeStyle, lineWidth) {
  const radius = Math.max(2.2 * ratio, Math.min(width / 110, 3.6 * ratio));
  const half = Math.ceil(2 * radius);
  const picture = make("canvas", { width: 2 * half, height: 2 * half });
  const small = Object.assign(picture.getContext("2d"), { fillStyle, strokeStyle, lineWidth });
  small.setTransform(radius, 0, 0, radius, half, half);
  small.fill(mark);
  small.stroke(mark);
  for (let at = 0; at < values.length; at += 2) {
    pen.drawImage(picture, Math.round(x(values[at]) - half), Math.round(y(values[at + 1]) - half));
  }
}

function drawLines({ pen, x, y }, { values, shape: [count, length] }) {
  pen.strokeStyle = COLOURS.lines;
  for (let line = 0; line < count; line++) {
    pen.beginPath();
    for (let at = 2 * line * length; at < 2 * (line + 1) * length; at += 2) pen.lineTo(x(values[at]), y(values[at + 1]));
    pen.stroke();
  }
}

function drawArrows({ pen, ratio, x, y }, { values }) {
  Object.assign(pen, { strokeStyle: COLOURS.arrows, lineWidth: 1.3 * ratio });
  for (let at = 0; at < values.length; at += 4) {
    const [fromX, fromY, dx, dy] = values.subarray(at, at + 4);
    const [startX, startY, endX, endY] = [x(fromX), y(fromY), x(fromX + dx), y(fromY + dy)];
    const angle = Math.atan2(endY - startY, endX - startX);
    const head = Math.min(5 * ratio, Math.hypot(endX - startX, endY - startY) / 2);
    pen.beginPath();
    pen.moveTo(startX, startY);
    for (const side of [angle - 0.5, angle + 0.5]) {
      pen.lineTo(endX, endY);
      pen.lineTo(endX - head * Math.cos(side), endY - head * Math.sin(side));
    }
    pen.stroke();
  }
}

// ---- settings: a row each, and show(value); change(value) is called when somebody chooses one

function settingOf(field, change) {
  const help = [field.help, field.restarts && "Changing it starts the game again."].filter(Boolean).join(" – ");
  const name = field.restarts ? `${field.label} ↻` : field.label;
  if (field.kind === "number") return numberOf(field, name, help, change);
  if (field.kind === "flag") {
    const box = make("input", { type: "checkbox", onchange: () => change(box.checked) });
    return { field, row: labelled(name, box, help), show: (value) => { box.checked = value; } };
  }
  const choice = select(field.choices, () => change(field.choices.find(([value]) => `${value}` === choice.value)[0]));
  return { field, row: labelled(name, choice, help), show: (value) => { choice.value = `${value}`; } };
}

function numberOf(field, name, help, change) {
  const { least, most, whole, log, slides, restarts } = field;
  const low = least || most / 1e5; // a logarithm knows no 0: there the slider has it at its very end
  const placeOf = (value) => (log ? Math.log(value / low) / Math.log(most / low) : (value - least) / (most - least));
  const valueAt = (at) => (!log ? least + at * (most - least) : at > 0 ? low * (most / low) ** at : least);
  const rounded = (value) => (whole ? Math.round(value) : Number(value.toPrecision(3)));
  const number = make("input", { type: "number", min: least, max: most, step: whole ? 1 : "any" });
  const slider = make("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": `${field.label}, slider` });
  let touched = false; // somebody types or drags: leave it to them
  const put = (value) => {
    number.value = value;
    slider.value = Math.max(0, placeOf(value));
    slider.setAttribute("aria-valuetext", value);
  };
  slider.oninput = () => {
    touched = true;
    put(rounded(valueAt(slider.valueAsNumber)));
    if (!restarts) change(number.valueAsNumber);
  };
  number.oninput = () => { touched = true; };
  number.onchange = slider.onchange = () => {
    touched = false;
    change(number.valueAsNumber);
  };
  const row = labelled(name, number, help, ...(log || slides ? [slider] : []));
  return { field, row, show: (value) => touched || put(value) };
}

/** What can be chosen to see, told like the settings that Python tells. */
const lookOf = (losses) => [
  { name: "optimal", kind: "flag", label: "optimal D", help: "the best D against this generator, beside it" },
  { name: "exact", kind: "flag", label: "exact velocity", help: "what the flow should learn, and its density, beside it",
    for: ["flow"] },
  { name: "lines", kind: "flag", label: "warped grid", help: "where the generator takes a grid; the paths of a flow" },
  { name: "arrows", kind: "choice", label: "arrows", help: "how a loss pulls the points; the velocity of a flow",
    choices: [["", "none"], ...losses], for: ["GAN", "flow"] },
  { name: "time", kind: "number", label: "time", help: "of the flow: 0 is the noise, 1 the data", least: 0, most: 1,
    slides: true, for: ["flow"] },
];

/** The points in a text with one "x, y" a line, and the numbers of the lines that are none. */
function parsePoints(text) {
  const rows = text.split("\n").map((line) => line.split(/[\s,;]+/).filter(Boolean).map(Number));
  const isBad = (row) => row.length && !(row.length === 2 && row.every(Number.isFinite));
  return { points: rows.filter((row) => row.length), bad: rows.flatMap((row, at) => (isBad(row) ? [at + 1] : [])) };
}

// ---- one game on the screen: a title, its planes, notes and curves

function cardOf() {
  const plane = () => {
    const [canvas, caption] = [make("canvas", { role: "img" }), make("figcaption")];
    return { canvas, caption, figure: make("figure", {}, canvas, caption) };
  };
  const [title, sentence, note, charts] = ["h3", "p", "p", "div"].map((tag) => make(tag));
  const [game, optimal, exact] = [plane(), plane(), plane()];
  const planes = part("planes", game.figure, optimal.figure, exact.figure);
  const section = make("section", {}, title, sentence, note, planes, charts);
  return { title, sentence, note, charts, game, optimal, exact, section };
}

function paintCard(card, game, drawn, speak) {
  const { optimal, exact, exact_lines: lines, exact_arrows: arrows, ...arrays } = game.arrays;
  const title = [`${game.name}: ${game.title}`, game.difference].filter(Boolean).join(" – ");
  setText(card.title, `${title} · step ${game.step.toLocaleString("en")}`);
  setText(card.sentence, game.sentence);
  setText(card.note, game.note);
  if (card.shown !== game.charts) card.charts.innerHTML = card.shown = game.charts;
  card.optimal.figure.hidden = !optimal;
  card.exact.figure.hidden = !exact;
  paintPlane(card.game, game, drawn ? { ...arrays, real: drawn } : arrays, speak);
  const told = { ...game, legend: { ...game.legend, generated: game.legend.exact } };
  if (exact) paintPlane(card.exact, told, { density: arrays.density, generated: exact, lines, arrows }, speak);
  if (optimal) paintPlane(card.optimal, game, { optimal, real: arrays.real, generated: arrays.generated }, speak);
}

// ---- the playground

class Playground {
  constructor(model, el) {
    Object.assign(this, { games: [], cards: [], settings: [], chosen: 0, unanswered: 0, loop: 0, spoke: 0 });
    el.append(this.build());
    this.python = converse(model, (message, buffers) => this[message.kind](message, buffers));
    this.resized = new ResizeObserver(() => this.paint()); // at once: at the next picture the page may be in between
    this.resized.observe(this.root);
    this.keepKeys = (event) => { // letters and arrows typed here move the controls, and are no commands to JupyterLab
      const isTyped = !(event.ctrlKey || event.metaKey || event.altKey);
      if (isTyped && event.composedPath().includes(this.root)) event.stopPropagation();
    };
    window.addEventListener("keydown", this.keepKeys, true); // before JupyterLab's own, at the document
    this.python.ask({ do: "open" });
  }

  close() {
    this.loop++;
    window.removeEventListener("keydown", this.keepKeys, true);
    this.resized.disconnect();
    this.python.close();
  }

  build() {
    const doing = (words, title, request) => button(words, title, () => this.want(request));
    const alone = (name, player) => doing(`${name} alone`, `One step of the ${player} only`, { do: "move", player });
    const box = (act) => make("input", { type: "checkbox", onchange: act });
    this.playButton = button("", "Train on, until paused", () => (this.playing ? this.pause() : this.play()));
    this.alone = [alone("D", "discriminator"), alone("G", "generator")];
    this.speed = Object.assign(select(SPEEDS), { value: "1" });
    this.compare = box(() => this.want({ do: "compare", on: this.compare.checked }));
    this.moment = make("input", { type: "range", min: 0, max: 0, step: 1, oninput: () => this.scrub() });
    this.pen = button("✎ Draw your own data", "With mouse, finger or pen, in the plane of A", () => this.toggleDrawing());
    this.pen.setAttribute("aria-pressed", "false");
    this.program = make("pre", { tabIndex: 0, role: "region", "aria-label": "The code of this game" });
    this.copyButton = button("Copy", "Copy the code", () => this.copy());
    this.codeBox = remembered("code", "Show me the code", this.copyButton, this.program);
    this.codeBox.addEventListener("toggle", () => this.codeBox.open && this.python.ask({ do: "code" }));
    [this.when, this.alert, this.words] = ["output", "p", "p"].map((tag) => make(tag));
    [this.presets, this.left, this.right] = ["presets", "settings", "games"].map((name) => part(name));
    this.alert.setAttribute("role", "alert");
    this.words.setAttribute("aria-live", "polite");
    this.root = make("div", { className: "playground", role: "group", "aria-label": "Playground" },
      part("bar", this.playButton, doing("One step", "One step of all players", { do: "advance", steps: 1 }), ...this.alone,
        doing("Start again", "New networks, same settings", { do: "restart" }), labelled("Speed", this.speed),
        this.presets, labelled("Two games side by side", this.compare)),
      part("bar", labelled("Look back", this.moment, "Earlier moments; at the right end: now", this.when),
        this.pen, button("Clear", "Begin a new drawing", () => this.clear())),
      this.alert, part("columns", this.left, this.right), this.words, this.codeBox);
    this.setPlaying(false);
    return this.root;
  }

  // what Python says

  form({ fields, presets, losses }) {
    const change = (name) => (value) => this.want({ do: "change", game: this.chosen, settings: { [name]: value } });
    const see = (name) => (value) => this.want({ do: "look", [name]: value });
    this.settings = [...fields.map((field) => settingOf(field, change(field.name))),
      ...lookOf(losses).map((field) => settingOf({ group: "To see", ...field }, see(field.name)))];
    const rowsOf = (group) => this.settings.filter(({ field }) => field.group === group).map(({ row }) => row);
    const groups = [...new Set(this.settings.map(({ field }) => field.group))].map((group) =>
      make("fieldset", {}, make("legend", {}, group), ...rowsOf(group)));
    this.which = select([[0, "A"], [1, "B"]], () => { this.chosen = Number(this.which.value); this.showSettings(); });
    this.whichRow = labelled("Settings of game", this.which);
    const preset = select([["", "choose …"], ...presets.map(({ name, title }) => [name, title])],
      () => preset.value && this.want({ do: "preset", name: preset.value }));
    this.presets.replaceChildren(labelled("Preset", preset));
    const area = make("textarea", { rows: 5, placeholder: "0.5, -1\n0.6, -0.9" });
    const take = button("Use these points", "They become the data of all games", () => this.paste(area.value));
    this.left.replaceChildren(this.whichRow, ...groups,
      remembered("paste", "Paste points", labelled('One "x, y" in each line', area), take));
  }

  frame({ games, words, look }, buffers) {
    if (!this.settings.length) return; // the form is still to come
    this.games = games.map((game, index) => {
      const old = this.games[index];
      const arrays = { real: old?.arrays.real, ...unpack(game.buffers, buffers) };
      return { ...game, arrays, charts: game.charts ?? old?.charts ?? "" };
    });
    if (this.cards.length !== games.length) {
      this.cards = games.map(cardOf);
      this.listenToPen(this.cards[0].game.canvas);
      this.right.replaceChildren(...this.cards.map(({ section }) => section));
      this.chosen = Math.min(this.chosen, games.length - 1);
    }
    Object.assign(this, { look, latest: words });
    if (this.alert.textContent === SILENCE) setText(this.alert, "");
    this.repaint();
  }

  error({ text }) {
    this.setPlaying(false);
    setText(this.alert, text);
    this.showSettings();
  }

  silence() { setText(this.alert, SILENCE); }
  code({ text }) { setText(this.program, text); }

  // what a person does

  /** Ask for what somebody wants: their last error is dealt with, and the settings wait for the answer. */
  async want(request) {
    setText(this.alert, "");
    if (request.do === "preset" || request.settings?.data) this.drawn = null; // other data: the next drawing is a new one
    this.unanswered++;
    await this.python.ask(request);
    this.unanswered--;
    this.showSettings();
    if (this.codeBox.open && !["look", "scrub"].includes(request.do)) this.python.ask({ do: "code" });
  }

  async play() {
    const turn = this.setPlaying(true);
    setText(this.alert, "");
    while (turn === this.loop) {
      const steps = Number(this.speed.value);
      const answer = this.python.ask({ do: "advance", steps: steps || 1, playing: true });
      await Promise.all([answer, steps ? nextPicture() : sleep(SLOW)]); // so Python goes on while the answer is drawn,
      if (document.hidden) await nextPicture(); // and a hidden page, which draws no pictures, trains no further
    }
    if (this.codeBox.open) this.python.ask({ do: "code" });
  }

  pause() { // then curves and measures are brought up to the step that is shown
    this.setPlaying(false);
    this.want({ do: "look" });
  }

  setPlaying(playing) {
    this.playing = playing;
    setText(this.playButton, playing ? "\u23F8\uFE0E Pause" : "\u25B6\uFE0E Play");
    this.repaint(); // the words of the latest frame may still have to be said
    return ++this.loop; // a loop that still waits for its reply ends with it
  }

  scrub() {
    this.setPlaying(false);
    this.want({ do: "scrub", to: this.moment.value === this.moment.max ? null : this.moment.valueAsNumber });
  }

  toggleDrawing() {
    this.drawing = !this.drawing;
    this.pen.setAttribute("aria-pressed", this.drawing);
    this.root.classList.toggle("playground-drawing", this.drawing);
    this.repaint();
  }

  clear() {
    this.drawn = [];
    this.repaint();
  }

  paste(text) {
    const { points, bad } = parsePoints(text);
    if (bad.length) return this.error({ text: `Not two numbers such as "0.5, -1", in line ${bad.join(", ")}.` });
    this.drawn = points;
    return this.want({ do: "draw", points });
  }

  /** Strokes on A's plane become points, in the plane's units; they are sent when the pointer is let go. */
  listenToPen(canvas) {
    let last = null; // the latest point, in parts of the plane's width and height
    canvas.onpointerdown = (event) => {
      if (!this.drawing || event.button) return;
      canvas.setPointerCapture(event.pointerId);
      this.drawn ??= [];
      last = null;
      canvas.onpointermove(event);
    };
    canvas.onpointermove = (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const [x0, x1, y0, y1] = this.games[0].extent;
      const here = [event.offsetX / canvas.clientWidth, event.offsetY / canvas.clientHeight];
      const steps = last ? Math.floor(Math.hypot(here[0] - last[0], here[1] - last[1]) / SPACING) : 1;
      const from = last ?? here;
      for (let k = 1; k <= steps; k++) {
        last = from.map((start, axis) => start + (k / steps) * (here[axis] - start));
        this.drawn.push([x0 + last[0] * (x1 - x0), y1 - last[1] * (y1 - y0)]);
      }
      this.repaint();
    };
    canvas.onlostpointercapture = () => this.want({ do: "draw", points: this.drawn });
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.program.textContent);
      setText(this.copyButton, "Copied");
    } catch { // forbidden here: then by hand
      getSelection().selectAllChildren(this.program);
      setText(this.copyButton, "Selected: press Ctrl+C or ⌘C");
    }
  }

  // what is shown

  /** The settings of the chosen game, unless an answer about them is still to come. */
  showSettings() {
    const game = this.games[this.chosen];
    if (this.unanswered || !game) return;
    const values = { ...game.settings, ...this.look };
    for (const { field, row, show } of this.settings) {
      row.hidden = Boolean(field.for) && !field.for.includes(game.model);
      if (field.name in values) show(values[field.name]);
    }
    for (const set of this.left.querySelectorAll("fieldset")) set.hidden = !set.querySelector("div:not([hidden])");
  }

  repaint() {
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      this.paint();
    });
  }

  paint() {
    if (!this.games.length || !this.root.clientWidth) return; // while it is hidden it has no width
    const [{ moments, moment, step }] = this.games;
    const speak = !this.playing || performance.now() - this.spoke > SPEAK;
    const drawn = this.drawing && this.drawn && { values: this.drawn.flat() };
    for (const one of this.alone) one.hidden = !this.games.some(({ model }) => model === "GAN");
    this.compare.checked = this.games.length > 1;
    this.whichRow.hidden = this.games.length < 2;
    this.which.value = this.chosen;
    if (!this.unanswered) Object.assign(this.moment, { max: moments.length, value: moment ?? moments.length });
    setText(this.when, moment === null ? `now: step ${step}` : `step ${moments[moment]}`);
    this.moment.setAttribute("aria-valuetext", this.when.textContent);
    this.showSettings();
    this.games.forEach((game, index) => paintCard(this.cards[index], game, index === 0 && drawn, speak));
    if (!speak) return;
    this.spoke = performance.now();
    setText(this.words, this.latest);
  }
}
