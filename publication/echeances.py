"""Qualiopi certificates and certifications that end soon (D-26).

Their end takes sessions off the public side.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Count, Exists, F, OuterRef, Q

from catalogue.cycle_de_vie import Statut
from catalogue.models import Offre
from edof.gardees import Gardee, parmi
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import date_longue, pluriel
from organismes.models import Qualiopi

AVANT = dt.timedelta(days=60)


@dataclass(frozen=True)
class Echeance:
    """What ends soon for an organisme: its name, its last day, the consequence.

    `certification` is the code of a certification; it is empty for a certificate.
    """

    organisme: int
    nom: str
    fin: dt.date
    phrase: str
    certification: str = ""

    @property
    def jours(self) -> int:
        """Return the number of days left."""
        return (self.fin - aujourd_hui()).days


def echeances(organismes: Collection[int]) -> list[Echeance]:
    """Return what ends within AVANT and has no successor, nearest first; in two queries for them all."""
    toutes = [*_certificats(organismes), *_certifications(organismes)]
    return sorted(toutes, key=lambda echeance: (echeance.fin, echeance.nom))


def _bientot() -> tuple[dt.date, dt.date]:
    return aujourd_hui(), aujourd_hui() + AVANT


# Some days: around midnight some requests are of the day before, and those of sandboxes are of others.
@lru_cache(maxsize=16)
def _lecture_des_certificats(jour: dt.date) -> Gardee[Qualiopi]:
    """Return the query of the certificates of `organismes` that end soon; call it on `jour`."""
    apres = Q(au__isnull=True) | Q(au__gt=OuterRef("au"))
    suivant = Qualiopi.objects.filter(
        apres,
        organisme=OuterRef("organisme"),
        categorie=OuterRef("categorie"),
        du__lte=OuterRef("lendemain"),
    )
    return Gardee(
        Qualiopi.objects.filter(parmi("organisme", "organismes"), au__range=_bientot())
        .annotate(lendemain=F("au") + dt.timedelta(days=1))
        .filter(~Exists(suivant))
    )


def _certificats(organismes: Collection[int]) -> Iterator[Echeance]:
    for certificat in _lecture_des_certificats(aujourd_hui()).lire(organismes=list(organismes)):
        if certificat.au:
            yield Echeance(
                certificat.organisme_id,
                f"Certificat Qualiopi « {certificat} »",
                certificat.au,
                f"Valable jusqu'au {date_longue(certificat.au)} : sans un nouveau certificat, ce qu'il couvre"
                " disparaîtra le lendemain matin.",
            )


@lru_cache(maxsize=16)
def _lecture_des_certifications(jour: dt.date) -> Gardee[Offre]:
    """Return the query of the certifications of `organismes` that end soon; call it on `jour`."""
    noms = ("certification__code", "certification__intitule", "certification__date_fin_enregistrement")
    offres = Offre.objects.filter(
        parmi("organisme", "organismes"),
        statut=Statut.ACTIVE,
        certification__active=True,
        certification__date_fin_enregistrement__range=_bientot(),
    )
    return Gardee(offres.order_by().values_list("organisme", *noms).annotate(offres=Count("pk")))


def _certifications(organismes: Collection[int]) -> Iterator[Echeance]:
    formes = "offre active la vise et disparaîtra,offres actives la visent et disparaîtront"
    lues = _lecture_des_certifications(aujourd_hui()).lignes(organismes=list(organismes))
    for organisme, code, intitule, fin, nombre in lues:
        yield Echeance(
            organisme,
            f"{code} · {intitule}",
            fin,
            f"En vigueur jusqu'au {date_longue(fin)} : {pluriel(nombre, formes)} le lendemain matin.",
            code,
        )
