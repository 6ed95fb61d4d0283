"""Qualiopi certificates and certifications that end soon (D-26).

Their end takes sessions off the public side.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse

from catalogue.cycle_de_vie import Statut
from catalogue.models import Certification, Offre
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import date_longue, pluriel
from organismes.models import Organisme

AVANT = dt.timedelta(days=60)


@dataclass(frozen=True)
class Echeance:
    """What ends soon: its name, its last day, the consequence, and the URL of the offres concerned."""

    nom: str
    fin: dt.date
    phrase: str
    url: str | None = None

    @property
    def jours(self) -> int:
        """Return the number of days left."""
        return (self.fin - aujourd_hui()).days


def echeances(organisme: Organisme) -> list[Echeance]:
    """Return what ends within AVANT and has no successor, nearest first; in two queries."""
    toutes = [*_certificats(organisme), *_certifications(organisme)]
    return sorted(toutes, key=lambda echeance: (echeance.fin, echeance.nom))


def _bientot() -> tuple[dt.date, dt.date]:
    return aujourd_hui(), aujourd_hui() + AVANT


def _certificats(organisme: Organisme) -> list[Echeance]:
    apres = Q(au__isnull=True) | Q(au__gt=OuterRef("au"))
    suivant = organisme.qualiopi.filter(apres, categorie=OuterRef("categorie"), du__lte=OuterRef("lendemain"))
    finissent = (
        organisme.qualiopi.filter(au__range=_bientot())
        .annotate(lendemain=F("au") + dt.timedelta(days=1))
        .filter(~Exists(suivant))
    )
    return [
        Echeance(
            f"Certificat Qualiopi « {certificat} »",
            certificat.au,
            f"Valable jusqu'au {date_longue(certificat.au)} : sans un nouveau certificat, ce qu'il couvre"
            " disparaîtra le lendemain matin.",
        )
        for certificat in finissent
        if certificat.au
    ]


def _certifications(organisme: Organisme) -> list[Echeance]:
    offres = Offre.objects.pour_organisme(organisme).filter(statut=Statut.ACTIVE)
    finissent = (
        Certification.objects.filter(active=True, date_fin_enregistrement__range=_bientot())
        .filter(offre__in=offres)
        .annotate(offres=Count("offre", distinct=True))
    )
    formes = "offre active la vise et disparaîtra,offres actives la visent et disparaîtront"
    return [
        Echeance(
            f"{certification.code} · {certification.intitule}",
            certification.date_fin_enregistrement,
            f"En vigueur jusqu'au {date_longue(certification.date_fin_enregistrement)} : "
            f"{pluriel(certification.offres, formes)} le lendemain matin.",
            f"{reverse('catalogue')}?certification={certification.code}",
        )
        for certification in finissent
        if certification.date_fin_enregistrement
    ]
