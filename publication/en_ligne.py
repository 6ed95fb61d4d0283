"""What the public read on a given day: formations, search by words, changes between two days (D-21)."""

import datetime as dt
from collections.abc import Collection, Iterable
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from catalogue.comparaison import Changement, changement
from catalogue.cycle_de_vie import Statut
from catalogue.nomenclatures import Enseignement
from edof.gardees import Donnee, Gardee
from edof.horloge import aujourd_hui, jour_de
from edof.pliage import MOTS_AU_PLUS, Contient, morceaux
from edof.replique import connexion_de_lecture
from organismes.models import Organisme
from publication.adresses import adresse
from publication.coordonnees import ou
from publication.models import Contenu, Parution, registre
from publication.presentation import lignes_de_la_formation, lignes_de_la_session, ville
from publication.visibilite import parues, publiques
from sessions_app.models import Session

# Number of days of change shown for a formation, and number of other actions of the same offre proposed
# beside it, or when it is withdrawn.
JOURS_MONTRES, AUTRES_MONTREES = 12, 10
# The columns of `par_action`.
_LIGNE = ("action_id", "contenu_action_id", "contenu_offre_id", "nombre_de_sessions", "prochaine")
_IDENTIFIANTS = [
    KeyTextTransform("identifiant", contenu)
    for contenu in ("contenu_offre__contenu", "contenu_action__contenu", "contenu")
]


def en_ligne_le(jour: dt.date, organisme: Organisme) -> QuerySet[Parution]:
    """Return the parutions of this organisme that the public read on the morning of `jour`."""
    return Parution.objects.au_jour(jour).filter(organisme=organisme)


def premier_jour(organisme: Organisme) -> dt.date | None:
    """Return the first day ever published where this organisme publishes, or None."""
    return registre(organisme).aggregate(premier=Min("jour"))["premier"]


def dernier_passage(jour: dt.date, organisme: Organisme) -> dt.date:
    """Return the day of the last run on or before `jour`, which is not before the first run."""
    return registre(organisme).filter(jour__lte=jour).values_list("jour", flat=True)[0]


def chercher(parutions: QuerySet[Parution], q: str, *, identifiants: bool = False) -> QuerySet[Parution]:
    """Return the parutions of the formations that match each word of `q`.

    A word is searched in what the public reads first: title, certification, organisme and town. With
    `identifiants`, it is also searched in the identifiers of the offre, of the action and of the session,
    which only the organisme knows. Only the first MOTS_AU_PLUS words count.
    """
    trouvees = parutions
    for mot in morceaux(q, MOTS_AU_PLUS):
        trouve = Q(contenu_offre__cherche__contains=mot) | Q(contenu_action__cherche__contains=mot)
        if identifiants:
            trouve = reduce(or_, (Q(Contient(texte, mot)) for texte in _IDENTIFIANTS), trouve)
            # Two words may match two different sessions of the same action.
            trouve = Q(action_id__in=parutions.filter(trouve).values("action_id"))
        trouvees = trouvees.filter(trouve)
    return trouvees


def par_action(parutions: QuerySet[Parution]) -> QuerySet[Any]:
    """Group the parutions by action, the one with the nearest session first.

    Each row contains the number of sessions and the nearest start date.
    """
    return (
        parutions.values("action_id", "contenu_action_id", "contenu_offre_id")
        .annotate(nombre_de_sessions=Count("pk"), prochaine=Min("date_debut"))
        .order_by(F("prochaine").asc(nulls_last=True), "action_id")
    )


def resumer(lignes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what a list shows of these rows from `par_action`, reading the contents in one query."""
    lignes = list(lignes)
    contenus = Contenu.objects.in_bulk(
        {ligne[cle] for ligne in lignes for cle in ("contenu_action_id", "contenu_offre_id")}
    )
    return [
        _resume(
            ligne, contenus[ligne["contenu_offre_id"]].contenu, contenus[ligne["contenu_action_id"]].contenu
        )
        for ligne in lignes
    ]


def _resume(ligne: dict[str, Any], offre: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    return {
        "pk": ligne["action_id"],
        "adresse": adresse(offre, action),
        "intitule": offre["intitule"],
        "certification": offre["certification"]["intitule"],
        "organisme": offre["organisme"]["raison_sociale"],
        "identifiants": f"{offre['identifiant']} › {action['identifiant']}",
        "ville": ville(action),
        "commune": ou(action),
        "prix": action["total_ttc"],
        "prochaine": ligne["prochaine"],
        "nombre_de_sessions": ligne["nombre_de_sessions"],
    }


def de_la_formation(parutions: QuerySet[Parution], de: int = 0, combien: int | None = None) -> list[Parution]:
    """Return the parutions of one action on one day, in the order of the page.

    The contents of the action and of the offre are loaded. `combien` bounds how many, after the `de` first.
    """
    lues = _dans_l_ordre(parutions)
    return list(lues[de : de + combien] if combien is not None else lues)


def premieres(action: int, combien: int) -> list[Parution]:
    """Return the first parutions of an action that the public reads now, as `de_la_formation` does."""
    lecture = _premieres(aujourd_hui(), connexion_de_lecture().alias, combien)
    return lecture.lire(action=action)


def ailleurs(offre: int, sauf: int = 0) -> list[dict[str, Any]]:
    """Return the other actions of this offre that the public reads now, AUTRES_MONTREES at most."""
    lecture = _ailleurs(aujourd_hui(), connexion_de_lecture().alias)
    return resumer(dict(zip(_LIGNE, ligne, strict=True)) for ligne in lecture.lignes(offre=offre, sauf=sauf))


def _dans_l_ordre(parutions: QuerySet[Parution]) -> QuerySet[Parution]:
    return parutions.select_related(*Parution.CONTENUS).order_by(F("date_debut").asc(nulls_last=True), "pk")


# What the page of a formation reads: composed once a day for each base, the primary or the replica.
@lru_cache(maxsize=8)
def _premieres(jour: dt.date, base: str, combien: int) -> Gardee[Parution]:
    """Return the query of `premieres` on `jour`; call it on that day."""
    de_l_action = publiques().using(base).filter(action=Donnee("action"))
    return Gardee(_dans_l_ordre(de_l_action)[:combien])


@lru_cache(maxsize=8)
def _ailleurs(jour: dt.date, base: str) -> Gardee[Parution]:
    """Return the query of `ailleurs` on `jour`; call it on that day."""
    de_l_offre = publiques().using(base).filter(action__offre=Donnee("offre"))
    return Gardee(
        par_action(de_l_offre.exclude(action=Donnee("sauf"))).values_list(*_LIGNE)[:AUTRES_MONTREES]
    )


def derniere_parution(actions: Collection[int]) -> Parution | None:
    """Return the last parution that the public has read of these actions, or None."""
    lues = parues().filter(action__in=actions, du__lte=aujourd_hui())
    return (
        lues.select_related(*Parution.CONTENUS).order_by(F("au").desc(nulls_first=True), "-du", "-pk").first()
    )


def retiree(derniere: Parution) -> dict[str, Any]:
    """Return the data shown for a formation that the public no longer reads, from its last parution.

    The title and the town are those of this parution, whatever the record has become. `depuis` is None when
    the day of the withdrawal is not known.
    """
    offre, action = derniere.contenu_offre.contenu, derniere.contenu_action.contenu
    return {
        "intitule": offre["intitule"],
        "organisme": offre["organisme"]["raison_sociale"],
        "a_distance": action.get("modalites_enseignement") == Enseignement.A_DISTANCE,
        "commune": ou(action),
        "depuis": derniere.au or _retiree_depuis_la_publication(derniere.action_id),
        "autres": ailleurs(derniere.offre_id),
    }


def _retiree_depuis_la_publication(action: int) -> dt.date | None:
    """Return the day of the last closing or archiving of the sessions that the last run still showed.

    Return None when there is none.
    """
    montrees = Session.objects.filter(
        pk__in=Parution.objects.ouvertes().filter(action=action).values("session_id")
    )
    instants = montrees.aggregate(
        fermee=Max("fermee_le"), archivee=Max("modifie_le", filter=Q(statut=Statut.ARCHIVEE))
    )
    return max((jour_de(instant) for instant in instants.values() if instant), default=None)


def jours_de_changement(parutions: QuerySet[Parution]) -> list[dt.date]:
    """Return the last days on which one of these parutions appeared, changed or was withdrawn.

    The latest day comes first. There are at most JOURS_MONTRES days.
    """
    jours: set[dt.date] = set()
    for champ in ("du", "au"):
        dates = (
            parutions.filter(**{f"{champ}__isnull": False})
            .order_by(f"-{champ}")
            .values_list(champ, flat=True)
            .distinct()
        )
        jours |= set(dates[:JOURS_MONTRES])
    return sorted(jours, reverse=True)[:JOURS_MONTRES]


def differences(avant: list[Parution], apres: list[Parution]) -> list[tuple[str, list[Changement]]]:
    """Return the differences between two days of one formation, grouped by heading.

    The first group is about the formation, the next ones about each session.
    """
    groupes = []
    if avant and apres:
        textes = [
            lignes_de_la_formation(p[0].contenu_offre.contenu, p[0].contenu_action.contenu)
            for p in (avant, apres)
        ]
        groupes.append(("La formation", _changements(*textes)))
    par_session = [
        {parution.session_id: parution.contenu_complet for parution in parutions}
        for parutions in (avant, apres)
    ]
    for session in dict.fromkeys([*par_session[1], *par_session[0]]):
        etait, est = (contenus.get(session) for contenus in par_session)
        titre = f"Session {(est or etait)['identifiant']}"
        if etait and est:
            groupes.append((titre, _changements(lignes_de_la_session(etait), lignes_de_la_session(est))))
        else:
            periodes = (
                {"Période": lignes_de_la_session(contenu)["Période"]} if contenu else {}
                for contenu in (etait, est)
            )
            groupes.append((f"{titre}, {'parue' if est else 'retirée'}", _changements(*periodes)))
    return [(titre, changes) for titre, changes in groupes if changes]


def _changements(avant: dict[str, str], apres: dict[str, str]) -> list[Changement]:
    libelles = dict.fromkeys([*avant, *apres])
    return [
        changement(nom, avant.get(nom, ""), apres.get(nom, ""))
        for nom in libelles
        if avant.get(nom) != apres.get(nom)
    ]
