"""Tests of the legal pages: honest when nothing is filled, and what the operator fills."""

import datetime as dt
import re

import pytest
from django.db import IntegrityError, transaction

from edof.conservation import DUREES
from organismes.models import InformationsLegales, Utilisateur
from organismes.models.legal import Conformite

pytestmark = pytest.mark.django_db
PAGES = ("/mentions-legales/", "/donnees-personnelles/", "/accessibilite/")
PLAN = "/plan/"


def test_rien_n_est_invente(client):
    mentions, donnees, acces = (client.get(page).text for page in PAGES)
    assert mentions.count("on renseigné") == 3
    assert "non renseigné par l'exploitant" in donnees
    assert "<strong>Non conforme</strong>, faute d'audit" in acces and "pas encore donné d'adresse" in acces


def test_chaque_duree_est_dite_au_public(client):
    page = client.get("/donnees-personnelles/").text
    assert [d.quoi for d in DUREES if f"{d.en_mots} après" not in page] == []


def test_ce_que_l_exploitant_dit_se_lit_aussitot(client, connecter):
    admin = Utilisateur.objects.create_superuser("admin@test.example", "x")
    valeurs = {
        "editeur": "Association <Exemple>", "editeur_adresse": "1 rue Haute\n75001 Paris",
        "editeur_courriel": "contact@exemple.example", "hebergeur": "Hôte", "conformite": "partielle",
        "taux": "81", "evaluee_le": "03/11/2026", "defauts": "La carte\nLe plan",
    }  # fmt: skip
    page = "/admin/organismes/informationslegales/1/change/"
    admin_ = connecter(admin)
    assert "donnez sa date" in admin_.post(page, {**valeurs, "evaluee_le": ""}).text
    assert admin_.post(page, valeurs).status_code == 302
    mentions, donnees, acces = (client.get(une).text for une in PAGES)
    assert "Association &lt;Exemple&gt;" in mentions and "1 rue Haute<br>75001 Paris" in mentions
    assert "Association &lt;Exemple&gt;" in donnees and "contact@exemple.example" in donnees
    assert "Partiellement conforme" in acces and "3 novembre 2026" in acces and "81 %" in acces
    assert "La carte<br>Le plan" in acces
    assert 'Écrivez à <a href="mailto:contact@exemple.example">' in " ".join(acces.split())
    assert "Association" in admin_.get("/admin/organismes/informationslegales/1/history/").text


def test_une_seule_ligne_et_un_etat_date():
    for faute in ({"pk": 2}, {"pk": 3, "conformite": Conformite.TOTALE, "evaluee_le": dt.date(2026, 1, 1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            InformationsLegales.objects.create(**faute)


def test_chaque_pied_de_page_y_mene(client, connecter, monde):
    for page in (client.get("/formations/").text, connecter(monde.gestionnaire).get("/aide/").text):
        assert [adresse for adresse in (*PAGES, PLAN) if f'href="{adresse}"' not in page] == []


def test_le_plan_mene_aux_pages_des_menus_et_des_pieds(client, connecter, monde):
    """The two menus, and both feet: nothing that they lead to is missing from the map of the site."""
    lien = re.compile(r'href="(/[^"#?]*)"')
    plan = set(lien.findall(client.get(PLAN).text.split("<main")[1].split("</main")[0]))
    menus = set()
    for page in (client.get("/formations/").text, connecter(monde.gestionnaire).get("/aide/").text):
        tete, reste = page.split("<header")[1].split("</header>")
        menus |= set(lien.findall(tete)) | set(lien.findall(reste.split("<footer")[1]))
    assert menus - plan - {PLAN} == set()
    # Each leads somewhere for a gestionnaire.
    refuses = {adresse for adresse in plan if connecter(monde.gestionnaire).get(adresse).status_code != 200}
    assert refuses - {"/connexion/"} == set()
