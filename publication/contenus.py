"""The fields copied from a session, its action and its offre when they are published.

The nightly run and the preview both read this list.
"""

from functools import cache

from django.db.models import F
from django.db.models.functions import JSONObject

from catalogue import prix
from catalogue.models import Action, Fiche, Offre
from edof.gardees import Donnee, Gardee
from sessions_app.models import Session


def _contact(chemin: str) -> JSONObject:
    return JSONObject(
        nom=F(f"{chemin}__nom"),
        prenom=F(f"{chemin}__prenom"),
        telephone=F(f"{chemin}__telephone_fixe"),
        courriel=F(f"{chemin}__courriel"),
    )


CHAMPS_D_ADRESSE = (
    "denomination",
    "denomination_2",
    "denomination_3",
    "numero_voie",
    "indice_repetition",
    "nature_voie",
    "libelle_voie",
    "ligne_5",
    "code_postal",
    "ville",
    "pays",
    "conformite_reglementaire",
    "accessibilite_batimentaire",
)


# Where it is on the earth: of the place of the action, which the search measures distances to.
CHAMPS_DU_LIEU = (*CHAMPS_D_ADRESSE, "latitude", "longitude")


def _adresse(chemin: str, champs: tuple[str, ...] = CHAMPS_D_ADRESSE) -> JSONObject:
    return JSONObject(**{champ: F(f"{chemin}__{champ}") for champ in champs})


def _colonnes(*noms: str) -> dict[str, F]:
    return {nom: F(nom) for nom in noms}


# A session is copied in two parts: what is its own, in its parution; and the contact and the address for
# enrolment, kept once for all the sessions that have the same.
_PROPRES = _colonnes("identifiant", "date_debut", "date_fin", "garantie", "modalites_particulieres")
_COORDONNEES = {"contact": _contact("contact_inscription"), "adresse": _adresse("adresse_inscription")}
PROPRE_DE_LA_SESSION, COORDONNEES = JSONObject(**_PROPRES), JSONObject(**_COORDONNEES)
CONTENU_SESSION = JSONObject(**_PROPRES, **_COORDONNEES)
CONTENU_ACTION = JSONObject(
    **_colonnes(
        "identifiant",
        "modalites_entrees_sorties",
        "modalites_enseignement",
        "modalites_pedagogiques",
        "langue",
        "duree_totale",
        "heures_centre",
        "heures_entreprise",
        "rythmes",
        "horaires",
        "niveau_entree_obligatoire",
        "existence_prerequis",
        "conditions_specifiques",
        "modalites_admission",
        "info_admission",
        "modalites_recrutement",
        "perimetre_recrutement",
        "infos_perimetre",
        "acces_handicapes",
        "modalites_handicap",
        "total_ttc",
        "frais_certif_inclus",
        "frais_anpec",
        "detail_frais_anpec",
        "dates_information",
        "restauration",
        "hebergement",
        "transport",
        "autres_services",
        "url_action",
    ),
    lieu=_adresse("lieu_de_formation", CHAMPS_DU_LIEU),
    contact=_contact("contact_information"),
)
CONTENU_OFFRE = JSONObject(
    **_colonnes(
        "identifiant",
        "type_offre",
        "intitule",
        "points_forts",
        "objectif",
        "resultats_attendus",
        "contenu",
        "type_parcours",
        "objectif_general",
        "blocs",
        "blocs_modifiables",
        "categorisation",
    ),
    certification=JSONObject(
        code=F("certification__code"),
        intitule=F("certification__intitule"),
        niveau=F("certification__niveau"),
        blocs=F("certification__blocs"),
        certificateurs=F("certification__certificateurs"),
    ),
    organisme=JSONObject(raison_sociale=F("organisme__raison_sociale"), siret=F("organisme__siret")),
)

CONTENU_DE: dict[type[Fiche], JSONObject] = {
    Offre: CONTENU_OFFRE,
    Action: CONTENU_ACTION,
    Session: CONTENU_SESSION,
}

# What is not copied: what the program needs for itself, and what a titulaire is not told.
_DU_PROGRAMME = {
    "id", "organisme", "identifiant_normalise", "statut", "a_ete_active", "cle_de_creation", "cree_le",
    "modifie_le", "version",
}  # fmt: skip
NON_PUBLIES: dict[type[Fiche], set[str]] = {
    Offre: _DU_PROGRAMME,
    # The lines of price: the public reads the total. The other three are for the organisme and the funder.
    Action: _DU_PROGRAMME
    | {"offre", *prix.COLONNES, "total_ht", "cout_horaire_ht"}
    | {"gfe", "construction_tarifaire", "contact_du_lieu", "adresse_information"},
    Session: _DU_PROGRAMME
    | {"action", "serie", "pas_de_dates", "dates_saisies_le", "ouverte", "ouverte_depuis", "fermee_le"},
}
# What is copied for the proof and the API, and is not a line of the public page.
NON_MONTRES: dict[type[Fiche], set[str]] = {
    Offre: {"identifiant", "type_offre", "blocs_modifiables", "categorisation", "objectif_general"},
    Action: {"identifiant", "infos_perimetre"},
    Session: {"identifiant"},
}


def contenu_present(fiche: Fiche) -> dict[str, object]:
    """Return the content that a publication would copy from this record now."""
    lus = _contenu(type(fiche)).lignes(cle=fiche.pk)
    if not lus:
        raise type(fiche).DoesNotExist
    return lus[0][0]


@cache
def _contenu(modele: type[Fiche]) -> Gardee[Fiche]:
    """Return the query of the content of the record `cle`."""
    return Gardee(modele.objects.filter(pk=Donnee("cle")).values_list(CONTENU_DE[modele]))
