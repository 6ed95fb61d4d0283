// Long texts: two buttons that write the signs, and what is pasted from a word processor brought down to
// them.
"use strict";

function ecrire(zone, texte, debut, fin) {
  zone.focus();
  zone.setRangeText(texte, debut, fin, "end");
  zone.dispatchEvent(new Event("input", { bubbles: true }));
}

function enGras(zone) {
  const [debut, fin] = [zone.selectionStart, zone.selectionEnd];
  const choisi = zone.value.slice(debut, fin).trim() || "texte en gras";
  ecrire(zone, "**" + choisi + "**", debut, fin);
}

function enListe(zone) {
  const debut = zone.value.lastIndexOf("\n", zone.selectionStart - 1) + 1;
  const lignes = zone.value.slice(debut, zone.selectionEnd).split("\n");
  ecrire(
    zone,
    lignes.map((ligne) => (ligne.startsWith("- ") ? ligne : "- " + ligne)).join("\n"),
    debut,
    zone.selectionEnd,
  );
}

// Symbol and Wingdings draw where other fonts have nothing: bullets at the start of a line, signs elsewhere
// (edof/lecture.py).
const DESSINS = {
  "\uf0e0": "→",
  "\uf0e8": "→",
  "\uf0f0": "→",
  "\uf0ae": "→",
  "\uf0fc": "✓",
  "\uf0fe": "✓",
  "\uf0a7": "▪",
  "\uf06e": "▪",
  "\uf0d8": "➢",
  "\uf076": "❖",
};

function puces(texte) {
  return texte
    .replace(/^(?:[\uf020-\uf0ff] *|[·•▪◦§] +)/gm, "- ")
    .replace(/[\uf020-\uf0ff]/g, (dessin) => DESSINS[dessin] || "•");
}

// The server reduces HTML in the same way (edof/texte_leger.py): here one sees at once what will be stored.
function reduire(noeud, rang) {
  let texte = "";
  noeud.childNodes.forEach((enfant) => {
    if (enfant.nodeType === Node.TEXT_NODE) {
      texte += enfant.textContent.replace(/\s+/g, " ");
      return;
    }
    if (enfant.nodeType !== Node.ELEMENT_NODE) return;
    const nom = enfant.tagName.toLowerCase();
    if (["style", "script", "title", "head", "meta"].includes(nom)) return;
    const dedans = reduire(enfant, nom === "ol" ? { n: 0 } : nom === "ul" ? null : rang);
    if (nom === "br") texte += "\n";
    else if (nom === "li") texte += "\n" + (rang ? ++rang.n + ". " : "- ") + dedans.trim();
    else if (nom === "b" || nom === "strong")
      texte += dedans.trim() ? dedans.replace(/^(\s*)([\s\S]*?)(\s*)$/, "$1**$2**$3") : dedans;
    else if (nom === "tr") texte += "\n" + dedans;
    else if (nom === "td" || nom === "th") texte += dedans + " ";
    else if (/^(p|div|ul|ol|h[1-6]|table)$/.test(nom))
      texte += enfant.closest("li") ? dedans : "\n\n" + dedans + "\n\n";
    else texte += dedans;
  });
  return texte;
}

document.addEventListener("paste", (evenement) => {
  const zone = evenement.target.closest("textarea[data-leger]");
  const html = zone && evenement.clipboardData.getData("text/html");
  if (!html) return;
  const lignes = reduire(new DOMParser().parseFromString(html, "text/html").body, null)
    .split("\n")
    .map((ligne) => ligne.replace(/[ \u00a0]+/g, " ").trim());
  const texte = puces(lignes.join("\n"))
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  if (!texte) return;
  evenement.preventDefault();
  ecrire(zone, texte, zone.selectionStart, zone.selectionEnd);
});

function outils() {
  document.querySelectorAll("textarea[data-leger]:not([data-outils])").forEach((zone) => {
    zone.dataset.outils = "1";
    const barre = document.createElement("div");
    barre.className = "outils";
    for (const [mot, nom, geste] of [
      ["G", "Gras", enGras],
      ["• Liste", "Liste à puces", enListe],
    ]) {
      const bouton = document.createElement("button");
      bouton.type = "button";
      bouton.textContent = mot;
      bouton.setAttribute("aria-label", nom);
      bouton.setAttribute("aria-controls", zone.id);
      bouton.addEventListener("click", () => geste(zone));
      barre.append(bouton);
    }
    zone.before(barre);
  });
}

document.addEventListener("DOMContentLoaded", outils);
document.addEventListener("htmx:afterSettle", outils);
