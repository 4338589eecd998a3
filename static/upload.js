// Sends a large file in pieces: it survives a broken connection, an ended session and a reload of the page.
// Enhancement only: without this script, the form sends the file as a whole.

const LONGEST_PAUSE_MS = 15000;
const MEGABYTE = 1048576;
let running = null;

class Stopped extends Error {}

const cookie = () => /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1];
const part = (form, name) => form.querySelector(`[data-upload-${name}]`);
const offsetOf = (answer) => Number(answer.headers.get("Upload-Offset"));

function say(form, words) {
  const line = part(form, "status");
  if (line.textContent !== words) line.textContent = words;
}

function show(form, done, file) {
  const percent = Math.floor((100 * done) / file.size);
  part(form, "box").querySelector("progress").value = percent;
  const [here, all] = [done, file.size].map((bytes) => (bytes / MEGABYTE).toFixed(1));
  part(form, "figures").textContent = `${here} of ${all} MB`;
}

async function ask(form, address, options) {
  const token = cookie() || form.elements.csrfmiddlewaretoken.value;
  return fetch(address, {
    ...options,
    redirect: "manual",
    signal: running.signal,
    headers: { ...options.headers, "X-CSRFToken": token },
  });
}

async function problemOf(answer) {
  const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
  if (told.problem) return told.problem;
  if (answer.status === 507) return "The portal’s disk is full.";
  if (answer.status === 403) return "You can no longer import files.";
  return `The portal answered with error ${answer.status}.`;
}

async function begin(form, file) {
  const body = new FormData();
  body.set("name", file.name);
  body.set("size", file.size);
  body.set("modified", file.lastModified);
  const answer = await ask(form, form.dataset.upload, { method: "POST", body });
  if (answer.type === "opaqueredirect" || isPassing(answer)) return answer;
  if (!answer.ok) throw new Stopped(await problemOf(answer));
  return { ...(await answer.json()), offset: offsetOf(answer) };
}

const isPassing = (answer) => answer.status === 408 || answer.status === 429 || (answer.status >= 500 && answer.status !== 507);

// Until the next try, or until the browser is online again.
function pause(tries) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(1000 * 2 ** tries, LONGEST_PAUSE_MS));
    addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
    running.signal.addEventListener("abort", () => reject(running.signal.reason), { once: true });
  });
}

// The upload's address and where its next piece starts, however often the connection breaks.
async function place(form, file, tries) {
  for (;;) {
    try {
      const found = await begin(form, file);
      if (found.address) return found;
      say(form, found.type === "opaqueredirect" ? "Your session has ended. Sign in in another tab to continue." : "The portal is busy. Trying again…");
    } catch (problem) {
      if (problem instanceof Stopped || running.signal.aborted) throw problem;
      say(form, "The connection is lost. Trying again…");
    }
    await pause(tries++);
  }
}

async function pieceOf(file, offset, length) {
  try {
    return await file.slice(offset, offset + length).arrayBuffer();
  } catch {
    throw new Stopped("The file has changed on your disk. Choose it again.");
  }
}

async function send(form, file) {
  const length = Number(form.dataset.piece);
  let at = await place(form, file, 0);
  running.address = at.address;
  let tries = 0;
  while (at.offset < file.size) {
    show(form, at.offset, file);
    const body = await pieceOf(file, at.offset, length);
    const headers = { "Upload-Offset": at.offset, "Content-Type": "application/offset+octet-stream" };
    const answer = await ask(form, at.address, { method: "PATCH", headers, body }).catch(() => null);
    if (running.signal.aborted) throw running.signal.reason;
    if (answer && (answer.status === 204 || answer.status === 409)) {
      at.offset = offsetOf(answer);
      tries = 0;
      say(form, "");
      continue;
    }
    // A 404 means that it was given up meanwhile: it starts anew.
    if (answer && answer.type !== "opaqueredirect" && answer.status !== 404 && !isPassing(answer)) {
      throw new Stopped(await problemOf(answer));
    }
    if (!answer) say(form, "The connection is lost. Trying again…");
    await pause(tries++);
    at = await place(form, file, tries);
    running.address = at.address;
  }
  show(form, file.size, file);
  return at.token;
}

function finish(form) {
  running = null;
  part(form, "cancel").disabled = true;
  for (const button of form.querySelectorAll('button[aria-busy="true"]')) button.removeAttribute("aria-busy");
}

async function sendAndContinue(form, file) {
  running = new AbortController();
  part(form, "box").hidden = false;
  part(form, "cancel").disabled = false;
  say(form, "");
  try {
    form.elements.upload.value = await send(form, file);
    form.elements.file.value = "";
    form.elements.csrfmiddlewaretoken.value = cookie() || form.elements.csrfmiddlewaretoken.value;
    running = null;
    form.submit();
  } catch (problem) {
    const cancelled = running.signal.aborted;
    if (!cancelled && !(problem instanceof Stopped)) throw problem;
    say(form, cancelled ? "Cancelled. Nothing was kept." : problem.message);
    finish(form);
  }
}

async function cancel() {
  const { address } = running;
  const form = document.querySelector("form[data-upload]");
  running.abort();
  const token = cookie() || form.elements.csrfmiddlewaretoken.value;
  if (address) await fetch(address, { method: "DELETE", headers: { "X-CSRFToken": token } });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-upload]") || event.defaultPrevented) return;
  const file = form.elements.file.files[0];
  if (!file) return;
  form.elements.upload.value = "";
  if (file.size <= Number(form.dataset.piece)) return;
  event.preventDefault();
  if (file.size > Number(form.dataset.most)) {
    part(form, "box").hidden = false;
    say(form, `The file is larger than ${Math.floor(form.dataset.most / MEGABYTE)} MB.`);
    finish(form);
  } else sendAndContinue(form, file);
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-upload-cancel]") && running) cancel();
});

// Leaving the page ends the upload; what has arrived is kept for a day.
addEventListener("beforeunload", (event) => {
  if (running) event.preventDefault();
});
