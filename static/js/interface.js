// Menus, and the guard against sending a form twice. The pages work without it.
"use strict";

document.addEventListener("keydown", (evenement) => {
  if (evenement.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (evenement) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(evenement.target)) menu.open = false;
  }
  if (evenement.target.closest("[data-imprimer]")) window.print();
  const copier = evenement.target.closest("[data-copier]");
  if (copier) {
    const champ = document.getElementById(copier.dataset.copier);
    // Selected too: what the browser does not let a page copy is one gesture away.
    champ.select();
    const dire = () => (copier.textContent = "Copié");
    navigator.clipboard?.writeText(champ.value).then(dire, () => {});
  }
  // What it opens and closes is for the style sheet to say.
  const plier = evenement.target.closest("[data-plier]");
  plier?.setAttribute("aria-expanded", String(plier.getAttribute("aria-expanded") !== "true"));
  const interdit = evenement.target.closest("[aria-disabled=true]");
  if (interdit) evenement.preventDefault();
});

document.addEventListener("submit", (evenement) => {
  if (evenement.defaultPrevented) return;
  if (evenement.target.dataset.envoye) {
    evenement.preventDefault();
    return;
  }
  if (evenement.target.method === "post") evenement.target.dataset.envoye = "1";
});
// A form that is being sent asks for nothing more: what it would get belongs to a page that is left.
document.addEventListener("htmx:beforeRequest", (evenement) => {
  if (evenement.detail.elt.dataset.envoye) evenement.preventDefault();
});
window.addEventListener("pageshow", () => {
  for (const formulaire of document.querySelectorAll("form[data-envoye]")) delete formulaire.dataset.envoye;
});

// A refusal or a fault says itself at the place of the messages; other errors change nothing on the page.
document.addEventListener("htmx:beforeSwap", (evenement) => {
  const { xhr } = evenement.detail;
  if (xhr.status >= 400 && xhr.getResponseHeader("HX-Retarget")) evenement.detail.shouldSwap = true;
});

// Led elsewhere, to the sign-in page for instance: a whole page must not take the place of a part of this
// one.
document.addEventListener("htmx:beforeSwap", (evenement) => {
  const { xhr, pathInfo } = evenement.detail;
  if (
    !xhr.responseURL ||
    new URL(xhr.responseURL).pathname === new URL(pathInfo.requestPath, location).pathname
  )
    return;
  evenement.detail.shouldSwap = false;
  location.assign(xhr.responseURL);
});

// Back or Forward before htmx listens moves the address alone: the page it names is loaded.
document.addEventListener("DOMContentLoaded", () => {
  const [chargement] = performance.getEntriesByType("navigation");
  if (history.state?.htmx && chargement.name.split("#")[0] !== location.href.split("#")[0]) location.reload();
});

// What had the focus may be gone from what takes its place: the block that was replaced has it then.
document.addEventListener("htmx:afterSettle", (evenement) => {
  if (document.activeElement === document.body && evenement.target.matches("[tabindex]"))
    evenement.target.focus();
});
