// What helps to type: counter, calendar, length of the period, VÉRIFIER only when there is something to
// verify.
"use strict";

// The figures of a date, as the server reads them (edof/lecture.py); it alone reads those in words.
function lire(texte) {
  const ecrit = texte
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, "")
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .trim();
  const iso = /^(\d{4})([/.-])(\d{1,2})\2(\d{1,2})$/.exec(ecrit);
  const separes = /^(\d{1,2})\s?([/.\s-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})$/.exec(ecrit);
  const lus = separes || /^(\d{2})()(\d{2})(\d{4})$/.exec(ecrit);
  if (!iso && !lus) return null;
  const parties = iso ? [iso[4], iso[3], iso[1]] : [lus[1], lus[3], lus[4]];
  const siecle = parties[2].length === 4 ? 0 : +parties[2] < 80 ? 2000 : 1900;
  const [jour, mois, annee] = [+parties[0], +parties[1], +parties[2] + siecle];
  const date = new Date(Date.UTC(annee, mois - 1, jour));
  return date.getUTCDate() === jour && date.getUTCMonth() === mois - 1 ? date : null;
}

// What EDOF counts: the tags of paragraphs, lists and bold too (edof/texte_leger.py, html_pour_edof).
function longueurEcrite(texte) {
  const echappe = texte
    .trim()
    .replace(/^[ \t]+|[ \t]+$/gm, "")
    .replace(/&/g, "&amp;")
    .replace(/[<>]/g, "&lt;")
    .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>");
  let ecrit = "";
  for (const bloc of echappe.split(/\n\s*\n/)) {
    for (const partie of bloc.split(/\n(?=- )/)) {
      const lignes = partie.split("\n").join("<br>");
      ecrit += partie.startsWith("- ") ? "<li>" + lignes.slice(2) + "</li>" : "<p>" + lignes + "</p>";
    }
  }
  return [...ecrit.replace(/(<li>.*?<\/li>)+/gs, "<ul>$&</ul>")].length;
}

function pourEdof(zone) {
  if (!("leger" in zone.dataset) || !/\n|\*\*|^- /.test(zone.value)) return "";
  const nombre = longueurEcrite(zone.value);
  if (nombre <= +zone.dataset.compteur) return "";
  const dit = nombre.toLocaleString("fr-FR");
  return " - " + dit + " une fois mis en forme pour EDOF, qui le recevrait sans mise en forme";
}

function compter(zone) {
  const compteur = document.getElementById(zone.id + "_compteur");
  if (!compteur) return;
  const nombre = [...zone.value].length;
  compteur.textContent = nombre + " / " + zone.dataset.compteur + " caractères" + pourEdof(zone);
  compteur.classList.toggle("compteur-depasse", nombre > +zone.dataset.compteur);
}

function mesurer() {
  const sortie = document.getElementById("duree");
  const debut = document.getElementById("id_date_debut");
  const fin = document.getElementById("id_date_fin");
  if (!sortie || !debut || !fin) return;
  const du = lire(debut.value);
  const au = lire(fin.value);
  sortie.textContent = "";
  if (!du || !au || au <= du) return;
  // The first day and the last one count, as in « Sessions » (bureau/sessions/ligne.py).
  const apres = new Date(au);
  apres.setUTCDate(apres.getUTCDate() + 1);
  const [annee, rang, jour] = [du.getUTCFullYear(), du.getUTCMonth(), du.getUTCDate()];
  let mois = (apres.getUTCFullYear() - annee) * 12 + apres.getUTCMonth() - rang;
  if (apres.getUTCDate() < jour) mois -= 1;
  const dernier = new Date(Date.UTC(annee, rang + mois + 1, 0)).getUTCDate();
  const jours = Math.round((apres - Date.UTC(annee, rang + mois, Math.min(jour, dernier))) / 86400000);
  const parties = [];
  if (mois) parties.push(mois + " mois");
  if (jours) parties.push(jours + (jours > 1 ? " jours" : " jour"));
  sortie.textContent = "soit " + parties.join(" et ");
}

function calendrier(champ) {
  if (champ.dataset.pret) return;
  champ.dataset.pret = "1";
  const natif = document.createElement("input");
  natif.type = "date";
  natif.className = "natif";
  natif.tabIndex = -1;
  natif.setAttribute("aria-hidden", "true");
  const bouton = document.createElement("button");
  bouton.type = "button";
  bouton.className = "bouton";
  bouton.textContent = "…";
  bouton.setAttribute(
    "aria-label",
    "Choisir dans le calendrier (" + champ.labels[0].textContent.trim() + ")",
  );
  const modele = document.getElementById("icone-calendrier");
  if (modele) bouton.replaceChildren(modele.content.cloneNode(true));
  const boite = document.createElement("span");
  boite.className = "champ-date";
  // A field that is moved loses the focus: whoever was already typing in it goes on.
  const enSaisie = document.activeElement === champ;
  champ.replaceWith(boite);
  boite.append(champ, bouton, natif);
  if (enSaisie) champ.focus();
  bouton.addEventListener("click", () => {
    const date = lire(champ.value);
    if (date) natif.value = date.toISOString().slice(0, 10);
    if (natif.showPicker) natif.showPicker();
    else natif.focus();
  });
  natif.addEventListener("change", () => {
    if (!natif.value) return;
    champ.value = natif.value.split("-").reverse().join("/");
    champ.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// What was typed or chosen before the page listened has told nobody: it is said once, when htmx is there to
// hear.
function rattraper() {
  for (const bloc of document.querySelectorAll("[data-hx-trigger*=rattraper]:not([data-ecoute])")) {
    bloc.dataset.ecoute = "1";
    const champs = bloc.matches("input") ? [bloc] : [...bloc.querySelectorAll("input")];
    if (
      champs.some((champ) => champ.checked !== champ.defaultChecked || champ.value !== champ.defaultValue)
    ) {
      htmx.trigger(bloc, "rattraper");
    }
  }
}

// « Pas de dates de session » ticked: there are none, and that is said; unticked, those that were there come
// back.
const gardees = new Map();
function sansDates() {
  const coche = document.getElementById("id_pas_de_dates");
  const etat = document.getElementById("etat-dates");
  if (!coche || !etat) return;
  const dates = document.querySelectorAll(".periode input[data-date]");
  let videes = false;
  for (const champ of dates) {
    if (coche.checked && champ.value) gardees.set(champ.id, champ.value);
    if (!coche.checked && champ.disabled && gardees.has(champ.id)) champ.value = gardees.get(champ.id);
    if (coche.checked) champ.value = "";
    champ.disabled = coche.checked;
    for (const bouton of champ.parentElement.querySelectorAll("button")) bouton.disabled = coche.checked;
    videes = videes || gardees.has(champ.id);
  }
  const dites = videes
    ? ["Les dates sont vidées : décochez pour les retrouver.", "Les dates sont revenues."]
    : ["", ""];
  const phrase = dites[coche.checked ? 0 : 1];
  if (etat.textContent !== phrase) etat.textContent = phrase;
  mesurer();
}

function preparer() {
  document.querySelectorAll("[data-compteur]").forEach(compter);
  document.querySelectorAll("input[data-date]").forEach(calendrier);
  mesurer();
  sansDates();
  const identifiant = document.getElementById("id_identifiant");
  const verifier = document.getElementById("verifier");
  if (identifiant && verifier) verifier.disabled = identifiant.value.trim() === "";
}

document.addEventListener("input", (evenement) => {
  if (evenement.target.matches("[data-compteur]")) compter(evenement.target);
  if (evenement.target.matches("input[data-date]")) mesurer();
  if (evenement.target.id === "id_identifiant") preparer();
  if (evenement.target.id === "id_pas_de_dates") sansDates();
});

document.addEventListener("DOMContentLoaded", preparer);
document.addEventListener("DOMContentLoaded", rattraper);
document.addEventListener("htmx:afterSettle", preparer);
document.addEventListener("htmx:afterSettle", rattraper);
