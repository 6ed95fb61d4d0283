// The reference of the API: what is typed filters the operations and the errors at once (the server does
// the same with ?q=), an operation that an address names opens, the language of the examples is remembered.
"use strict";

const barre = document.querySelector("[data-reference]");
const champ = barre.elements.q;
const nombre = barre.querySelector("[data-nombre]");
const operations = document.querySelectorAll("[data-mots]");
// A page that the server has filtered holds only what was found: the server answers the next search.
const entiere = operations.length === Number(nombre.dataset.total);

function mots(texte) {
  const plat = texte.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  return plat
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

function filtrer() {
  const cherches = mots(champ.value);
  let trouvees = 0;
  for (const operation of operations) {
    operation.hidden = !cherches.every((mot) => operation.dataset.mots.includes(mot));
    if (!operation.hidden) trouvees += 1;
  }
  for (const partie of document.querySelectorAll("[data-sans-recherche]")) {
    partie.hidden = Boolean(cherches.length);
  }
  for (const section of document.querySelectorAll("[data-operations]")) {
    section.hidden = !section.querySelector("[data-mots]:not([hidden])");
  }
  for (const lien of document.querySelectorAll("[data-chapitre]")) {
    lien.hidden = Boolean(document.getElementById(lien.dataset.chapitre).closest("[hidden]"));
  }
  const dit = trouvees > 1 ? "résultats" : "résultat";
  nombre.textContent = cherches.length
    ? `${trouvees}\u00a0${dit} sur ${operations.length}.`
    : "";
}

// The operation that the address names is shown, open, whatever was searched.
function ouvrirLaNommee() {
  const operation = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!operation) return;
  if (entiere && operation.closest("[hidden]")) {
    champ.value = "";
    filtrer();
  }
  if (operation.matches("details")) operation.open = true;
  operation.scrollIntoView();
}

if (entiere) {
  champ.addEventListener("input", filtrer);
  barre.addEventListener("submit", (evenement) => {
    evenement.preventDefault();
    filtrer();
  });
  // « / » leads to the search, as on the documentations that developers know.
  document.addEventListener("keydown", (evenement) => {
    if (evenement.key !== "/" || evenement.target.matches("input:not([type=radio])")) return;
    evenement.preventDefault();
    champ.focus();
  });
  if (champ.value) filtrer();
}
window.addEventListener("hashchange", ouvrirLaNommee);
if (location.hash) ouvrirLaNommee();

const langages = barre.elements.langage;
try {
  const garde = localStorage.getItem("langage-de-l-api");
  if (garde && !new URLSearchParams(location.search).has("langage")) langages.value = garde;
  barre.addEventListener("change", () => localStorage.setItem("langage-de-l-api", langages.value));
} catch {
  // A browser may refuse to keep anything.
}
