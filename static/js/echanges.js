// An exchange in place (htmx): nothing moves under the eyes, the focus goes to what has opened, an expired
// session says itself.
"use strict";

const SAISIES = "input:not([type=hidden], [tabindex='-1']), select, textarea";
const GESTES = "button:not([tabindex='-1']), a[href], summary";

// Nothing is animated: what had to be followed with the eyes would be lost.
function montrer(element) {
  element.scrollIntoView({ block: "nearest", behavior: "instant" });
}

// Inside a block: what is wrong first, else the first thing to fill, else the first thing to press.
function premier(zone) {
  if (zone.matches(SAISIES) || zone.matches(GESTES)) return zone;
  const fautif = zone.querySelector("[aria-invalid=true]");
  if (fautif) return fautif;
  for (const genre of [SAISIES, GESTES]) {
    const trouve = [...zone.querySelectorAll(genre)].find(
      (element) => !element.disabled && element.checkVisibility(),
    );
    if (trouve && trouve.type === "radio")
      return zone.querySelector(`input[name="${trouve.name}"]:checked`) || trouve;
    if (trouve) return trouve;
  }
  return zone;
}

// Give the focus to the field, or to the block, that bears this id: it is seen wholly when it fits in the
// window.
function viser(ancre) {
  const zone = document.getElementById(ancre);
  if (!zone) return;
  const champ = premier(zone);
  for (let repli = champ.closest("details"); repli; repli = repli.parentElement.closest("details"))
    repli.open = true;
  if (zone.offsetHeight < window.innerHeight) montrer(zone);
  champ.focus({ preventScroll: true });
  montrer(champ);
}

// The element to focus comes from the server (bureau/assistant/views.py), from the URL, or from the link of
// an error.
document.addEventListener("viser", (evenement) => viser(evenement.detail.ancre));
document.addEventListener("DOMContentLoaded", () => {
  if (/^#id_[\w-]+$/.test(location.hash)) viser(location.hash.slice(1));
});
document.addEventListener("click", (evenement) => {
  const lien = evenement.target.closest(".resume a[href^='#']");
  if (!lien) return;
  evenement.preventDefault();
  viser(lien.hash.slice(1));
});

// Where the eyes are: on what has the focus, else on the middle of the window; it stays there whatever
// changes around it.
function reperer() {
  const actif = document.activeElement;
  const { top, bottom } = actif.getBoundingClientRect();
  const vu = actif.closest("main > *") && bottom > 0 && top < window.innerHeight;
  const element = vu ? actif : document.elementFromPoint(window.innerWidth / 2, window.innerHeight / 2);
  const nomme = element && element.closest("[id]");
  return [element, nomme]
    .filter(Boolean)
    .map((e) => ({ element: e, id: e.id, haut: e.getBoundingClientRect().top }));
}

function retrouver(reperes) {
  for (const { element, id, haut } of reperes) {
    const la = element.isConnected ? element : id && document.getElementById(id);
    if (!la) continue;
    window.scrollBy({ top: la.getBoundingClientRect().top - haut, behavior: "instant" });
    return;
  }
}

function tenir(changer) {
  const reperes = reperer();
  changer();
  retrouver(reperes);
}

let avant = [];
document.addEventListener("htmx:beforeSwap", () => {
  avant = reperer();
});
document.addEventListener("htmx:afterSwap", () => {
  retrouver(avant);
  avant = [];
});

// Send again as a page what was sent in place: the answer is then a page, with all that was typed.
function renvoyer({ path, formData }) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  form.hidden = true;
  for (const [name, value] of formData)
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(form);
  partir();
  form.submit();
}

// 401: the session has expired, or the proof that the page carries is no longer good. What goes on behind the
// person says it beside the buttons (garder.js); what the person asked for goes to the sign-in page, and
// comes back with what was typed.
document.addEventListener("htmx:responseError", (evenement) => {
  const { xhr, requestConfig } = evenement.detail;
  if (xhr.status !== 401 || requestConfig.elt.closest("[data-en-fond]")) return;
  if (requestConfig.verb === "post") renvoyer(requestConfig);
  else if (!requestConfig.elt.closest("form[data-garder]"))
    location.assign(xhr.getResponseHeader("X-Connexion"));
});

// What comes is not the part that was asked for (the record is gone, the identifier is to be verified again):
// the whole page, then.
document.addEventListener("htmx:beforeSwap", (evenement) => {
  const { xhr, requestConfig, target } = evenement.detail;
  const choisi = requestConfig.elt.closest("[data-hx-select]")?.dataset.hxSelect;
  if (requestConfig.verb !== "post" || !choisi?.startsWith("#") || !evenement.detail.shouldSwap) return;
  if (
    xhr.getResponseHeader("HX-Retarget") ||
    `#${target.id}` !== choisi ||
    xhr.responseText.includes(`id="${target.id}"`)
  )
    return;
  evenement.detail.shouldSwap = false;
  renvoyer(requestConfig);
});
