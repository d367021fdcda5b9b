// The page: asks over /v1, shows the answer, and the place of each number. Every text from a model or a
// document is set as text; nothing is ever parsed as HTML.

const $ = (id) => document.getElementById(id);
const PICTURE_TEXTS = new Set(["table", "passage"]);
let key = sessionStorage.getItem("key") || "";
let asking = null; // the AbortController of the question on its way
let places = [], at = 0, opener = null; // of the number whose place is shown

function made(tag, { text, className, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function say(text, isFault = false) {
  $("status").textContent = text;
  $("status").className = isFault ? "fault" : "soft";
}

async function call(path, options = {}) {
  const headers = { ...(options.headers || {}), ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const reply = await fetch(path, { ...options, headers });
  if (reply.ok) return reply;
  if (reply.status === 401) $("key-form").hidden = false;
  const told = await reply.json().catch(() => null);
  throw new Error(told?.error?.message || `the server replied ${reply.status}`);
}

// --- starting ---------------------------------------------------------------------------------------------

async function start() {
  const ticket = location.hash.slice(1);
  if (ticket.startsWith("rk-")) {
    history.replaceState(null, "", location.pathname);
    const reply = await fetch(`/tickets/${ticket}`, { method: "POST" });
    if (reply.ok) remember((await reply.json()).key);
  }
  await load();
  showHistory();
  $("question").focus();
}

function remember(value) {
  key = value;
  sessionStorage.setItem("key", value);
}

async function load() {
  try {
    const { data } = await (await call("/v1/models")).json();
    $("offer").replaceChildren(...data.map((offer) => made("option", { text: named(offer), value: offer.id })));
    $("key-form").hidden = true;
    await listDocuments();
  } catch (fault) {
    say(fault.message, true);
  }
}

function named(offer) {
  const index = offer.index ? `, over ${offer.index}` : "";
  return offer.strategy === offer.id ? `${offer.id}${index}` : `${offer.id}: ${offer.strategy}${index}`;
}

$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  remember($("key").value.trim());
  $("key").value = "";
  say("");
  load();
});

// --- documents --------------------------------------------------------------------------------------------

async function listDocuments() {
  const { data, standing } = await (await call("/v1/documents")).json();
  $("documents").replaceChildren(...data.map((each) => {
    const remove = made("button", { text: "Remove", type: "button", "aria-label": `Remove ${each.id}` });
    remove.addEventListener("click", () => removeDocument(each.id, remove));
    const pages = `${each.pages} ${each.pages === 1 ? "page" : "pages"}`;
    return made("li", {}, made("span", { text: each.id, dir: "auto" }), made("small", { text: pages, className: "soft" }), remove);
  }));
  $("no-documents").hidden = data.length > 0;
  const rest = standing.length - 3;
  const names = standing.slice(0, 3).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  $("standing").textContent = names ? `Asked about: ${names}. Drop reports here to ask about them instead` : "None yet: drop reports here";
}

async function removeDocument(name, button) {
  button.disabled = true;
  try {
    await call(`/v1/documents/${encodeURIComponent(name)}`, { method: "DELETE" });
  } catch (fault) {
    say(fault.message, true);
  }
  await listDocuments();
}

function upload(file) {
  const bar = made("progress", { max: 1, value: 0, "aria-label": `Reading ${file.name}` });
  const told = made("small", { text: "sending", className: "soft" });
  const row = made("li", {}, made("span", { text: file.name, dir: "auto" }), told, bar);
  $("uploads").append(row);
  const request = new XMLHttpRequest();
  request.open("PUT", `/v1/documents/${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Accept", "application/x-ndjson");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  if (key) request.setRequestHeader("Authorization", `Bearer ${key}`);
  request.upload.onprogress = (event) => { bar.value = event.loaded / (event.total || 1) / 2; };
  request.onprogress = () => {
    const { progress } = lastRecord(request.responseText);
    if (progress?.total) {
      bar.value = 0.5 + progress.done / progress.total / 2;
      told.textContent = `reading: ${progress.done} of ${progress.total} passages`;
    }
  };
  return new Promise((resolve) => {
    request.onloadend = async () => {
      const { document: kept, error } = lastRecord(request.responseText);
      if (kept) {
        row.remove();
        say(`${file.name} can be asked about now.`);
      } else {
        bar.remove();
        told.className = "fault";
        told.textContent = error?.message || "it could not be sent; is the server still there?";
      }
      await listDocuments().catch(() => {});
      resolve();
    };
    request.send(file);
  });
}

function lastRecord(text) {
  const lines = text.trim().split("\n");
  for (const line of lines.reverse()) {
    try { return JSON.parse(line); } catch { /* the last line is still on its way */ }
  }
  return {};
}

async function uploadAll(files) {
  for (const file of files) await upload(file);
}

$("files").addEventListener("change", () => {
  uploadAll([...$("files").files]);
  $("files").value = "";
});
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop") uploadAll([...event.dataTransfer.files]);
  });
}

// --- asking -----------------------------------------------------------------------------------------------

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = $("question").value.trim();
  if (question && !asking) ask(question, $("offer").value);
});
$("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("ask").requestSubmit();
  }
});
$("stop").addEventListener("click", () => asking?.abort());

async function ask(question, model) {
  asking = new AbortController();
  working(true);
  closePane();
  $("answer").hidden = true;
  $("tree").replaceChildren();
  $("thoughts").textContent = "";
  $("steps").hidden = false;
  $("steps").open = true;
  say("Working…");
  try {
    const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: question }] });
    const headers = { "Content-Type": "application/json" };
    const reply = await call("/v1/chat/completions", { method: "POST", body, headers, signal: asking.signal });
    const record = await follow(reply);
    $("steps").open = false;
    show(record);
    keep({ question, record });
    say("");
  } catch (fault) {
    say(fault.name === "AbortError" ? "Stopped." : fault.message, fault.name !== "AbortError");
  } finally {
    asking = null;
    working(false);
  }
}

function working(on) {
  $("stop").hidden = !on;
  $("go").disabled = on;
}

async function follow(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  const steps = new Map();
  let left = "", record = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (left + value).split(/\r?\n/);
    left = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
      const chunk = JSON.parse(line.slice(6));
      if (chunk.error) throw new Error(chunk.error.message);
      const thought = chunk.choices?.[0]?.delta?.reasoning_content;
      if (thought) think(thought);
      if (chunk.sandreckoner_step) drawStep(chunk.sandreckoner_step, steps);
      record = chunk.sandreckoner || record;
    }
  }
  if (!record) throw new Error("the connection ended before the answer");
  return record;
}

function think(text) {
  const box = $("thoughts");
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 30;
  box.append(text);
  if (atEnd) box.scrollTop = box.scrollHeight;
}

const WORDS = { ask: "the model", run: "a program", resume: "a program", search: "search", use: "tool", note: "note" };

function drawStep(step, steps) {
  let item = steps.get(step.index);
  if (!item) {
    item = made("li");
    branch(step.scope).append(item);
    steps.set(step.index, item);
  }
  const took = step.seconds === null ? "" : ` · ${step.seconds.toFixed(1)} s`;
  item.className = step.state;
  item.textContent = `${WORDS[step.kind] || step.kind}${step.label ? `: ${step.label}` : ""}${step.kind === "note" ? "" : took}`;
}

function branch(scope) {
  let list = $("tree");
  for (const name of scope) {
    let item = [...list.children].find((each) => each.dataset.name === name);
    if (!item) {
      item = made("li", { "data-name": name }, made("span", { text: name, dir: "auto" }), made("ul"));
      list.append(item);
    }
    list = item.querySelector(":scope > ul");
  }
  return list;
}

// --- the answer -------------------------------------------------------------------------------------------

function show(record) {
  const parts = [made("p", { text: record.shown ?? record.status, className: "value", dir: "auto", tabindex: "-1" })];
  const digits = (text) => (text || "").replace(/\D/g, "");
  if (digits(record.shown) !== digits(record.answer)) parts.push(made("p", { text: `exactly ${record.answer}`, className: "exact soft" }));
  if (record.reason) parts.push(made("p", { text: record.reason, className: record.answer === null ? "fault" : "soft", dir: "auto" }));
  if (record.numbers.length) parts.push(made("h2", { text: "Where its numbers come from" }), numbers(record));
  if (record.citations.length) parts.push(made("h2", { text: "Quotes" }), quotes(record));
  for (const remark of record.remarks) parts.push(made("p", { text: `Note: ${remark}`, className: "soft", dir: "auto" }));
  if (record.program) parts.push(made("details", {}, made("summary", { text: "The program" }), program(record)));
  else if (record.reasoning) parts.push(made("details", {}, made("summary", { text: "The reasoning" }), made("pre", { text: record.reasoning, dir: "auto" })));
  const cost = `${record.strategy} · ${record.usage.calls} ${record.usage.calls === 1 ? "call" : "calls"} · ${record.usage.input_tokens + record.usage.output_tokens} tokens · ${record.seconds.toFixed(1)} s`;
  const save = made("button", { text: "Save as a page", type: "button" });
  save.addEventListener("click", () => exportPage(record.request));
  parts.push(made("div", { className: "line" }, made("small", { text: cost, className: "soft" }), made("span", { className: "push" }), save));
  $("answer").replaceChildren(...parts);
  $("answer").hidden = false;
  parts[0].focus();
}

function numbers(record) {
  const list = made("ul", { className: "numbers" });
  for (const number of record.numbers) {
    const shown = number.places.length ? placeButton(number.text, number) : made("span", { text: number.text });
    list.append(made("li", { className: number.origin }, shown, made("span", { text: origin(number), dir: "auto" })));
  }
  return list;
}

function quotes(record) {
  const list = made("ul", { className: "numbers" });
  for (const quote of record.citations) {
    const shown = quote.places.length ? placeButton(`[${quote.number}]`, quote) : made("span", { text: `[${quote.number}]` });
    const fault = quote.status === "found" ? "" : ` (${quote.status})`;
    list.append(made("li", { className: fault ? "unsourced" : "" }, shown, made("span", { text: `${quote.quote || quote.note}${fault}`, dir: "auto" })));
  }
  return list;
}

function origin(number) {
  const note = number.note ? ` (${number.note})` : "";
  if (PICTURE_TEXTS.has(number.origin) && number.places.length) {
    const first = number.places[0];
    const more = number.places.length > 1 ? `; ${number.places.length} places` : "";
    return `${first.source}, page ${first.page}${note}${more}`;
  }
  if (number.origin === "question") return "the question";
  return number.origin === "constant" ? `constant${note}` : `${number.origin}${note}`;
}

function placeButton(text, source) {
  const button = made("button", { text, type: "button", "aria-label": `${text}: show where it stands` });
  button.addEventListener("click", () => openPane(source.places, button));
  return button;
}

function program(record) {
  const block = made("pre", { tabindex: "0", "aria-label": "The program" });
  record.program.split("\n").forEach((line, row) => {
    const letters = Array.from(line);
    let done = 0;
    for (const number of record.numbers.filter((each) => each.line === row + 1).sort((a, b) => a.column - b.column)) {
      const end = number.column + Array.from(number.text).length;
      if (number.column < done || letters.slice(number.column, end).join("") !== number.text) continue;
      block.append(letters.slice(done, number.column).join(""));
      block.append(number.places.length ? placeButton(number.text, number) : made("span", { text: number.text, className: number.origin }));
      done = end;
    }
    block.append(letters.slice(done).join(""), "\n");
  });
  return block;
}

async function exportPage(id) {
  try {
    const page = await (await call(`/v1/runs/${id}/page.html`)).blob();
    const address = URL.createObjectURL(page);
    made("a", { href: address, download: "answer.html" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  } catch (fault) {
    say(fault.message, true);
  }
}

// --- the place of a number --------------------------------------------------------------------------------

function openPane(found, button) {
  document.querySelectorAll("[aria-current]").forEach((each) => each.removeAttribute("aria-current"));
  button.setAttribute("aria-current", "true");
  [places, at, opener] = [found, 0, button];
  $("pane").hidden = false;
  showPlace();
}

function closePane() {
  $("pane").hidden = true;
  document.querySelectorAll("[aria-current]").forEach((each) => each.removeAttribute("aria-current"));
  opener?.focus();
  opener = null;
}

async function showPlace() {
  const place = places[at];
  const several = places.length > 1;
  $("before").hidden = $("after").hidden = !several;
  $("before").disabled = at === 0;
  $("after").disabled = at === places.length - 1;
  $("pane-title").textContent = `${place.source}, page ${place.page}`;
  $("pane-note").textContent = "Opening…";
  $("sheet").setAttribute("aria-busy", "true");
  if (matchMedia("(max-width: 800px)").matches) $("pane").scrollIntoView();
  $("pane-title").focus({ preventScroll: true });
  try {
    const shown = await (await call(`${place.path}/place`)).json();
    if (place !== places[at]) return; // another was asked for meanwhile
    $("sheet").replaceChildren(shown.kind === "picture" ? sheet(shown, place) : text(shown));
    await reveal(shown);
    const which = several ? `Place ${at + 1} of ${places.length}: ` : "";
    const framed = shown.kind === "text" || shown.frame.figure ? `“${shown.text}” is framed.` : `“${shown.text}” stands on this page.`;
    $("pane-note").textContent = `${which}${framed}`;
  } catch (fault) {
    $("sheet").replaceChildren();
    $("pane-note").textContent = fault.message;
  } finally {
    $("sheet").removeAttribute("aria-busy");
  }
}

function sheet(shown, place) {
  const image = made("img", { src: `${place.path}/picture`, width: shown.width, height: shown.height,
    alt: `Page ${place.page} of ${place.source}; “${shown.text}” is framed` });
  const over = svg("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const kind of ["column", "row", "figure"]) {
    const box = shown.frame[kind];
    if (box) over.append(svg("rect", { class: kind, x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1] }));
  }
  return made("div", { className: "sheet" }, image, over);
}

function text(shown) {
  const box = made("div", { className: "text" });
  for (const block of shown.blocks) {
    if (block.rows) {
      const rows = block.rows.map((row) => made("tr", {}, ...row.map(([cell, mark]) =>
        made("td", { className: mark, dir: "auto" }, mark === "figure" ? made("mark", { text: cell }) : cell))));
      box.append(made("div", { className: "wide" }, made("table", {}, made("tbody", {}, ...rows))));
    } else {
      box.append(made("p", { dir: "auto" }, ...block.pieces.map(([piece, mark]) => (mark ? made("mark", { text: piece }) : piece))));
    }
  }
  return box;
}

async function reveal(shown) {
  const frame = $("sheet");
  if (shown.kind === "text") {
    const mark = frame.querySelector("mark");
    if (mark) frame.scrollTop = mark.getBoundingClientRect().top - frame.getBoundingClientRect().top - frame.clientHeight / 3;
    return;
  }
  const image = frame.querySelector("img");
  await image.decode().catch(() => {});
  const box = shown.frame.figure;
  if (!box) return;
  const across = (box[0] + box[2]) / 2 * image.clientWidth, down = (box[1] + box[3]) / 2 * image.clientHeight;
  frame.scrollTo(across - frame.clientWidth / 2, down - frame.clientHeight / 3);
}

$("before").addEventListener("click", () => { at -= 1; showPlace(); });
$("after").addEventListener("click", () => { at += 1; showPlace(); });
$("close").addEventListener("click", closePane);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!$("pane").hidden) closePane();
  else asking?.abort();
});

// --- history: of this tab alone, gone when it is closed ----------------------------------------------------

function kept() {
  try { return JSON.parse(sessionStorage.getItem("asked") || "[]"); } catch { return []; }
}

function keep(turn) {
  const turns = [...kept(), turn].slice(-20);
  while (turns.length) {
    try { sessionStorage.setItem("asked", JSON.stringify(turns)); break; } catch { turns.shift(); }
  }
  showHistory();
}

function showHistory() {
  const turns = kept();
  $("history").hidden = turns.length === 0;
  $("asked").replaceChildren(...turns.reverse().map(({ question, record }) => {
    const button = made("button", { text: `${question} — ${record.shown ?? record.status}`, type: "button", dir: "auto" });
    button.addEventListener("click", () => { closePane(); $("question").value = question; show(record); });
    return made("li", {}, button);
  }));
}

start();
