"""The guide of the format, made from the fields: what each column is called, and how its cells are read."""

from dataclasses import dataclass

from echanges.cibles import CHEMINS, OUVERTE, PRIX, cibles
from echanges.lignes import Niveau

_GENRES = {
    "identifiant": "texte, 30 caractères au plus",
    "texte": "texte",
    "choix": "un des choix de la liste",
    "liste": "un ou plusieurs choix, séparés par des points-virgules",
    "oui_non": "Oui ou Non (aussi o, x, vrai, 1 ; n, faux, 0) ; vide : pas de réponse",
    "case": "Oui ou Non",
    "date": "date : 14/09/2027, 14 sept. 2027, 2027-09-14",
    "dates": "dates séparées par des virgules",
    "entier": "nombre entier",
    "nombre": "nombre : 5 000,00 €, 5000.00",
    "lien": "un nom, un courriel ou un identifiant du carnet ; une certification par son code",
    "demande": "Oui demande l'ouverture, Non la fermeture : à part, avec vos droits",
    "periode": "les deux dates : « du 3 au 7 mars 2027 », « 03/03/2027 - 07/03/2027 »",
    "voie": "une voie : « 12 bis rue des Lilas »",
    "personne": "un nom complet : « Mme Claire DUPONT », « Dupont, Claire »",
    "temoin": "comparé au prix de l'action, jamais écrit",
}
_ORDRE = (Niveau.SESSION, Niveau.ACTION, Niveau.OFFRE, Niveau.CONTACT, Niveau.ADRESSE)


@dataclass(frozen=True)
class ColonneDuGuide:
    """A column: its title, other titles that are known, how it is read."""

    titre: str
    autres: str
    lecture: str
    cle: bool


def niveaux_du_guide() -> list[tuple[str, str, list[ColonneDuGuide]]]:
    """Return the columns of each level, with its slug and its name."""
    return [(str(niveau), _NOMS[niveau], _colonnes(niveau)) for niveau in _ORDRE]


_NOMS = {
    Niveau.SESSION: "Sessions", Niveau.ACTION: "Actions", Niveau.OFFRE: "Offres",
    Niveau.CONTACT: "Contacts", Niveau.ADRESSE: "Adresses",
}  # fmt: skip


def _colonnes(niveau: str) -> list[ColonneDuGuide]:
    colonnes = []
    for nom, cible in cibles(niveau).items():
        autres = sorted(cible.noms, key=len)[:5] if nom in CHEMINS[niveau] or niveau == Niveau.SESSION else []
        genre = _GENRES.get(cible.genre, "texte")
        colonnes.append(ColonneDuGuide(cible.titre, ", ".join(autres), genre, nom in CHEMINS[niveau]))
    return [colonne for colonne in colonnes if colonne.titre not in {OUVERTE, PRIX}]
