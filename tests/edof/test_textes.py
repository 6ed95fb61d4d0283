"""Tests of the rule that every text column and form field has.

It refuses the characters that break, disguise or hide a text.
"""

import pytest
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import get_resolver

from edof.textes import nettoyer_texte, texte_cherche, valider_texte
from organismes.models import Contact, Organisme
from organismes.models.coordonnees import TelephoneField
from organismes.validateurs import valider_identifiant
from tests.maison.pieces import PIECES

# These columns have stricter rules: digits, codes, addresses that may be called.
ETROITES = {
    "organismes.organisme.siret",
    "organismes.organisme.nda",
    "catalogue.certification.code",
    "crochets.abonnement.url",
}
# Columns that no user types: names of levels, digests, copies of values checked when they were typed.
ECRITS_PAR_LE_PROGRAMME = {
    "crochets.evenement.type",
    "catalogue.presence.niveau",
    "catalogue.suppression.identifiant",
    "catalogue.suppression.intitule",
    "catalogue.suppression.niveau",
    *(f"organismes.courriel.{nom}" for nom in ("a", "objet", "corps", "echec")),
    "organismes.connexion.session_data",
    "organismes.connexion.session_key",
    "organismes.utilisateur.password",
    *(f"lots.lot.{nom}" for nom in ("niveau", "operation", "choix", "retour")),
    *(f"lots.lignedelot.{nom}" for nom in ("nom", "code", "phrase")),
    # The name of a file loses these characters; what a file says is checked when it is planned.
    *(f"echanges.import.{nom}" for nom in ("nom", "empreinte", "refus")),
    *(f"echanges.ligneimport.{nom}" for nom in ("vue", "feuille", "code", "phrase", "phrase_du_retour")),
    "echanges.correspondance.empreinte",
    *(f"echanges.motretenu.{nom}" for nom in ("champ", "mot", "valeur")),
    *(f"api.reponsegardee.{nom}" for nom in ("cle", "empreinte")),
    "api.compteur.cle",
    *(f"exploitation.{nom}" for nom in ("alarme.detail", "battement.nom", "battement.echec")),
    *(f"publication.trace.{nom}" for nom in ("niveau", "raison")),
    "sessions_app.programmation.raison",
    "publication.decompte.pour",
    "publication.contenu.empreinte",
    "publication.passage.par",
    "publication.passagedebac.par",
    "publication.retenue.detail",
    "publication.retenue.identifiant",
    "publication.retenue.raison",
    *(
        f"publication.fichepublique.{nom}"
        for nom in ("certification", "entrees", "langue", "lieu", "modalite", "niveau", "type_offre")
    ),
    *(f"recherche.commune.{nom}" for nom in ("departement", "insee", "nom")),
    *(f"recherche.{nom}" for nom in ("lieu.cle", "motconnu.mot", "mottronque.cle", "mottronque.mot")),
}
REFUSES = [
    *"\x00\x07\x0b\x1b\x7f\x85\x9f",
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\ud800\udfff\ufdd0\ufffe\uffff\U0001ffff\U0010fffe",
    *"\ufff9\ufffb\U000e0001\U000e0041\U000e0100",
]
ADMIS = [
    *("", " ", "a\tb", "a\nb", "a\r\nb", "É", "l'œuvre", "« 5 000,00 € »", "日本語", "שלום", "مرحبا"),
    *("e\u0301", "😀", "👩\u200d🎓", "co\u00adopération"),
]
VIDES_A_L_OEIL = ["\u200b", " \u200b ", "\u3164", "\u2800\u2800", "\ufeff", "\u00ad", "\u200e\u200f"]


def colonnes():
    """Yield the text columns that a user may write, as (« app.model.field », field)."""
    for modele in apps.get_models():
        if modele._meta.app_label in PIECES and not hasattr(modele, "pgh_tracked_model"):
            for champ in modele._meta.fields:
                if (
                    isinstance(champ, (models.CharField, models.TextField))
                    and champ.editable
                    and not champ.choices
                ):
                    yield f"{modele._meta.label_lower}.{champ.name}", champ


def formulaires(classe=forms.BaseForm):
    """Yield the project's form classes.

    The URL configuration is loaded first, so that the modules of all pages are imported.
    """
    assert get_resolver().url_patterns
    for enfant in classe.__subclasses__():
        if enfant.__module__.split(".")[0] in PIECES:
            yield enfant
        yield from formulaires(enfant)


def sans_regle():
    """Yield the form fields that take a text and do not have the rule, directly or through their column."""
    for formulaire in set(formulaires()):
        modele = getattr(getattr(formulaire, "_meta", None), "model", None)
        colonnes_du_modele = {champ.name for champ in modele._meta.fields} if modele else set()
        for nom, champ in formulaire.base_fields.items():
            autre = isinstance(champ.widget, forms.PasswordInput) or isinstance(champ, forms.UUIDField)
            if (
                isinstance(champ, forms.CharField)
                and not autre
                and nom not in colonnes_du_modele
                and valider_texte not in champ.validators
            ):
                yield f"{formulaire.__module__}.{formulaire.__qualname__}.{nom}"


def test_chaque_colonne_de_texte_a_la_regle():
    exemptes = ETROITES | ECRITS_PAR_LE_PROGRAMME
    noms = {
        nom
        for nom, champ in colonnes()
        if valider_texte not in champ.validators and not isinstance(champ, TelephoneField)
    }
    assert noms == exemptes


def test_chaque_champ_de_formulaire_a_la_regle():
    assert sorted(sans_regle()) == []


def test_un_champ_qui_ne_l_aurait_pas_serait_vu():
    class Oubli(forms.Form):
        __module__ = "organismes.forms"
        texte = forms.CharField()

    assert "Oubli.texte" in " ".join(sans_regle())
    del Oubli.base_fields["texte"]


@pytest.mark.parametrize("caractere", REFUSES, ids=ascii)
def test_ce_qui_est_refuse(caractere):
    with pytest.raises(ValidationError, match="caractères invisibles"):
        valider_texte(f"Log{caractere}istique")
    assert (
        nettoyer_texte(f"Log{caractere}istique") == texte_cherche(f" Log{caractere}istique ") == "Logistique"
    )
    with pytest.raises(ValidationError):
        Organisme._meta.get_field("siret").run_validators(f"41234567800019{caractere}")


@pytest.mark.parametrize("texte", ADMIS, ids=ascii)
def test_ce_qui_est_admis(texte):
    valider_texte(texte)
    assert nettoyer_texte(texte) == texte


@pytest.mark.parametrize("texte", VIDES_A_L_OEIL, ids=ascii)
def test_un_texte_ou_il_n_y_a_rien_a_voir_est_refuse(texte):
    with pytest.raises(ValidationError):
        valider_texte(texte)


@pytest.mark.exigence("D-04")
@pytest.mark.parametrize(
    "caractere", "\u200b\u200d\u2060\ufeff\u00ad\u3164\u2800\ufe0f\u034f\u200e\n\t", ids=ascii
)
def test_deux_identifiants_qui_se_ressemblent_ne_peuvent_pas_exister(caractere):
    with pytest.raises(ValidationError, match="caractères visibles"):
        valider_identifiant(f"TSLO{caractere}14")


def test_une_recherche_longue_est_coupee_sans_rien_lire_de_trop():
    assert texte_cherche("a" * 1_000_000) == "a" * 200
    assert texte_cherche("\x00" * 1_000_000 + "a") == ""


@pytest.mark.parametrize("courriel", ['"a\x01b"@test.example', "a@test\u202e.example", "a\x00@test.example"])
def test_une_adresse_de_courriel_n_y_echappe_pas(courriel):
    with pytest.raises(ValidationError):
        Contact._meta.get_field("courriel").run_validators(courriel)
