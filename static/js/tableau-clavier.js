// The keyboard of a spreadsheet in the table: arrows, Enter, Escape, a range, fill down, copy, paste.
// Tab goes from cell to cell by itself, and leaves after Escape.
"use strict";

// The range, from the cell that began it to the one that ends it, and the cell that is being typed in.
let debutDePlage = null;
let valeurAvant = "";
let sortir = false;

const rangees = () => lignes().map(cellulesDe);

function place(champ) {
  const grille = rangees();
  const y = grille.findIndex((cellules) => cellules.includes(champ));
  return { grille, y, x: y < 0 ? -1 : grille[y].indexOf(champ) };
}

function plage() {
  const champ = document.activeElement;
  const [a, b] = [place(debutDePlage || champ), place(champ)];
  if (a.y < 0 || b.y < 0) return [];
  const [y1, y2] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  const [x1, x2] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  return b.grille.slice(y1, y2 + 1).map((cellules) => cellules.slice(x1, x2 + 1));
}

function montrerLaPlage() {
  for (const cellule of document.querySelectorAll(".tableur .dans-la-plage"))
    cellule.classList.remove("dans-la-plage");
  if (!debutDePlage || debutDePlage === document.activeElement) return;
  for (const champ of plage().flat()) champ.parentElement.classList.add("dans-la-plage");
}

function aller(champ, { etendre = false } = {}) {
  if (!champ) return;
  const origine = debutDePlage || document.activeElement;
  champ.focus();
  debutDePlage = etendre ? origine : null;
  montrerLaPlage();
}

const enSaisie = (champ) => champ.classList.contains("en-saisie");

function saisir(champ) {
  champ.classList.add("en-saisie");
  if (champ.matches("select")) {
    champ.showPicker?.();
    return;
  }
  champ.setSelectionRange?.(champ.value.length, champ.value.length);
}

function finirLaSaisie(champ) {
  champ.classList.remove("en-saisie");
}

document.addEventListener("focusin", (evenement) => {
  const champ = evenement.target;
  if (!champ.matches(CELLULE)) return;
  sortir = false;
  debutDePlage = null;
  montrerLaPlage();
  valeurAvant = valeurDe(champ);
  if (champ.matches("input:not([type=checkbox]), textarea")) champ.select();
  champ.closest("td").scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
});

document.addEventListener("focusout", (evenement) => {
  if (evenement.target.matches?.(CELLULE)) finirLaSaisie(evenement.target);
});

// A click puts the caret where it points; with Shift, it takes the range.
document.addEventListener("mousedown", (evenement) => {
  const champ = evenement.target.closest?.(CELLULE);
  if (!champ) return;
  if (evenement.shiftKey && document.activeElement.matches(CELLULE)) {
    evenement.preventDefault();
    aller(champ, { etendre: true });
    return;
  }
  debutDePlage = null;
  setTimeout(() => {
    montrerLaPlage();
    if (document.activeElement === champ) champ.classList.add("en-saisie");
  });
});

document.addEventListener("input", (evenement) => {
  if (!evenement.target.matches?.(CELLULE) || !evenement.isTrusted) return;
  evenement.target.classList.add("en-saisie");
  debutDePlage = null;
  montrerLaPlage();
});

const PAS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// While one types, the arrows that the caret needs are the caret's.
function gardePourLeTexte(champ, touche) {
  if (!enSaisie(champ)) return false;
  if (champ.matches("select")) return true;
  return ["ArrowLeft", "ArrowRight"].includes(touche) || champ.matches("textarea");
}

function deplacer(evenement, champ) {
  if (evenement.altKey || evenement.ctrlKey || evenement.metaKey) return;
  if (gardePourLeTexte(champ, evenement.key)) return;
  const { grille, y, x } = place(champ);
  const [dy, dx] = PAS[evenement.key];
  evenement.preventDefault();
  aller(grille[y + dy]?.[x + dx], { etendre: evenement.shiftKey });
}

function entrer(evenement, champ) {
  if (evenement.ctrlKey || evenement.metaKey || (champ.matches("textarea") && evenement.shiftKey)) return;
  evenement.preventDefault();
  if (!enSaisie(champ) && !champ.readOnly) {
    if (coche(champ)) champ.click();
    else saisir(champ);
    return;
  }
  finirLaSaisie(champ);
  const { grille, y, x } = place(champ);
  aller(grille[y + (evenement.shiftKey ? -1 : 1)]?.[x] || champ);
}

function echapper(champ) {
  debutDePlage = null;
  montrerLaPlage();
  finirLaSaisie(champ);
  if (valeurDe(champ) === valeurAvant) {
    sortir = true;
    return;
  }
  poser(champ, valeurAvant);
  champ.select?.();
}

// After Escape, Tab goes to what follows the table, Shift+Tab to what precedes it.
function quitter(evenement) {
  const region = document.querySelector(".tableau-region");
  const atteints = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const dehors = [...document.querySelectorAll(atteints)].filter(
    (element) =>
      !region.contains(element) && element.tabIndex >= 0 && !element.disabled && element.checkVisibility(),
  );
  const avant = (element) => region.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING;
  const suivant = evenement.shiftKey
    ? dehors.filter(avant).at(-1)
    : dehors.find((element) => !avant(element));
  if (!suivant) return;
  evenement.preventDefault();
  suivant.focus();
}

// The first line of the range goes down to the others; a cell alone takes what is above it.
function recopier(champ) {
  let cellules = plage();
  if (cellules.length < 2) {
    const { grille, y, x } = place(champ);
    if (y < 1) return;
    cellules = [[grille[y - 1][x]], [champ]];
  }
  const [modele, ...autres] = cellules;
  for (const rangee of autres) rangee.forEach((cible, rang) => poser(cible, valeurDe(modele[rang])));
  valeurAvant = valeurDe(champ);
}

document.addEventListener("keydown", (evenement) => {
  const champ = evenement.target;
  if (!champ.matches?.(CELLULE) || evenement.isComposing) return;
  const { key } = evenement;
  if (key === "Tab") {
    if (sortir) quitter(evenement);
    debutDePlage = null;
    montrerLaPlage();
    return;
  }
  if (key !== "Escape") sortir = false;
  if (key in PAS) deplacer(evenement, champ);
  else if (key === "Enter") entrer(evenement, champ);
  else if (key === "F2") saisir(champ);
  else if (key === "Escape") echapper(champ);
  else if (key.toLowerCase() === "d" && (evenement.ctrlKey || evenement.metaKey)) {
    evenement.preventDefault();
    recopier(champ);
  } else if (["Delete", "Backspace"].includes(key) && debutDePlage && !enSaisie(champ)) {
    evenement.preventDefault();
    for (const cellule of plage().flat()) poser(cellule, "");
  }
});

// --- Copy and paste ---

// As a spreadsheet writes it: a cell of several lines is between quotes.
function pourUnTableur(champ) {
  const texte = champ.matches("select")
    ? champ.selectedOptions[0].textContent.replace("—", "")
    : coche(champ)
      ? champ.checked
        ? "oui"
        : "non"
      : champ.value;
  return /[\t\n"]/.test(texte) ? `"${texte.replaceAll('"', '""')}"` : texte;
}

document.addEventListener("copy", (evenement) => {
  const champ = document.activeElement;
  if (!champ.matches(CELLULE) || enSaisie(champ)) return;
  const cellules = plage();
  evenement.preventDefault();
  const texte = cellules.map((rangee) => rangee.map(pourUnTableur).join("\t")).join("\n");
  evenement.clipboardData.setData("text/plain", texte);
});

document.addEventListener("paste", (evenement) => {
  const champ = document.activeElement;
  if (!champ.matches(CELLULE)) return;
  const texte = evenement.clipboardData.getData("text/plain");
  const seule = !/[\t\r\n]/.test(texte.replace(/[\r\n]+$/, ""));
  const cellules = plage().flat();
  if (seule && cellules.length > 1) {
    evenement.preventDefault();
    for (const cellule of cellules)
      if (!cellule.matches("select, [type=checkbox]")) poser(cellule, texte.trim());
    return;
  }
  // A text of several lines goes into the cell that is being typed in; elsewhere it is a block.
  if (seule && !champ.matches("select, [type=checkbox]")) return;
  if (champ.matches("textarea") && enSaisie(champ) && !texte.includes("\t")) return;
  evenement.preventDefault();
  collerAuServeur(texte, champ);
});
