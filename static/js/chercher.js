// « Où »: the places that begin as what is typed. The list is the browser's own: keyboard and screen readers
// know it. Without this script the page asks which place is meant.
const boite = document.querySelector("[data-lieux]");
let attente = 0;
let demande = "";

async function proposer() {
  const texte = boite.value.trim();
  if (texte.length < 2 || texte === demande) return;
  demande = texte;
  const reponse = await fetch(`${boite.dataset.lieux}?ou=${encodeURIComponent(texte)}`).catch(() => null);
  if (!reponse?.ok || texte !== boite.value.trim()) return;
  const { lieux } = await reponse.json();
  boite.list.replaceChildren(...lieux.map((lieu) => new Option(lieu, lieu)));
}

boite?.addEventListener("input", () => {
  clearTimeout(attente);
  attente = setTimeout(proposer, 150);
});

// Where the page of a formation leads back to (retour.js).
const resultats = document.querySelector("[data-resultats]");
try {
  if (resultats) {
    sessionStorage.setItem("resultats", JSON.stringify([location.search, resultats.dataset.resultats]));
  }
} catch {
  // A browser may refuse to keep anything.
}
