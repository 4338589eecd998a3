// Enhancement only: every page works without it.
// All listeners sit on document, because htmx swaps parts of the page (and the whole body on Back).

const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];
const on = (type, listener, options) => document.addEventListener(type, listener, options);

const YEAR_IN_SECONDS = 31536000;
const setCookie = (name, value) => {
  document.cookie = `${name}=${value};path=/;max-age=${YEAR_IN_SECONDS};samesite=lax`;
};
const isTyping = (target) => Boolean(target.closest?.("input, textarea, select, [contenteditable]"));

// ---- Theme -----------------------------------------------------------------------------------------------
// The server writes data-theme from the cookie, so that the first paint is right.

function toggleTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  setCookie("theme", next);
}

// ---- Jump dialog -----------------------------------------------------------------------------------------

function openPalette() {
  const dialog = find("#palette");
  if (!dialog) return false;
  if (!dialog.open) {
    dialog.showModal();
    const input = find("#palette-input");
    input.select();
    // Fills the list before the first letter: for an empty query the search view returns common pages.
    input.dispatchEvent(new Event("palette"));
  }
  return true;
}

function moveInPalette(step) {
  const links = findAll("#palette-results a");
  if (!links.length) return;
  const current = links.findIndex((link) => link.classList.contains("chosen"));
  const next = (current + step + links.length) % links.length;
  links.forEach((link, i) => link.classList.toggle("chosen", i === (current < 0 && step < 0 ? links.length - 1 : next)));
  find("#palette-results a.chosen").scrollIntoView({ block: "nearest" });
}

function paletteKey(event) {
  if (event.key === "ArrowDown") moveInPalette(1);
  else if (event.key === "ArrowUp") moveInPalette(-1);
  else if (event.key === "Enter") {
    const link = find("#palette-results a.chosen") || find("#palette-results a");
    if (!link) return; // the form sends the words to the search page
    link.click();
  } else if (event.key === "Escape") find("#palette").close(); // a search field would only empty itself
  else return;
  event.preventDefault();
}

// ---- Rows of a list: j and k move, Enter opens, x selects ------------------------------------------------

function moveInList(step) {
  const links = findAll("main table tbody tr").map((row) => find("a", row)).filter(Boolean);
  if (!links.length) return;
  const current = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  links[Math.max(0, Math.min(links.length - 1, current + step))].focus();
}

function selectRow() {
  find('input[type="checkbox"]', document.activeElement.closest("tr") || document.createElement("i"))?.click();
}

// ---- Menus and dialogs close with Escape and with a click outside ----------------------------------------

function closeOver(target) {
  for (const box of findAll("details:is(.as-of, .menu)[open]")) {
    if (target && box.contains(target)) continue;
    if (!target && box.contains(document.activeElement)) find("summary", box).focus();
    box.open = false;
  }
}

// ---- Keys ------------------------------------------------------------------------------------------------
// Single keys can be switched off (cookie keys=off, written on the help page): WCAG 2.1.4.

const GO_WITHIN_MS = 1200;
let goPressedAt = 0;

// A page names its own keys: data-key="a" presses a button, or opens a summary and moves into its first field.
function pressKey(key) {
  const target = find(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  target.click();
  if (target.parentElement.open) find("input:not([type=hidden]), select, textarea", target.parentElement)?.focus();
  return true;
}

function singleKey(event) {
  if (Date.now() - goPressedAt < GO_WITHIN_MS) {
    goPressedAt = 0;
    find(`[data-go="${CSS.escape(event.key)}"]`)?.click();
  } else if (event.key === "g") goPressedAt = Date.now();
  else if (pressKey(event.key)) event.preventDefault();
  else if (event.key === "/") {
    if (openPalette()) event.preventDefault();
  } else if (event.key === "?") find("[data-help]")?.click();
  else if (event.key === "j") moveInList(1);
  else if (event.key === "k") moveInList(-1);
  else if (event.key === "x") selectRow();
}

on("keydown", (event) => {
  const control = event.ctrlKey || event.metaKey;
  if (event.key === "Escape") closeOver();
  if (control && event.key === "k") {
    if (openPalette()) event.preventDefault();
  } else if (control && event.key === "Enter") {
    event.target.form?.requestSubmit();
  } else if (event.target.closest?.("#palette")) {
    paletteKey(event);
  } else if (!control && !event.altKey && !isTyping(event.target) && root.dataset.keys !== "off") {
    singleKey(event);
  }
});

// ---- Messages: after closing one, focus moves to the next one or the page ---------------------------------

function dismiss(message) {
  const next = message.nextElementSibling || message.previousElementSibling;
  message.remove();
  (next ? find("[data-dismiss]", next) : find("#main")).focus({ preventScroll: true });
}

// ---- Clicks ----------------------------------------------------------------------------------------------

on("click", (event) => {
  const target = event.target;
  closeOver(target);
  if (target.closest("[data-theme-toggle]")) toggleTheme();
  else if (target.closest("[data-palette]")) {
    if (!event.ctrlKey && !event.metaKey && openPalette()) event.preventDefault();
  } else if (target.closest("[data-dismiss]")) dismiss(target.closest("[data-message]"));
  else if (target.closest("[data-print]")) print();
  else if (target.closest("[data-keys-toggle]")) {
    root.dataset.keys = root.dataset.keys === "off" ? "on" : "off";
    setCookie("keys", root.dataset.keys);
    labelKeysToggle();
  } else if (target.id === "palette") target.close(); // a click on the backdrop
});

function labelKeysToggle() {
  const off = root.dataset.keys === "off";
  for (const button of findAll("[data-keys-toggle]")) button.setAttribute("aria-pressed", String(!off));
}

// ---- Forms -----------------------------------------------------------------------------------------------
// The label stays; the button shows that it is busy and ignores a second click.

on("submit", (event) => {
  if (event.target.method !== "post") return;
  const button = event.submitter;
  if (!button) return;
  if (button.getAttribute("aria-busy") === "true") event.preventDefault();
  button.setAttribute("aria-busy", "true");
});

function clearBusy() {
  for (const button of findAll('button[aria-busy="true"]')) button.removeAttribute("aria-busy");
}

const focusErrors = () => find("[data-focus]")?.focus();

// ---- A session that has ended ------------------------------------------------------------------------------
// The server sends htmx the address of the sign-in page. The whole page goes there, unless something was typed or the page
// made the request by itself: then a notice says so, and the form can be sent after signing in in another tab.

const isPoll = (element) => /\bevery\b/.test(element.closest("[hx-trigger]")?.getAttribute("hx-trigger") || "");

// A page that nobody looks at asks for nothing.
on("htmx:before:request", (event) => {
  if (document.hidden && isPoll(event.detail.ctx.sourceElement)) event.preventDefault();
});

function isChanged(field) {
  if (field.type === "hidden") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  const shipped = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(0, shipped);
}

// A form with errors also contains typed text.
const hasTypedText = () =>
  findAll("main form[method=post] :is(input, textarea, select)").some((field) => isChanged(field) || field.ariaInvalid === "true");

function showSignedOut(address, typed) {
  const line = find("#signed-out");
  if (!line) return;
  find("#palette")?.close(); // it would lie over the line
  const link = find("a", line);
  link.href = address;
  link.target = typed ? "_blank" : "";
  find("span", line).hidden = !typed;
  line.hidden = false;
}

function hideSignedOut() {
  const line = find("#signed-out");
  if (line) line.hidden = true;
}

on("htmx:before:response", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status < 400) hideSignedOut();
  if (ctx.response.status !== 401 || !ctx.hx.redirect) return;
  const typed = hasTypedText();
  if (!typed && !isPoll(ctx.sourceElement)) return; // htmx goes to the sign-in page
  event.preventDefault();
  clearBusy();
  showSignedOut(ctx.hx.redirect, typed);
});

// Back from signing in in another tab.
on("visibilitychange", async () => {
  if (document.hidden || find("#signed-out")?.hidden !== false) return;
  const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
  if (answer.ok) hideSignedOut();
});

// Signing in changed the CSRF token; this page still has the old one.
const csrfToken = () => /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1];

on("submit", (event) => {
  const token = csrfToken();
  const field = event.target.elements.csrfmiddlewaretoken;
  if (token && field) field.value = token;
}, { capture: true });

on("htmx:config:request", (event) => {
  const { headers, body } = event.detail.ctx.request;
  const token = csrfToken();
  if (!token) return;
  if ("X-CSRFToken" in headers) headers["X-CSRFToken"] = token;
  if (body?.has("csrfmiddlewaretoken")) body.set("csrfmiddlewaretoken", token);
});

// ---- Decisions: changes are announced once; the time in view is sent with a decision ------------------------

// A live region speaks when its text changes, so remove the sentence and put it back.
function announce() {
  for (const line of findAll("[data-announce]:not([data-said])")) {
    const words = line.textContent;
    line.dataset.said = "1";
    line.textContent = "";
    setTimeout(() => { line.textContent = words; }, 300);
  }
}

// Messages are in the page from the start. A live region speaks what comes into it, so empty their sentence and fill it
// again, too fast for an eye to see. Their buttons stay: whoever presses Tab meanwhile must not miss one.
function announceMessages() {
  for (const line of findAll("[data-message] p")) {
    const sentence = line.firstChild;
    setTimeout(() => {
      const words = sentence.data;
      sentence.data = "";
      requestAnimationFrame(() => { sentence.data = words; });
    }, 300);
  }
}

// A hidden tab does not count, nor time after ten minutes without activity.
const IDLE_MS = 600000;
const view = { of: "", ms: 0, since: Date.now() };

function countView() {
  const now = Date.now();
  if (!view.hidden) view.ms += Math.min(now - view.since, IDLE_MS);
  view.since = now;
  view.hidden = document.hidden;
}

function watchView() {
  const form = find("form[data-visible]");
  if (!form || form.dataset.visible === view.of) return;
  Object.assign(view, { of: form.dataset.visible, ms: 0, since: Date.now(), hidden: document.hidden });
}

for (const type of ["visibilitychange", "pointerdown", "keydown", "scroll"]) on(type, countView, { passive: true });
// Before htmx collects the fields.
on("submit", (event) => {
  const field = event.target.elements.visible_ms;
  if (!event.target.matches("form[data-visible]") || !field) return;
  countView();
  field.value = view.ms;
}, { capture: true });

// ---- A problem links to its line in the text -----------------------------------------------------------------

function goToLine(link) {
  const area = find(link.getAttribute("href"));
  if (area?.tagName !== "TEXTAREA") return false;
  const lines = area.value.split("\n");
  const start = lines.slice(0, link.dataset.line - 1).join("\n").length + (link.dataset.line > 1 ? 1 : 0);
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, start + (lines[link.dataset.line - 1] || "").length);
  area.scrollTop = (area.scrollHeight / lines.length) * Math.max(0, link.dataset.line - 4);
  area.scrollIntoView({ block: "nearest" });
  return true;
}

on("click", (event) => {
  const link = event.target.closest?.("a[data-line]");
  if (link && goToLine(link)) event.preventDefault();
});

// ---- Zoom of the node map: buttons, or plus, minus and 0 while it has the focus ----------------------------

const ZOOM_STEP = 1.25;
const ZOOM_KEYS = { "+": "in", "=": "in", "-": "out", 0: "fit" };

function zoomMap(map, step) {
  const drawing = find("svg", map);
  const { width, height } = drawing.viewBox.baseVal;
  const now = Number(drawing.getAttribute("width"));
  const room = map.clientWidth - 36;
  const wanted = { in: now * ZOOM_STEP, out: now / ZOOM_STEP, fit: Math.min(width, room) }[step];
  const next = Math.min(Math.max(wanted, width / 4), width * 3);
  drawing.setAttribute("width", next);
  drawing.setAttribute("height", (next * height) / width);
}

on("click", (event) => {
  const button = event.target.closest?.("[data-zoom]");
  if (button) zoomMap(find(".node-map", button.closest(".card")), button.dataset.zoom);
});

on("keydown", (event) => {
  const map = event.target.closest?.(".node-map");
  const step = ZOOM_KEYS[event.key];
  if (!map || !step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  zoomMap(map, step);
});

// ---- Text that was typed into an editor and not saved is there again --------------------------------------
// One entry for each person, page and version of the draft. An entry that says what was saved is removed, and signing out
// removes all entries of the person.

const KEPT_OF_PERSON = `kept:${document.body.dataset.person}:`;
const KEPT = `${KEPT_OF_PERSON}${location.pathname}:`;
const keptKey = (area) => KEPT + (area.form.elements.base?.value ?? "");
const keptKeys = (start) => Object.keys(localStorage).filter((key) => key.startsWith(start));

function restoreKept() {
  const area = find("textarea[data-keep]");
  if (!area) return;
  for (const key of keptKeys(KEPT)) {
    const text = localStorage.getItem(key);
    localStorage.removeItem(key);
    if (text === area.value) continue;
    area.value = text;
    localStorage.setItem(keptKey(area), text);
    find("[data-kept]")?.removeAttribute("hidden");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

on("input", (event) => {
  const area = event.target.closest?.("textarea[data-keep]");
  if (!area) return;
  if (area.value === area.defaultValue) localStorage.removeItem(keptKey(area));
  else localStorage.setItem(keptKey(area), area.value);
});

on("click", (event) => {
  if (!event.target.closest?.("[data-drop-kept]")) return;
  const area = find("textarea[data-keep]");
  area.value = area.defaultValue;
  find("[data-kept]").hidden = true;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
});

on("submit", (event) => {
  if (!event.target.matches?.("form[action$='/logout/']")) return;
  for (const key of keptKeys(KEPT_OF_PERSON)) localStorage.removeItem(key);
});

restoreKept();

// ---- Hover on a chart: the values come from the chart's own table ----------------------------------------

const TIP_WIDTH = 140;
let liveChart = null;

function leaveChart() {
  if (!liveChart) return;
  liveChart.classList.remove("live");
  find(".chart-tip", liveChart)?.setAttribute("hidden", "");
  liveChart = null;
}

function tipOf(plot) {
  let tip = find(".chart-tip", plot);
  if (!tip) {
    tip = document.createElement("div");
    tip.className = "chart-tip";
    plot.append(tip);
  }
  tip.hidden = false;
  return tip;
}

on("pointermove", (event) => {
  const plot = event.target.closest?.("[data-chart] .chart-plot");
  if (!plot) return leaveChart();
  const chart = plot.parentElement;
  const rows = findAll("tbody tr", chart.closest("figure"));
  const box = plot.getBoundingClientRect();
  const at = (event.clientX - box.left) / box.width;
  const places = rows.map((row) => row.dataset.at / 100);
  const index = places.reduce((best, place, i) => (Math.abs(place - at) < Math.abs(places[best] - at) ? i : best), 0);
  const [label, value, rest] = [...rows[index].children].map((cell) => cell.textContent.trim());
  const strong = document.createElement("b");
  strong.textContent = value;
  const tip = tipOf(plot);
  tip.replaceChildren(label, strong, rest || "");
  liveChart = chart;
  chart.classList.add("live");
  const x = places[index];
  const cursor = find(".cursor", chart);
  cursor.setAttribute("x1", x * 1000);
  cursor.setAttribute("x2", x * 1000);
  const left = x * box.width + (x > 0.6 ? -TIP_WIDTH - 12 : 12);
  tip.style.transform = `translate(${Math.max(0, Math.min(box.width - TIP_WIDTH, left))}px, 8px)`;
});

// ---- How long an open incident lasts: the server writes it, this keeps it going ------------------------------

function spell(minutes) {
  if (minutes < 60) return `${minutes} min`;
  const [large, unit, small, rest] = minutes < 1440 ? [60, "h", 1, "min"] : [1440, "d", 60, "h"];
  const left = Math.floor((minutes % large) / small);
  return `${Math.floor(minutes / large)} ${unit}${left ? ` ${left} ${rest}` : ""}`;
}

setInterval(() => {
  for (const clock of findAll("[data-since]")) {
    const minutes = Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 60000);
    if (minutes >= 5) clock.textContent = spell(minutes);
  }
}, 20000);

// ---- On load and after every swap ------------------------------------------------------------------------

function refresh() {
  labelKeysToggle();
  watchView();
  announce();
}

on("htmx:after:swap", () => {
  refresh();
  focusErrors();
});
on("htmx:after:request", clearBusy);
addEventListener("pageshow", clearBusy); // a page that comes back from the browser's memory
refresh();
focusErrors();
announceMessages();
// htmx sets up the page in a timer, and a key or a click can be faster. Doing it twice is harmless.
htmx.process(document.body);
