// Before anything is drawn: the theme that somebody chose on this machine; else the system's.
"use strict";
try {
  const chosen = localStorage.getItem("advisorjobs-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // storage may be forbidden: then the system's theme it is
}
