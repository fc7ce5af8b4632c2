// What pages do beyond what they show without script: regions that stay up to date, moments that stay true, the theme.
"use strict";

const root = document.documentElement;
const { live: liveUrl, signIn: signInUrl } = document.currentScript.dataset;

// --- theme
function themeSwitch() {
  const button = document.querySelector("[data-theme-switch]");
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Use the ${dark() ? "light" : "dark"} theme`); };
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("advisorjobs-theme", root.dataset.theme); } catch { /* not kept, then */ }
    label();
    document.dispatchEvent(new CustomEvent("theme"));
  });
}

// --- moments: "4 min ago" stays true; the same words as web/rendering.py
function units(seconds) {
  for (const [size, name, part, partName] of [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]]) {
    if (seconds >= size) {
      const whole = Math.floor(seconds / size), rest = Math.floor((seconds % size) / part);
      return [`${whole} ${name}`, rest && whole < 100 && seconds >= 86400 ? ` ${rest} ${partName}` : ""].join("");
    }
  }
  return `${seconds} s`;
}
function relative(moment) {
  const seconds = Math.round((moment - Date.now()) / 1000);
  if (Math.abs(seconds) < 2) return "now";
  return seconds > 0 ? `in ${units(seconds)}` : `${units(-seconds)} ago`;
}
function tellMoments() {
  for (const element of document.querySelectorAll("time[datetime]:not([data-exact])")) {
    const moment = new Date(element.dateTime);
    element.textContent = relative(moment);
    element.title = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
  }
}

// --- what is wider than its place can be scrolled by keyboard
function reachScrolls() {
  for (const element of document.querySelectorAll(".scroll:not([role])")) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }
}

// --- regions: <section id data-live="topics"> is fetched again when one of its topics has changed
const waiting = new Set();
let fetching = false;
let held = false; // somebody wants to read in peace
let failures = 0, notBefore = 0; // fetches that failed in a row; when the next may be: a page that is refused is not asked for each second
const regions = () => [...document.querySelectorAll("[data-live][id]")];
// What somebody has opened to work in stands still until they have done.
const inUse = (region) => region.querySelector("details[open][data-keep], dialog[open]");
async function refresh() {
  if (fetching || held || document.hidden || Date.now() < notBefore) return;
  const ids = [...waiting].filter((id) => { const shown = document.getElementById(id); return shown && !inUse(shown); });
  if (!ids.length) return;
  fetching = true;
  for (const id of ids) waiting.delete(id);
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Unattended": "yes" }, credentials: "same-origin" });
    const place = new URL(answer.url).pathname;
    if (place === signInUrl) return location.reload();
    if (answer.redirected && place !== location.pathname) return location.replace(answer.url); // as a number that is searched for leads to its job
    if (!answer.ok) throw new Error(answer.statusText);
    failures = 0;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ids) {
      const fresh = page.getElementById(id), shown = document.getElementById(id);
      if (fresh && shown && !inUse(shown)) morph(shown, fresh);
      else if (fresh && shown) waiting.add(id);
    }
    tellMoments();
    reachScrolls();
    document.dispatchEvent(new CustomEvent("refreshed"));
  } catch { // at a later tick, then
    for (const id of ids) waiting.add(id);
    notBefore = Date.now() + pauseAfter(++failures);
    tellState("away");
  } finally {
    fetching = false;
  }
}
// What a person has ticked, typed or opened stays theirs.
function morph(shown, fresh) {
  Idiomorph.morph(shown, fresh, {
    ignoreActiveValue: true,
    callbacks: {
      beforeNodeMorphed: (old) => !(old instanceof Element && (old.matches("input:not([type=hidden], [readonly]), select, textarea, dialog") || old.matches("[data-keep]:not(details)"))),
      beforeNodeRemoved: (old) => !(old instanceof Element && old.matches("tr") && old.querySelector("input[name=job]:checked")), // newer rows push out none that is chosen
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.matches("details")),
    },
  });
}
function tellState(state) {
  if (held) state = "still";
  const element = document.querySelector("[data-live-state]");
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  element.textContent = { live: "Live", away: "Not up to date", still: "Held", "": "" }[state];
}
function refreshAll() {
  for (const region of regions()) waiting.add(region.id);
  refresh();
}
// Whoever reads may want that nothing moves: WCAG 2.2.2.
function holdSwitch() {
  const button = document.querySelector("[data-live-switch]");
  const label = () => { button.textContent = held ? "Go on" : "Hold"; button.title = held ? "Show changes again" : "Hold what is shown still"; };
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    held = !held;
    label();
    tellState("live");
    if (!held) refreshAll();
  });
}
function listen() {
  if (!regions().length) return;
  holdSwitch();
  const job = regions().map((region) => /\bjob:(\d+)/.exec(region.dataset.live)).find(Boolean);
  let events, later, missed = 0;
  function close() {
    clearTimeout(later);
    events?.close();
  }
  function open() {
    close();
    events = new EventSource(job ? `${liveUrl}?job=${job[1]}` : liveUrl);
    events.addEventListener("open", () => { if (missed) refreshAll(); missed = 0; });
    events.addEventListener("changed", (event) => {
      const changed = new Set(event.data.split(" ")), away = changed.has("away");
      tellState(away || failures ? "away" : "live");
      for (const region of regions())
        if (region.dataset.live.split(" ").some((topic) => changed.has(topic))) waiting.add(region.id);
      if (!away) refresh();
    });
    events.addEventListener("error", () => {
      tellState("away");
      missed += 1;
      // The browser comes again by itself where the connection broke, and never where it was answered by an error.
      if (events.readyState !== EventSource.CLOSED) return;
      later = setTimeout(open, pauseAfter(missed));
      refreshAll(); // which leads to the sign-in where the session has ended
    });
  }
  // What nobody sees needs no stream: over HTTP/1.1 a browser has six connections to us, for all its tabs.
  function look() {
    if (document.hidden) return close();
    missed = 1;
    open();
  }
  if (!document.hidden) open();
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });
}
// Milliseconds: from about a second to half a minute, and not all who look on at once.
function pauseAfter(missed) {
  return Math.min(30_000, 1_000 * 2 ** (missed - 1)) * (0.5 + Math.random() / 2);
}

// --- ticking rows: all of them, from one to another with Shift, and how many are ticked
const ticks = () => [...document.querySelectorAll("input[type=checkbox][name=job]")];
function tellTicks() {
  const boxes = ticks(), ticked = boxes.filter((box) => box.checked).length;
  for (const box of boxes) box.closest("tr").classList.toggle("ticked", box.checked);
  const all = document.querySelector("[data-tick-all]"), option = document.querySelector("#act-on option[value='']");
  if (all) { all.hidden = !boxes.length; all.checked = ticked > 0 && ticked === boxes.length; all.indeterminate = ticked > 0 && ticked < boxes.length; }
  const act = document.getElementById("act");
  act?.classList.toggle("stuck", ticked > 0); // what may be done to them stays in sight
  if (act && boxes.length) act.hidden = false; // the list was empty
  if (option) { option.dataset.words ||= option.textContent; option.textContent = ticked ? `the ${ticked} ticked` : option.dataset.words; }
}
function tickRows() {
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || box.name !== "job") return;
    const boxes = ticks(), from = boxes.indexOf(last), to = boxes.indexOf(box);
    if (event.shiftKey && from >= 0) for (const each of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
    last = box;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) for (const box of ticks()) box.checked = event.target.checked;
    if (event.target.matches("[data-tick-all], input[type=checkbox][name=job]")) tellTicks();
  });
  document.addEventListener("refreshed", tellTicks);
  addEventListener("pageshow", tellTicks); // a browser that comes back ticks again what was ticked
  tellTicks();
}

// --- shortcuts: single keys, which can be switched off (WCAG 2.1.4)
function shortcuts() {
  const dialog = document.querySelector("[data-shortcuts]"), help = document.querySelector("[data-help]");
  if (!dialog) return;
  const choice = dialog.querySelector("[data-shortcuts-on]");
  try { choice.checked = localStorage.getItem("advisorjobs-shortcuts") !== "off"; } catch { /* on, then */ }
  choice.addEventListener("change", () => { try { localStorage.setItem("advisorjobs-shortcuts", choice.checked ? "on" : "off"); } catch { /* until the next page */ } });
  help.hidden = false;
  help.addEventListener("click", () => dialog.showModal());
  let leader = 0; // when g was pressed
  const press = {
    "?": () => dialog.showModal(),
    "/": () => { const field = document.querySelector("main [role=search] input:not([type=hidden])"); if (field) { field.focus(); field.select(); } else document.querySelector("nav [data-key=j]")?.click(); },
    p: () => document.querySelector("[data-live-switch]:not([hidden])")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !choice.checked || dialog.open) return;
    if (event.target.closest?.("input:not([type=checkbox]), select, textarea")) return;
    if (event.key === "g") { leader = event.timeStamp; return; }
    const entry = event.timeStamp - leader < 1500 && leader ? document.querySelector(`nav [data-key="${CSS.escape(event.key)}"]`) : null;
    leader = 0;
    if (entry) entry.click();
    else if (Object.hasOwn(press, event.key)) press[event.key]();
    else return;
    event.preventDefault();
  });
}

document.addEventListener("DOMContentLoaded", () => {
  themeSwitch();
  tickRows();
  shortcuts();
  tellMoments();
  setInterval(tellMoments, 1000);
  reachScrolls();
  addEventListener("resize", reachScrolls);
  listen();
  const menu = document.querySelector("[data-menu]");
  if (menu && !matchMedia("(min-width: 60rem)").matches) menu.open = false; // without script it is open everywhere
});
