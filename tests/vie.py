"""A catalogue lived through its real pages, step after step, beside the model: the steps, what is compared, the shortest failure."""

import datetime as dt
import logging
import random
import re
import traceback
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from catalogue.annulation import annuler
from catalogue.cycle_de_vie import OperationRefusee
from catalogue.menu import NIVEAUX, operations
from catalogue.views.assistant import SEL
from edof.horloge import PARIS, a_l_instant, jour_de
from organismes.models import Membre
from organismes.validateurs import normaliser_identifiant
from publication.passages import publier
from publication.visibilite import publiques
from tests.conftest import Monde
from tests.modele import Cle, Modele

PAS_PAR_EXEMPLE = 100
# The last nights of a month of March: one of them is shorter.
DEBUT = dt.datetime(2027, 3, 25, 9, 0, tzinfo=PARIS)
AU_PLUS = 12
DU_MENU = ("ouvrir", "fermer", "archiver", "desarchiver", "supprimer")
# What to do where nothing allows an operation.
A_DEFAUT = {"fermer": "ouvrir", "desarchiver": "ouvrir", "ouvrir": "préparer", "archiver": "préparer", "supprimer": "préparer"}
OUI_NON = {True: "oui", False: "non", None: ""}
SANS_FICHE = {"attendre", "nuit", "publier", "suspendre"}
STATUT_HTTP = {"fait": 302, "droit": 403, "identifiant": 422, "incomplet": 422, "etat": 422}

# Which step, how many times in a hundred.
FOIS = {
    "créer": 14, "modifier": 9, "valider": 10, "ouvrir": 15, "fermer": 6, "archiver": 7, "desarchiver": 8, "supprimer": 3,
    "au hasard": 7, "annuler": 8, "lire": 2, "attendre": 5, "nuit": 4, "publier": 1, "suspendre": 1,
}  # fmt: skip
IDENTIFIANTS = ("a", "A ", "b", "\N{LATIN CAPITAL LETTER E WITH ACUTE}-1", "E\N{COMBINING ACUTE ACCENT}-1", "c", "d", "e", "f")


class Pas(NamedTuple):
    """A step, whole: the same list of steps does the same things."""

    quoi: str
    role: str
    rang: int
    choix: int
    identifiant: str
    texte: str
    permanente: bool
    garantie: bool | None
    # Whether the dates follow the modality of the action; in how many days the session starts and ends.
    accordee: bool
    dates: tuple[int | None, int | None]


def tirer(hasard: random.Random) -> Pas:
    """A step: mostly what makes sense, sometimes what does not."""
    return Pas(
        hasard.choices(list(FOIS), FOIS.values())[0],
        hasard.choices(["gestionnaire", "redacteur", "lecteur"], [16, 1, 1])[0],
        hasard.randrange(60),
        hasard.randrange(60),
        hasard.choice(IDENTIFIANTS),
        hasard.choice(["Un", "Deux", "Trois"] * 4 + [""]),
        hasard.random() < 0.25,
        hasard.choice([True, False] * 5 + [None]),
        hasard.random() < 0.9,
        hasard.choice([(1, 3), (2, 5), (1, 4), (5, 9), (20, 30)] * 4 + [(0, 3), (3, 3), (3, None), (None, None)]),
    )


class Vie:
    """An organisme with nothing, then whatever its three members, the days and the runs do; gone at the end of the block."""

    def __init__(self, faits: Counter[tuple[str, str]]) -> None:
        self.faits = faits
        self.pile = ExitStack()
        self.instant = DEBUT

    def __enter__(self) -> Self:
        self.pile.enter_context(transaction.atomic())
        with a_l_instant(DEBUT - dt.timedelta(days=3)):
            self.monde = Monde()
            self.monde.offre.delete()
            personnes = {"gestionnaire": self.monde.gestionnaire, **{r: self.monde.personne(r, r) for r in ("redacteur", "lecteur")}}
        self.personnes = personnes
        self.membres = {role: Membre.objects.get(utilisateur=qui) for role, qui in personnes.items()}
        self.clients, self.visiteur = {role: Client() for role in personnes}, Client()
        for role, qui in personnes.items():
            self.clients[role].force_login(qui, backend="django.contrib.auth.backends.ModelBackend")
        self.modele = Modele(DEBUT.date())
        self.contextes: list[uuid.UUID] = []
        self.page_publique: set[int] = set()
        return self

    def __exit__(self, *erreur: object) -> None:
        transaction.set_rollback(True)
        self.pile.close()

    def vivre(self, pas: Pas) -> None:
        """One step. What has no record to be done on creates one."""
        quoi, role, rang, choix, identifiant = pas[:5]
        if quoi in SANS_FICHE:
            getattr(self, f"_{quoi}")(choix)
        elif not self.modele.fiches or (quoi == "créer" and len(self.modele.fiches) < AU_PLUS):
            self._creer(role, ("session", "session", "session", "action", "offre")[choix % 5], rang, pas, choix % 7 > 0)
        elif quoi in {"créer", "modifier", "valider"}:
            self._modifier(role, self._une(rang), pas, quoi == "valider", ("tout", "identifiant", "identifiant", "rien")[choix % 4])
        elif quoi == "lire":
            self._lire(role, self._une(rang), choix % 3 == 0)
        elif quoi == "annuler":
            self._annuler(role, -1 - (rang * (choix % 2)) % len(self.modele.gestes)) if self.modele.gestes else self._attendre(0)
        elif quoi == "au hasard":
            self._operer(role, DU_MENU[choix % len(DU_MENU)], self._une(rang))
        elif quoi == "préparer":
            self._preparer(pas)
        elif possibles := self._possibles(quoi, seulement_des_sessions=choix % 4 > 0):
            self._operer(role, quoi, possibles[rang % len(possibles)])
        else:
            self.vivre(pas._replace(quoi=A_DEFAUT[quoi]))

    def _possibles(self, operation: str, seulement_des_sessions: bool) -> list[Cle]:
        """Where the operation may succeed, if possible without taking a whole tree along."""
        possibles = [cle for cle in self._cles() if self.modele.refus(cle, operation) is None]
        sessions = [cle for cle in possibles if cle[0] == "session"]
        return sessions if sessions and seulement_des_sessions else possibles

    def _preparer(self, pas: Pas) -> None:
        """What leads to an opening, from the top down: unarchive, validate, create."""
        for cle in sorted(self._cles(), key=lambda cle: (list(NIVEAUX).index(cle[0]), cle[1])):
            if self.modele.fiches[cle].statut == "archivee":
                return self._operer(pas.role, "desarchiver", cle)
            if self.modele.fiches[cle].statut == "brouillon":
                return self._modifier(pas.role, cle, pas, True, "identifiant")
        return self._creer(pas.role, "session", pas.rang, pas, True)

    # --- Each of them, in both worlds ---

    def _creer(self, role: str, niveau: str, rang: int, pas: Pas, valider: bool) -> None:
        """« Ajouter », at a level that there is a parent for."""
        parents = self._cles({"session": "action", "action": "offre"}.get(niveau, ""))
        if not parents:
            niveau, parents = ("action", self._cles("offre")) if self._cles("offre") and niveau != "offre" else ("offre", [])
        parent = parents[rang % len(parents)] if parents else None
        champs, identifiant = self._champs(niveau, parent, pas), pas.identifiant

        def faire() -> str:
            resultat, fiche = self.modele.creer(role, niveau, parent, identifiant, champs, valider)
            adresse = f"/catalogue/{parent[0]}s/{parent[1]}/{niveau}s/ajouter/" if parent else "/catalogue/offres/ajouter/"
            reponse = self._envoyer(role, adresse, niveau, parent, 0, identifiant, champs, valider)
            # Where nothing can be added, what was typed comes back with the reason.
            assert reponse.status_code == STATUT_HTTP[resultat], (reponse.status_code, resultat)
            if fiche:
                connues = [pk for autre, pk in self.modele.fiches if autre == niveau]
                self.modele.fiches[niveau, NIVEAUX[niveau].objects.exclude(pk__in=connues).get().pk] = fiche
            return resultat

        self._faire(f"créer {niveau}", faire)

    def _modifier(self, role: str, cle: Cle, pas: Pas, valider: bool, garder: str) -> None:
        """« Enregistrer les modifications » or « VALIDER »; perhaps nothing was changed."""
        fiche = self.modele.fiches[cle]
        champs = fiche.champs if garder == "tout" else self._champs(cle[0], fiche.parent, pas)
        identifiant = pas.identifiant if garder == "rien" else fiche.identifiant

        def faire() -> str:
            resultat = self.modele.modifier(role, cle, identifiant, champs, valider)
            adresse = f"/catalogue/{cle[0]}s/{cle[1]}/modifier/"
            reponse = self._envoyer(role, adresse, cle[0], fiche.parent, cle[1], identifiant, champs, valider)
            assert reponse.status_code == STATUT_HTTP[resultat], (reponse.status_code, resultat)
            return resultat

        self._faire("valider" if valider else "modifier", faire, cle, role)

    def _operer(self, role: str, operation: str, cle: Cle) -> None:
        """An operation of the menu, offered or not."""

        def faire() -> str:
            resultat = self.modele.operer(role, cle, operation)
            reponse = self.clients[role].post(f"/catalogue/{cle[0]}s/{cle[1]}/{operation}/", {"portee": "seule"})
            assert reponse.status_code == (403 if resultat == "droit" else 302), (reponse.status_code, resultat)
            if resultat == "fait" and operation in {"archiver", "desarchiver", "supprimer"}:
                lignes = NIVEAUX[cle[0]].pgh_event_model.objects.filter(pgh_obj_id=cle[1])
                self.contextes.append(lignes.order_by("-pgh_id").first().pgh_context_id)
            return resultat

        self._faire(operation, faire, cle, role)

    def _annuler(self, role: str, rang: int) -> None:
        """« Annuler », or restoring from the « Corbeille »: the last operation most often."""
        geste = self.modele.gestes[rang]

        def faire() -> str:
            resultat = self.modele.annuler(role, geste)
            try:
                annuler(self.contextes[rang], organisme_id=self.monde.organisme.pk, par=self.personnes[role])
            except (OperationRefusee, PermissionDenied) as refus:
                assert resultat != "fait", refus
            else:
                assert resultat == "fait", resultat
            return resultat

        self._faire(f"annuler {geste.operation}", faire, geste.racine, role)

    def _lire(self, role: str, cle: Cle, dupliquer: bool) -> None:
        """« Consulter » and « Dupliquer » change nothing (D-16)."""
        parent = self.modele.fiches[cle].parent
        ajouter = f"/catalogue/{parent[0]}s/{parent[1]}/{cle[0]}s/ajouter/" if parent else "/catalogue/offres/ajouter/"
        # Nothing can be added under what is archived, not even a copy (S-40).
        ferme = any(self.modele.fiches[autre].statut == "archivee" for autre in self.modele.ancetres(cle))

        def faire() -> str:
            adresse = f"{ajouter}?copie_de={cle[1]}" if dupliquer else f"/catalogue/{cle[0]}s/{cle[1]}/"
            attendu = (403 if role == "lecteur" else 302 if ferme else 200) if dupliquer else 200
            assert self.clients[role].get(adresse).status_code == attendu
            return "fait"

        self._faire("dupliquer" if dupliquer else "consulter", faire, cle, role)

    def _attendre(self, choix: int) -> None:
        """Time goes by, without a run."""
        self._faire("attendre", lambda: self._avancer(dt.timedelta(hours=(1, 3, 8, 16, 50)[choix % 5])))

    def _nuit(self, choix: int) -> None:
        """The next morning, and its run."""
        matin = dt.datetime.combine(self.modele.jour + dt.timedelta(days=1), dt.time(5, 0), tzinfo=PARIS)
        self._faire("nuit", lambda: (self._avancer(matin - self.instant), self._passage())[1])

    def _publier(self, choix: int) -> None:
        """A run by hand, perhaps late, perhaps for nothing."""
        self._faire("publier", self._passage)

    def _suspendre(self, choix: int) -> None:
        """The administrator suspends the organisme, or not any more."""

        def faire() -> str:
            self.monde.organisme.suspendu = self.modele.suspendu = choix % 3 == 0
            self.monde.organisme.save()
            return "fait"

        self._faire("suspendre", faire)

    # --- How a step is done ---

    def _cles(self, niveau: str | None = None) -> list[Cle]:
        return sorted(cle for cle in self.modele.fiches if niveau in {None, cle[0]})

    def _une(self, rang: int) -> Cle:
        cles = self._cles()
        return cles[rang % len(cles)]

    def _champs(self, niveau: str, parent: Cle | None, pas: Pas) -> dict[str, Any]:
        """What somebody types in the form of this level."""
        if niveau != "session":
            return {"texte": pas.texte, **({"permanente": pas.permanente} if niveau == "action" else {})}
        sans_dates = self.modele.fiches[parent].champs["permanente"] == pas.accordee
        jours = [None if sans_dates or n is None else self.modele.jour + dt.timedelta(days=n) for n in pas.dates]
        return {"texte": pas.texte, "garantie": pas.garantie, "sans_dates": sans_dates, "debut": jours[0], "fin": jours[1]}

    def _donnees(self, niveau: str, champs: dict[str, Any]) -> dict[str, Any]:
        contact, lieu = self.monde.contact.pk, self.monde.lieu.pk
        if niveau == "offre":
            choix = {"type_offre": "certifiante", "type_parcours": "mixte", "objectif_general": "certification"}
            textes = dict.fromkeys(("points_forts", "objectif", "resultats_attendus", "contenu"), "Texte")
            return {**choix, **textes, "certification": self.monde.certification.pk, "intitule": champs["texte"]}
        if niveau == "action":
            return {
                "modalites_entrees_sorties": "permanentes" if champs["permanente"] else "dates_fixes", "acces_handicapes": champs["texte"],
                "modalites_enseignement": "presentiel", "langue": "fr", "duree_totale": "20", "rythmes": ["en_journee"],
                "niveau_entree_obligatoire": "non", "existence_prerequis": "non", "modalites_admission": ["dossier"], "ht_20": "1000",
                "frais_certif_inclus": "aucun", "lieu_de_formation": lieu, "contact_du_lieu": contact, "contact_information": contact,
            }  # fmt: skip
        dates = {f"date_{nom}": f"{champs[nom]:%d/%m/%Y}" if champs[nom] else "" for nom in ("debut", "fin")}
        return {
            **dates, **({"pas_de_dates": "on"} if champs["sans_dates"] else {}), "garantie": OUI_NON[champs["garantie"]],
            "contact_inscription": contact, "adresse_inscription": lieu, "modalites_particulieres": champs["texte"],
        }  # fmt: skip

    def _envoyer(self, role: str, adresse: str, niveau: str, parent: Cle | None, pk: int, identifiant: str, champs: dict[str, Any],
                 valider: bool) -> HttpResponse:  # fmt: skip
        """The second step of the wizard, with the proof that its first step gives (D-03)."""
        sujet = [niveau, parent[1] if parent else self.monde.organisme.pk, pk, normaliser_identifiant(identifiant), uuid.uuid4().hex]
        commun = {
            "identifiant": identifiant,
            "verification": signing.dumps(sujet, salt=SEL),
            "operation": "valider" if valider else "enregistrer",
        }
        return self.clients[role].post(adresse, {**self._donnees(niveau, champs), **commun})

    def _avancer(self, duree: dt.timedelta) -> str:
        self.instant = (self.instant.astimezone(dt.UTC) + duree).astimezone(PARIS)
        self.modele.passer_au(self.instant.date())
        return "fait"

    def _passage(self) -> str:
        with a_l_instant(self.instant):
            assert len(publier(self.instant.date(), par="test")) == self.modele.publier()
        return "fait"

    def _faire(self, quoi: str, faire: Callable[[], str], cle: Cle | None = None, role: str = "gestionnaire") -> None:
        """One step, some minutes after the one before; then both worlds are compared."""
        self._avancer(dt.timedelta(minutes=7))
        self.modele.pas += 1
        with a_l_instant(self.instant):
            resultat = faire()
        with a_l_instant(self.instant):
            self._comparer(cle, role)
        self.faits[quoi, resultat] += 1

    # --- What is compared ---

    def _comparer(self, cle: Cle | None, role: str) -> None:
        assert self._en_base() == {
            cle: (f.identifiant, f.statut, f.version, f.a_ete_active, f.ouverte, f.ouverture) for cle, f in self.modele.fiches.items()
        }
        textes = ("contenu__modalites_particulieres", "contenu_offre__contenu__intitule")
        publics = {("session", pk): tuple(lus) for pk, *lus in publiques().values_list("session", *textes)}
        assert publics == self.modele.publiques()
        actions = {self.modele.fiches[session].parent[1] for session in publics}
        if actions != self.page_publique or self.modele.pas % 50 == 0:
            page = self.visiteur.get("/formations/").content.decode()
            assert {int(pk) for pk in re.findall(r'href="/formations/(\d+)/"', page)} == actions
            self.page_publique = actions
        if cle in self.modele.fiches:
            self._comparer_le_menu(cle, role)

    def _en_base(self) -> dict[Cle, tuple[Any, ...]]:
        communs = ("pk", "identifiant", "statut", "version", "a_ete_active")
        lues: dict[Cle, tuple[Any, ...]] = {}
        for niveau, modele in NIVEAUX.items():
            propres = ("ouverte", "ouverte_depuis") if niveau == "session" else ()
            for pk, *communes in modele.objects.values_list(*communs, *propres):
                *autres, depuis = communes if propres else [*communes, False, None]
                lues[niveau, pk] = (*autres, depuis and jour_de(depuis))
        return lues

    def _comparer_le_menu(self, cle: Cle, role: str) -> None:
        parents = {"offre": (), "action": ("offre",), "session": ("action__offre",)}[cle[0]]
        fiche = NIVEAUX[cle[0]].objects.select_related("organisme", *parents).get(pk=cle[1])
        entrees = {entree["code"]: bool(entree["refus"]) for entree in operations(fiche, self.membres[role])}
        assert entrees == {code: code in DU_MENU and self.modele.refus(cle, code) is not None for code in self.modele.proposees(cle, role)}


def vivre(pas: int) -> Counter[tuple[str, str]]:
    """Live `pas` steps, always the same ones; return what was done, by what came of it.

    Raises AssertionError at the first difference, with the shortest list of steps found that still shows one.
    """
    faits: Counter[tuple[str, str]] = Counter()
    logging.disable(logging.ERROR)
    try:
        for exemple in range(-(-pas // PAS_PAR_EXEMPLE)):
            hasard = random.Random(exemple)
            etapes = [tirer(hasard) for _ in range(PAS_PAR_EXEMPLE)]
            if difference(etapes, faits):
                etapes = plus_court(etapes)
                raise AssertionError("\n".join([f"Exemple {exemple} :", *map(str, etapes), difference(etapes)]))
    finally:
        logging.disable(logging.NOTSET)
    return faits


def difference(etapes: list[Pas], faits: Counter[tuple[str, str]] | None = None) -> str:
    """What goes wrong in these steps, empty when nothing does."""
    with Vie(Counter() if faits is None else faits) as vie:
        for etape in etapes:
            try:
                vie.vivre(etape)
            except Exception:
                return traceback.format_exc(limit=-3)
    return ""


def plus_court(etapes: list[Pas]) -> list[Pas]:
    """The same failure in fewer steps: halves, quarters, then single steps are left out while something still fails."""
    taille = len(etapes) // 2
    while taille:
        debut = 0
        while debut < len(etapes):
            reste = [*etapes[:debut], *etapes[debut + taille :]]
            if difference(reste):
                etapes = reste
            else:
                debut += taille
        taille //= 2
    return etapes
