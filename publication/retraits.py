"""What tomorrow takes away from the public: grouped by reason, and told to whoever has just saved."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, QuerySet

from catalogue.models import Fiche
from edof.horloge import demain
from edof.templatetags.affichage import date_longue, pluriel
from publication.diagnostic import raison
from publication.etats import Etat, etat, inattendues, vont_disparaitre
from publication.visibilite import ConditionDeVisibilite, a_remplir
from sessions_app.models import Session


@dataclass(frozen=True)
class Groupe:
    """So many sessions with the same reason, of so many actions, and the first of them."""

    condition: ConditionDeVisibilite
    nombre: int
    actions: int
    premiere: Session

    @property
    def phrase(self) -> str:
        """The reason: with the dates of the session when it is the only one."""
        return raison(self.condition, self.premiere) if self.nombre == 1 else self.condition.raison


def grouper(sessions: QuerySet[Session]) -> list[Groupe]:
    """The groups of these sessions by their `motif` (see `etats`), in the order of D-23; two queries."""
    comptes = {"nombre": Count("pk"), "actions": Count("action", distinct=True), "premiere": Min("pk")}
    par_motif = {ligne["motif"]: ligne for ligne in sessions.order_by().values("motif").annotate(**comptes)}
    liens = (
        "action__offre__certification",
        "action__lieu_de_formation",
        "contact_inscription",
        "adresse_inscription",
    )
    premieres = Session.objects.select_related(*liens).in_bulk(
        [ligne["premiere"] for ligne in par_motif.values()]
    )
    return [
        Groupe(condition, ligne["nombre"], ligne["actions"], premieres[ligne["premiere"]])
        for condition in a_remplir(demain())
        if (ligne := par_motif.get(condition.slug)) and ligne["premiere"] in premieres
    ]


# --- Told after a save ---


@dataclass(frozen=True)
class Alerte:
    """A sentence that announces a withdrawal, and where to read more: a tag of `messages`."""

    phrase: str
    geste: str


def alertes(sessions: QuerySet[Session]) -> list[Alerte]:
    """One sentence for each unexpected reason for which tomorrow withdraws some of these sessions."""
    dites = []
    for groupe in grouper(inattendues(vont_disparaitre(sessions))):
        quoi, geste = f"{pluriel(groupe.nombre, ',sessions')} disparaîtront", "disparaissent"
        if groupe.nombre == 1:
            quoi = f"La session « {groupe.premiere.identifiant} » disparaîtra"
            geste = f"pourquoi:{groupe.premiere.cle_html}"
        pourquoi = groupe.phrase[0].lower() + groupe.phrase[1:]
        dites.append(Alerte(f"{quoi} de Mon Compte Formation demain matin : {pourquoi}", geste))
    return dites


def sessions_de(fiche: Fiche) -> QuerySet[Session]:
    """The session itself, or the sessions of an action or of an offre."""
    chemin = {"offre": "action__offre", "action": "action", "session": "pk"}[fiche.nom_de_niveau]
    return Session.objects.filter(**{chemin: fiche.pk})


def apres_enregistrement(fiche: Fiche) -> tuple[str, list[Alerte]]:
    """What the public will see of an active record just saved: a sentence for the success, and the alerts."""
    sessions = sessions_de(fiche)
    lus = sessions.order_by().annotate(etat=etat()).values_list("etat").annotate(nombre=Count("pk"))
    nombres: dict[str, int] = dict(lus)
    partent = nombres.get(Etat.DISPARAIT, 0) + nombres.get(Etat.FINIT, 0)
    if not partent or nombres.get(Etat.VISIBLE) or nombres.get(Etat.ATTEND):
        phrase = f"Le public verra le changement le {date_longue(demain())} au matin."
    elif nombres.get(Etat.DISPARAIT):
        phrase = "Le public ne verra pas le changement."
    else:
        phrase = (
            "Le public ne verra pas le changement : ce qui commence aujourd'hui quitte Mon Compte Formation"
            " demain matin."
        )
    return phrase, alertes(sessions) if nombres.get(Etat.DISPARAIT) else []


def phrases(fiche: Any) -> list[str]:
    """The same alerts, for who reads no message: the API."""
    return [alerte.phrase for alerte in alertes(sessions_de(fiche))]
