// Nothing typed is lost: a draft saves itself, a changed form warns before one leaves it, an expired session is said.
"use strict";

const ATTENTE = 3000;
let change = false;
let minuterie = null;

function formulaire() {
  return document.querySelector("form[data-garder]");
}

document.addEventListener("input", (evenement) => {
  const form = evenement.target.form;
  if (!form || form !== formulaire() || evenement.target.name === "recherche") return;
  change = true;
  clearTimeout(minuterie);
  minuterie = setTimeout(() => {
    const seul = form.querySelector("[data-automatique]");
    // A panel that is open, or a choice to make, belongs to the person.
    if (seul && form.isConnected && !form.querySelector(".panneau, .divergence")) htmx.trigger(seul, "automatique");
  }, ATTENTE);
});

// What is typed while an answer is on its way is not in it: it goes into the field that takes the place of the one typed in.
const touches = new Map();
document.addEventListener("input", (evenement) => touches.set(evenement.target.id, [evenement.target, performance.now()]));
document.addEventListener("htmx:beforeSend", (evenement) => { evenement.detail.xhr.parti = performance.now(); });
document.addEventListener("htmx:afterSwap", (evenement) => {
  const { target, xhr } = evenement.detail;
  for (const [id, [avant, quand]] of touches) {
    const champ = document.getElementById(id);
    if (!champ || champ === avant || quand < xhr.parti || !target.contains(avant)) continue;
    champ.value = avant.value;
    champ.checked = avant.checked;
  }
});

document.addEventListener("submit", (evenement) => {
  if (evenement.target !== formulaire() || evenement.defaultPrevented) return;
  change = false;
  clearTimeout(minuterie);
});

window.addEventListener("beforeunload", (evenement) => {
  if (change && formulaire()) evenement.preventDefault();
});

document.addEventListener("htmx:beforeRequest", (evenement) => {
  if (evenement.target.matches("[data-automatique]")) evenement.target.dataset.saisie = JSON.stringify([...new FormData(formulaire())]);
});

document.addEventListener("htmx:afterRequest", (evenement) => {
  const seul = evenement.target.closest("[data-automatique]");
  if (!seul) return;
  const reponse = evenement.detail.xhr.responseText || "";
  const meme = seul.dataset.saisie === JSON.stringify([...new FormData(formulaire())]);
  if (evenement.detail.successful && reponse.startsWith("Brouillon enregistré") && meme) change = false;
});

// The session has expired, or the right is gone: the page itself will say so and give the text back.
const REFUS = {
  401: "Votre session a expiré. Enregistrez : vous pourrez vous reconnecter sans rien perdre.",
  403: "Vous ne pouvez plus enregistrer cette fiche. Enregistrez : votre texte vous sera rendu, pour le copier.",
};
document.addEventListener("htmx:responseError", (evenement) => {
  const form = formulaire();
  const phrase = REFUS[evenement.detail.xhr.status];
  if (!phrase || !form) return;
  const etat = document.getElementById("etat-saisie");
  if (etat) etat.textContent = phrase;
});
