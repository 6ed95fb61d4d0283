// The ticks of a list: they survive a change of page or of order, and show the bar of operations. Without
// it, the boxes and the buttons of the page do the same for one page.
"use strict";

(() => {
  const formulaire = document.getElementById("choix");
  if (!formulaire) return;
  const barre = formulaire.closest(".barre-des-lots");
  const etat = document.getElementById("cochees");
  const total = Number(formulaire.dataset.total);
  const [une, plusieurs] = formulaire.dataset.noms.split(",");
  const cle = `cochees ${formulaire.dataset.cle}`;
  const cases = () => [...document.querySelectorAll("input[name=cles][form=choix]")];
  const entete = document.getElementById("cocher-la-page");
  let gardees = new Set(JSON.parse(sessionStorage.getItem(cle) || "[]"));
  let toutes = false;
  let derniere = null;

  const nombre = () => (toutes ? total : gardees.size);
  const dire = (combien) => `${combien.toLocaleString("fr-FR")} ${combien < 2 ? une : plusieurs}`;

  function montrer() {
    const visibles = cases();
    for (const boite of visibles) boite.checked = toutes || gardees.has(boite.value);
    const cochees = visibles.filter((boite) => boite.checked).length;
    if (entete) {
      entete.checked = visibles.length > 0 && cochees === visibles.length;
      entete.indeterminate = cochees > 0 && cochees < visibles.length;
    }
    barre.hidden = nombre() === 0;
    barre.dataset.prete = "";
    // One operation is for one kind of records: what cannot be done with all that is ticked is not shown.
    const niveaux = new Set(toutes ? ["session"] : [...gardees].map((valeur) => valeur.split("-")[0]));
    for (const bouton of formulaire.querySelectorAll("[data-niveaux]")) {
      const permis = bouton.dataset.niveaux.split(" ");
      bouton.hidden = niveaux.size > 1 || [...niveaux].some((niveau) => !permis.includes(niveau));
    }
    formulaire.querySelector("[data-nombre]").textContent = dire(nombre());
    const tout = formulaire.elements.tout;
    if (tout) tout.checked = toutes;
    const repos = document.getElementById("non-cochees");
    if (repos) repos.hidden = nombre() > 0;
    if (etat) {
      etat.hidden = nombre() === 0;
      etat.querySelector("[data-nombre]").textContent = dire(nombre());
      const lien = etat.querySelector("[data-cochees=les-filtrees]");
      if (lien) lien.hidden = toutes || total <= visibles.length;
    }
    try {
      sessionStorage.setItem(cle, JSON.stringify([...gardees]));
    } catch {
      // Storage refused or full: the ticks last as long as the page.
    }
  }

  function cocher(boites, oui) {
    if (toutes) gardees = new Set(cases().map((boite) => boite.value));
    toutes = false;
    for (const boite of boites) gardees[oui ? "add" : "delete"](boite.value);
    montrer();
  }

  function vider() {
    toutes = false;
    gardees.clear();
    montrer();
  }

  document.addEventListener("click", (evenement) => {
    const boite = evenement.target.closest("input[name=cles][form=choix]");
    if (boite) {
      const liste = cases();
      const [de, a] = [liste.indexOf(derniere), liste.indexOf(boite)].sort((x, y) => x - y);
      const plage = evenement.shiftKey && de >= 0 ? liste.slice(de, a + 1) : [boite];
      derniere = boite;
      cocher(plage, boite.checked);
    }
    if (evenement.target === entete) cocher(cases(), entete.checked);
    const bouton = evenement.target.closest("[data-cochees]");
    if (bouton?.dataset.cochees === "les-filtrees") {
      toutes = true;
      montrer();
    }
    if (bouton?.dataset.cochees === "aucune") {
      vider();
      entete?.focus();
    }
  });

  document.addEventListener("keydown", (evenement) => {
    const champ = evenement.target.closest("input:not([type=checkbox]), select, textarea, details[open]");
    if (champ || evenement.ctrlKey || evenement.metaKey || evenement.altKey) return;
    if (evenement.key === "Escape") vider();
    const ligne = evenement.key === "x" && evenement.target.closest("tr, article");
    if (ligne) ligne.querySelector("input[name=cles]")?.click();
  });

  formulaire.addEventListener("submit", () => {
    // What is ticked on other pages goes too, once.
    for (const ajoutee of formulaire.querySelectorAll("[data-ailleurs]")) ajoutee.remove();
    const ici = new Set(cases().map((boite) => boite.value));
    for (const valeur of toutes ? [] : gardees) {
      if (ici.has(valeur)) continue;
      const ailleurs = document.createElement("input");
      Object.assign(ailleurs, { type: "hidden", name: "cles", value: valeur });
      ailleurs.dataset.ailleurs = "";
      formulaire.append(ailleurs);
    }
    sessionStorage.removeItem(cle);
  });

  document.addEventListener("htmx:afterSwap", montrer);
  window.addEventListener("pageshow", montrer);
  montrer();
})();
