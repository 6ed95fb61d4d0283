"""The real views against the model: random people do random things, days and nights pass, nothing differs."""

import datetime as dt
import html
import re
from itertools import count
from typing import Any

import pytest
from django.conf import settings as reglages
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from organismes.droits import Operation, Role
from publication.passages import publier
from publication.visibilite import publiques
from sessions_app.models import Session
from tests.conftest import Monde
from tests.modele import PARENT, Modele, Noeud

MODELES = {"offre": Offre, "action": Action, "session": Session}
ROLES = ["gestionnaire"] * 6 + ["redacteur", "lecteur"]
OPERATIONS = ["ouvrir", "ouvrir", "ouvrir", "fermer", "archiver", "desarchiver", "supprimer"]
# What is emptied to make a record incomplete.
TROUS = {"offre": ("intitule", "Texte", ""), "action": ("acces_handicapes", "Locaux accessibles.", ""), "session": ("garantie", "oui", "")}
PREMIER_JOUR = dt.date(2027, 1, 4)
N_AU_PLUS = 12
_numeros = count(1)


class Histoire(RuleBasedStateMachine):
    """One organisme, from its first day on."""

    pas = 0

    @initialize()
    def commencer(self) -> None:
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        reglages.EDOF_AUJOURDHUI = PREMIER_JOUR
        self.modele, self.cles = Modele(), {}
        self.monde = Monde()
        Offre.objects.all().delete()
        self.clients = {}
        gens = {"gestionnaire": self.monde.gestionnaire}
        gens |= {nom: self.monde.personne(nom, role) for nom, role in (("redacteur", Role.REDACTEUR), ("lecteur", Role.LECTEUR))}
        for nom, personne in gens.items():
            self.clients[nom] = Client()
            self.clients[nom].force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
        offre = self._ajouter("offre", None, True)
        self._ajouter("session", self._ajouter("action", offre, True), True)

    def teardown(self) -> None:
        if hasattr(self, "transaction"):
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    # --- Steps ---

    def _ajouter(self, niveau: str, parent: Noeud | None, complete: bool, delai: int = 40) -> Noeud:
        nom = f"n{next(_numeros)}"
        monde, fiche = self.monde, None
        if niveau == "offre":
            fiche = monde.nouvelle_offre(nom)
        elif niveau == "action":
            monde.offre = Offre.objects.get(pk=self.cles[id(parent)])
            fiche = monde.nouvelle_action(nom)
        else:
            jour = PREMIER_JOUR + dt.timedelta(self.modele.jour + delai)
            action = Action.objects.get(pk=self.cles[id(parent)])
            fiche = monde.session(nom, action=action, date_debut=jour, date_fin=jour + dt.timedelta(9))
        if not complete:
            champ, _, vide = TROUS[niveau]
            executer(fiche, Operation.MODIFIER, par=monde.gestionnaire, valeurs={champ: None if niveau == "session" else vide})
        noeud = self.modele.ajouter(niveau, parent, complete=complete, debut=self.modele.jour + delai if niveau == "session" else None)
        self.cles[id(noeud)] = fiche.pk
        return noeud

    @precondition(lambda self: len(self.modele.noeuds()) < N_AU_PLUS)
    @rule(choix=st.randoms(use_true_random=False), complete=st.booleans(), delai=st.integers(1, 6))
    def ajouter(self, choix: Any, complete: bool, delai: int) -> None:
        niveau = choix.choice(["offre", "action", "session", "session", "session"])
        parents = [n for n in self.modele.noeuds() if n.niveau == PARENT.get(niveau) and n.statut != "archivee"]
        if niveau == "offre" or parents:
            self._ajouter(niveau, None if niveau == "offre" else choix.choice(parents), complete, delai)
            Histoire.pas += 1

    @precondition(lambda self: self.modele.noeuds())
    @rule(choix=st.randoms(use_true_random=False), operation=st.sampled_from(OPERATIONS), role=st.sampled_from(ROLES))
    def operer(self, choix: Any, operation: str, role: str) -> None:
        self._operer(choix.choice(self.modele.noeuds()), operation, role)

    @rule(choix=st.randoms(use_true_random=False))
    def operer_souvent(self, choix: Any) -> None:
        """What people do most, many times in a row: a story of fifty rules is a story of some hundred steps."""
        for _ in range(12):
            if noeuds := self.modele.noeuds():
                self._operer(choix.choice(noeuds), choix.choice(OPERATIONS), choix.choice(ROLES))
                self.rien_ne_differe()

    def _operer(self, noeud: Noeud, operation: str, role: str) -> None:
        if noeud.niveau != "session" and operation in {"ouvrir", "fermer"}:
            return
        reponse = self.clients[role].post(f"/catalogue/{noeud.niveau}s/{self.cles[id(noeud)]}/{operation}/", {"suite": "/sante/"})
        attendu = 302 if role == "gestionnaire" else 403
        # An archived or active record refuses with a message, whoever asks must first have the right.
        assert reponse.status_code == attendu, (noeud, operation, role)
        self.modele.agir(noeud, operation, role)
        Histoire.pas += 1

    @precondition(lambda self: self.modele.noeuds())
    @rule(
        choix=st.randoms(use_true_random=False), complete=st.booleans(), bouton=st.sampled_from(["enregistrer", "valider"]),
        role=st.sampled_from(ROLES),
    )  # fmt: skip
    def modifier(self, choix: Any, complete: bool, bouton: str, role: str) -> None:
        noeud = choix.choice(self.modele.noeuds())
        client, adresse = self.clients[role], f"/catalogue/{noeud.niveau}s/{self.cles[id(noeud)]}/modifier/"
        page = client.get(adresse)
        if page.status_code != 200:
            assert page.status_code == (403 if role == "lecteur" else 302), (noeud, role)
            assert self.modele.agir(noeud, bouton, role, complete) is False
            return
        champ, plein, vide = TROUS[noeud.niveau]
        donnees = {**champs_de(page.content.decode()), champ: plein if complete else vide, "operation": bouton}
        if noeud.niveau == "session" and not complete:
            del donnees[champ]
        reponse = client.post(adresse, donnees)
        permis = self.modele.agir(noeud, bouton, role, complete)
        assert reponse.status_code == (302 if permis else 422), (noeud, bouton, role, complete)
        Histoire.pas += 1

    @rule()
    def nuit(self) -> None:
        self.modele.nuit()
        reglages.EDOF_AUJOURDHUI = PREMIER_JOUR + dt.timedelta(self.modele.jour)
        publier(reglages.EDOF_AUJOURDHUI, par="test")
        Histoire.pas += 1

    # --- What must hold after each ---

    @invariant()
    def rien_ne_differe(self) -> None:
        if not hasattr(self, "modele"):
            return
        attendus = {(n.niveau, self.cles[id(n)]): (n.statut, n.ouverte) for n in self.modele.noeuds()}
        trouves = {}
        for niveau, modele in MODELES.items():
            colonnes = ("pk", "statut", "ouverte") if niveau == "session" else ("pk", "statut")
            for pk, statut, *ouverte in modele.objects.pour_organisme(self.monde.organisme).values_list(*colonnes):
                trouves[niveau, pk] = (statut, bool(ouverte and ouverte[0]))
        assert trouves == attendus
        visibles = set(publiques().filter(organisme=self.monde.organisme).values_list("session", flat=True))
        assert visibles == {self.cles[id(n)] for n in self.modele.noeuds() if n.niveau == "session" and self.modele.visible(n)}

    @precondition(lambda self: self.modele.noeuds())
    @rule(choix=st.randoms(use_true_random=False))
    def lire_le_menu(self, choix: Any) -> None:
        noeud = choix.choice(self.modele.noeuds())
        page = html.unescape(self.clients["gestionnaire"].get(f"/catalogue/{noeud.niveau}s/{self.cles[id(noeud)]}/").content.decode())
        menu = page[page.index('<ul class="menu-liste">', page.index("Opérations")) :].split("</ul>")[0]
        libelles = {operation.label: operation.value for operation in Operation}
        offertes = {libelles[mot] for mot in re.findall(r">([^<>]+)</(?:a|button)>", menu) if mot in libelles}
        assert offertes == self.modele.offertes(noeud), noeud
        Histoire.pas += 1


def champs_de(page: str) -> dict[str, Any]:
    """The fields of the wizard's form as a browser would send them back."""
    page = page[page.index('id="assistant-form"') :]
    champs: dict[str, Any] = {}
    for balise in re.findall(r"<input[^>]*>", page):
        nom, valeur = re.search(r'name="([^"]+)"', balise), re.search(r'value="([^"]*)"', balise)
        if nom and (not re.search('type="(checkbox|radio)"', balise) or "checked" in balise):
            texte = html.unescape(valeur[1]) if valeur else ""
            champs[nom[1]] = (
                [*champs[nom[1]], texte]
                if nom[1] in champs and 'type="checkbox"' in balise
                else [texte]
                if 'type="checkbox"' in balise
                else texte
            )
    for nom, contenu in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.S):
        choisi = re.search(r'value="([^"]*)" selected', contenu)
        champs[nom] = choisi[1] if choisi else ""
    for nom, valeur in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.S):
        champs[nom] = html.unescape(valeur)
    return champs


def derouler(histoires: int, pas: int, graine: int = 0) -> int:
    """Tell that many stories of that many rules; return how many steps were taken. Raises at the first difference."""
    Histoire.pas = 0
    reglage = settings(
        max_examples=histoires,
        stateful_step_count=pas,
        deadline=None,
        database=None,
        derandomize=not graine,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(graine)(Histoire) if graine else Histoire, settings=reglage)
    return Histoire.pas


@pytest.mark.exigence("D-10", "D-11", "D-12", "D-13", "D-14", "D-15", "D-20", "D-24")
@pytest.mark.django_db
def test_les_vues_et_le_modele_ne_different_jamais(settings):
    settings.EDOF_AUJOURDHUI = PREMIER_JOUR
    assert derouler(histoires=2, pas=50) > 20
