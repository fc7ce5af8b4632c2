// What pages do beyond what they show without script: regions that stay up to date, moments that stay true, the theme.
"use strict";

const root = document.documentElement;
const liveUrl = document.currentScript.dataset.live;

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
async function refresh() {
  if (fetching || !waiting.size || document.hidden) return;
  fetching = true;
  const ids = [...waiting];
  waiting.clear();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) { location.assign(location.href); return; }
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ids) {
      const fresh = page.getElementById(id), shown = document.getElementById(id);
      if (fresh && shown && !shown.querySelector("details[open][data-keep], dialog[open]")) morph(shown, fresh);
    }
    tellMoments();
    reachScrolls();
    document.dispatchEvent(new CustomEvent("refreshed"));
  } catch { // at the next tick, then
    for (const id of ids) waiting.add(id);
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
      beforeNodeMorphed: (old) => !(old instanceof Element && (old.matches("input, select, textarea, dialog") || old.hasAttribute("data-keep"))),
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.matches("details")),
    },
  });
}
function tellState(state) {
  const element = document.querySelector("[data-live-state]");
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  element.textContent = { live: "Live", away: "Not up to date", "": "" }[state];
}
function listen() {
  const regions = () => [...document.querySelectorAll("[data-live][id]")];
  if (!regions().length) return;
  const lookAgain = () => { for (const region of regions()) waiting.add(region.id); refresh(); };
  let events, later, missed = 0;
  function open() {
    events = new EventSource(liveUrl);
    events.addEventListener("open", () => { if (missed) lookAgain(); missed = 0; });
    events.addEventListener("changed", (event) => {
      const changed = new Set(event.data.split(" ")), away = changed.has("away");
      tellState(away ? "away" : "live");
      for (const region of regions())
        if (region.dataset.live.split(" ").some((topic) => changed.has(topic))) waiting.add(region.id);
      if (!away) refresh();
    });
    events.addEventListener("error", () => {
      tellState("away");
      missed += 1;
      // The browser comes again by itself where the connection broke, and never where it was answered by an error.
      if (events.readyState === EventSource.CLOSED) later = setTimeout(open, pauseAfter(missed));
    });
  }
  open();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) lookAgain(); });
  addEventListener("pagehide", () => { clearTimeout(later); events.close(); });
  addEventListener("pageshow", (event) => { if (event.persisted) { missed = 1; open(); } });
}
// Milliseconds: from about a second to half a minute, and not all who look on at once.
function pauseAfter(missed) {
  return Math.min(30_000, 1_000 * 2 ** (missed - 1)) * (0.5 + Math.random() / 2);
}

document.addEventListener("DOMContentLoaded", () => {
  themeSwitch();
  tellMoments();
  setInterval(tellMoments, 1000);
  reachScrolls();
  addEventListener("resize", reachScrolls);
  listen();
  const menu = document.querySelector("[data-menu]");
  if (menu && !matchMedia("(min-width: 60rem)").matches) menu.open = false; // without script it is open everywhere
});
