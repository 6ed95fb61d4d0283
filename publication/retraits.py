"""The sessions that tomorrow's run withdraws, grouped by reason, and the alerts after a save."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.db.models import Count, Min, QuerySet

from catalogue.models import Fiche
from edof.gardees import Gardee, parmi
from edof.horloge import aujourd_hui, demain
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
    return groupes({motif: tuple(lus) for motif, *lus in _par_motif(sessions)})


def _par_motif(sessions: QuerySet[Session]) -> QuerySet[Any, Any]:
    """Return, for each `motif`, what `groupes` asks."""
    comptes = {"nombre": Count("pk"), "actions": Count("action", distinct=True), "premiere": Min("pk")}
    return sessions.order_by().values("motif").annotate(**comptes).values_list("motif", *comptes)


def groupes(par_motif: dict[str, Any]) -> list[Groupe]:
    """Return the groups in the order of D-23, in one query.

    `par_motif` gives the number of sessions, that of their actions, and the key of the first session.
    """
    if not par_motif:
        return []
    cles = [premiere for _, _, premiere in par_motif.values()]
    premieres = {session.pk: session for session in _premieres().lire(cles=cles)}
    return [
        Groupe(condition, nombre, actions, premieres[premiere])
        for condition in a_remplir(demain())
        for nombre, actions, premiere in [par_motif.get(condition.slug, (0, 0, 0))]
        if premiere in premieres
    ]


@cache
def _premieres() -> Gardee[Session]:
    """Return the query of the sessions `cles`, with what a group says of its first one."""
    liens = (
        "action__offre__certification",
        "action__lieu_de_formation",
        "contact_inscription",
        "adresse_inscription",
    )
    return Gardee(Session.objects.select_related(*liens).filter(parmi("pk", "cles")))


# --- Alerts after a save ---


@dataclass(frozen=True)
class Alerte:
    """A sentence that announces a withdrawal, and the place where to read more.

    `geste` is a tag of a message (django.contrib.messages).
    """

    phrase: str
    geste: str


# From a session to the record that was saved.
_CHEMINS = {"offre": "action__offre", "action": "action", "session": "pk"}
DE_LA_CERTIFICATION = "action__offre__certification"


def alertes(cles: Collection[int], chemin: str = "pk") -> list[Alerte]:
    """Return one alert for each unexpected reason for which tomorrow's run withdraws these sessions.

    They are those whose `chemin`, their own key or that of a record above them, is one of these keys.
    """
    dites = []
    perdues = _perdues(chemin, aujourd_hui()).lignes(cles=list(cles))
    for groupe in groupes({motif: tuple(lus) for motif, *lus in perdues}):
        quoi, geste = f"{pluriel(groupe.nombre, ',sessions')} disparaîtront", "disparaissent"
        if groupe.nombre == 1:
            quoi = f"La session « {groupe.premiere.identifiant} » disparaîtra"
            geste = f"pourquoi:{groupe.premiere.cle_html}"
        pourquoi = groupe.phrase[0].lower() + groupe.phrase[1:]
        dites.append(Alerte(f"{quoi} de Mon Compte Formation demain matin : {pourquoi}", geste))
    return dites


# For each path, some days: around midnight requests are of the day before, those of sandboxes of others.
@lru_cache(maxsize=64)
def _perdues(chemin: str, jour: dt.date) -> Gardee[Session]:
    """Return the query of `alertes` on `jour`; call it on that day."""
    return Gardee(_par_motif(inattendues(vont_disparaitre(Session.objects.filter(parmi(chemin, "cles"))))))


@lru_cache(maxsize=64)
def _etats(chemin: str, jour: dt.date) -> Gardee[Session]:
    """Return the query of the number of sessions by `Etat` on `jour`; call it on that day."""
    sessions = Session.objects.filter(parmi(chemin, "cles")).order_by().annotate(etat=etat())
    return Gardee(sessions.values_list("etat").annotate(nombre=Count("pk")))


def sessions_de(fiche: Fiche) -> QuerySet[Session]:
    """Return the session itself, or the sessions of an action or of an offre, as a queryset."""
    return Session.objects.filter(**{_CHEMINS[fiche.nom_de_niveau]: fiche.pk})


def alertes_de(fiche: Fiche) -> list[Alerte]:
    """Return the alerts about the session itself, or about the sessions of an action or of an offre."""
    return alertes([fiche.pk], _CHEMINS[fiche.nom_de_niveau])


def apres_enregistrement(fiche: Fiche) -> tuple[str, list[Alerte]]:
    """Return what the public will see of an active record that was just saved.

    The result is a sentence for the success message, and the alerts.
    """
    lus = _etats(_CHEMINS[fiche.nom_de_niveau], aujourd_hui()).lignes(cles=[fiche.pk])
    nombres: dict[str, int] = dict(lus)  # type: ignore[arg-type]
    partent = nombres.get(Etat.DISPARAIT, 0) + nombres.get(Etat.FINIT, 0)
    if nombres.get(Etat.VISIBLE) or nombres.get(Etat.ATTEND):
        phrase = f"Le public verra le changement le {date_longue(demain())} au matin."
    elif not partent:
        phrase = (
            "Le public ne voit pas cette session : il ne verra pas le changement."
            if fiche.nom_de_niveau == "session"
            else "Le public ne voit aucune de ses sessions : il ne verra pas encore le changement."
        )
    elif nombres.get(Etat.DISPARAIT):
        phrase = "Le public ne verra pas le changement."
    else:
        phrase = (
            "Le public ne verra pas le changement : ce qui commence aujourd'hui quitte Mon Compte Formation"
            " demain matin."
        )
    return phrase, alertes_de(fiche) if nombres.get(Etat.DISPARAIT) else []


def phrases(fiche: Any) -> list[str]:
    """Return the sentences of the same alerts, for the API, which shows no messages."""
    return [alerte.phrase for alerte in alertes_de(fiche)]
