"""Where and whom, as a titulaire reads them: the place, the telephone, the town, from published contents."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from catalogue.nomenclatures import Enseignement
from edof.pliage import plier
from edof.templatetags.affichage import de
from organismes.models import Adresse
from organismes.templatetags.organismes import telephone
from publication.contenus import CHAMPS_D_ADRESSE
from sessions_app.calendrier import departement

# What stays in lower case inside the name of a town: « Ivry-sur-Seine », « Saint-Rémy-lès-Chevreuse ».
_PARTICULES = {
    "à", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "lès", "lez", "sous", "sur",
}  # fmt: skip


@dataclass(frozen=True)
class Lieu:
    """A place: its town, its lines to copy, and the address that opens it in the reader's own map.

    `position` is its latitude and its longitude when they are known.
    """

    ville: str
    departement: str
    voie: str
    lignes: list[str]
    # Two addresses that read the same are the same.
    geo: str = field(compare=False)
    position: tuple[float, float] | None = field(default=None, compare=False)

    @property
    def a_la_ville(self) -> str:
        """Return « à Créteil », « au Mans »."""
        return a_la_commune(self.ville)

    def __str__(self) -> str:
        return f"{self.ville} ({self.departement})" if self.departement else self.ville


@dataclass(frozen=True)
class Personne:
    """Who answers: a name, a telephone and an e-mail address. `tel` is the telephone without its spaces."""

    nom: str
    telephone: str
    tel: str
    courriel: str


def commune(nom: str) -> str:
    """Return the name of a town as people write it: « CHEVILLY LARUE » becomes « Chevilly Larue ».

    A name that is not all in capitals is returned as it is.
    """
    if nom != nom.upper():
        return nom
    mots = re.split("([ '\N{RIGHT SINGLE QUOTATION MARK}-])", nom.lower())
    return "".join(
        mot if rang and mot in _PARTICULES else mot[:1].upper() + mot[1:] for rang, mot in enumerate(mots)
    )


def de_la_commune(nom: str) -> str:
    """Return « de Créteil », « d'Ivry », « du Mans », « des Ulis »."""
    article, _, reste = nom.partition(" ")
    if article in {"Le", "Les"}:
        return f"{'du' if article == 'Le' else 'des'} {reste}"
    return f"d'{nom}" if plier(nom[:1]) == "y" else de(nom)


def a_la_commune(nom: str) -> str:
    """Return « à Créteil », « au Mans », « aux Ulis »."""
    article, _, reste = nom.partition(" ")
    return f"{'au' if article == 'Le' else 'aux'} {reste}" if article in {"Le", "Les"} else f"à {nom}"


def lieu(action: dict[str, Any]) -> Lieu | None:
    """Return where an action takes place; None when it is wholly remote, or while the place is unknown."""
    if action.get("modalites_enseignement") == Enseignement.A_DISTANCE:
        return None
    return lieu_de(action.get("lieu"))


def ou(action: dict[str, Any]) -> str:
    """Return the town of an action, « À distance » for a remote one, an empty text while unknown."""
    if action.get("modalites_enseignement") == Enseignement.A_DISTANCE:
        return str(Enseignement.A_DISTANCE.label)
    return commune((action.get("lieu") or {}).get("ville") or "")


def adresse_publiee(contenu: dict[str, Any] | None) -> Adresse | None:
    """Return a published address, or None when it has no town."""
    if not contenu or not contenu.get("ville"):
        return None
    # A parution older than a field does not contain it.
    return Adresse(**{champ: contenu[champ] for champ in CHAMPS_D_ADRESSE if contenu.get(champ) is not None})


def lieu_de(contenu: dict[str, Any] | None) -> Lieu | None:
    """Return the place of a published address, or None when it has no town."""
    adresse = adresse_publiee(contenu)
    if adresse is None:
        return None
    adresse.ville = commune(adresse.ville)
    place = position(contenu)
    ou = list(filter(None, [adresse.ligne_voie, adresse.ligne_5, adresse.ligne_ville, adresse.pays_etranger]))
    return Lieu(
        ville=adresse.ville,
        departement="" if adresse.pays_etranger else departement(adresse.code_postal),
        voie=adresse.ligne_voie or adresse.ligne_5,
        lignes=[*adresse.denominations, *ou],
        geo=_geo(place, ", ".join(ou)),
        position=place,
    )


def position(contenu: dict[str, Any] | None) -> tuple[float, float] | None:
    """Return the latitude and the longitude of a published place, or None when they are not known."""
    lus = [(contenu or {}).get(nom) for nom in ("latitude", "longitude")]
    return None if None in lus else (float(lus[0] or 0), float(lus[1] or 0))


def _geo(place: tuple[float, float] | None, adresse: str) -> str:
    """Return the address of a place for a map: its position under the name of its address, or its address."""
    if place is None:
        return f"geo:0,0?q={quote(adresse, safe='')}"
    degres = "{:.6f},{:.6f}".format(*place)
    return f"geo:{degres}?q={degres}({quote(adresse, safe='')})"


def personne(contact: dict[str, Any] | None) -> Personne | None:
    """Return who answers, or None while nobody is known."""
    if not contact or not contact.get("courriel"):
        return None
    numero = contact.get("telephone") or ""
    nom = f"{contact.get('prenom') or ''} {contact.get('nom') or ''}".strip()
    return Personne(nom, telephone(numero), numero, contact["courriel"])
