// The lines of price: the other amount as one types, and the totals. The server computes them again: whole
// cents, rounded as in catalogue/prix.py, from what EurosField (catalogue/forms/champ_de_fiche.py) reads.
"use strict";

// In cents; null for what is no amount.
function montant(champ) {
  const texte = champ.value.normalize("NFKC").replace(/[\s\u00ad\u200b-\u200f\u2060\ufeff]/g, "");
  const nombre = texte.replace(/(€|euros?|eur)$/i, "");
  const aLAnglaise = /^[0-9]{1,3}(,[0-9]{3})+\.[0-9]+$/.test(nombre);
  const decimales = nombre.includes(",") ? nombre.replaceAll(".", "").replaceAll(",", ".") : nombre;
  const ecrit = aLAnglaise ? nombre.replaceAll(",", "") : decimales;
  const lu = /^(?=.*[0-9])([0-9]*)(?:\.([0-9]{0,2}))?$/.exec(ecrit);
  return lu ? BigInt(lu[1] + (lu[2] ?? "").padEnd(2, "0")) : null;
}

// To the nearest cent; half a cent goes up.
function diviser(dividende, diviseur) {
  return (2n * dividende + diviseur) / (2n * diviseur);
}

function enEuros(centimes) {
  const chiffres = String(centimes).padStart(3, "0");
  return `${chiffres.slice(0, -2)},${chiffres.slice(-2)}`;
}

const euros = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });

function totaliser(table) {
  for (const sens of ["ht", "ttc"]) {
    const montants = [...table.querySelectorAll(`input[name^="${sens}_"]`)]
      .map(montant)
      .filter((m) => m !== null);
    const total = montants.reduce((somme, m) => somme + m, 0n);
    const montre = montants.length ? euros.format(Number(total) / 100) : "";
    table.querySelector(`[data-total="${sens}"]`).textContent = montre;
  }
}

document.addEventListener("input", (evenement) => {
  const champ = evenement.target;
  const ligne = champ.closest("table[data-prix] tr[data-taux]");
  if (!ligne) return;
  // In thousandths: 20 % makes 1200, 5.5 % makes 1055.
  const taux = 1000n + BigInt(Math.round(Number(ligne.dataset.taux) * 10));
  const [ht, ttc] = ligne.querySelectorAll("input");
  const autre = champ === ht ? ttc : ht;
  // An amount that somebody typed is theirs: only what was computed, or is empty, follows.
  delete champ.dataset.calcule;
  if (autre.value === "" || autre.dataset.calcule) {
    const base = montant(champ);
    const calculer = () => (champ === ht ? diviser(base * taux, 1000n) : diviser(base * 1000n, taux));
    autre.value = base === null ? "" : enEuros(calculer());
    autre.dataset.calcule = "1";
  }
  totaliser(ligne.closest("table"));
});
