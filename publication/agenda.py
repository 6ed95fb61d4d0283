"""The sessions as events of a calendar: those that the public sees, and those of a member."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Greatest

from catalogue.cycle_de_vie import Statut
from catalogue.nomenclatures import A_DISTANCE, Enseignement
from edof.horloge import aujourd_hui, maintenant, minuit
from edof.icalendrier import Evenement
from edof.templatetags.affichage import milliers, pluriel
from organismes.models import Adresse, Organisme
from publication.adresses import adresse_de, url_absolue
from publication.models import Contenu
from publication.presentation import adresse_en_ligne, ville
from publication.visibilite import parues, publiques
from sessions_app.models import Session

# Beyond this number some calendars refuse the whole file, or give up waiting for it.
ENTREES_AU_PLUS = 1_000
# For how many days a withdrawn session is told as cancelled, to those whose calendar keeps what it has read.
JOURS_D_ANNULATION = 30
CONFIRMEE, A_CONFIRMER, ANNULEE = "CONFIRMED", "TENTATIVE", "CANCELLED"
_UNE_SECONDE = dt.timedelta(seconds=1)

# When the session was archived for the last time; the undoing of a lot may have put it back since.
_ARCHIVEE_LE = (
    Session.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        pgh_obj_id=OuterRef("session_id"), statut=Statut.ARCHIVEE
    )
    .order_by("-pgh_id")
    .values("modifie_le")[:1]
)


@dataclass(frozen=True)
class Agenda:
    """The events to write, and what the calendar says of those that it cannot hold."""

    evenements: list[Evenement]
    description: str


def organisme_de(siret: str) -> Organisme | None:
    """Return the organisme with this SIRET, or None: also for a sandbox, which the public does not know."""
    if not re.fullmatch("[0-9]{14}", siret):
        return None
    return Organisme.objects.filter(siret=siret, bac_a_sable=False).first()


def agenda_public(quoi: Q) -> Agenda:
    """Return the sessions that the public sees now among the parutions `quoi`, nearest first.

    A session that is closed is not there any more: it takes place, but nobody can enrol. One that was
    archived or deleted before it began is told as cancelled.
    """
    vues = publiques().filter(quoi)
    comptes = vues.aggregate(datees=Count("date_debut"), toutes=Count("pk"))
    lues: list[Any] = list(
        vues.filter(date_debut__isnull=False)
        .order_by("date_debut", "session_id")
        .values(
            "session_id", "action_id", "du", "date_debut", "contenu_action_id", "contenu_offre_id",
            fin=KeyTextTransform("date_fin", "contenu"), garantie=KeyTextTransform("garantie", "contenu"),
            archivee_le=Subquery(_ARCHIVEE_LE),
        )[:ENTREES_AU_PLUS]
    )  # fmt: skip
    annulees = list(_retirees(quoi)[: ENTREES_AU_PLUS - len(lues)])
    noms = ("contenu_action_id", "contenu_offre_id")
    textes = _textes({p[nom] for p in (*lues, *annulees) for nom in noms})
    couples = {tuple(p[nom] for nom in noms) for p in lues}
    pages = {couple: _page(*(textes[cle] for cle in couple)) for couple in couples}
    evenements = [
        Evenement(
            **_commun(p, textes),
            instant=_vue_depuis(p),
            statut=CONFIRMEE if p["garantie"] == "true" else A_CONFIRMER,
            categorie="Ouverte à l'inscription",
            lieu=textes[p["contenu_action_id"]]["adresse"],
            url=pages[p["contenu_action_id"], p["contenu_offre_id"]],
        )
        for p in lues
    ]
    evenements += [
        Evenement(
            **_commun(p, textes),
            instant=_annulee_le(p),
            statut=ANNULEE,
        )
        for p in annulees
    ]
    return Agenda(evenements, _description(comptes["toutes"] - comptes["datees"], comptes["datees"]))


def _retirees(quoi: Q) -> Any:
    """Return the last parution of each session archived or deleted within JOURS_D_ANNULATION, not begun."""
    jour = aujourd_hui()
    avant = jour - dt.timedelta(JOURS_D_ANNULATION)
    session = Session.objects.filter(pk=OuterRef("session_id"))
    return (
        parues()
        .filter(quoi, Q(au__isnull=True) | Q(au__gt=avant), du__lte=jour, date_debut__gt=jour)
        .filter(~Exists(session.exclude(statut=Statut.ARCHIVEE)), organisme__suspendu=False)
        .order_by("session_id", "-du")
        .distinct("session_id")
        .values(
            "session_id", "action_id", "du", "au", "date_debut", "contenu_action_id", "contenu_offre_id",
            fin=KeyTextTransform("date_fin", "contenu"), archivee_le=Subquery(_ARCHIVEE_LE),
            est_archivee=Exists(session),
        )
    )  # fmt: skip


def _vue_depuis(p: dict[str, Any]) -> dt.datetime:
    """Return when a session that is seen came, or came back just after it was told as cancelled."""
    paru, archivee = minuit(p["du"]), p["archivee_le"]
    return max(paru, archivee + _UNE_SECONDE) if archivee else paru


def _annulee_le(p: dict[str, Any]) -> dt.datetime:
    """Return when a session was withdrawn: always after `_vue_depuis` said that it was seen."""
    if p["au"]:
        return minuit(p["au"])
    if p["est_archivee"] and p["archivee_le"]:
        return max(p["archivee_le"], minuit(p["du"]) + _UNE_SECONDE)
    return _vue_depuis(p) + _UNE_SECONDE


def _textes(cles: set[int]) -> dict[int, dict[str, Any]]:
    """Return what is read of each content: one query, however many sessions share it."""
    lus: Any = Contenu.objects.filter(pk__in=cles).values(
        "pk",
        intitule=KeyTextTransform("intitule", "contenu"),
        modalites_enseignement=KeyTextTransform("modalites_enseignement", "contenu"),
        lieu=KeyTransform("lieu", "contenu"),
        identifiant=KeyTextTransform("identifiant", "contenu"),
        siret=KeyTextTransform("siret", KeyTransform("organisme", "contenu")),
    )
    return {
        lu["pk"]: {
            "intitule": lu["intitule"],
            "identifiant": lu["identifiant"],
            "siret": lu["siret"],
            "ville": ville(lu),
            "adresse": ville(lu) if ville(lu) == A_DISTANCE else adresse_en_ligne(lu["lieu"]),
        }
        for lu in lus
    }


def _page(action: dict[str, Any], offre: dict[str, Any]) -> str:
    return url_absolue(adresse_de(offre["siret"], offre["identifiant"], action["identifiant"]))


def _commun(p: dict[str, Any], textes: dict[int, dict[str, Any]]) -> dict[str, Any]:
    debut = p["date_debut"]
    return {
        "uid": _uid(p["session_id"]),
        "debut": debut,
        "fin": dt.date.fromisoformat(p["fin"]) if p["fin"] else debut,
        "titre": _titre(textes[p["contenu_offre_id"]]["intitule"], textes[p["contenu_action_id"]]["ville"]),
    }


def agenda_du_membre(organisme: Organisme, page: str) -> Agenda:
    """Return the sessions of the organisme that have not ended, brouillons included, nearest first.

    `page` is the address of the session 0: the key of each takes its place. Those archived within
    JOURS_D_ANNULATION are told as cancelled.
    """
    recentes = Q(modifie_le__gte=maintenant() - dt.timedelta(JOURS_D_ANNULATION))
    sessions = (
        Session.objects.pour_organisme(organisme)
        .filter(~Q(statut=Statut.ARCHIVEE) | recentes)
        # A brouillon may lack its end, or end before it begins.
        .annotate(derniere=Greatest("date_debut", "date_fin"))
    )
    datees = Q(date_debut__isnull=False, derniere__gte=aujourd_hui())
    comptes = sessions.exclude(statut=Statut.ARCHIVEE).aggregate(
        datees=Count("pk", filter=datees), sans_dates=Count("pk", filter=Q(date_debut__isnull=True))
    )
    lues = list(
        sessions.filter(datees)
        .order_by("date_debut", "pk")
        .values(
            "pk", "identifiant", "statut", "ouverte", "garantie", "date_debut", "derniere",
            intitule=F("action__offre__intitule"), enseignement=F("action__modalites_enseignement"),
            lieu=F("action__lieu_de_formation"), ville=F("action__lieu_de_formation__ville"),
            # PostgreSQL leaves out the address that an action does not have.
            instant=Greatest(
                "modifie_le", "action__modifie_le", "action__offre__modifie_le",
                "action__lieu_de_formation__modifie_le",
            ),
        )[:ENTREES_AU_PLUS]
    )  # fmt: skip
    lieux = Adresse.objects.in_bulk({s["lieu"] for s in lues if s["lieu"]})
    ecrits = {cle: str(lieu) for cle, lieu in lieux.items()}
    page = settings.ADRESSE_PUBLIQUE + page
    evenements = [_de_la_session(s, ecrits.get(s["lieu"], ""), page) for s in lues]
    return Agenda(evenements, _description(comptes["sans_dates"], comptes["datees"]))


def _de_la_session(s: dict[str, Any], lieu: str, page: str) -> Evenement:
    a_distance = s["enseignement"] == Enseignement.A_DISTANCE
    statut, brouillon = Statut(s["statut"]), s["statut"] == Statut.BROUILLON
    ouverte = "ouverte à l'inscription" if s["ouverte"] else "fermée à l'inscription"
    etat = f"{statut.label}, {ouverte}" if statut == Statut.ACTIVE else str(statut.label)
    ou = A_DISTANCE if a_distance else (s["ville"] or "").upper()
    confirmee = s["garantie"] and not brouillon
    return Evenement(
        uid=_uid(s["pk"]),
        instant=s["instant"],
        debut=s["date_debut"],
        fin=s["derniere"],
        titre=_titre(s["intitule"] or "Offre sans intitulé", ou),
        statut=ANNULEE if statut == Statut.ARCHIVEE else CONFIRMEE if confirmee else A_CONFIRMER,
        categorie=str(statut.label),
        lieu=A_DISTANCE if a_distance else lieu,
        description=f"Session {s['identifiant']} : {etat}",
        url=page.replace("/0/", f"/{s['pk']}/"),
    )


def _uid(session: int) -> str:
    return f"session-{session}@{urlsplit(settings.ADRESSE_PUBLIQUE).hostname}"


def _titre(intitule: str, ou: str) -> str:
    return f"{intitule} — {ou}" if ou else intitule


def _description(sans_dates: int, datees: int) -> str:
    phrases = ["Les sessions à venir."]
    if datees > ENTREES_AU_PLUS:
        phrases = [f"Les {milliers(ENTREES_AU_PLUS)} sessions les plus proches, sur {milliers(datees)}."]
    if sans_dates:
        quoi = pluriel(sans_dates, "session à entrées permanentes,sessions à entrées permanentes")
        phrases.append(f"{quoi}, sans dates : à voir sur le site.")
    return " ".join(phrases)
