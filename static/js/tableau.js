// « Modifier en tableau »: what is typed is checked by the server, row by row; a block is pasted by it; the
// foot says what is left to do. Without it the page is a plain form.
"use strict";

const leTableau = () => document.getElementById("tableau");
const CELLULE = ".tableau-ligne td > :is(input, select, textarea):not([type=hidden])";
const aVerifier = new Set();
let minuterieDeVerification = null;

const coche = (champ) => champ.type === "checkbox";
const valeurDe = (champ) => (coche(champ) ? (champ.checked ? "on" : "") : champ.value);

// The text that the record has: the server says it of what it has received changed.
function avantDe(champ) {
  if (champ.dataset.avant !== undefined) return champ.dataset.avant;
  if (coche(champ)) return champ.defaultChecked ? "on" : "";
  if (champ.matches("select"))
    return ([...champ.options].find((option) => option.defaultSelected) || champ.options[0]).value;
  return champ.defaultValue;
}

const estChangee = (champ) => !champ.readOnly && valeurDe(champ) !== avantDe(champ);
const ligneDe = (champ) => champ.closest(".tableau-ligne");
const lignes = () => [...leTableau().querySelectorAll("#lignes > .tableau-ligne")];
const cellulesDe = (ligne) => [...ligne.querySelectorAll(CELLULE)];
const estNouvelle = (ligne) => ligne.classList.contains("tableau-nouvelle");
// One whose session somebody has deleted is a new one when the person asks for it.
const seraCreee = (ligne) => estNouvelle(ligne) || ligne.classList.contains("tableau-disparue");

// A new row counts once something is written beside the contact and the address, which it proposes.
function compte(ligne) {
  const champs = cellulesDe(ligne);
  if (document.querySelector(`[name="l-${ligne.dataset.rang}-laisser"]:checked`)) return false;
  if (ligne.classList.contains("tableau-disparue"))
    return document.querySelector(`[name="l-${ligne.dataset.rang}-reprendre"]:checked`) !== null;
  if (estNouvelle(ligne)) return champs.some((champ) => valeurDe(champ) && !/inscription$/.test(champ.name));
  return champs.some(estChangee);
}

function poser(champ, valeur) {
  if (champ.readOnly || valeurDe(champ) === valeur) return;
  if (coche(champ)) champ.checked = valeur === "on";
  else champ.value = valeur;
  champ.dispatchEvent(new Event("input", { bubbles: true }));
  champ.dispatchEvent(new Event("change", { bubbles: true }));
}

// Say, or no longer, what the element of this id says of the cell.
function decrire(champ, id, dit) {
  const autres = (champ.getAttribute("aria-describedby") || "").split(" ").filter((un) => un && un !== id);
  const tous = dit ? [...autres, id] : autres;
  if (tous.length) champ.setAttribute("aria-describedby", tous.join(" "));
  else champ.removeAttribute("aria-describedby");
}

const accord = (nombre, un, plusieurs) => `${nombre}\u00a0${nombre < 2 ? un : plusieurs}`;

// The foot: what is to be corrected, what is changed.
function direLeTableau() {
  const form = leTableau();
  const comptees = lignes().filter(compte);
  const nouvelles = comptees.filter(seraCreee).length;
  const fautes =
    form.querySelectorAll("[aria-invalid=true]").length +
    form.querySelectorAll(".tableau-laisser input[name$=-laisser]:not(:checked)").length;
  const lien = form.querySelector(".tableau-fautes");
  lien.hidden = fautes === 0;
  dire("[data-nombre-de-fautes]", accord(fautes, "cellule à corriger", "cellules à corriger"));
  const changees = comptees.length - nouvelles;
  const quoi = [];
  if (changees) quoi.push(accord(changees, "session changée", "sessions changées"));
  if (nouvelles) quoi.push(accord(nouvelles, "nouvelle", "nouvelles"));
  dire("[data-compte]", quoi.join(", ") || "Rien n'est changé");
  dire(
    "[data-enregistrer]",
    comptees.length ? `Enregistrer ${accord(comptees.length, "ligne", "lignes")}` : "Enregistrer",
  );
}

// Said again, the same words would be read aloud at each letter.
function dire(quoi, phrase) {
  const element = leTableau().querySelector(quoi);
  if (element.textContent.trim() !== phrase) element.textContent = phrase;
}

// A live region announces what changes in it: what came with the page is put in again once it is listening.
function annoncerLeCollage() {
  const collage = document.getElementById("collage");
  const contenu = [...collage.childNodes];
  if (collage.hidden) return;
  collage.replaceChildren();
  setTimeout(() => collage.replaceChildren(...contenu), 60);
}

// --- The last line is always an empty one ---

function ajouterUneLigne() {
  const modele = document.getElementById("ligne-vide");
  const total = document.getElementById("id_l-TOTAL_FORMS");
  const maximum = document.getElementById("id_l-MAX_NUM_FORMS");
  if (!modele || +total.value >= +maximum.value) return;
  const html = modele.innerHTML
    .replaceAll("__prefix__", total.value)
    .replaceAll("__rang__", +total.value + 1);
  document.getElementById("lignes").insertAdjacentHTML("beforeend", html);
  total.value = +total.value + 1;
}

function tenirUneLigneVide() {
  const derniere = lignes().at(-1);
  if (!derniere || compte(derniere)) ajouterUneLigne();
}

// Those at the foot that nobody has filled, but one: they are for whoever types without scripts.
function oterLesLignesDeTrop() {
  const toutes = lignes();
  const total = document.getElementById("id_l-TOTAL_FORMS");
  while (toutes.length > 1 && toutes.slice(-2).every((ligne) => estNouvelle(ligne) && !compte(ligne))) {
    toutes.pop().remove();
    total.value = +total.value - 1;
  }
}

// --- Each row checked as it is typed ---

function verifierBientot(ligne) {
  aVerifier.add(ligne.dataset.rang);
  clearTimeout(minuterieDeVerification);
  minuterieDeVerification = setTimeout(verifier, 150);
}

async function verifier() {
  const form = leTableau();
  const rangs = [...aVerifier];
  aVerifier.clear();
  const envoi = new FormData();
  for (const [nom, valeur] of new FormData(form)) {
    const [, rang, champ] = /^l-(\d+)-(.+)$/.exec(nom) || [];
    if (rang === undefined || rangs.includes(rang) || ["pk", "identifiant"].includes(champ))
      envoi.append(nom, valeur);
  }
  envoi.set("operation", "verifier");
  envoi.set("rangs", rangs.join());
  envoi.delete("colle");
  const sent = Object.fromEntries(rangs.map((rang) => [rang, texteDe(rang)]));
  let reponse;
  try {
    reponse = await fetch(form.action, { method: "POST", body: envoi, headers: { "HX-Request": "true" } });
  } catch {
    return;
  }
  // An expired session, a right that is gone: the save itself will say so, and give the text back.
  if (!reponse.ok || reponse.redirected) return;
  const gabarit = document.createElement("template");
  gabarit.innerHTML = await reponse.text();
  for (const phrase of gabarit.content.querySelectorAll("tr[data-rang]")) {
    // What was typed since then is checked again.
    if (texteDe(phrase.dataset.rang) === sent[phrase.dataset.rang]) recevoir(phrase);
  }
  direLeTableau();
}

function texteDe(rang) {
  const ligne = document.querySelector(`.tableau-ligne[data-rang="${rang}"]`);
  return ligne ? JSON.stringify(cellulesDe(ligne).map(valeurDe)) : "";
}

// The cell as the server reads it, which is still what was pasted.
function mettreLue(champ, valeur) {
  if (apresLeCollage[champ.name] === champ.value) apresLeCollage[champ.name] = valeur;
  champ.value = valeur;
}

function recevoir(phrase) {
  const { rang } = phrase.dataset;
  const ligne = document.querySelector(`.tableau-ligne[data-rang="${rang}"]`);
  const ancienne = document.getElementById(`l-${rang}-phrase`);
  // A choice between two values belongs to the person until the next save.
  if (!ligne || ancienne?.querySelector(".tableau-choix")) return;
  ancienne?.remove();
  const fautes = (phrase.dataset.fautes || "").split(" ");
  const lues = phrase.dataset.lues ? JSON.parse(phrase.dataset.lues) : {};
  for (const champ of cellulesDe(ligne)) {
    const nom = champ.name.replace(/^l-\d+-/, "");
    const fautive = fautes.includes(nom);
    champ.parentElement.classList.toggle("fautive", fautive);
    if (fautive) champ.setAttribute("aria-invalid", "true");
    else champ.removeAttribute("aria-invalid");
    decrire(champ, `l-${rang}-phrase`, fautive);
    if (nom in lues && !(champ === document.activeElement && champ.classList.contains("en-saisie")))
      mettreLue(champ, lues[nom]);
  }
  if (!("vide" in phrase.dataset)) ligne.after(phrase);
}

// --- What is pasted, and taken back ---

let avantLeCollage = null;
let apresLeCollage = {};
const valeursDuTableau = () =>
  Object.fromEntries(cellulesDuTableau().map((cellule) => [cellule.name, valeurDe(cellule)]));

function collerAuServeur(texte, champ) {
  const form = leTableau();
  avantLeCollage = valeursDuTableau();
  const [, rang, colonne] = /^l-(\d+)-(.+)$/.exec(champ.name);
  htmx.ajax("POST", form.action, {
    source: form,
    target: "#tableau",
    select: "#tableau",
    swap: "outerHTML",
    values: { operation: "coller", colle: texte, ligne: +rang + 1, colonne },
  });
  retour = champ.name;
}

let retour = "";
const cellulesDuTableau = () => [...leTableau().querySelectorAll(CELLULE)];

// What was typed since the paste stays: only what it wrote is taken back.
function annulerLeCollage() {
  for (const cellule of cellulesDuTableau())
    if (valeurDe(cellule) === apresLeCollage[cellule.name])
      poser(cellule, avantLeCollage[cellule.name] ?? "");
  for (const cellule of leTableau().querySelectorAll(".collee")) cellule.classList.remove("collee");
  avantLeCollage = null;
  const collage = document.getElementById("collage");
  collage.replaceChildren();
  collage.hidden = true;
  oterLesLignesDeTrop();
  direLeTableau();
  cellulesDuTableau()[0]?.focus();
}

function preparerLeTableau() {
  const form = leTableau();
  if (!form || form.dataset.pret) return;
  form.dataset.pret = "1";
  form.querySelector(".tableau-ajout")?.remove();
  oterLesLignesDeTrop();
  tenirUneLigneVide();
  const annuler = form.querySelector("[data-annuler-le-collage]");
  if (annuler) annuler.hidden = avantLeCollage === null;
  direLeTableau();
}

document.addEventListener("DOMContentLoaded", preparerLeTableau);
document.addEventListener("htmx:afterSettle", () => {
  preparerLeTableau();
  if (!retour) return;
  apresLeCollage = valeursDuTableau();
  const champ = document.getElementsByName(retour)[0];
  retour = "";
  champ?.focus();
  annoncerLeCollage();
  // What is pasted is not saved yet: leaving the page warns (garder.js).
  document.getElementById("id_l-TOTAL_FORMS").dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("input", (evenement) => {
  const champ = evenement.target;
  if (!champ.matches?.(CELLULE)) return;
  const ligne = ligneDe(champ);
  const changee = !estNouvelle(ligne) && estChangee(champ);
  champ.parentElement.classList.toggle("changee", changee);
  // The blue edge, for who listens.
  decrire(champ, "cellule-changee", changee);
  for (const collee of leTableau().querySelectorAll(".collee")) collee.classList.remove("collee");
  if (estNouvelle(ligne)) ligne.classList.toggle("tableau-remplie", compte(ligne));
  tenirUneLigneVide();
  direLeTableau();
});

document.addEventListener("change", (evenement) => {
  if (evenement.target.matches(".tableau-laisser input")) direLeTableau();
  if (evenement.target.matches(CELLULE)) verifierBientot(ligneDe(evenement.target));
});

document.addEventListener("click", (evenement) => {
  const { target } = evenement;
  const mettre = target.closest("[data-mettre]");
  if (mettre) {
    evenement.preventDefault();
    const champ = document.getElementsByName(mettre.dataset.dans)[0];
    poser(champ, mettre.dataset.mettre);
    champ.focus();
  }
  if (target.closest(".tableau-fautes")) {
    evenement.preventDefault();
    leTableau().querySelector("[aria-invalid=true], .tableau-laisser input[name$=-laisser]")?.focus();
  }
  if (target.closest("[data-annuler-le-collage]")) annulerLeCollage();
});
