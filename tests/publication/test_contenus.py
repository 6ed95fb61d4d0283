"""Tests that every column of a record is published or listed as not published.

What is published must be shown.
"""

import datetime as dt
import json

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import F

from catalogue.models import Action, Offre
from edof.horloge import a_l_instant, aujourd_hui, demain, minuit
from publication.contenus import CONTENU_DE, NON_MONTRES, NON_PUBLIES, contenu_present
from publication.models import Contenu, Parution
from publication.passages import publier
from publication.presentation import presenter
from sessions_app.models import Session
from tests.conftest import Monde


def chemins_publies(expression):
    """Yield the lookups that a content copies."""
    if isinstance(expression, F):
        yield expression.name
    for source in (
        expression.get_source_expressions() if hasattr(expression, "get_source_expressions") else ()
    ):
        yield from chemins_publies(source)


def colonnes_publiees(modele) -> set[str]:
    """Return the columns that the content copies, directly or through a relation."""
    return {chemin.partition("__")[0] for chemin in chemins_publies(CONTENU_DE[modele])}


@pytest.mark.parametrize("modele", CONTENU_DE)
def test_chaque_colonne_est_publiee_ou_dite_non_publiee(modele):
    toutes = {colonne.name for colonne in modele._meta.concrete_fields}
    publiees = colonnes_publiees(modele) - {"organisme"}
    assert publiees | NON_PUBLIES[modele] == toutes
    assert publiees & NON_PUBLIES[modele] == set()


ADRESSE = {
    "denomination": "Institut", "denomination_2": "Bâtiment B", "denomination_3": "Étage 3",
    "numero_voie": "12",
    "indice_repetition": "B", "nature_voie": "AV", "libelle_voie": "de la Cité", "ligne_5": "BP 12",
    "code_postal": "94550", "ville": "Chevilly-Larue", "pays": "FR", "conformite_reglementaire": True,
    "accessibilite_batimentaire": "Rampe",
}  # fmt: skip
LIEU = ADRESSE | {"latitude": 48.7667, "longitude": 2.3503}
CONTACT = {"nom": "Benali", "prenom": "Karim", "telephone": "0149800000", "courriel": "k@ilvm.example"}
CONTENUS = {
    Offre: {
        "identifiant": "O1", "type_offre": "certifiante", "intitule": "Logistique",
        "points_forts": "Courte",
        "objectif": "Savoir", "resultats_attendus": "Réussir", "contenu": "Tout", "type_parcours": "mixte",
        "objectif_general": "certification", "blocs": ["B1"], "blocs_modifiables": True,
        "categorisation": "A",
        "certification": {
            "code": "RNCP1", "intitule": "Titre", "niveau": "5", "certificateurs": ["Ministère"],
            "blocs": [{"code": "B1", "libelle": "Bloc"}],
        },
        "organisme": {"raison_sociale": "ILVM", "siret": "1"},
    },
    Action: {
        "identifiant": "A1", "modalites_entrees_sorties": "permanentes",
        "modalites_enseignement": "presentiel",
        "modalites_pedagogiques": "Mises en situation", "langue": "fr", "duree_totale": 70,
        "heures_centre": 60,
        "heures_entreprise": 10, "rythmes": ["temps_plein"], "horaires": "fixes",
        "niveau_entree_obligatoire": True, "existence_prerequis": True,
        "conditions_specifiques": "Permis B",
        "modalites_admission": ["dossier"], "info_admission": "Avant mai",
        "modalites_recrutement": "Sur titre",
        "perimetre_recrutement": "region", "infos_perimetre": "Île-de-France", "acces_handicapes": "Oui",
        "modalites_handicap": "Boucle", "total_ttc": 5000, "frais_certif_inclus": "inclus",
        "frais_anpec": 30,
        "detail_frais_anpec": "Tenue", "dates_information": ["2027-09-01"], "restauration": "Cantine",
        "hebergement": "Internat", "transport": "Métro", "autres_services": "Crèche",
        "url_action": "https://ilvm.example/a", "lieu": LIEU, "contact": CONTACT,
    },
    Session: {
        "identifiant": "S1", "date_debut": "2027-09-14", "date_fin": "2027-10-14", "garantie": True,
        "modalites_particulieres": "Le samedi", "contact": CONTACT | {"nom": "Roux"}, "adresse": ADRESSE,
    },
}  # fmt: skip


def page(**autres):
    """Return the public page, with these contents instead of the complete ones."""
    contenus = CONTENUS | autres
    return str(presenter(contenus[Offre], contenus[Action], [contenus[Session]]))


@pytest.mark.parametrize(("modele", "champ"), [(m, champ) for m in CONTENU_DE for champ in CONTENUS[m]])
def test_ce_qui_est_publie_est_montre(modele, champ):
    vide = [] if isinstance(CONTENUS[modele][champ], list) else None
    sans = CONTENUS[modele] | {champ: {"raison_sociale": ""} if champ == "organisme" else vide}
    contenus = CONTENUS | {modele: sans}
    change = str(presenter(contenus[Offre], contenus[Action], [contenus[Session]])) != page()
    assert change == (champ not in NON_MONTRES[modele])


def test_ce_qu_une_parution_copie_existe_et_ne_s_efface_pas(db):
    monde = Monde()
    # No foreign key of the database holds them.
    for identifiant in ("s1", "s2"):
        monde.session(identifiant, ouverte=True)
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=5)):
        publier(aujourd_hui(), par="test")
    cles = ("contenu_action_id", "contenu_offre_id", "coordonnees_id")
    lignes = list(Parution.objects.values_list(*cles))
    assert len(lignes) == 2
    assert {cle for ligne in lignes for cle in ligne} == set(Contenu.objects.values_list("pk", flat=True))
    # Both sessions have the same offre, action, contact and address: each is kept once.
    assert len(set(lignes)) == 1
    with (
        pytest.raises(ProgrammingError, match="Cannot delete"),
        transaction.atomic(),
        connection.cursor() as c,
    ):
        c.execute("DELETE FROM publication_contenu")


def test_le_contenu_complet_est_celui_qui_serait_copie_en_entier(db):
    monde = Monde()
    session = monde.session("s1", ouverte=True)
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=5)):
        publier(aujourd_hui(), par="test")
        lu, copie = (
            Parution.objects.select_related(*Parution.CONTENUS).get().contenu_complet,
            contenu_present(session),
        )
    # The same bytes, in the same order.
    assert json.dumps(lu) == json.dumps(copie)


@pytest.mark.parametrize("modele", CONTENU_DE)
def test_l_exemple_a_tous_les_champs_du_contenu(modele):
    cles = [source.value for source in CONTENU_DE[modele].get_source_expressions()[::2]]
    assert list(CONTENUS[modele]) == cles
