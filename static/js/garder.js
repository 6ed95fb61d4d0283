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

// The session has expired: the page itself asks to sign in again and gives the text back.
document.addEventListener("htmx:responseError", (evenement) => {
  const form = formulaire();
  if (evenement.detail.xhr.status !== 401 || !form) return;
  const etat = document.getElementById("etat-saisie");
  if (etat) etat.textContent = "Votre session a expiré. Enregistrez : vous pourrez vous reconnecter sans rien perdre.";
});
