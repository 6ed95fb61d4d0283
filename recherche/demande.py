"""What a search asks: its parameters, read strictly, the same for the page and for the API.

Nothing that is asked is ignored: a parameter that cannot be used is a fault, with its sentence.
"""

import base64
import binascii
import datetime as dt
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from catalogue.nomenclatures import Enseignement, EntreesSorties, Langue, Rythme, TypeOffre
from edof.horloge import aujourd_hui
from edof.textes import valider_texte
from recherche.champs import (
    BorneField,
    CodesField,
    MotsField,
    PlusieursField,
    entier,
    montant,
    oui,
    plusieurs,
)
from recherche.endroits import Endroit, est_partout
from recherche.lieux import LieuAmbigu, LieuInconnu, trouver
from recherche.mots import Lecture, lire

RAYONS = (5, 10, 20, 30, 50, 100)
RAYON, RAYON_AU_PLUS = 30, 200
PAGES_AU_PLUS = 500
TRIS = {
    "pertinence": "Pertinence",
    "prix": "Prix croissant",
    "date": "Prochaine date",
    "distance": "Distance",
    "duree": "Durée",
}
NIVEAUX = {str(n): f"Niveau {n}" for n in range(1, 9)}
# What other sites add to the addresses they lead to.
_MOUCHARDS = re.compile(
    r"(?:utm|mtm|pk|at|hsa|gad|mc|ga)_\w+|_gl|_ga|_hs\w+|fbclid|gclid|dclid|msclkid|yclid|ttclid|twclid"
    r"|gbraid|wbraid|li_fat_id|igshid|igsh|srsltid|xtor"
)


class RechercheForm(forms.Form):
    """The parameters of a search."""

    q = MotsField(label="Quoi", required=False, validators=[valider_texte])
    ou = forms.CharField(
        label="Où",
        required=False,
        max_length=200,
        validators=[valider_texte],
        error_messages={"max_length": "Ce lieu est trop long : écrivez une commune ou un code postal."},
    )
    rayon = entier("rayon", 1, RAYON_AU_PLUS)
    distance = oui("distance")
    du = BorneField(label="Début à partir du", required=False)
    au = BorneField(fin=True, label="Début au plus tard le", required=False)
    prix_min = montant("prix_min")
    prix_max = montant("prix_max")
    duree_max = entier("duree_max", 1, 99_999)
    modalite = plusieurs("modalite", Enseignement)
    entrees = plusieurs("entrees", EntreesSorties)
    type = plusieurs("type", TypeOffre)
    certification = CodesField(
        label="certification",
        required=False,
        error_messages={
            "invalid_choice": "« %(value)s » n'est pas un code de certification, comme RNCP38413."
        },
    )
    niveau = plusieurs("niveau", NIVEAUX)
    rythme = plusieurs("rythme", Rythme)
    langue = plusieurs("langue", Langue)
    garantie = oui("garantie")
    accessible = oui("accessible")
    organisme = forms.RegexField(
        "^[0-9]{14}$",
        label="organisme",
        required=False,
        validators=[valider_texte],
        error_messages={"invalid": "« organisme » est un SIRET : quatorze chiffres."},
    )
    tri = forms.ChoiceField(
        label="Trier par",
        required=False,
        choices=list(TRIS.items()),
        error_messages={"invalid_choice": f"« %(value)s » n'est pas un ordre : {', '.join(TRIS)}."},
    )
    page = entier("page", 1, PAGES_AU_PLUS)
    curseur = forms.CharField(label="curseur", required=False, max_length=300, validators=[valider_texte])

    def __init__(self, parametres: MultiValueDict[str, str]) -> None:
        super().__init__(parametres)
        self.parametres = parametres
        # The places that « Où » may mean, when no place has this very name or several have.
        self.choix: list[Endroit] = []
        self.inconnu = False
        # The parameters that are right by themselves, and that the place of this search leaves without use.
        self.restes: set[str] = set()

    def clean_curseur(self) -> "Curseur | None":
        """Return the place after which the page begins."""
        texte = self.cleaned_data["curseur"]
        return Curseur.lire(texte) if texte else None

    def clean(self) -> dict[str, Any]:
        """Check what parameters ask together, and find the place."""
        lus = self.cleaned_data
        multiples = {nom for nom, champ in self.fields.items() if isinstance(champ, PlusieursField)}
        for nom, textes in self.parametres.lists():
            if nom not in self.fields and not _MOUCHARDS.fullmatch(nom):
                admis = ", ".join(self.fields)
                self.add_error(
                    None, f"Le paramètre « {nom[:60]} » n'existe pas. Cette adresse admet : {admis}."
                )
            elif nom in self.fields and len(textes) > 1 and nom not in multiples:
                self.add_error(nom, f"« {nom} » est donné plusieurs fois.")
        if lus.get("du") and lus.get("au") and lus["au"] < lus["du"]:
            self.add_error("au", "La fin de la période précède son début.")
        if _rangs(lus.get("prix_min"), lus.get("prix_max")):
            self.add_error("prix_max", "Le prix le plus haut est au-dessous du prix le plus bas.")
        if lus.get("page") and lus.get("curseur"):
            self.add_error("page", "« page » et « curseur » ne vont pas ensemble.")
        self._situer(lus)
        tri, curseur = lus.get("tri") or "pertinence", lus.get("curseur")
        if curseur and curseur.tri != tri:
            self.add_error("curseur", "Cette suite est celle d'un autre ordre : revenez à la première page.")
        return lus

    def _situer(self, lus: dict[str, Any]) -> None:
        lus["endroit"], lus["autres"] = None, []
        if (ou := lus.get("ou")) and not est_partout(ou):
            try:
                lus["endroit"], lus["autres"] = trouver(ou)
            except (LieuAmbigu, LieuInconnu) as erreur:
                self.choix, self.inconnu = erreur.choix, isinstance(erreur, LieuInconnu)
                self.add_error("ou", str(erreur))
            if lus.get("distance"):
                self.add_error("distance", "Une formation à distance n'a pas de lieu : retirez « Où ».")
        precis = lus["endroit"] and not lus["endroit"].departements
        if lus.get("rayon") and not precis and "ou" not in self.errors:
            self._en_trop("rayon", "« rayon » demande une commune ou un code postal dans « ou ».")
        if lus.get("tri") == "distance" and not precis and "ou" not in self.errors:
            self._en_trop("tri", "L'ordre des distances demande une commune ou un code postal dans « ou ».")

    def _en_trop(self, nom: str, phrase: str) -> None:
        self.restes.add(nom)
        self.add_error(nom, phrase)


def _rangs(bas: Decimal | None, haut: Decimal | None) -> bool:
    return bas is not None and haut is not None and haut < bas


@dataclass(frozen=True)
class Curseur:
    """The last formation of a page, in its order: the next page begins after it, and costs what it did."""

    tri: str
    jour: dt.date
    bande: int
    valeur: float
    hasard: int
    action: int

    def ecrire(self) -> str:
        """Return it as the address carries it."""
        dit = [self.tri, self.jour.isoformat(), self.bande, self.valeur, self.hasard, self.action]
        return base64.urlsafe_b64encode(json.dumps(dit).encode()).decode().rstrip("=")

    @classmethod
    def lire(cls, texte: str) -> "Curseur":
        """Return what the address carries; raise ValidationError when it is not ours."""
        try:
            tri, jour, bande, valeur, hasard, action = json.loads(
                base64.b64decode(texte + "=" * (-len(texte) % 4), altchars=b"-_", validate=True)
            )
            lu = cls(tri, dt.date.fromisoformat(jour), int(bande), float(valeur), int(hasard), int(action))
            if tri not in TRIS or not all(abs(n) < 2**63 for n in (lu.bande, lu.hasard, lu.action)):
                raise ValueError
        except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError) as erreur:
            raise forms.ValidationError(
                "Cette suite n'est pas lisible : revenez à la première page."
            ) from erreur
        return lu


@dataclass(frozen=True)
class Demande:
    """A search that can be carried out."""

    q: str = ""
    mots: Lecture | None = None
    endroit: Endroit | None = None
    autres: list[Endroit] = field(default_factory=list)
    rayon: float = RAYON
    tri: str = "pertinence"
    page: int = 1
    curseur: Curseur | None = None
    # The filters in use, by the name of their parameter.
    filtres: dict[str, Any] = field(default_factory=dict)

    @property
    def jour(self) -> dt.date:
        """Return the day whose neutral order is used: that of the first page of the same reading."""
        return self.curseur.jour if self.curseur else aujourd_hui()

    @property
    def tout(self) -> bool:
        """Tell whether it asks for nothing: it finds all that is public."""
        return not (self.mots or self.endroit or self.filtres)

    @property
    def precis(self) -> bool:
        """Tell whether distances are counted from a place."""
        return self.endroit is not None and not self.endroit.departements


FILTRES = (
    "distance", "du", "au", "prix_min", "prix_max", "duree_max", "modalite", "entrees", "type",
    "certification", "niveau", "rythme", "langue", "garantie", "accessible", "organisme",
)  # fmt: skip


def demander(form: RechercheForm) -> Demande:
    """Return what a form without fault asks for."""
    lus = form.cleaned_data
    return Demande(
        q=lus["q"],
        mots=lire(lus["q"]) if lus["q"] else None,
        endroit=lus["endroit"],
        autres=lus["autres"],
        rayon=lus["rayon"] or RAYON,
        tri=lus["tri"] or "pertinence",
        page=lus["page"] or 1,
        curseur=lus["curseur"] or None,
        filtres={nom: lus[nom] for nom in FILTRES if lus[nom] not in (None, "", [])},
    )
