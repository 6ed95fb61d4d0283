"""The two kinds of entries of the address book: their model, their form, and the words that name them."""

from dataclasses import dataclass

from organismes.forms import AdresseForm, ContactForm, EntreeForm
from organismes.models import Adresse, Contact
from organismes.models.entree import Entree


@dataclass(frozen=True)
class Genre:
    """A kind of entry, with the words that name it in French sentences."""

    nom: str
    modele: type[Entree]
    formulaire: type[EntreeForm]
    un: str
    le: str
    ce: str
    un_autre: str
    # Gender agreement: « ajouté », « ajoutée »; « remplacez-le », « remplacez-la ».
    e: str
    pronom: str

    @property
    def utilisee(self) -> str:
        """Return the error message for an entry that cannot be deleted because records use it."""
        return f"Des fiches utilisent {self.ce} : remplacez-{self.pronom} d'abord."


GENRES = {
    "contact": Genre(
        "contact",
        Contact,
        ContactForm,
        "un contact",
        "le contact",
        "ce contact",
        "un autre contact",
        "",
        "le",
    ),
    "adresse": Genre(
        "adresse",
        Adresse,
        AdresseForm,
        "une adresse",
        "l'adresse",
        "cette adresse",
        "une autre adresse",
        "e",
        "la",
    ),
}
