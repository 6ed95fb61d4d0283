// The lines of price: the other amount as one types, and the totals. The server computes them again.
"use strict";

function montant(champ) {
  const texte = champ.value.replace(/[\s\u00a0\u202f€]/g, "");
  const nombre = Number(texte.includes(",") ? texte.replace(/\./g, "").replace(",", ".") : texte);
  return texte === "" || Number.isNaN(nombre) ? null : nombre;
}

const euros = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });

function totaliser(table) {
  for (const sens of ["ht", "ttc"]) {
    const montants = [...table.querySelectorAll(`input[name^="${sens}_"]`)].map(montant).filter((m) => m !== null);
    const total = montants.reduce((somme, m) => somme + m, 0);
    table.querySelector(`[data-total="${sens}"]`).textContent = montants.length ? euros.format(total) : "";
  }
}

document.addEventListener("input", (evenement) => {
  const champ = evenement.target;
  const ligne = champ.closest("table[data-prix] tr[data-taux]");
  if (!ligne) return;
  const taux = 1 + Number(ligne.dataset.taux) / 100;
  const [ht, ttc] = ligne.querySelectorAll("input");
  const autre = champ === ht ? ttc : ht;
  // An amount that somebody typed is theirs: only what was computed, or is empty, follows.
  delete champ.dataset.calcule;
  if (autre.value === "" || autre.dataset.calcule) {
    const base = montant(champ);
    autre.value = base === null ? "" : (champ === ht ? base * taux : base / taux).toFixed(2).replace(".", ",");
    autre.dataset.calcule = "1";
  }
  totaliser(ligne.closest("table"));
});
