"""An integrator's mirror of a catalogue, and a month in which everybody writes.

The mirror reads the lists once, then the change feed only. What it holds is compared with the lists.
"""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from catalogue.annulation import annuler
from catalogue.cycle_de_vie import OperationRefusee, executer
from edof.horloge import jour_de
from lots.models import Lot
from organismes.droits import Operation
from publication.tasks import oublier_les_changements, publier_les_jours_dus
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde
from tests.modeles.gestes import UN_JOUR
from tests.modeles.nuits import UNE_HEURE, Nuits

LISTES = {
    "offre": "offres", "action": "actions", "session": "sessions", "contact": "contacts",
    "adresse": "adresses",
}  # fmt: skip
# What a list computes when it is read: from the day, or from other records (docs/api.md).
CALCULES = {"visible_le", "utilisations", "sessions_visibles"}
# The doors by which the organisme of `Mois` is written to, beside the operations of `Nuits`.
PORTES = (
    "api", "lot", "creer_par_l_api", "fichier", "page", "api", "corbeille", "api", "defaire_un_lot",
)  # fmt: skip


class Miroir:
    """The copy of a catalogue that a program keeps."""

    def __init__(self, api: Programme, taille: int = 40) -> None:
        self.api, self.taille = api, taille
        self.lus = 0
        self.vus: set[str] = set()
        # First the place, then the lists: what changes in between is read twice, and never missed.
        self.curseur = api("GET", "changements/?depuis=fin").lu["curseur"]
        self.fiches = {niveau: self.liste(niveau) for niveau in LISTES}
        # The requests of the copy: the first reading, then the feed; not those of `comparer`.
        self.demandes = api.demandes

    def liste(self, niveau: str) -> dict[int, dict[str, Any]]:
        """Read a list of the API, whole."""
        return {fiche["id"]: fiche for fiche in self.api.tout(f"{LISTES[niveau]}/?taille=200")}

    def suivre(self) -> None:
        """Read what has changed since the last time."""
        encore, avant = True, self.api.demandes
        while encore:
            adresse = f"changements/?depuis={self.curseur}&inclure=fiche&taille={self.taille}"
            page = self.api("GET", adresse).lu
            for changement in page["resultats"]:
                self._noter(changement)
            self.curseur, encore = page["curseur"], page["encore"]
        self.demandes += self.api.demandes - avant

    def _noter(self, changement: dict[str, Any]) -> None:
        assert changement["curseur"] not in self.vus, "un changement est venu deux fois"
        self.vus.add(changement["curseur"])
        self.lus += 1
        niveau, cle, fiche = changement["niveau"], changement["id"], changement["fiche"]
        if niveau == "organisme":
            # Its suspension hides everything at once.
            self.fiches["session"] = self.liste("session")
        elif fiche is None:
            self.fiches[niveau].pop(cle, None)
        else:
            self.fiches[niveau][cle] = fiche

    def comparer(self) -> None:
        """Raise AssertionError when the mirror is not the catalogue."""
        for niveau in LISTES:
            vraies, miennes = self.liste(niveau), self.fiches[niveau]
            assert vraies.keys() == miennes.keys(), (niveau, vraies.keys() ^ miennes.keys())
            for cle, vraie in vraies.items():
                lue = self._a_jour(niveau, miennes[cle])
                differences = {n: (lue[n], v) for n, v in vraie.items() if n not in CALCULES and lue[n] != v}
                assert not differences, (niveau, cle, differences)

    def _a_jour(self, niveau: str, fiche: dict[str, Any]) -> dict[str, Any]:
        """Return what the mirror says of a record: an offre and an action are visible by their sessions."""
        if niveau not in ("offre", "action"):
            return fiche
        sessions = self.fiches["session"].values()
        return fiche | {"visible": any(s["visible"] for s in sessions if s[niveau] == fiche["id"])}


class Mois(Nuits):
    """Days and nights of three organismes, two of which have a mirror.

    The first two live as in `Nuits`; in the third, the API, lots, imports and screens write.
    """

    def __init__(
        self,
        graine: int,
        premier: dt.date,
        garnir: Callable[[Monde], None] = lambda monde: None,
        taille: int = 40,
    ) -> None:
        """Make the worlds; `garnir` adds to the third, and `taille` is how many changes a page has."""
        super().__init__(graine, premier)
        with self._a(-12 * UNE_HEURE):
            self.presse = Monde("Presse", "55203253400646")
            for n in range(4):
                self.presse.session(f"p{n}", ouverte=bool(n % 2))
                self.creer(self.mondes[0])
            garnir(self.presse)
            self.programme = Programme(jeton_de(self.presse, nom="Planning")[1])
            self.ecran = Client()
            self.miroirs = [
                Miroir(Programme(jeton_de(monde, nom="Miroir")[1]), taille)
                for monde in (self.mondes[0], self.presse)
            ]
        self.passees = 0

    def vivre_en_miroir(self, jours: int, par_jour: float) -> None:
        """Live that many days; every morning the mirrors follow, then are compared."""
        for rang in range(jours):
            self.jour = self.premier + rang * UN_JOUR
            for instant, quoi in self._programme(False, False, par_jour):
                with self._a(instant):
                    if quoi == "passage":
                        publier_les_jours_dus()
                        oublier_les_changements()
                    else:
                        self.faire(quoi)
                        self._presser()
            with self._a(7 * UNE_HEURE if rang == jours - 1 else 23 * UNE_HEURE):
                for miroir in self.miroirs:
                    miroir.suivre()
                    miroir.comparer()

    # --- The other doors ---

    def _presser(self) -> None:
        # Each in its turn, so that a short month has them all.
        nom = PORTES[self.passees % len(PORTES)]
        self.passees += 1
        if getattr(self, f"_{nom}")() is not False:
            self.faits[nom] += 1

    def _une_session(self) -> Session:
        return self.hasard.choice(Session.objects.pour_organisme(self.presse.organisme).order_by("pk"))

    def _api(self) -> bool:
        adresse = f"sessions/{self._une_session().pk}/"
        quoi = self.hasard.choice(["", "ouvrir/", "fermer/", "archiver/", "desarchiver/", "valider/"])
        corps = {} if quoi else {"modalites_particulieres": self._mot()}
        reponse = self.programme("POST" if quoi else "PATCH", adresse + quoi, corps)
        assert reponse.status_code in {200, 409, 422}, reponse.lu
        return bool(reponse.status_code == 200)

    def _creer_par_l_api(self) -> bool:
        debut = jour_de(self.instant) + 30 * UN_JOUR
        corps = {
            "action": self.presse.action.pk, "identifiant": self._mot(), "date_debut": debut.isoformat(),
            "date_fin": (debut + UN_JOUR).isoformat(), "garantie": True, "valider": True,
            "contact_inscription": "Service Inscriptions", "adresse_inscription": "Siège",
        }  # fmt: skip
        reponse = self.programme("POST", "sessions/", corps)
        assert reponse.status_code in {201, 409}, reponse.lu
        return bool(reponse.status_code == 201)

    def _poster(self, adresse: str, champs: dict[str, Any]) -> Any:
        self.ecran.force_login(self.presse.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
        reponse = self.ecran.post(adresse, champs)
        assert reponse.status_code < 500
        return reponse

    def _lot(self) -> None:
        sessions = list(Session.objects.pour_organisme(self.presse.organisme).order_by("pk"))
        choisies = self.hasard.sample(sessions, min(5, len(sessions)))
        operation = self.hasard.choice(["ouvrir", "fermer", "archiver"])
        choix = {"operation": operation, "cles": [f"session-{session.pk}" for session in choisies]}
        self._poster("/catalogue/lots/", choix)
        dernier = Lot.objects.order_by("-pk")[0]
        self._poster(f"/catalogue/lots/{dernier.pk}/", {"geste": "executer"})

    def _defaire_un_lot(self) -> bool:
        if (dernier := Lot.objects.exclude(operation="annuler").order_by("-pk").first()) is None:
            return False
        self._poster(f"/catalogue/lots/{dernier.pk}/", {"geste": "annuler"})
        return True

    def _page(self) -> None:
        operation = self.hasard.choice(["ouvrir", "fermer"])
        self._poster(f"/catalogue/sessions/{self._une_session().pk}/{operation}/", {"portee": "seule"})

    def _fichier(self) -> None:
        """Import three sessions, and undo it one time in two."""
        debut = f"{jour_de(self.instant) + 40 * UN_JOUR:%d/%m/%Y}"
        lignes = [f"ACTION-1;{self._mot()};{debut};{debut};oui" for _ in range(3)]
        corps = "\n".join(["Action;Session;Du;Au;Garantie", *lignes, ""]).encode()
        depot = self.programme.client.generic(
            "POST", "/api/v1/imports/?nom=p.csv", corps, content_type="text/csv", **self.programme.entetes
        )
        cle = json.loads(depot.content)["id"]
        assert self.programme("POST", f"imports/{cle}/appliquer/", {"mode": "valides"}).lu["bilan"]["creees"]
        if self.hasard.random() < 0.5:
            assert self.programme("POST", f"imports/{cle}/annuler/").status_code == 200

    def _corbeille(self) -> bool:
        """Delete a session, and give it back one time in two."""
        try:
            faite = executer(self._une_session(), Operation.SUPPRIMER, par=self.presse.gestionnaire)
            if self.hasard.random() < 0.5:
                annuler(faite.contexte, organisme_id=self.presse.organisme.pk, par=self.presse.gestionnaire)
        except OperationRefusee:
            return False
        return True
