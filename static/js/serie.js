// The calendar beside the preview of a series: the days of the row under the pointer, or with the focus, are
// outlined. The pages work without it: each month also says in words what is in it.
"use strict";

for (const geste of ["pointerover", "focusin"]) {
  document.addEventListener(geste, (evenement) => {
    // Away from the rows, the pointer leaves its place to the focus: scrolling moves what is under it.
    const ligne = evenement.target.closest("[data-ligne]") ?? document.activeElement.closest("[data-ligne]");
    for (const jour of document.querySelectorAll(".serie-grille .vise")) jour.classList.remove("vise");
    if (!ligne) return;
    const siens = `.serie-grille [data-lignes~="${CSS.escape(ligne.dataset.ligne)}"]`;
    for (const jour of document.querySelectorAll(siens)) jour.classList.add("vise");
  });
}

// A token of the pattern goes where the cursor is, and the preview follows.
document.addEventListener("click", (evenement) => {
  const jeton = evenement.target.closest("[data-jeton]");
  if (!jeton) return;
  const modele = jeton.closest(".champ").querySelector("input");
  modele.setRangeText(jeton.dataset.jeton, modele.selectionStart, modele.selectionEnd, "end");
  modele.focus();
  modele.dispatchEvent(new Event("change", { bubbles: true }));
});
