// Nothing typed is lost: a draft saves itself, a changed form warns before one leaves it, an expired session
// is said.
"use strict";

const ATTENTE = 3000;
const NOUVEL_ESSAI = 10000;
let minuterie = null;

function formulaire() {
  return document.querySelector("form[data-garder]");
}

// A page that answers what was sent (a refusal, a choice to make) holds what was typed, which is not saved.
let change = "rendue" in document.body.dataset && formulaire() !== null;

// The state of saving, beside the buttons: what is true now.
function direLEtat(phrase) {
  const etat = document.getElementById("etat-saisie");
  if (etat) etat.textContent = phrase;
}

function enregistrerDans(delai) {
  clearTimeout(minuterie);
  minuterie = setTimeout(() => {
    const seul = formulaire()?.querySelector("[data-automatique]");
    // A panel that is open, or a choice to make, belongs to the person.
    if (seul && change && !formulaire().querySelector(".panneau, .divergence"))
      htmx.trigger(seul, "automatique");
  }, delai);
}

function pasEncore() {
  direLEtat("Modifications pas encore enregistrées");
  change = true;
  enregistrerDans(ATTENTE);
}
if (change) pasEncore();

document.addEventListener("input", (evenement) => {
  const form = evenement.target.form;
  if (!form || form !== formulaire() || evenement.target.name === "recherche") return;
  if (change) enregistrerDans(ATTENTE);
  else pasEncore();
});

// No answer: said, and tried again, at once when the network comes back.
function pasEnregistre() {
  direLEtat(
    "Pas enregistré : " +
      (navigator.onLine ? "le service ne répond pas" : "hors connexion") +
      ", nouvel essai dans 10 s",
  );
  enregistrerDans(NOUVEL_ESSAI);
}
document.addEventListener("htmx:sendError", (evenement) => {
  if (evenement.detail.elt.matches("[data-automatique]")) pasEnregistre();
});
document.addEventListener("htmx:responseError", (evenement) => {
  if (evenement.detail.elt.matches("[data-automatique]") && evenement.detail.xhr.status >= 429)
    pasEnregistre();
});
window.addEventListener("online", () => {
  if (change && document.querySelector("[data-automatique]")) enregistrerDans(0);
});

// What is typed while an answer is on its way is not in it: it goes into the field that takes the place of
// the one typed in.
const touches = new Map();
document.addEventListener("input", (evenement) =>
  touches.set(evenement.target.id, [evenement.target, performance.now()]),
);
document.addEventListener("htmx:beforeSend", (evenement) => {
  evenement.detail.xhr.parti = performance.now();
});
document.addEventListener("htmx:afterSwap", (evenement) => {
  const { target, xhr } = evenement.detail;
  for (const [id, [avant, quand]] of touches) {
    const champ = document.getElementById(id);
    if (!champ || champ === avant || quand < xhr.parti || !target.contains(avant)) continue;
    champ.value = avant.value;
    champ.checked = avant.checked;
  }
});

// The page is left with what was typed on its way: there is nothing to warn about.
function partir() {
  change = false;
  clearTimeout(minuterie);
}

document.addEventListener("submit", (evenement) => {
  if (evenement.target === formulaire() && !evenement.defaultPrevented) partir();
});

window.addEventListener("beforeunload", (evenement) => {
  if (change && formulaire()) evenement.preventDefault();
});

// All that the form holds but the number of the version, which each save moves.
function saisie() {
  return JSON.stringify([...new FormData(formulaire())].filter(([nom]) => nom !== "version"));
}

document.addEventListener("htmx:beforeRequest", (evenement) => {
  if (!evenement.target.matches("[data-automatique]")) return;
  evenement.target.dataset.saisie = saisie();
  direLEtat("Enregistrement…");
});

document.addEventListener("htmx:afterRequest", (evenement) => {
  const seul = evenement.target.closest("[data-automatique]");
  if (!seul) return;
  const reponse = evenement.detail.xhr.responseText || "";
  const meme = seul.dataset.saisie === saisie();
  if (!evenement.detail.successful || !reponse.startsWith("Brouillon enregistré")) return;
  if (meme) change = false;
  else direLEtat("Modifications pas encore enregistrées");
});

// The session has expired, or the right is gone: the page itself will say so and give the text back.
const REFUS = {
  401: "Votre session a expiré. Enregistrez : vous pourrez vous reconnecter sans rien perdre.",
  403:
    "Vous ne pouvez plus enregistrer cette fiche. " +
    "Enregistrez : votre texte vous sera rendu, pour le copier.",
};
document.addEventListener("htmx:responseError", (evenement) => {
  const phrase = REFUS[evenement.detail.xhr.status];
  if (phrase && formulaire()) direLEtat(phrase);
});
