"""The sessions that tomorrow's run withdraws, grouped by reason, and the alerts after a save."""

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
    """The sessions with the same reason: their number, the number of their actions, and the first one."""

    condition: ConditionDeVisibilite
    nombre: int
    actions: int
    premiere: Session

    @property
    def phrase(self) -> str:
        """Return the reason as a sentence, with the dates of the session when it is the only one."""
        return raison(self.condition, self.premiere) if self.nombre == 1 else self.condition.raison


def grouper(sessions: QuerySet[Session]) -> list[Groupe]:
    """Return these sessions grouped by `motif` (see `etats`), in the order of D-23, in two queries."""
    comptes = {"nombre": Count("pk"), "actions": Count("action", distinct=True), "premiere": Min("pk")}
    lus = sessions.order_by().values("motif").annotate(**comptes).values_list("motif", *comptes)
    return groupes({motif: (nombre, actions, premiere) for motif, nombre, actions, premiere in lus})


def groupes(par_motif: dict[str, tuple[int, int, int]]) -> list[Groupe]:
    """Return the groups in the order of D-23, in one query.

    `par_motif` gives the number of sessions, that of their actions, and the key of the first session.
    """
    if not par_motif:
        return []
    liens = (
        "action__offre__certification",
        "action__lieu_de_formation",
        "contact_inscription",
        "adresse_inscription",
    )
    cles = [premiere for _, _, premiere in par_motif.values()]
    premieres = Session.objects.select_related(*liens).in_bulk(cles)
    return [
        Groupe(condition, nombre, actions, premieres[premiere])
        for condition in a_remplir(demain())
        for nombre, actions, premiere in [par_motif.get(condition.slug, (0, 0, 0))]
        if premiere in premieres
    ]


# --- Alerts after a save ---


@dataclass(frozen=True)
class Alerte:
    """A sentence that announces a withdrawal, and the place where to read more.

    `geste` is a tag of a message (django.contrib.messages).
    """

    phrase: str
    geste: str


def alertes(sessions: QuerySet[Session]) -> list[Alerte]:
    """Return one alert for each unexpected reason for which tomorrow's run withdraws these sessions."""
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
    """Return the session itself, or the sessions of an action or of an offre, as a queryset."""
    chemin = {"offre": "action__offre", "action": "action", "session": "pk"}[fiche.nom_de_niveau]
    return Session.objects.filter(**{chemin: fiche.pk})


def apres_enregistrement(fiche: Fiche) -> tuple[str, list[Alerte]]:
    """Return what the public will see of an active record that was just saved.

    The result is a sentence for the success message, and the alerts.
    """
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
    """Return the sentences of the same alerts, for the API, which shows no messages."""
    return [alerte.phrase for alerte in alertes(sessions_de(fiche))]
