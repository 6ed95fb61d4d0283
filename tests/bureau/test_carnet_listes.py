"""Tests of the lists of « Contacts et adresses »: the search, and the records that use each entry."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalogue.models import Action, Offre
from edof.horloge import demain
from organismes.droits import Role
from organismes.models import Adresse, Contact, Membre, Organisme, Utilisateur
from sessions_app.models import Session
from tests.carnet import LIEU, nouveau, texte
from tests.conftest import Monde


@pytest.fixture
def client_(monde, connecter):
    return connecter(monde.gestionnaire)


# --- Lists and uses ---


def test_les_usages_se_decouvrent():
    for modele in (Contact, Adresse):
        liens = {
            (lien.related_model, lien.field.name)
            for lien in modele._meta.related_objects
            if hasattr(lien.related_model.objects, "pour_organisme")
        }
        assert {(usage.modele, usage.champ) for usage in modele.usages()} == liens
        niveaux = [usage.modele for usage in modele.usages()]
        assert niveaux == sorted(niveaux, key=[Offre, Action, Session].index)
    assert {"Contact d'inscription"} <= {usage.libelle for usage in Contact.usages()}
    assert {"Lieu de formation", "Adresse d'inscription"} <= {usage.libelle for usage in Adresse.usages()}


def test_la_liste_dit_ou_chacun_sert(client_, monde):
    monde.session("a")
    monde.session("b")
    nouveau(monde, fonction="Référente handicap")
    nouveau(Monde("Autre", "52345678900017"), "Ailleurs")
    page = texte(client_.get("/carnet/"))
    assert (
        "Contact d'inscription : 2\u00a0fiches" in page
        and "Aucune fiche ne l'utilise" in page
        and "Ailleurs" not in page
    )
    adresses = texte(client_.get("/carnet/?vue=adresses"))
    assert (
        "Lieu de formation : 1\u00a0fiche" in adresses and "Adresse d'inscription : 2\u00a0fiches" in adresses
    )
    assert "12 avenue de la Cité, 94550 Chevilly Larue" in adresses


def test_la_recherche_et_les_listes_vides(client_, monde):
    nouveau(monde, fonction="Référente handicap")
    for q, trouve in (
        ("ROUX referente", 1),
        ("01 49 80", 2),
        ("rien", 0),
        ("\x00", 2),
        ("nadia inscriptions", 0),
        ("'&|!:*", 2),
    ):
        assert texte(client_.get("/carnet/", {"q": q})).count('class="bloc-tete"') == trouve, q
    assert "Aucun contact ne correspond à « rien »" in texte(client_.get("/carnet/?q=rien"))
    assert "Aucune adresse ne correspond à « rien »" in texte(client_.get("/carnet/?q=rien&vue=adresses"))
    assert 'class="bloc-tete"' in texte(
        client_.get("/carnet/", {"q": "chevilly", "vue": "adresses", "page": "9" * 40})
    )


@pytest.mark.django_db
def test_un_carnet_vide_dit_quoi_faire(client):
    organisme = Organisme.objects.create(raison_sociale="Nouveau", siret="52345678900017")
    membre = Membre.objects.create(
        organisme=organisme,
        role=Role.REDACTEUR,
        utilisateur=Utilisateur.objects.create_user("n@test.example", "x"),
    )
    client.force_login(membre.utilisateur, backend="django.contrib.auth.backends.ModelBackend")
    for vue, phrase in (("contacts", "Pas encore de contact"), ("adresses", "Pas encore d'adresse")):
        page = texte(client.get(f"/carnet/?vue={vue}"))
        assert phrase in page and page.count(f"/carnet/{vue}/ajouter/") == 2


def test_le_nombre_de_requetes_ne_suit_pas_le_nombre_de_lignes(client_, monde):
    def mesurer():
        comptes = []
        for page in ("/carnet/", "/carnet/?vue=adresses", *pages):
            with CaptureQueriesContext(connection) as requetes:
                assert client_.get(page).status_code == 200
            comptes.append(len(requetes))
        return comptes

    autre = nouveau(monde)
    pages = [
        f"/carnet/contacts/{monde.contact.pk}/", f"/carnet/adresses/{monde.lieu.pk}/",
        f"/carnet/contacts/{monde.contact.pk}/modifier/",
        f"/carnet/contacts/{monde.contact.pk}/remplacer/?par={autre.pk}",
        f"/carnet/contacts/{monde.contact.pk}/supprimer/",
    ]  # fmt: skip
    monde.session("s")
    avant = mesurer()
    for rang in range(12):
        nouveau(monde)
        Adresse.objects.create(organisme=monde.organisme, **{**LIEU, "titre": f"Lieu {rang}"})
        monde.session(f"s{rang}", action=monde.nouvelle_action(f"A{rang}"))
    assert mesurer() == avant


def test_les_pages_se_suivent_en_gardant_la_vue(client_, monde):
    Adresse.objects.bulk_create(
        Adresse(
            organisme=monde.organisme,
            identifiant_normalise=f"lieu {rang:03}",
            **{**LIEU, "titre": f"Lieu {rang:03}"},
        )
        for rang in range(60)
    )
    page = texte(client_.get("/carnet/?vue=adresses&q=lieu"))
    assert page.count('class="bloc-tete"') == 50 and "?vue=adresses&q=lieu&page=2" in page
    assert texte(client_.get("/carnet/?vue=adresses&q=lieu&page=2")).count('class="bloc-tete"') == 10


def test_consulter_montre_les_fiches_et_y_mene(client_, monde):
    session = monde.session("printemps", ouverte=True)
    page = texte(client_.get(f"/carnet/adresses/{monde.lieu.pk}/"))
    assert (
        f'href="/catalogue/sessions/{session.pk}/"' in page
        and f'href="/catalogue/actions/{monde.action.pk}/"' in page
    )
    assert "Adresse d'inscription · OFFRE-1 › ACTION-1" in page and page.count("pastille-active") >= 2
    seul = nouveau(monde)
    assert "Aucune fiche ne l'utilise pour l'instant" in texte(client_.get(f"/carnet/contacts/{seul.pk}/"))


@pytest.mark.parametrize("role", [Role.LECTEUR, Role.REDACTEUR, Role.GESTIONNAIRE])
def test_les_operations_suivent_le_role(client, monde, role):
    monde.session()
    client.force_login(monde.personne("qui", role), backend="django.contrib.auth.backends.ModelBackend")
    page = texte(client.get("/carnet/"))
    assert ("Remplacer partout" in page) == ("/carnet/contacts/ajouter/" in page) == (role != Role.LECTEUR)
    assert ("Des fiches utilisent ce contact : remplacez-le d'abord." in page) == (role == Role.GESTIONNAIRE)


# --- Rules of the project ---


def test_la_base_refuse_une_adresse_sans_voie_en_france(monde):
    with pytest.raises(IntegrityError), transaction.atomic():
        Adresse.objects.create(organisme=monde.organisme, **{**LIEU, "ligne_5": ""})
    adresse = Adresse(organisme=monde.organisme, **{**LIEU, "titre": " "})
    with pytest.raises(ValidationError):
        adresse.full_clean()


def test_j_plus_1_est_bien_demain(client_, monde):
    monde.session(ouverte=True)
    assert f"le {demain().day}" in texte(
        client_.get(f"/carnet/contacts/{monde.contact.pk}/modifier/")
    ).replace("1er", "1")
