// The plan of a long form: its counts follow what is typed, its links lead to what is missing.
// What was unfolded stays so.
"use strict";

function listeDuPlan() {
  return document.getElementById("plan-liste");
}

// « 1 manquant », « 3 champs à compléter »: as the server writes them (affichage.pluriel).
function accorder(nombre, mot) {
  return nombre + "\u00a0" + (nombre < 2 ? mot : mot.replace(/^\S+/, "$&s"));
}

// What is asked is the server's to say: each part holds [id, names of the fields, whether they are empty].
// Only what is typed since then is read here.
function noter(noms) {
  const liste = listeDuPlan();
  if (!liste) return;
  const saisi = new FormData(document.getElementById("assistant-form"));
  const rempli = (nom) => saisi.getAll(nom).some((valeur) => String(valeur).trim() !== "");
  for (const partie of liste.querySelectorAll("[data-exigences]")) {
    const exigences = JSON.parse(partie.dataset.exigences).map(([id, champs, vide]) => [
      id,
      champs,
      champs.some((champ) => noms.includes(champ)) ? !champs.some(rempli) : vide,
    ]);
    partie.dataset.exigences = JSON.stringify(exigences);
  }
  direLePlan();
}

function direLePlan() {
  const liste = listeDuPlan();
  if (!liste) return;
  const tous = [];
  for (const partie of liste.querySelectorAll("[data-exigences]")) {
    const vides = JSON.parse(partie.dataset.exigences)
      .filter(([, , vide]) => vide)
      .map(([id]) => id);
    tous.push(...vides);
    const [lien, compte] = [partie.querySelector("a"), partie.querySelector("[data-manque]")];
    if (!compte) continue;
    if (vides.length) lien.setAttribute("href", `#${vides[0]}`);
    compte.textContent = accorder(vides.length, "manquant");
    compte.hidden = vides.length === 0;
    const complete = vides.length === 0 && !partie.querySelector("[data-faute]");
    partie.querySelector(".etat-partie").classList.toggle("complete", complete);
  }
  const tout = (selecteur, faire) => document.querySelectorAll(selecteur).forEach(faire);
  tout("[data-compte]", (total) => {
    total.textContent = accorder(tous.length, total.dataset.compte);
  });
  tout("[data-si-manque], .plan-ligne [data-compte]", (element) => {
    element.hidden = tous.length === 0;
  });
  if (tous.length) tout("[data-premier]", (lien) => lien.setAttribute("href", `#${tous[0]}`));
  situer();
}

function enVue(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}

// The part that one is in: that of the focus while it is seen, else the one that is read.
// It is marked in the list, and named in the line that takes its place on a telephone.
function situer() {
  const liens = [...(listeDuPlan()?.querySelectorAll("a[data-partie]") || [])];
  const actif = document.activeElement;
  const saisie = enVue(actif) && actif.closest(".partie")?.getAttribute("aria-labelledby");
  const haut = (lien) => document.getElementById(lien.dataset.partie).getBoundingClientRect().top;
  const lus = liens.filter((lien) => haut(lien) < window.innerHeight * 0.4);
  const ici = liens.find((lien) => lien.dataset.partie === saisie) || lus.at(-1) || liens[0];
  if (!ici || ici.getAttribute("aria-current")) return;
  for (const lien of liens) lien.removeAttribute("aria-current");
  ici.setAttribute("aria-current", "true");
  document.querySelector("[data-plan-ici]").textContent = ici.querySelector(".plan-nom").textContent;
  const rang = liens.indexOf(ici) + 2;
  document.querySelector("[data-plan-rang]").textContent = `${rang} sur ${liens.length + 1}`;
}

document.addEventListener("input", (evenement) => {
  if (evenement.target.form?.id === "assistant-form") noter([evenement.target.name]);
});

// An answer that changes what is asked: the server says what is asked now.
// A block that sends itself asks already.
document.addEventListener("change", (evenement) => {
  const decisifs = (document.getElementById("plan")?.dataset.decisifs || "").split(" ").filter(Boolean);
  if (!decisifs.includes(evenement.target.name) || evenement.target.closest("[data-hx-trigger]")) return;
  htmx.trigger("#plan-a-jour", "actualiser");
});

document.addEventListener("click", (evenement) => {
  const lien = evenement.target.closest(".plan a, a[data-premier]");
  if (lien) {
    evenement.preventDefault();
    const liste = listeDuPlan();
    if (liste.matches(":popover-open")) liste.hidePopover();
    viser(lien.hash.slice(1));
  }
  const tout = evenement.target.closest("[data-cocher]");
  if (!tout) return;
  const cases = [...tout.closest("fieldset").querySelectorAll("input[type=checkbox]")];
  for (const une of cases) une.checked = tout.dataset.cocher === "tout";
  cases[0].dispatchEvent(new Event("input", { bubbles: true }));
  cases[0].dispatchEvent(new Event("change", { bubbles: true }));
});

// What somebody unfolded is still unfolded in the part that takes the place of the one it was in.
let deplies = [];
document.addEventListener("htmx:beforeSwap", () => {
  deplies = [...document.querySelectorAll("details[id][open]")].map((repli) => repli.id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of deplies) {
    const repli = document.getElementById(id);
    if (repli) repli.open = true;
  }
});
document.addEventListener("htmx:afterSettle", direLePlan);

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("assistant-form");
  if (!listeDuPlan()) return;
  // Typed before the script came, or given back by the browser.
  const ecrit = (champ) => champ.matches("input, textarea") && champ.value !== champ.defaultValue;
  const differe = (champ) => champ.checked !== champ.defaultChecked || ecrit(champ);
  noter([...form.elements].filter((champ) => champ.name && differe(champ)).map((champ) => champ.name));
});
window.addEventListener("scroll", situer, { passive: true });
document.addEventListener("focusin", situer);
