"""The Qualiopi certificates of an organisme, and how to ask for what only an administrator changes."""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from django.conf import settings

from edof.gardees import Donnee, Gardee
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import date_longue
from organismes.models import Organisme, Qualiopi
from publication.echeances import AVANT

# What a certificate of this category lets the public see.
COUVRE = {
    Qualiopi.Categorie.ACTIONS_DE_FORMATION: "Couvre toutes les offres, sauf bilans de compétences et VAE.",
    Qualiopi.Categorie.BILANS_DE_COMPETENCES: "Couvre les bilans de compétences.",
    Qualiopi.Categorie.VAE: "Couvre les offres de VAE.",
    Qualiopi.Categorie.APPRENTISSAGE: "Ne couvre aucune offre d'ici : l'apprentissage n'y figure pas.",
}


@dataclass(frozen=True)
class Certificat:
    """A category: the certificate that counts today, and what it covers."""

    categorie: str
    couvre: str
    # "valable", "finit", "a_venir", "termine" or "aucun".
    etat: str
    phrase: str


def certificats(organisme: Organisme) -> list[Certificat]:
    """Return the four categories, each with the certificate that counts; in one query."""
    tous = list(organisme.qualiopi.all())
    return [
        _certificat(categorie, [c for c in tous if c.categorie == categorie])
        for categorie in Qualiopi.Categorie
    ]


def _certificat(categorie: Qualiopi.Categorie, siens: list[Qualiopi]) -> Certificat:
    jour = aujourd_hui()
    valables = [c for c in siens if c.du <= jour and (c.au is None or c.au >= jour)]
    if valables:
        fin = max(c.au or dt.date.max for c in valables)
        etat = "finit" if fin - jour <= AVANT else "valable"
        phrase = "Valable, sans terme" if fin == dt.date.max else f"Valable jusqu'au {date_longue(fin)}"
    elif a_venir := [c for c in siens if c.du > jour]:
        etat, phrase = "a_venir", f"Valable à partir du {date_longue(min(c.du for c in a_venir))}"
    elif siens:
        etat, phrase = "termine", f"Terminé depuis le {date_longue(max(c.au for c in siens if c.au))}"
    else:
        etat, phrase = "aucun", "Aucun certificat enregistré"
    return Certificat(str(categorie.label), COUVRE[categorie], etat, phrase)


def sans_certificat(organisme: Organisme) -> bool:
    """Return whether no certificate of this organisme is valid today: the public then sees nothing of it."""
    return not _un_valable(aujourd_hui()).lignes(organisme=organisme.pk)


# Some days: around midnight some requests are of the day before, and those of sandboxes are of others.
@lru_cache(maxsize=16)
def _un_valable(jour: dt.date) -> Gardee[Qualiopi]:
    """Return the query of one certificate of `organisme` that is valid on `jour`."""
    return Gardee(Qualiopi.objects.filter(organisme=Donnee("organisme")).valables(jour).values_list("pk")[:1])


def demande(organisme: Organisme) -> dict[str, str]:
    """Return how to ask the administrator: an address, and a link that begins the e-mail; empty without."""
    if not settings.ASSISTANCE:
        return {}
    objet = quote(f"Catalogue OF : {organisme.raison_sociale} (SIRET {organisme.siret})")
    return {"adresse": settings.ASSISTANCE, "lien": f"mailto:{settings.ASSISTANCE}?subject={objet}"}
