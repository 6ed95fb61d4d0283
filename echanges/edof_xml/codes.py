"""The official codes of EDOF's tables, and the slugs that are kept; `docs/champs.md` has the same table.

`CategorieVae` and `NatureVoie` keep the official code itself.
"""

from collections.abc import Mapping
from typing import Any

from catalogue.nomenclatures import (
    PERMIS_DE_CONDUIRE,
    Admission,
    ConstructionTarifaire,
    Enseignement,
    EntreesSorties,
    FraisCertification,
    GroupeFormationEmploi,
    Horaires,
    ObjectifGeneral,
    PerimetreRecrutement,
    Rythme,
    TypeOffre,
    TypeParcours,
)

TYPE_PARCOURS = {
    TypeParcours.COLLECTIF: "1",
    TypeParcours.INDIVIDUALISE: "2",
    TypeParcours.MODULAIRE: "3",
    TypeParcours.MIXTE: "4",
}
OBJECTIF_GENERAL = {
    ObjectifGeneral.PERFECTIONNEMENT: "2",
    ObjectifGeneral.CREATION_ENTREPRISE: "4",
    ObjectifGeneral.REMISE_A_NIVEAU: "5",
    ObjectifGeneral.CERTIFICATION: "6",
    ObjectifGeneral.PROFESSIONNALISATION: "7",
    ObjectifGeneral.PREPARATION_QUALIFICATION: "8",
    ObjectifGeneral.MOBILISATION: "9",
}
ENTREES_SORTIES = {EntreesSorties.DATES_FIXES: "0", EntreesSorties.PERMANENTES: "1"}
ENSEIGNEMENT = {Enseignement.PRESENTIEL: "0", Enseignement.MIXTE: "1", Enseignement.A_DISTANCE: "2"}
ADMISSION = {
    Admission.DOSSIER: "92002",
    Admission.CONCOURS: "92003",
    Admission.ENTRETIEN: "92005",
    Admission.TEST: "92007",
    Admission.VISITE_MEDICALE: "92009",
    Admission.PLUSIEURS: "99998",
    Admission.SANS: "99999",
}
RYTHME = {rythme: str(rang) for rang, rythme in enumerate(Rythme, 1)}
HORAIRES = {horaires: str(rang) for rang, horaires in enumerate(Horaires, 1)}
# « Aucuns frais attendus » is said by leaving the element out.
FRAIS_CERTIFICATION = {FraisCertification.INCLUS: "1", FraisCertification.NON_INCLUS: "0"}
CONSTRUCTION_TARIFAIRE = {ConstructionTarifaire.ASSIDUITE: "1", ConstructionTarifaire.FORFAIT: "2"}
PERIMETRE = {
    PerimetreRecrutement.COMMUNE: "1",
    PerimetreRecrutement.DEPARTEMENT: "2",
    PerimetreRecrutement.REGION: "3",
    PerimetreRecrutement.INTERREGION: "4",
    PerimetreRecrutement.PAYS: "5",
    PerimetreRecrutement.INTERNATIONAL: "6",
    PerimetreRecrutement.AUTRES: "0",
}
GFE = {gfe: str(rang) for rang, gfe in enumerate(GroupeFormationEmploi, 1)}

# The rates of VAT as the official samples write them, by the suffix of their columns.
TAUX = {"0": "0.0", "5_5": "5.5", "20": "20.0"}

# What a code without a register says of the kind of offre.
TYPE_DU_CODE = {
    "CPF200": TypeOffre.VAE,
    "CPF202": TypeOffre.BILAN,
    "CPF203": TypeOffre.CREATION,
    **dict.fromkeys(PERMIS_DE_CONDUIRE, TypeOffre.PERMIS),
}


def lus(table: Mapping[Any, str]) -> dict[str, str]:
    """Return the slug of each official code."""
    return {code: str(slug) for slug, code in table.items()}
