// « Toutes les formations » leads back to the results that the reader comes from. The page is the same for
// everybody: it cannot know them. Without this script, « Précédent » does.
const lien = document.querySelector("[data-retour]");
try {
  const [adresse, texte] = JSON.parse(sessionStorage.getItem("resultats"));
  if (document.referrer.startsWith(`${location.origin}${lien.pathname}`)) {
    lien.href = `${lien.pathname}${adresse}#${lien.dataset.retour}`;
    lien.querySelector("span").textContent = `Retour aux résultats : ${texte}`;
  }
} catch {
  // No results were read in this window, or the browser keeps nothing.
}
