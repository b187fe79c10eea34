/* The playground's front end: it draws and asks; Python (widget.py) trains and answers.

Python never runs by itself. A request is {n, do, …}; its reply carries that n as `to`, and only then the next request
is sent. So a slow kernel is never flooded, and a page that is closed, or hidden, trains no further.

  open                      → a form, then a frame          draw    {points: [[x, y], …]}       own data, for all games
  advance {steps}                                           scrub   {to: index, or null = now}  an earlier moment
  move    {player}          one player alone                preset  {name}
  change  {game, settings}                                  compare {on}                        a second game, B
  restart                                                   look    {arrows, lines, optimal, time}, or some of them
  code                      → {kind: "code", text}          all others → a frame; any → {kind: "error", text}

A form says which settings there are. A frame has an entry for each game, with its arrays as binary buffers: points
[n, 2], arrows [m, 4] (x, y, dx, dy), lines [l, k, 2] in float32, D's heat maps [c, c] in uint8. No `real`: the same. */

const COLOURS = { real: "#0072B2", generated: "#E69F00", edge: "#5C4000", lines: "#9E5E81", arrows: "#1A1A1A" };
const VERDICT = ["#B35806", "#F1A340", "#FBE3C0", "#F7F7F7", "#C9DDF0", "#5E9DCB", "#08519C"]; // generated … real
const SPEEDS = [[0, "slow: 4 steps a second"], [1, "1 step a frame"], [10, "10 steps a frame"], [100, "100 steps a frame"]];
const SLOW = 250; // milliseconds that a step takes in slow motion
const SPEAK = 5000; // milliseconds between two sentences to a screen reader
const PATIENCE = 15000; // milliseconds without an answer, until we say so
const SILENCE = "Python does not answer: another cell may be running, or the kernel was restarted (run this cell again).";
const SPACING = 0.02; // of the width, between two points of a stroke
let ids = 0;

export default {
  render({ model, el }) {
    const playground = new Playground(model, el);
    return () => playground.close();
  },
};

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
const bar = (...parts) => make("div", { className: "playground-bar" }, ...parts);
const option = ([value, words]) => make("option", { value: String(value) }, words);
const select = (choices, onchange) => make("select", { onchange }, ...choices.map(option));
const setText = (element, words) => { if (element.textContent !== words) element.textContent = words; };
const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));
const nextPicture = () => new Promise((wake) => requestAnimationFrame(wake));

/** A row of a label, its control, and what goes with it. */
function labelled(words, control, title = "", ...more) {
  Object.assign(control, { id: `playground-${++ids}`, title });
  const label = make("label", { htmlFor: control.id, title }, words);
  return make("div", { className: `playground-row playground-${control.type}` }, label, control, ...more);
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

class Conversation {
  constructor(model, hear) {
    Object.assign(this, { model, hear, waiting: [], current: null });
    this.number = Math.floor(Math.random() * 2 ** 40); // two views of one model do not take each other's replies
    this.listener = (message, buffers) => this.receive(message, buffers);
    model.on("msg:custom", this.listener);
  }

  /** A promise of the reply. A request that still waits is replaced by a newer one that undoes it. */
  ask(request) {
    return new Promise((done) => {
      const last = this.waiting.at(-1);
      if (last && undoes(request, last.request)) Object.assign(last, { request, done: [...last.done, done] });
      else this.waiting.push({ request, done: [done] });
      this.sendNext();
    });
  }

  sendNext() {
    if (this.current || !this.waiting.length) return;
    this.current = { n: ++this.number, ...this.waiting.shift() };
    this.timer = setTimeout(() => this.hear({ kind: "silence" }), PATIENCE);
    this.model.send({ n: this.current.n, ...this.current.request });
  }

  receive(message, buffers) {
    const mine = this.current?.n === message.to;
    if (mine || message.kind === "frame") this.hear(message, buffers); // a frame is news for every view
    if (!mine || message.kind === "form") return; // after a form comes its frame
    const { done } = this.current;
    clearTimeout(this.timer);
    this.current = null;
    done.forEach((tell) => tell(message));
    this.sendNext();
  }

  close() {
    clearTimeout(this.timer);
    this.waiting = [];
    this.model.off("msg:custom", this.listener);
  }
}

function undoes(request, earlier) {
  const what = (one) => [one.do, one.game, ...Object.keys({ ...one, ...one.settings })].join();
  return ["change", "scrub", "look"].includes(request.do) && what(request) === what(earlier);
}

/** The arrays of one game, {name: {values, shape}}, out of the message's buffers. */
function unpack(references, buffers) {
  return Object.fromEntries(Object.entries(references).map(([name, [index, shape]]) => {
    const { buffer, byteOffset, byteLength } = buffers[index];
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
    const isHeat = name === "heat" || name === "optimal";
    return [name, { values: isHeat ? new Uint8Array(bytes) : new Float32Array(bytes), shape }];
  }));
}

// ---- drawing

const LAYERS = { // from the bottom to the top
  heat: drawHeat, optimal: drawHeat, lines: drawLines, real: drawCircles, generated: drawTriangles, arrows: drawArrows,
};
const PALETTE = palette();

/** 256 colours, each as RGBA in one number, half as strong as the samples that lie on them. */
function palette() {
  const pen = make("canvas", { width: 256, height: 1 }).getContext("2d");
  const gradient = pen.createLinearGradient(0, 0, 256, 0);
  VERDICT.forEach((colour, k) => gradient.addColorStop(k / (VERDICT.length - 1), colour));
  for (pen.fillStyle of [gradient, "rgb(255 255 255 / 50%)"]) pen.fillRect(0, 0, 256, 1);
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
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = "#FFFFFF";
  pen.fillRect(0, 0, width, height);
  const x = (value) => ((value - x0) / (x1 - x0)) * width;
  const y = (value) => ((y1 - value) / (y1 - y0)) * height;
  return { pen, width, height, x, y, radius: Math.max(2.2, Math.min(width / 110, 3.6)) };
}

function drawHeat({ pen, width, height }, { values, shape: [rows, columns] }) {
  const small = make("canvas", { width: columns, height: rows });
  const colours = Uint32Array.from(values, (level) => PALETTE[level]);
  small.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(colours.buffer), columns, rows), 0, 0);
  pen.drawImage(small, 0, 0, width, height); // the browser smooths it
}

/** One path of many marks: `mark` gets the pixel of each point, and where its numbers begin. */
function trace({ pen, x, y }, { values }, stride, mark) {
  pen.beginPath();
  for (let at = 0; at < values.length; at += stride) mark(x(values[at]), y(values[at + 1]), at);
}

function stroke(pen, strokeStyle, lineWidth) {
  Object.assign(pen, { strokeStyle, lineWidth, lineJoin: "round" });
  pen.stroke();
}

function drawCircles(sheet, points) {
  const { pen, radius } = sheet;
  trace(sheet, points, 2, (x, y) => {
    pen.moveTo(x + radius, y);
    pen.arc(x, y, radius, 0, 2 * Math.PI);
  });
  stroke(pen, COLOURS.real, 1.3);
}

function drawTriangles(sheet, points) {
  const { pen, radius } = sheet;
  trace(sheet, points, 2, (x, y) => {
    pen.moveTo(x, y - 1.25 * radius);
    pen.lineTo(x + 1.1 * radius, y + 0.75 * radius);
    pen.lineTo(x - 1.1 * radius, y + 0.75 * radius);
    pen.closePath();
  });
  pen.fillStyle = COLOURS.generated;
  pen.fill();
  stroke(pen, COLOURS.edge, 0.8);
}

function drawLines(sheet, lines) {
  const isFirst = (at) => (at / 2) % lines.shape[1] === 0;
  trace(sheet, lines, 2, (x, y, at) => (isFirst(at) ? sheet.pen.moveTo(x, y) : sheet.pen.lineTo(x, y)));
  stroke(sheet.pen, COLOURS.lines, 1.1);
}

function drawArrows(sheet, arrows) {
  const { pen } = sheet;
  trace(sheet, arrows, 4, (x, y, at) => {
    const [fromX, fromY, dx, dy] = arrows.values.subarray(at, at + 4);
    const [toX, toY] = [sheet.x(fromX + dx), sheet.y(fromY + dy)];
    const angle = Math.atan2(toY - y, toX - x);
    const head = Math.min(5, Math.hypot(toX - x, toY - y) / 2);
    pen.moveTo(x, y);
    pen.lineTo(toX, toY);
    pen.lineTo(toX - head * Math.cos(angle - 0.5), toY - head * Math.sin(angle - 0.5));
    pen.moveTo(toX, toY);
    pen.lineTo(toX - head * Math.cos(angle + 0.5), toY - head * Math.sin(angle + 0.5));
  });
  stroke(pen, COLOURS.arrows, 1.2);
}

// ---- settings: a row each, and show(value); change(value) is called when somebody chooses one

function settingOf(field, change, complain) {
  const help = [field.help, field.restarts && "Changing it starts the game again."].filter(Boolean).join(" – ");
  const name = field.restarts ? `${field.label} ↻` : field.label;
  if (field.kind === "number") return numberOf(field, name, help, change, complain);
  if (field.kind === "flag") {
    const box = make("input", { type: "checkbox", onchange: () => change(box.checked) });
    return { field, row: labelled(name, box, help), show: (value) => { box.checked = value; } };
  }
  const choice = select(field.choices, () => change(field.choices.find(([value]) => `${value}` === choice.value)[0]));
  return { field, row: labelled(name, choice, help), show: (value) => { choice.value = `${value}`; } };
}

function numberOf(field, name, help, change, complain) {
  const { least, most, whole, log, slides, label, restarts } = field;
  const step = whole ? 1 : log ? "any" : 10 ** Math.floor(Math.log10((most - least) / 50));
  const number = make("input", { type: "number", min: least, max: most, step });
  const slider = make("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": `${label}, slider` });
  const row = labelled(name, number, help, ...(log || slides ? [slider] : []));
  const low = least || most / 1e5; // a logarithm knows no 0: there the slider has it at its very end
  const placeOf = (value) => (log ? Math.log(value / low) / Math.log(most / low) : (value - least) / (most - least));
  const valueAt = (at) => (!log ? least + at * (most - least) : at > 0 ? low * (most / low) ** at : least);
  const rounded = (value) => (whole ? Math.round(value) : Number(value.toPrecision(3)));
  let [shown, touched] = [null, false]; // touched: somebody types or drags, so leave it to them
  const put = (value) => {
    number.value = value;
    slider.value = Math.max(0, placeOf(value));
    slider.setAttribute("aria-valuetext", value);
  };
  const choose = (value) => { touched = false; change(value); };
  slider.oninput = () => {
    touched = true;
    put(rounded(valueAt(slider.valueAsNumber)));
    if (!restarts) change(number.valueAsNumber);
  };
  slider.onchange = () => choose(number.valueAsNumber);
  number.oninput = () => { touched = true; };
  number.onchange = () => {
    if (number.valueAsNumber >= least && number.valueAsNumber <= most) return choose(rounded(number.valueAsNumber));
    put(shown);
    touched = false;
    return complain(`${label} is a number from ${least} to ${most}.`);
  };
  return { field, row, show: (value) => { shown = value; if (!touched) put(value); } };
}

/** The points in a text with one "x, y" a line; throws an Error that names the lines which are not. */
function parsePoints(text) {
  const rows = text.split("\n").map((line) => line.split(/[\s,;]+/).filter(Boolean).map(Number));
  const isBad = (row) => row.length && !(row.length === 2 && row.every(Number.isFinite));
  const bad = rows.map((row, index) => isBad(row) && index + 1).filter(Boolean);
  if (bad.length) throw new Error(`Not two numbers such as "0.5, -1", in line ${bad.join(", ")}: nothing was taken.`);
  return rows.filter((row) => row.length);
}

// ---- one game on the screen: a title, its planes, notes and curves

function cardOf() {
  const plane = () => {
    const [canvas, caption] = [make("canvas", { role: "img" }), make("figcaption")];
    return { canvas, caption, figure: make("figure", {}, canvas, caption) };
  };
  const [title, sentence, note, charts] = ["h3", "p", "p", "div"].map((tag) => make(tag));
  const [game, optimal] = [plane(), plane()];
  const planes = make("div", { className: "playground-planes" }, game.figure, optimal.figure);
  const section = make("section", {}, title, sentence, note, planes, charts);
  return { title, sentence, note, charts, game, optimal, section };
}

function paintCard(card, game, drawn, speak) {
  const { optimal, ...arrays } = game.arrays;
  const title = [`${game.name}: ${game.title}`, game.difference].filter(Boolean).join(" – ");
  setText(card.title, `${title} · step ${game.step.toLocaleString("en")}`);
  setText(card.sentence, game.sentence);
  setText(card.note, game.note);
  if (card.shown !== game.charts) card.charts.innerHTML = card.shown = game.charts;
  card.optimal.figure.hidden = !optimal;
  paintPlane(card.game, game, drawn ? { ...arrays, real: drawn } : arrays, speak);
  if (optimal) paintPlane(card.optimal, game, { optimal, real: arrays.real, generated: arrays.generated }, speak);
}

// ---- the playground

class Playground {
  constructor(model, el) {
    Object.assign(this, { games: [], cards: [], settings: [], drawn: [], chosen: 0, unanswered: 0, loop: 0, spoke: 0 });
    el.append(this.build());
    this.python = new Conversation(model, (message, buffers) => this[message.kind](message, buffers));
    this.resized = new ResizeObserver(() => this.repaint());
    this.resized.observe(this.root);
    this.python.ask({ do: "open" });
  }

  close() {
    this.loop++;
    this.resized.disconnect();
    this.python.close();
  }

  build() {
    const doing = (words, title, request) => button(words, title, () => this.want(request));
    const part = (name) => make("div", { className: `playground-${name}` });
    [this.presets, this.left, this.right] = [bar(), part("settings"), part("games")];
    this.playButton = button("", "Train on, until you pause it", () => (this.playing ? this.setPlaying(false) : this.play()));
    this.speed = select(SPEEDS);
    this.speed.value = "1";
    this.alone = ["discriminator", "generator"].map((player) =>
      doing(`${player[0].toUpperCase()} alone`, `One step of the ${player} only`, { do: "move", player }));
    this.compare = make("input", { type: "checkbox", onchange: () => this.want({ do: "compare", on: this.compare.checked }) });
    this.moment = make("input", { type: "range", min: 0, max: 0, step: 1, oninput: () => this.scrub() });
    this.when = make("output");
    this.pen = button("✎ Draw your own data", "With mouse, finger or pen, in the plane of A", () => this.toggleDrawing());
    this.pen.setAttribute("aria-pressed", "false");
    this.alert = make("p", { className: "playground-alert", role: "alert" });
    this.words = make("p", { "aria-live": "polite" });
    this.program = make("pre", { tabIndex: 0, role: "region", "aria-label": "The code of this game" });
    this.copied = make("span", { role: "status" });
    this.codeBox = remembered("code", "Show me the code",
      bar(button("Copy", "Copy the code", () => this.copy()), this.copied), this.program);
    this.codeBox.addEventListener("toggle", () => this.codeBox.open && this.want({ do: "code" }));
    this.root = make("div", { className: "playground", role: "group", "aria-label": "Playground" },
      bar(this.playButton, doing("One step", "One step of all players", { do: "advance", steps: 1 }), ...this.alone,
        doing("Start again", "New networks, same settings", { do: "restart" }), labelled("Speed", this.speed),
        this.presets, labelled("Two games side by side", this.compare)),
      bar(labelled("Look back", this.moment, "Earlier moments of this training; at the right end: now", this.when),
        this.pen, button("Clear", "Begin a new drawing", () => this.clear())),
      this.alert, make("div", { className: "playground-columns" }, this.left, this.right), this.words, this.codeBox);
    this.root.dataset.lmSuppressShortcuts = "true"; // letters and arrows typed here are no commands to JupyterLab
    this.setPlaying(false);
    return this.root;
  }

  // what Python says

  form({ fields, presets, losses }) {
    const change = ({ name, group }, value) => this.want(group === "To see" ? { do: "look", [name]: value }
      : { do: "change", game: this.chosen, settings: { [name]: value } });
    this.settings = [...fields, ...lookOf(losses)].map((field) =>
      settingOf(field, (value) => change(field, value), (text) => this.error({ text })));
    const groups = [...new Set(this.settings.map(({ field }) => field.group))].map((name) => make("fieldset", {},
      make("legend", {}, name), ...this.settings.filter(({ field }) => field.group === name).map(({ row }) => row)));
    this.which = select([[0, "A"], [1, "B"]], () => { this.chosen = Number(this.which.value); this.showSettings(); });
    this.whichRow = labelled("Settings of game", this.which);
    const preset = select([["", "choose …"], ...presets.map(({ name, title }) => [name, title])],
      () => preset.value && this.want({ do: "preset", name: preset.value }));
    this.presets.replaceChildren(labelled("Preset", preset));
    const area = make("textarea", { rows: 5, placeholder: "0.5, -1\n0.6, -0.9" });
    this.left.replaceChildren(this.whichRow, ...groups, remembered("paste", "Paste points",
      labelled('One "x, y" in each line', area),
      button("Use these points", "They become the data of all games", () => this.paste(area.value))));
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
    this.unanswered++;
    await this.python.ask(request);
    this.unanswered--;
    this.showSettings();
    if (this.codeBox.open && ["change", "preset", "compare", "draw"].includes(request.do)) this.want({ do: "code" });
  }

  setPlaying(playing) {
    this.playing = playing;
    this.loop++; // a loop that still waits for its reply ends with it
    setText(this.playButton, playing ? "\u23F8\uFE0E Pause" : "\u25B6\uFE0E Play");
  }

  async play() {
    this.setPlaying(true);
    setText(this.alert, "");
    for (const turn = this.loop; turn === this.loop;) {
      const steps = Number(this.speed.value);
      await Promise.all([this.python.ask({ do: "advance", steps: steps || 1 }), sleep(steps ? 0 : SLOW)]);
      await nextPicture(); // a hidden page draws no pictures, and so trains no further
    }
  }

  scrub() {
    this.setPlaying(false);
    this.want({ do: "scrub", to: this.moment.value === this.moment.max ? null : this.moment.valueAsNumber });
  }

  paste(text) {
    try {
      this.drawn = parsePoints(text);
      this.want({ do: "draw", points: this.drawn });
    } catch (error) { this.error({ text: error.message }); }
  }

  clear() {
    this.drawn = [];
    this.repaint();
  }

  toggleDrawing() {
    this.drawing = !this.drawing;
    this.pen.setAttribute("aria-pressed", this.drawing);
    this.root.classList.toggle("playground-drawing", this.drawing);
    this.repaint();
  }

  /** Strokes on A's plane become points, in the plane's units; they are sent when the pointer is let go. */
  listenToPen(canvas) {
    let last = null; // the latest point, in parts of the plane's width and height
    canvas.onpointerdown = (event) => {
      if (!this.drawing || event.button) return;
      canvas.setPointerCapture(event.pointerId);
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
        last = [0, 1].map((axis) => from[axis] + (k / steps) * (here[axis] - from[axis]));
        this.drawn.push([x0 + last[0] * (x1 - x0), y1 - last[1] * (y1 - y0)]);
      }
      this.repaint();
    };
    canvas.onlostpointercapture = () => this.want({ do: "draw", points: this.drawn });
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.program.textContent);
      setText(this.copied, "Copied.");
    } catch { // forbidden here: then by hand
      getSelection().selectAllChildren(this.program);
      setText(this.copied, "Selected: press Ctrl+C or ⌘C.");
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
      if (this.games.length) this.paint();
    });
  }

  paint() {
    const [{ moments, moment, step }] = this.games;
    for (const one of this.alone) one.hidden = !this.games.some(({ model }) => model === "GAN");
    this.compare.checked = this.games.length > 1;
    this.whichRow.hidden = this.games.length < 2;
    this.which.value = this.chosen;
    Object.assign(this.moment, { max: moments.length, value: moment ?? moments.length });
    setText(this.when, moment === null ? `now: step ${step}` : `step ${moments[moment]}`);
    this.moment.setAttribute("aria-valuetext", this.when.textContent);
    this.showSettings();
    const speak = !this.playing || performance.now() - this.spoke > SPEAK;
    if (speak) {
      this.spoke = performance.now();
      setText(this.words, this.latest);
    }
    const drawn = this.drawing ? { values: this.drawn.flat() } : null;
    this.games.forEach((game, index) => paintCard(this.cards[index], game, index === 0 && drawn, speak));
  }
}

/** What can be chosen to see, told like the other settings. */
function lookOf(losses) {
  const see = (field) => ({ group: "To see", ...field });
  return [
    see({ name: "optimal", kind: "flag", label: "optimal D", help: "the best D against this generator, beside it" }),
    see({ name: "lines", kind: "flag", label: "warped grid", help: "of the generator; the paths of a flow" }),
    see({ name: "arrows", kind: "choice", label: "arrows", help: "how a loss pulls the points; the velocity of a flow",
      choices: [["", "none"], ...losses], for: ["GAN", "flow"] }),
    see({ name: "time", kind: "number", label: "time", help: "of the flow: 0 is the noise, 1 the data", least: 0, most: 1,
      slides: true, for: ["flow"] }),
  ];
}
