// Five minutes before the end of the sign-in the page says so, and offers to stay. The server decides; this
// only tells.
"use strict";

const AVANT_LA_FIN = 300;
let veille;

function direLaFin(secondes, prolongeable) {
  const bandeau = document.querySelector("[data-veille]");
  const phrase = bandeau.querySelector("[data-veille-phrase]");
  const fin = new Date(Date.now() + secondes * 1000);
  const heure = fin.getHours() + " h " + String(fin.getMinutes()).padStart(2, "0");
  const bouton = bandeau.querySelector("button");
  bouton.hidden = !prolongeable;
  bandeau.hidden = false;
  phrase.textContent =
    secondes <= 0
      ? "Votre connexion est terminée. Ce que vous avez tapé n'est pas perdu : " +
        "enregistrez, la page vous fera vous reconnecter."
      : prolongeable
        ? "Votre connexion se termine à " + heure + ", faute d'activité."
        : "Votre connexion se termine à " + heure + ". Enregistrez votre saisie, puis reconnectez-vous.";
}

// Asked without the header, the question itself is a gesture: it keeps one signed in.
async function demander(entetes) {
  clearTimeout(veille);
  let reste;
  try {
    const reponse = await fetch(document.body.dataset.veilleAdresse, { headers: entetes });
    reste = await reponse.json();
  } catch {
    veille = setTimeout(demander, 60_000, { "X-Sans-Geste": "1" });
    return;
  }
  if (reste.secondes > AVANT_LA_FIN) {
    document.querySelector("[data-veille]").hidden = true;
    attendre(reste.secondes - AVANT_LA_FIN);
    return;
  }
  direLaFin(reste.secondes, reste.prolongeable);
  if (reste.secondes > 0) attendre(Math.min(reste.secondes, 60));
}

function attendre(secondes) {
  clearTimeout(veille);
  veille = setTimeout(demander, secondes * 1000, { "X-Sans-Geste": "1" });
}

document.addEventListener("DOMContentLoaded", () => {
  const reste = Number(document.body.dataset.veilleReste);
  if (!reste) return;
  // Nobody is told by a page whose scripts do not run.
  document.querySelector("[data-veille]").setAttribute("role", "alert");
  attendre(Math.max(reste - AVANT_LA_FIN, 1));
  document.querySelector("[data-veille] button").addEventListener("click", () => demander({}));
  // A computer that slept has not counted.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") demander({ "X-Sans-Geste": "1" });
  });
});
