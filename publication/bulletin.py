"""The digest of a person: what the public sees of their organismes, and what is about to change.

It is read by the same rules as the accueil, for all the organismes of the person together: the number of
queries does not depend on how many there are.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Value, When, Window
from django.db.models.functions import RowNumber

from catalogue.cycle_de_vie import Statut
from edof.horloge import demain
from edof.templatetags.affichage import pluriel
from organismes.models import Organisme
from publication.demain import REMPLACE
from publication.diagnostic import raison
from publication.echeances import Echeance, echeances
from publication.etats import Etat, etat
from publication.models import Parution, Retenue
from publication.visibilite import a_remplir, publiques, retenue_par
from sessions_app.models import Session

# How many sessions of each kind are named for an organisme.
NOMMEES = 5
PARUES, PARAISSENT, DISPARAISSENT, RETENUES = "parues", "paraissent", "disparaissent", "retenues"
# What an échéance alone is worth an e-mail for: the number of days left.
PALIERS = (60, 30, 7, 1)


@dataclass(frozen=True)
class Nature:
    """A kind of change: its title in the e-mail, for one and for several; how the subject counts it."""

    titres: tuple[str, str]
    formes: str


# In the order of the e-mail, what is lost first.
NATURES = {
    DISPARAISSENT: Nature(
        ("Va disparaître demain matin", "Vont disparaître demain matin"),
        "session va disparaître,sessions vont disparaître",
    ),
    RETENUES: Nature(
        ("Ouverte, mais pas visible", "Ouvertes, mais pas visibles"),
        "session n'est pas visible,sessions ne sont pas visibles",
    ),
    PARAISSENT: Nature(
        ("Paraîtra demain matin", "Paraîtront demain matin"),
        "session paraîtra demain,sessions paraîtront demain",
    ),
    PARUES: Nature(("A paru", "Ont paru"), "session a paru,sessions ont paru"),
}


@dataclass(frozen=True)
class Ligne:
    """A session: its identifier, its town and title, and the reason when there is one."""

    identifiant: str
    contexte: str
    raison: str = ""


@dataclass(frozen=True)
class Partie:
    """The sessions of one kind: how many, and the first of them. `nouvelle`: something has just changed."""

    nature: str
    nombre: int
    lignes: list[Ligne]
    nouvelle: bool

    @property
    def titre(self) -> str:
        """Return the title of the part."""
        return NATURES[self.nature].titres[self.nombre > 1]

    @property
    def quantite(self) -> str:
        """Return « 12 sessions »."""
        return pluriel(self.nombre, "session,sessions")

    @property
    def reste(self) -> int:
        """Return the number of sessions that are not named."""
        return self.nombre - len(self.lignes)


@dataclass(frozen=True)
class Chapitre:
    """What there is to say about one organisme."""

    organisme: Organisme
    parties: list[Partie]
    echeances: list[Echeance]


@dataclass(frozen=True)
class Contenu:
    """The content of a digest, organisme by organisme; those with nothing to say are left out."""

    chapitres: list[Chapitre]
    depuis: dt.date
    jour: dt.date

    @property
    def a_du_nouveau(self) -> bool:
        """Return whether something has changed since `depuis`, or changes tomorrow."""
        parties = (partie for chapitre in self.chapitres for partie in chapitre.parties)
        fins = (echeance for chapitre in self.chapitres for echeance in chapitre.echeances)
        return any(partie.nouvelle for partie in parties) or any(map(self._passe_un_palier, fins))

    def _passe_un_palier(self, echeance: Echeance) -> bool:
        paliers = (echeance.fin - dt.timedelta(days=jours) for jours in PALIERS)
        return any(self.depuis < palier <= self.jour for palier in paliers)

    @property
    def objet(self) -> str:
        """Return the subject: the two first facts, counted over all the organismes."""
        faits = []
        for nature, ecrite in NATURES.items():
            nombre = sum(p.nombre for c in self.chapitres for p in c.parties if p.nature == nature)
            faits += [pluriel(nombre, ecrite.formes)] if nombre else []
        if not faits:
            faits = [
                pluriel(sum(len(c.echeances) for c in self.chapitres), "échéance proche,échéances proches")
            ]
        return f"Votre catalogue : {', '.join(faits[:2])}"


def contenu_pour(organismes: Collection[Organisme], depuis: dt.date, jour: dt.date) -> Contenu:
    """Return what happened after `depuis`, until `jour` included, and what happens next; in four queries."""
    cles = [organisme.pk for organisme in organismes]
    parties: dict[int, dict[str, Partie]] = {cle: {} for cle in cles}
    for cle, partie in (*_parues(cles, depuis, jour), *_a_venir(cles, depuis)):
        parties[cle][partie.nature] = partie
    fins: dict[int, list[Echeance]] = {cle: [] for cle in cles}
    for echeance in echeances(cles):
        fins[echeance.organisme].append(echeance)
    chapitres = [
        Chapitre(organisme, [dites[n] for n in NATURES if n in dites], fins[organisme.pk])
        for organisme in organismes
        if (dites := parties[organisme.pk]) or fins[organisme.pk]
    ]
    return Contenu(chapitres, depuis, jour)


def _premieres(lignes: Any, *par: str, ordre: list[Any]) -> Any:
    """Return the first NOMMEES rows of each group, with the number of rows of the group (`parmi`)."""
    groupe = [F(nom) for nom in par]
    return (
        lignes.order_by()
        .annotate(
            parmi=Window(Count("*"), partition_by=groupe),
            rang_du_groupe=Window(RowNumber(), partition_by=groupe, order_by=ordre),
        )
        .filter(rang_du_groupe__lte=NOMMEES)
        .order_by(*par, "rang_du_groupe")
    )


def _parues(cles: list[int], depuis: dt.date, jour: dt.date) -> Iterator[tuple[int, Partie]]:
    """Yield what appeared and is still public, by organisme: not what was closed before anybody saw it."""
    publique = publiques().filter(session=OuterRef("session"))
    parues = Parution.objects.filter(
        ~REMPLACE, Exists(publique), organisme__in=cles, du__gt=depuis, du__lte=jour
    ).select_related(*Parution.CONTENUS)
    lues = _premieres(parues, "organisme", ordre=[F("du").asc(), F("pk").asc()])
    par_organisme: dict[int, list[Any]] = {}
    for parution in lues:
        par_organisme.setdefault(parution.organisme_id, []).append(parution)
    for cle, parutions in par_organisme.items():
        lignes = [
            Ligne(p.contenu["identifiant"], p.contenu_offre.contenu.get("intitule", "")) for p in parutions
        ]
        yield cle, Partie(PARUES, parutions[0].parmi, lignes, nouvelle=True)


def _a_venir(cles: list[int], depuis: dt.date) -> Iterator[tuple[int, Partie]]:
    """Yield the sessions that appear or disappear tomorrow, and those that are held back, by organisme."""
    natures = {
        Etat.DISPARAIT: DISPARAISSENT,
        Etat.FINIT: DISPARAISSENT,
        Etat.ATTEND: PARAISSENT,
        Etat.A_REPARER: RETENUES,
    }
    recente = Retenue.objects.ouvertes().filter(session=OuterRef("pk"), du__gt=depuis)
    sessions = (
        Session.objects.filter(organisme__in=cles, statut=Statut.ACTIVE)
        .annotate(etat=etat())
        .filter(etat__in=list(natures))
        .annotate(
            nature=Case(*(When(etat=e, then=Value(nature)) for e, nature in natures.items())),
            motif=retenue_par(demain()),
            recente=Exists(recente),
            inattendue=Case(When(etat=Etat.DISPARAIT, then=Value(0)), default=Value(1)),
        )
        .select_related("action__offre__certification", "action__lieu_de_formation")
    )
    ordre = [F("inattendue").asc(), F("recente").desc(), F("date_debut").asc(nulls_last=True), F("pk").asc()]
    groupes: dict[tuple[int, str], list[Any]] = {}
    for session in _premieres(sessions, "organisme", "nature", ordre=ordre):
        groupes.setdefault((session.organisme_id, session.nature), []).append(session)
    for (cle, nature), lues in groupes.items():
        nouvelle = nature != RETENUES or any(session.recente for session in lues)
        yield cle, Partie(nature, lues[0].parmi, [_ligne(session) for session in lues], nouvelle)


def _ligne(session: Any) -> Ligne:
    conditions = {condition.slug: condition for condition in a_remplir(demain())}
    dite = raison(conditions[session.motif], session) if session.motif else ""
    offre = session.action.offre
    return Ligne(session.identifiant, f"{offre.intitule or offre.identifiant}, {session.action.ville}", dite)
