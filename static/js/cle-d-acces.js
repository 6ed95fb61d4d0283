// Passkeys: the form carries what the browser is asked; what the key answers goes in its hidden field.
"use strict";

(() => {
  const lire = (texte) =>
    Uint8Array.from(atob(texte.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const ecrire = (octets) =>
    btoa(String.fromCharCode(...new Uint8Array(octets)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  const descriptions = (liste) => (liste || []).map((cle) => ({ ...cle, id: lire(cle.id) }));

  async function creer(options) {
    const cle = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: lire(options.challenge),
        user: { ...options.user, id: lire(options.user.id) },
        excludeCredentials: descriptions(options.excludeCredentials),
      },
    });
    return reponse(cle, ["clientDataJSON", "attestationObject"]);
  }

  async function utiliser(options) {
    const cle = await navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: lire(options.challenge),
        allowCredentials: descriptions(options.allowCredentials),
      },
    });
    return reponse(cle, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
  }

  function reponse(cle, parties) {
    const presentes = parties.filter((nom) => cle.response[nom]);
    return {
      id: cle.id,
      rawId: ecrire(cle.rawId),
      type: cle.type,
      response: Object.fromEntries(presentes.map((nom) => [nom, ecrire(cle.response[nom])])),
    };
  }

  for (const formulaire of document.querySelectorAll("[data-cle-d-acces]")) {
    const dit = formulaire.querySelector("[data-cle-dit]");
    formulaire.addEventListener("submit", async (evenement) => {
      const champ = formulaire.elements.reponse;
      if (champ.value || (formulaire.elements.nom && !formulaire.elements.nom.value.trim())) return;
      evenement.preventDefault();
      dit.textContent = "";
      if (!window.PublicKeyCredential) {
        dit.textContent = "Ce navigateur ne connaît pas les clés d'accès, ou cette page n'est pas en HTTPS.";
        return;
      }
      try {
        const options = JSON.parse(formulaire.dataset.options);
        const obtenue = await { creer, utiliser }[formulaire.dataset.cleDAcces](options);
        champ.value = JSON.stringify(obtenue);
        formulaire.submit();
      } catch (erreur) {
        dit.textContent =
          erreur.name === "InvalidStateError"
            ? "Cet appareil a déjà une clé pour ce compte."
            : "Aucune clé n'a répondu : réessayez.";
      }
    });
  }
})();
