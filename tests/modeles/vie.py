"""A random walk through the real pages of the catalogue, compared with the model after each step."""

import datetime as dt
import json
import logging
import re
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

from django.conf import settings as reglages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from bureau.assistant.verification import SEL
from bureau.menu import NIVEAUX, operations
from catalogue.annulation import annuler
from catalogue.cycle_de_vie import OperationRefusee
from edof.horloge import PARIS, a_l_instant
from lots.models import Issue, Lot
from organismes.models import Membre
from organismes.validateurs import normaliser_identifiant
from publication.decomptes import decompter
from publication.mouvements import etat_public
from publication.passages import publier
from publication.visibilite import publiques
from sessions_app.programmations_dues import executer_les_programmations
from tests.conftest import Monde, quantite
from tests.decomptes import verite
from tests.fiches import verifier_les_fiches
from tests.modeles.modele import PAR_ETAT, Cle, Modele
from tests.modeles.pas import A_DEFAUT, DU_MENU, SANS_FICHE, TOUS, Pas, donnees

PAS_PAR_HISTOIRE = 100
# The last nights of March: one of them is one hour shorter.
DEBUT = dt.datetime(2027, 3, 25, 9, 0, tzinfo=PARIS)
AU_PLUS = 12
STATUT_HTTP = {"fait": 302, "droit": 403, "identifiant": 422, "incomplet": 422, "etat": 422}
# What is neither validée nor active leads back to the session.
STATUT_D_UN_PLAN = {"fait": 302, "droit": 403, "etat": 302, "jour": 422, "ordre": 422}
# The operations that a walk must have completed for its result to mean anything.
PARTOUT = (
    *DU_MENU, "créer offre", "créer action", "créer session", "modifier", "valider", "programmer", "nuit",
    "lot",
)  # fmt: skip

_COLONNES = "id, identifiant, statut, version, a_ete_active"
_OUVERTURES = {"session": "ouverte, (ouverte_depuis AT TIME ZONE 'Europe/Paris')::date"}
FICHES_EN_BASE = " UNION ALL ".join(
    f"SELECT '{niveau}', {_COLONNES}, {_OUVERTURES.get(niveau, 'false, NULL::date')} FROM"
    f" {modele._meta.db_table}"
    for niveau, modele in NIVEAUX.items()
)


PLANS_EN_BASE = "SELECT session_id, operation, jour, etat FROM sessions_app_programmation"


@cache
def lecture_du_public(jour: dt.date) -> tuple[str, tuple[Any, ...]]:
    """Return the query for what the public reads on `jour`, as (SQL, parameters).

    Its columns are the session, its text and that of its offre, in JSON. Call it on that day.
    """
    return (
        publiques()
        .values_list("session", "contenu__modalites_particulieres", "contenu_offre__contenu__intitule")
        .query.sql_with_params()
    )


def lire(sql: str, parametres: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as curseur:
        curseur.execute(sql, parametres)
        return curseur.fetchall()


class Vie(RuleBasedStateMachine):
    """A state machine over an organisme: its three members act, days pass and runs are made.

    The catalogue is empty at the start, and everything is rolled back at the end.
    """

    def __init__(self, faits: Counter[tuple[str, str]]) -> None:
        super().__init__()
        self.faits = faits
        self.instant = DEBUT
        self.pile = ExitStack()
        self.pile.enter_context(
            override_settings(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")
        )
        self.pile.enter_context(transaction.atomic())
        with a_l_instant(DEBUT - dt.timedelta(days=3)):
            self.monde = Monde()
            self.monde.offre.delete()
            personnes = {
                "gestionnaire": self.monde.gestionnaire,
                **{r: self.monde.personne(r, r) for r in ("redacteur", "lecteur")},
                "adjoint": self.monde.personne("adjoint", "gestionnaire"),
            }
        self.personnes = personnes
        self.membres = {role: Membre.objects.get(utilisateur=qui) for role, qui in personnes.items()}
        self.clients, self.visiteur = {role: Client() for role in personnes}, Client()
        for role, qui in personnes.items():
            self.clients[role].force_login(qui, backend="django.contrib.auth.backends.ModelBackend")
        self.connexions = {
            role: client.cookies[reglages.SESSION_COOKIE_NAME].value for role, client in self.clients.items()
        }
        self.modele = Modele(DEBUT.date())
        self.contextes: list[uuid.UUID] = []
        self.lots: list[int] = []
        self.page_publique: set[int] = set()
        # What the public read at the last step, and what caches were told of it.
        self.lus_avant: tuple[Any, int] = ({}, 0)

    def teardown(self) -> None:
        """Roll back everything."""
        transaction.set_rollback(True)
        self.pile.close()

    @rule(pas=TOUS)
    def vivre(self, pas: Pas) -> None:
        """Execute one step. When the step needs a record and there is none, create one."""
        quoi, role, rang, choix, identifiant = pas[:5]
        if quoi in SANS_FICHE:
            getattr(self, f"_{quoi}")(choix)
        elif not self.modele.fiches or (quoi == "créer" and len(self.modele.fiches) < AU_PLUS):
            self._creer(
                role,
                ("session", "session", "session", "action", "offre")[choix % 5],
                rang,
                pas,
                choix % 7 > 0,
            )
        elif quoi in {"créer", "modifier", "valider"}:
            self._modifier(
                role,
                self._une(rang, "modifier" if choix % 5 else "consulter"),
                pas,
                quoi == "valider",
                ("tout", "identifiant", "identifiant", "rien")[choix % 4],
            )
        elif quoi == "lire":
            self._lire(role, self._une(rang), choix % 3 == 0)
        elif quoi == "annuler":
            (
                self._annuler(role, -1 - (rang * (choix % 2)) % len(self.modele.gestes))
                if self.modele.gestes
                else self._attendre(0)
            )
        elif quoi == "au hasard":
            self._operer(role, DU_MENU[choix % len(DU_MENU)], self._une(rang))
        elif quoi == "préparer":
            self._preparer(pas)
        elif quoi == "lot" and (sessions := self._cles("session")):
            choisies = [cle for n, cle in enumerate(sessions) if (rang >> n % 6) % 2] or sessions
            # An operation that does something, most often; an archiving is rare, it ends many stories.
            voulues = [("ouvrir", "fermer", "desarchiver"), ("fermer", "ouvrir"), ("archiver",)][
                choix % 9 // 4
            ]
            faisables = [o for o in voulues if any(not self.modele.refus(cle, o) for cle in choisies)]
            self._lot(role, (faisables or voulues)[0], choisies)
        elif quoi == "annuler lot" and self.modele.lots:
            restent = [rang for rang, lot in enumerate(self.modele.lots) if not lot.annule] or [0]
            self._annuler_un_lot(role, restent[-1] if choix % 4 else rang % len(self.modele.lots))
        elif quoi in {"programmer", "déprogrammer"} and (sessions := self._a_programmer()):
            self._programmer(role, sessions[rang % len(sessions)], choix, quoi == "déprogrammer")
        elif possibles := self._possibles(quoi, seulement_des_sessions=choix % 4 > 0):
            self._operer(role, quoi, possibles[rang % len(possibles)])
        else:
            self.vivre(pas=pas._replace(quoi=A_DEFAUT.get(quoi, "préparer")))

    def _possibles(self, operation: str, seulement_des_sessions: bool) -> list[Cle]:
        """Return the records on which the operation may succeed.

        With `seulement_des_sessions`, only sessions when there are some, so as not to change a whole tree.
        """
        possibles = [cle for cle in self._cles() if self.modele.refus(cle, operation) is None]
        sessions = [cle for cle in possibles if cle[0] == "session"]
        return sessions if sessions and seulement_des_sessions else possibles

    def _preparer(self, pas: Pas) -> None:
        """Do the next thing that leads to an opening, from the top down: unarchive, validate or create."""
        for cle in sorted(self._cles(), key=lambda cle: (list(NIVEAUX).index(cle[0]), cle[1])):
            if self.modele.fiches[cle].statut == "archivee":
                return self._operer(pas.role, "desarchiver", cle)
            if self.modele.fiches[cle].statut == "brouillon":
                return self._modifier(pas.role, cle, pas, True, "identifiant")
        return self._creer(pas.role, "session", pas.rang, pas, True)

    # --- Steps, in the program and in the model ---

    def _creer(self, role: str, niveau: str, rang: int, pas: Pas, valider: bool) -> None:
        """Run « Ajouter », at a level for which there is a parent."""
        parents = self._cles({"session": "action", "action": "offre"}.get(niveau, ""))
        if not parents:
            niveau, parents = (
                ("action", self._cles("offre"))
                if self._cles("offre") and niveau != "offre"
                else ("offre", [])
            )
        if rang % 5 and (ouverts := [cle for cle in parents if not self._sous_archive(cle)]):
            parents = ouverts
        parent = parents[rang % len(parents)] if parents else None
        champs, identifiant = self._champs(niveau, parent, pas), pas.identifiant

        def faire() -> str:
            resultat, fiche = self.modele.creer(role, niveau, parent, identifiant, champs, valider)
            adresse = (
                f"/catalogue/{parent[0]}s/{parent[1]}/{niveau}s/ajouter/"
                if parent
                else "/catalogue/offres/ajouter/"
            )
            reponse = self._envoyer(role, adresse, niveau, parent, 0, identifiant, champs, valider)
            # Where nothing can be added, the form is shown again with what was typed and the reason.
            assert reponse.status_code == STATUT_HTTP[resultat], (reponse.status_code, resultat)
            if fiche:
                [nouvelle] = {ligne[:2] for ligne in lire(FICHES_EN_BASE)} - self.modele.fiches.keys()
                self.modele.fiches[nouvelle] = fiche
            return resultat

        self._faire(f"créer {niveau}", faire)

    def _modifier(self, role: str, cle: Cle, pas: Pas, valider: bool, garder: str) -> None:
        """Run « Enregistrer les modifications » or « VALIDER », sometimes without any change."""
        fiche = self.modele.fiches[cle]
        champs = fiche.champs if garder == "tout" else self._champs(cle[0], fiche.parent, pas)
        identifiant = pas.identifiant if garder == "rien" else fiche.identifiant

        def faire() -> str:
            resultat = self.modele.modifier(role, cle, identifiant, champs, valider)
            adresse = f"/catalogue/{cle[0]}s/{cle[1]}/modifier/"
            sujet = (role, adresse, cle[0], fiche.parent, cle[1], identifiant, champs, valider)
            reponse = self._envoyer(*sujet)
            annonce = re.search(r'name="impact" value="([^"]+)"', reponse.content.decode())
            if resultat == "fait" and annonce:
                # What is lost below is announced first: « Enregistrer quand même ».
                reponse = self._envoyer(*sujet, impact=annonce[1])
            assert reponse.status_code == STATUT_HTTP[resultat], (reponse.status_code, resultat)
            return resultat

        self._faire("valider" if valider else "modifier", faire, cle, role)

    def _operer(self, role: str, operation: str, cle: Cle) -> None:
        """Run an operation of the menu, whether or not the menu offers it."""

        def faire() -> str:
            resultat = self.modele.operer(role, cle, operation)
            reponse = self._poster(role, f"/catalogue/{cle[0]}s/{cle[1]}/{operation}/", {"portee": "seule"})
            assert reponse.status_code == (403 if resultat == "droit" else 302), (
                reponse.status_code,
                resultat,
            )
            if resultat == "fait" and operation in {"archiver", "desarchiver", "supprimer"}:
                lignes = NIVEAUX[cle[0]].pgh_event_model.objects.filter(pgh_obj_id=cle[1])
                self.contextes.append(lignes.order_by("-pgh_id").first().pgh_context_id)
            return resultat

        self._faire(operation, faire, cle, role)

    def _lot(self, role: str, operation: str, cles: list[Cle]) -> None:
        """Run an operation on several sessions at once: each ends as if it had been done alone."""

        def faire() -> str:
            # The records of a lot are taken by key.
            dits = self.modele.faire_un_lot(role, sorted(cles), operation)
            resultats = {cle[1]: resultat for cle, resultat in dits.items()}
            choix = {"operation": operation, "cles": [f"session-{pk}" for pk in resultats]}
            reponse = self._poster(role, "/catalogue/lots/", choix)
            if "droit" in resultats.values():
                assert reponse.status_code == 403
                return "droit"
            lot = Lot.objects.order_by("-pk")[0]
            self._poster(role, f"/catalogue/lots/{lot.pk}/", {"geste": "executer"})
            faites = set(lot.lignes.filter(issue=Issue.FAITE).values_list("cle", flat=True))
            assert faites == {pk for pk, resultat in resultats.items() if resultat == "fait"}
            if faites:
                self.lots.append(lot.pk)
            return "fait" if faites else "etat"

        self._faire("lot", faire)

    def _annuler_un_lot(self, role: str, rang: int) -> None:
        """Undo a lot on its page; most often the last one."""
        lot = self.modele.lots[rang]

        def faire() -> str:
            deja = lot.annule
            resultats = self.modele.annuler_un_lot(role, lot)
            reponse = self._poster(role, f"/catalogue/lots/{self.lots[rang]}/", {"geste": "annuler"})
            if "droit" in resultats.values():
                assert reponse.status_code == 403
                return "droit"
            retour = Lot.objects.get(annule=self.lots[rang])
            remises = set(retour.lignes.filter(issue=Issue.FAITE).values_list("cle", flat=True))
            if deja:
                return "annulee"
            assert remises == {cle[1] for cle, resultat in resultats.items() if resultat == "fait"}
            return "fait" if remises else "depassee"

        self._faire(f"annuler lot {lot.operation}", faire)

    def _a_programmer(self) -> list[Cle]:
        """Return the sessions that are validées or actives, or all of them when there are none."""
        sessions = self._cles("session")
        return [c for c in sessions if self.modele.fiches[c].statut in {"validee", "active"}] or sessions

    def _programmer(self, role: str, cle: Cle, choix: int, annuler_le_plan: bool) -> None:
        """Plan an opening or a closing of the next days, or cancel it, on the page « Programmer »."""
        d_abord = ("fermer", "ouvrir") if self.modele.fiches[cle].ouverte else ("ouvrir", "fermer")
        operation = d_abord[choix // 6 % 3 == 0]
        jour = self.modele.jour + dt.timedelta(days=(1, 1, 2, 1, 3, 0)[choix % 6])
        qui = "adjoint" if role == "gestionnaire" and choix % 5 == 0 and self.modele.adjoint else role

        def faire() -> str:
            adresse = f"/catalogue/sessions/{cle[1]}/programmer/"
            if annuler_le_plan:
                resultat = self.modele.deprogrammer(role, cle, operation)
                donnees_du_plan = {"operation": f"annuler:{operation}"}
            else:
                resultat = self.modele.programmer(role, cle, operation, jour, qui)
                donnees_du_plan = {"operation": "programmer", "quoi": operation, "jour": f"{jour:%d/%m/%Y}"}
            reponse = self._poster(qui, adresse, donnees_du_plan)
            assert reponse.status_code == STATUT_D_UN_PLAN[resultat], (reponse.status_code, resultat)
            return resultat

        self._faire("déprogrammer" if annuler_le_plan else "programmer", faire, cle, role)

    def _ronde(self, choix: int) -> None:
        """Carry out the plans that are due; nothing is published."""

        self._faire("ronde", self._balayer)

    def _balayer(self) -> str:
        avant = self._plans_par_etat()
        assert executer_les_programmations() == self.modele.balayer()
        for etat, nombre in (self._plans_par_etat() - avant).items():
            self.faits["plan", etat] += nombre
        return "fait"

    def _plans_par_etat(self) -> Counter[str]:
        return Counter(plan.etat for plan in self.modele.plans)

    def _equipe(self, choix: int) -> None:
        """Remove the second gestionnaire from the organisme, or take them back."""

        def faire() -> str:
            adjoint, organisme = self.personnes["adjoint"], self.monde.organisme
            self.modele.adjoint = choix % 3 > 0
            Membre.objects.filter(utilisateur=adjoint).delete()
            if self.modele.adjoint:
                Membre.objects.create(utilisateur=adjoint, organisme=organisme, role="gestionnaire")
            return "fait"

        self._faire("equipe", faire)

    def _annuler(self, role: str, rang: int) -> None:
        """Run « Annuler », or restore from the « Corbeille »; most often on the last operation."""
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
        """Run « Consulter » or « Dupliquer », which change nothing (D-16)."""
        parent = self.modele.fiches[cle].parent
        ajouter = (
            f"/catalogue/{parent[0]}s/{parent[1]}/{cle[0]}s/ajouter/"
            if parent
            else "/catalogue/offres/ajouter/"
        )
        # Nothing can be added below an archived record, not even a copy (S-40).
        ferme = parent is not None and self._sous_archive(parent)

        def faire() -> str:
            adresse = f"{ajouter}?copie_de={cle[1]}" if dupliquer else f"/catalogue/{cle[0]}s/{cle[1]}/"
            attendu = (403 if role == "lecteur" else 302 if ferme else 200) if dupliquer else 200
            assert self.clients[role].get(adresse).status_code == attendu
            return "fait"

        self._faire("dupliquer" if dupliquer else "consulter", faire, cle, role)

    def _attendre(self, choix: int) -> None:
        """Let some hours pass, without a run."""
        self._faire("attendre", lambda: self._avancer(dt.timedelta(hours=(1, 3, 8, 16, 50)[choix % 5])))

    def _nuit(self, choix: int) -> None:
        """Go to the next morning, and make its run."""
        matin = dt.datetime.combine(self.modele.jour + dt.timedelta(days=1), dt.time(5, 0), tzinfo=PARIS)
        self._faire("nuit", lambda: (self._avancer(matin - self.instant), self._passage())[1])

    def _publier(self, choix: int) -> None:
        """Make a run by hand: it may be late, or have nothing to do."""
        self._faire("publier", self._passage)

    def _suspendre(self, choix: int) -> None:
        """Suspend the organisme, or end its suspension, as the administrator does."""

        def faire() -> str:
            self.monde.organisme.suspendu = self.modele.suspendu = choix % 3 == 0
            self.monde.organisme.save()
            return "fait"

        self._faire("suspendre", faire)

    def _certification(self, choix: int) -> None:
        """Make the certification end yesterday, today or in some days, or remove its end (D-26)."""

        def faire() -> str:
            fin = None if choix % 2 else self.modele.jour + dt.timedelta(days=choix % 4 - 1)
            self.modele.fin_de_certification = self.monde.certification.date_fin_enregistrement = fin
            self.monde.certification.save()
            return "fait"

        self._faire("certification", faire)

    # --- Execution of a step ---

    def _cles(self, niveau: str | None = None) -> list[Cle]:
        return sorted(cle for cle in self.modele.fiches if niveau in {None, cle[0]})

    def _une(self, rang: int, operation: str = "consulter") -> Cle:
        """Return one of the records whose status allows this operation, or any record when none does."""
        cles = [
            cle for cle in self._cles() if operation in PAR_ETAT[self.modele.fiches[cle].etat]
        ] or self._cles()
        return cles[rang % len(cles)]

    def _sous_archive(self, cle: Cle) -> bool:
        """Tell whether this record or one of its parents is archived.

        Nothing can be added below it then (S-40).
        """
        return any(
            self.modele.fiches[autre].statut == "archivee" for autre in (cle, *self.modele.ancetres(cle))
        )

    def _champs(self, niveau: str, parent: Cle | None, pas: Pas) -> dict[str, Any]:
        """Return the values typed in the form of this level."""
        if niveau != "session":
            return {"texte": pas.texte, **({"permanente": pas.permanente} if niveau == "action" else {})}
        sans_dates = self.modele.fiches[parent].champs["permanente"] == pas.accordee
        jours = [
            None if sans_dates or n is None else self.modele.jour + dt.timedelta(days=n) for n in pas.dates
        ]
        return {
            "texte": pas.texte,
            "garantie": pas.garantie,
            "sans_dates": sans_dates,
            "debut": jours[0],
            "fin": jours[1],
        }

    def _envoyer(self, role: str, adresse: str, niveau: str, parent: Cle | None, pk: int, identifiant: str,
    champs: dict[str, Any],
                 valider: bool, impact: str = "") -> HttpResponse:  # fmt: skip
        """Submit the second step of the wizard, with the proof that its first step gives (D-03).

        `impact` accepts the losses that the page announced.
        """
        sujet = [
            niveau,
            parent[1] if parent else self.monde.organisme.pk,
            pk,
            normaliser_identifiant(identifiant),
            uuid.uuid4().hex,
        ]
        commun = {
            "identifiant": identifiant,
            "verification": signing.dumps(sujet, salt=SEL),
            "operation": "valider" if valider else "enregistrer",
        }
        if impact:
            commun |= {
                "operation": f"continuer:{commun['operation']}", "impact": impact, "reparation": "garder"
            }  # fmt: skip
        return self._poster(role, adresse, {**donnees(self.monde, niveau, champs), **commun})

    def _poster(self, role: str, adresse: str, donnees: dict[str, Any]) -> HttpResponse:
        """Send a POST request with the original sign-in cookie.

        The messages of the previous request are thus considered read: they are stored in that cookie.
        """
        self.clients[role].cookies[reglages.SESSION_COOKIE_NAME] = self.connexions[role]
        return self.clients[role].post(adresse, donnees)

    def _avancer(self, duree: dt.timedelta) -> str:
        self.instant = (self.instant.astimezone(dt.UTC) + duree).astimezone(PARIS)
        self.modele.passer_au(self.instant.date())
        return "fait"

    def _passage(self) -> str:
        with a_l_instant(self.instant):
            self._balayer()
            assert len(publier(self.instant.date(), par="test")) == self.modele.publier()
        return "fait"

    def _faire(
        self, quoi: str, faire: Callable[[], str], cle: Cle | None = None, role: str = "gestionnaire"
    ) -> None:
        """Execute one step, seven minutes after the previous one, then compare the program with the model."""
        self._avancer(dt.timedelta(minutes=7))
        self.modele.pas += 1
        with a_l_instant(self.instant):
            resultat = faire()
        with a_l_instant(self.instant):
            self._comparer(cle, role)
        self.faits[quoi, resultat] += 1

    # --- Comparison ---

    def _comparer(self, cle: Cle | None, role: str) -> None:
        attendues = {
            (*cle, f.identifiant, f.statut, f.version, f.a_ete_active, f.ouverte, f.ouverture)
            for cle, f in self.modele.fiches.items()
        }
        assert set(lire(FICHES_EN_BASE)) == attendues
        assert Counter(lire(PLANS_EN_BASE)) == Counter(
            (plan.cle[1], plan.operation, plan.jour, plan.etat) for plan in self.modele.plans
        )
        publics = {
            ("session", pk): tuple(map(json.loads, lus))
            for pk, *lus in lire(*lecture_du_public(self.modele.jour))
        }
        assert publics == self.modele.publiques()
        verifier_les_fiches()
        # What caches ask has changed with it.
        numero = etat_public().numero
        assert publics == self.lus_avant[0] or numero != self.lus_avant[1]
        self.lus_avant = publics, numero
        if self.modele.pas % quantite(1, 5) == 0:
            assert decompter(self.monde.organisme) == verite(self.monde.organisme)
        actions = {self.modele.fiches[session].parent[1] for session in publics}
        if actions != self.page_publique or self.modele.pas % 50 == 0:
            # Each request comes from another address, since the number of requests per address and minute is
            # limited.
            page = self.visiteur.get(
                "/formations/", REMOTE_ADDR=f"192.0.2.{self.modele.pas % 250}"
            ).content.decode()
            assert {int(pk) for pk in re.findall(r'id="formation-(\d+)"', page)} == actions
            self.page_publique = actions
        if cle in self.modele.fiches:
            self._comparer_le_menu(cle, role)

    def _comparer_le_menu(self, cle: Cle, role: str) -> None:
        parents = {"offre": (), "action": ("offre",), "session": ("action__offre",)}[cle[0]]
        fiche = NIVEAUX[cle[0]].objects.select_related(*parents).get(pk=cle[1])
        entrees = {entree["code"]: bool(entree["refus"]) for entree in operations(fiche, self.membres[role])}
        assert entrees == {
            code: code in DU_MENU and self.modele.refus(cle, code) is not None
            for code in self.modele.proposees(cle, role)
        }


# A shorter walk of a fresh seed may well leave out something rare.
COMPLETE = 2_000


def vivre(pas: int, graine: int) -> Counter[tuple[str, str]]:
    """Execute `pas` steps (a multiple of 100) and return their counts by (step, result).

    The same `graine` makes the same steps. Raise AssertionError at the first difference, with the shortest
    example that hypothesis finds, and when a walk of COMPLETE steps or more has left something undone.
    """
    faits: Counter[tuple[str, str]] = Counter()
    combien = settings(
        max_examples=pas // PAS_PAR_HISTOIRE,
        stateful_step_count=PAS_PAR_HISTOIRE,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    logging.disable(logging.ERROR)
    try:
        run_state_machine_as_test(seed(graine)(lambda: Vie(faits)), settings=combien)
    finally:
        logging.disable(logging.NOTSET)
    assert pas < COMPLETE or not oubliees(faits)
    return faits


def oubliees(faits: Counter[tuple[str, str]]) -> list[str]:
    """Return what a walk has never completed: operations of PARTOUT, and a plan carried out."""
    jamais = [operation for operation in PARTOUT if not faits[operation, "fait"]]
    return jamais if faits["plan", "faite"] else [*jamais, "plan"]
