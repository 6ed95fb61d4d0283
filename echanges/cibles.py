"""The fields that a column of a table may fill, by level, with the titles that people give them.

The fields are those of the forms: a new field of a form has its column, named by its label.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from django import forms
from django.core.exceptions import FieldDoesNotExist

from catalogue.forms.action import ActionForm
from catalogue.forms.offre import OffreForm
from echanges.lignes import Niveau
from edof.pliage import plier
from organismes.forms import AdresseForm, ContactForm
from sessions_app.forms import SessionForm

FORMULAIRES: dict[str, type[forms.ModelForm]] = {
    Niveau.CONTACT: ContactForm,
    Niveau.ADRESSE: AdresseForm,
    Niveau.OFFRE: OffreForm,
    Niveau.ACTION: ActionForm,
    Niveau.SESSION: SessionForm,
}
# The columns that lead to a record, from its parents to itself; the last one names it.
CHEMINS: dict[str, tuple[str, ...]] = {
    Niveau.CONTACT: ("identifiant",),
    Niveau.ADRESSE: ("titre",),
    Niveau.OFFRE: ("offre",),
    Niveau.ACTION: ("offre", "action"),
    Niveau.SESSION: ("offre", "action", "session"),
}
OUVERTE, PRIX = "ouverte", "prix"
# One column for several fields: the two dates of a session, the parts of a street, the name of a person.
PERIODE, VOIE = "periode", "voie"
NOM_COMPLET, PRENOM_NOM, NOM_PRENOM = "nom_complet", "prenom_nom", "nom_prenom"
# What the model to fill has no column for.
HORS_DU_MODELE = frozenset((PRIX, PERIODE, VOIE, NOM_COMPLET, PRENOM_NOM, NOM_PRENOM))
_IDENTIFIANTS = {
    "offre": (
        "offre", "id offre", "code offre", "n offre", "identifiant offre", "identifiant de l offre",
        "formation", "code formation", "id formation", "ref formation", "reference formation",
        "n formation", "reference offre", "ref offre", "numero offre", "numero formation",
        "identifiant formation", "code stage", "formation numero", "produit",
    ),
    "action": (
        "action", "id action", "code action", "ref action", "n action", "reference action",
        "identifiant action", "identifiant de l action", "numero action", "action de formation",
        "code action de formation", "action numero",
    ),
    "session": (
        "session", "id session", "code session", "n session", "ref", "reference", "identifiant",
        "identifiant session", "identifiant de la session", "numero session", "ref session",
        "n de session", "reference session", "numero de session", "code de la session", "id", "code",
        "session numero", "identifiant interne",
    ),
}  # fmt: skip
_SYNONYMES: dict[str, dict[str, tuple[str, ...]]] = {
    Niveau.SESSION: {
        "date_debut": (
            "du", "debut", "date debut", "date de debut", "date debut session", "debut session", "start",
            "start date", "entree", "date d entree", "date entree", "debut de session", "debut le",
            "demarrage", "date de demarrage", "date de debut de session", "date de debut de la session",
            "debut formation", "date debut formation", "premier jour", "date du", "ouverture de session",
            "from", "date d ouverture",
        ),
        "date_fin": (
            "au", "fin", "date fin", "date de fin", "end", "end date", "sortie", "date de sortie",
            "date sortie", "fin session", "fin de session", "date fin session", "date de fin de session",
            "fin le", "date de fin de la session", "fin formation", "date fin formation", "dernier jour",
            "date au", "to",
        ),
        "pas_de_dates": (
            "permanente", "sans dates", "pas de dates", "entree permanente", "pas de date", "sans date",
            "entrees permanentes", "entrees sorties permanentes", "pas de dates de session",
        ),
        "garantie": (
            "garantie", "session garantie", "garanti", "guaranteed", "garantie de session",
            "garantie session", "depart garanti", "est garantie", "maintenue", "confirmee",
        ),
        "contact_inscription": (
            "contact", "contact inscription", "contact d inscription", "mail contact", "courriel",
            "e mail contact", "email contact", "mail", "email", "e mail", "referent",
            "contact inscriptions", "courriel contact", "contact pour s inscrire", "interlocuteur",
            "adresse mail", "adresse e mail", "mail du contact",
        ),
        "adresse_inscription": (
            "adresse", "adresse d inscription", "lieu", "lieu d inscription", "site",
            "adresse inscription", "centre", "ville", "lieu de formation", "lieu session", "etablissement",
            "localisation", "campus",
        ),
        "modalites_particulieres": (
            "modalites particulieres", "observations", "commentaire", "remarques", "infos", "observation",
            "commentaires", "remarque", "informations", "precisions", "notes", "note", "modalites",
            "informations complementaires", "modalites d inscription", "particularites",
        ),
        PERIODE: (
            "dates", "date", "periode", "dates de session", "date de session", "dates session",
            "dates de formation", "dates de la session", "du au", "quand", "jours",
        ),
        OUVERTE: (
            "ouverte", "ouverte a l inscription", "inscriptions ouvertes", "ouvrir", "a ouvrir",
            "ouvrir a l inscription", "inscription ouverte", "etat recrutement",
        ),
        PRIX: (
            "prix", "prix ttc", "tarif", "tarif ttc", "cout", "cout ttc", "montant", "montant ttc",
            "prix public", "prix net", "total ttc", "prix en euros",
        ),
    },
    Niveau.CONTACT: {
        "identifiant": ("identifiant", "identifiant interne", "code contact", "id contact", "id", "code"),
        "telephone_fixe": ("telephone", "tel", "tel fixe", "telephone fixe", "fixe", "numero de telephone"),
        "telephone_portable": ("portable", "mobile", "tel portable", "gsm"),
        "courriel": ("courriel", "mail", "email", "e mail", "adresse e mail", "adresse mail"),
        NOM_COMPLET: (
            "nom complet", "contact", "nom du contact", "interlocuteur", "interlocutrice", "personne",
            "personne a contacter", "referent", "responsable", "identite",
        ),
        PRENOM_NOM: ("prenom nom", "prenom et nom", "prenoms et noms", "prenom nom du contact"),
        NOM_PRENOM: ("nom prenom", "nom et prenom", "noms et prenoms", "nom prenom du contact"),
    },
    Niveau.ADRESSE: {
        "titre": (
            "titre", "nom du lieu", "intitule", "site", "identifiant", "lieu", "adresse", "nom",
            "nom du site", "centre", "nom du centre", "etablissement",
        ),
        VOIE: (
            "adresse", "adresse postale", "adresse complete", "adresse 1", "n et voie", "n et rue",
            "numero et voie", "rue et numero", "voie complete", "adresse du lieu", "adresse du site",
        ),
        "numero_voie": ("n", "n voie", "n de voie", "n rue"),
        "denomination": ("organisme", "raison sociale", "societe"),
        "code_postal": ("cp", "code postal"),
        "libelle_voie": ("voie", "rue", "nom de la voie", "libelle de la voie"),
        "nature_voie": ("type de voie", "nature de la voie"),
        "ville": ("ville", "commune", "localite"),
    },
    Niveau.OFFRE: {
        "certification": (
            "certification", "code certification", "rncp", "code rncp", "code rs", "rncp rs", "n rncp",
            "fiche rncp", "certification visee",
        ),
        "intitule": (
            "titre", "libelle", "nom", "nom de la formation", "intitule formation", "titre formation",
        ),
        "objectif": ("objectifs", "objectifs de la formation"),
        "resultats_attendus": ("resultats",),
        "contenu": ("programme", "contenus", "programme de formation"),
        "points_forts": ("resume", "resume du contenu", "points forts de la formation"),
    },
    Niveau.ACTION: {
        "duree_totale": ("duree", "duree en heures", "nombre d heures", "heures", "duree totale"),
        "lieu_de_formation": ("lieu", "site", "lieu de formation", "centre", "campus"),
        "modalites_enseignement": ("modalite", "modalites", "modalite d enseignement", "format", "mode"),
        "rythmes": ("rythme",),
        "modalites_entrees_sorties": ("entrees sorties", "entrees et sorties", "entree sortie"),
        "acces_handicapes": (
            "accessibilite", "accessibilite pmr", "accessibilite handicap", "acces handicapes",
        ),
    },
}  # fmt: skip
# Words that settle a title which is none of those above, for sessions: (all of these, none of those).
_INDICES: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = tuple(
    (nom, frozenset(tous.split()), frozenset(aucun.split()))
    for nom, tous, aucun in (
        (
            "date_debut",
            "date debut",
            "inscription inscriptions limite information heure heures publication validite",
        ),
        ("date_debut", "debut session", "heure heures horaire"),
        ("date_debut", "debut formation", "heure heures horaire"),
        (
            "date_fin",
            "date fin",
            "inscription inscriptions limite information heure heures publication validite",
        ),
        ("date_fin", "fin session", "heure heures horaire"),
        ("date_fin", "fin formation", "heure heures horaire"),
        ("garantie", "garantie", ""),
        ("contact_inscription", "contact inscription", "telephone tel"),
        ("contact_inscription", "contact mail", ""),
        ("contact_inscription", "contact email", ""),
        ("contact_inscription", "contact courriel", ""),
        ("adresse_inscription", "adresse inscription", "mail"),
        ("session", "code session", ""),
        ("session", "identifiant session", ""),
        ("session", "numero session", ""),
        ("session", "reference session", ""),
        ("action", "code action", ""),
        ("action", "identifiant action", ""),
        ("action", "reference action", ""),
        ("offre", "code formation", ""),
        ("offre", "identifiant offre", ""),
        ("offre", "code offre", ""),
    )
)


@dataclass(frozen=True)
class Cible:
    """A field that a column may fill: how its cells are read, and its titles, folded."""

    nom: str
    titre: str
    genre: str
    noms: frozenset[str]


def cle_de_titre(titre: str) -> str:
    """Return a title as it is compared: « Début  (jj/mm/aaaa) * » gives « debut »."""
    sans = re.sub(r"\([^)]*\)|\[[^]]*\]", " ", plier(titre.replace("º", "°")).replace("°", " "))
    return " ".join(re.sub(r"[^a-z0-9 ]", " ", sans).split())


@cache
def cibles(niveau: str) -> dict[str, Cible]:
    """Return the fields that the columns of a table of this level may fill, in the order of the forms."""
    formulaire = FORMULAIRES[niveau]
    modele, synonymes = formulaire._meta.model, _SYNONYMES.get(niveau, {})
    trouvees: dict[str, Cible] = {}
    if niveau in _IDENTIFIANTS:
        chemin = CHEMINS[niveau]
        for nom in chemin:
            # The record's own column is also called « Référence », « Identifiant »…
            siens = _IDENTIFIANTS["session"] if nom == niveau != Niveau.SESSION else ()
            titre = _TITRES[nom] if nom != niveau else "Identifiant"
            trouvees[nom] = Cible(nom, titre, "identifiant", frozenset((*_IDENTIFIANTS[nom], *siens)))
    for nom in formulaire._meta.fields or ():
        colonne = modele._meta.get_field(nom)
        champ = formulaire.base_fields[nom]
        libelle = _TITRES.get(nom) or str(champ.label)
        genre = "identifiant" if nom in CHEMINS[niveau] else getattr(colonne, "genre", "texte")
        dits = (libelle, str(champ.label), str(colonne.verbose_name), nom.replace("_", " "))
        noms = {*map(cle_de_titre, dits), *synonymes.get(nom, ())}
        trouvees[nom] = Cible(nom, libelle[:1].upper() + libelle[1:], genre, frozenset(noms))
    if niveau == Niveau.SESSION:
        _ajouter(trouvees, PERIODE, "Du et au, dans une colonne", "periode", synonymes)
        _ajouter(trouvees, OUVERTE, "À ouvrir à l'inscription", "demande", synonymes)
        _ajouter(trouvees, PRIX, "Prix de l'action, à comparer", "temoin", synonymes)
    if niveau == Niveau.CONTACT:
        _ajouter(trouvees, NOM_COMPLET, "Nom complet, dans une colonne", "personne", synonymes)
        _ajouter(trouvees, PRENOM_NOM, "Prénom puis nom, dans une colonne", "personne", synonymes)
        _ajouter(trouvees, NOM_PRENOM, "Nom puis prénom, dans une colonne", "personne", synonymes)
    if niveau == Niveau.ADRESSE:
        _ajouter(trouvees, VOIE, "Numéro et voie, dans une colonne", "voie", synonymes)
    return trouvees


def _ajouter(
    cibles_: dict[str, Cible], nom: str, titre: str, genre: str, synonymes: dict[str, tuple[str, ...]]
) -> None:
    """Add a column that is no field of the form."""
    cibles_[nom] = Cible(nom, titre, genre, frozenset((cle_de_titre(titre), *synonymes[nom])))


_TITRES = {
    "offre": "Offre", "action": "Action", "session": "Identifiant", "date_debut": "Du", "date_fin": "au",
    "pas_de_dates": "Sans dates", "garantie": "Garantie",
}  # fmt: skip


def cible_du_titre(niveau: str, titre: str, prises: Collection[str] = ()) -> str:
    """Return the field that a title names, "" when it names none for sure, or one of `prises` only."""
    cle = cle_de_titre(titre)
    if not cle:
        return ""
    nommees = [nom for nom, cible in cibles(niveau).items() if cle in cible.noms]
    if nommees:
        return next((nom for nom in nommees if nom not in prises), nommees[0])
    if niveau != Niveau.SESSION:
        return ""
    mots = frozenset(cle.replace("ref ", "reference ").replace("id ", "identifiant ").split())
    mots |= {"numero"} if "n" in mots else set()
    for nom, tous, aucun in _INDICES:
        if tous <= mots and not aucun & mots:
            return nom
    return ""


def nom_du_champ(niveau: str, nom: str) -> str:
    """Return the name of a field as a sentence says it: « Contact d'inscription »."""
    if (cible := cibles(niveau).get(nom)) is not None:
        return cible.titre
    try:
        libelle = str(FORMULAIRES[niveau]._meta.model._meta.get_field(nom).verbose_name)
    except FieldDoesNotExist:
        return nom
    return libelle[:1].upper() + libelle[1:]
