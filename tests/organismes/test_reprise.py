"""Tests of what happens when the CSRF check of a form fails: what it sent is given back.

They also cover the summary of the errors, which follows the order of the page.
"""

import re

import pytest
from django import forms
from django.test import Client

from edof.templatetags.affichage import fautes
from organismes.espace import CHAMP
from organismes.forms_personnes import InvitationForm
from tests.conftest import Monde

CONTACT = "/carnet/contacts/ajouter/"
HTMX = {"HX-Request": "true"}


def navigateur(monde: Monde | None = None) -> Client:
    """Return a client without the CSRF cookie, signed in when there is a world."""
    client = Client(enforce_csrf_checks=True)
    if monde:
        client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    return client


def rendus(page: str) -> dict[str, str]:
    """Return the hidden fields of the page that gives a form back."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))


def test_ce_qu_un_formulaire_perime_envoyait_est_rendu(monde):
    envoye = {"nom": "Précieux", "operation": "enregistrer"}
    page = navigateur(monde).post(CONTACT, envoye)
    assert page.status_code == 403 and "Cette page avait expiré" in page.text
    assert rendus(page.text) | {"nom": "Précieux", "operation": "reprendre"} == rendus(page.text)
    assert f'action="{CONTACT}"' in page.text
    # When also signed out, the sign-in page comes first.
    page = navigateur().post(CONTACT, envoye)
    assert page.status_code == 401 and "Votre session a expiré" in page.text and "Pr\\u00e9cieux" in page.text
    # A public page does not ask to sign in.
    page = navigateur().post("/formations/verifier/", {"texte": "preuve"})
    assert page.status_code == 403 and rendus(page.text)["texte"] == "preuve"
    # For an htmx request nothing is done; the browser sends it again as a full page.
    page = navigateur(monde).post(CONTACT, envoye, headers=HTMX)
    assert page.status_code == 401 and page.headers["X-Connexion"].startswith(
        "/connexion/?expiree=1&next=%2Fcarnet"
    )
    assert not monde.organisme.contacts.filter(nom="Précieux").exists()


@pytest.mark.parametrize(
    "entetes",
    [
        {"Origin": "https://ailleurs.example"},
        {"Origin": "null"},
        {"Referer": "https://ailleurs.example/"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_ce_qu_un_autre_site_envoie_ne_revient_pas_en_formulaire(monde, entetes):
    page = navigateur(monde).post(CONTACT, {"nom": "Glissé"}, headers=entetes)
    assert page.status_code == 403 and "Glissé" not in page.text and "ne vient pas de ce site" in page.text


def test_un_mot_de_passe_n_est_pas_rendu(monde):
    secrets = {
        "old_password": "secret-1",
        "new_password1": "secret-2",
        "mot_de_passe": "secret-3",
        "partie": "mot_de_passe",
    }
    for client in (navigateur(monde), navigateur()):
        page = client.post("/compte/", secrets).text
        assert "partie" in page and "secret-" not in page


def test_un_mot_de_passe_n_est_pas_montre_a_qui_n_est_plus_membre(monde):
    client = navigateur(monde)
    client.get("/compte/")
    secrets = {"new_password1": "secret-1", "mot_de_passe": "secret-2", "nom": "Précieux"}
    page = client.post(
        "/compte/",
        {
            **secrets,
            CHAMP: str(monde.organisme.pk + 1),
            "csrfmiddlewaretoken": client.cookies["csrftoken"].value,
        },
    )
    assert page.status_code == 403 and "Précieux" in page.text and "secret-" not in page.text


def test_le_resume_suit_la_page_sans_mot_double():
    class Dates(forms.Form):
        fin = forms.DateField(label="au")
        titre = forms.CharField(label="Intitulé")
        fixe = forms.IntegerField(label="Téléphone fixe")
        date_debut = forms.DateField(label="Du")

        def __init__(self, *args):
            super().__init__(*args)
            self.fields["date_debut"].nom = "Date de début"
            self.sections = [{"champs": [self["date_debut"], self["fin"]]}]

        def clean(self):
            self.add_error(
                "date_debut",
                forms.ValidationError(
                    "L'action est à dates fixes : renseignez la date de début.", code="regle"
                ),
            )
            self.add_error("titre", forms.ValidationError("Renseignez l'intitulé.", code="regle"))

    dites = [
        (faute["ancre"], faute["phrase"])
        for faute in fautes(Dates({"titre": "x", "date_debut": "demain", "fixe": "x"}))
    ]
    assert [ancre for ancre, _ in dites] == [
        "id_date_debut",
        "id_date_debut",
        "id_fin",
        "id_titre",
        "id_fixe",
    ]
    phrases = [phrase for _, phrase in dites]
    assert phrases[0].startswith("Date de début : ") and phrases[2] == "au : Ce champ est obligatoire."
    assert (
        phrases[1] == "L'action est à dates fixes : renseignez la date de début."
        and phrases[3] == "Renseignez l'intitulé."
    )
    assert phrases[4].startswith("Téléphone fixe : ")
    assert [faute["phrase"] for faute in fautes(InvitationForm({}))] == [
        "Adresse e-mail : Ce champ est obligatoire.",
        "Choisissez un rôle.",
    ]


def test_le_titre_dit_l_erreur_et_les_reserves_font_une_liste(connecter, monde):
    client = connecter(monde.gestionnaire)
    assert (
        "<title>Erreur : " in client.post("/equipe/inviter/", {}).text
        and "Erreur : " not in client.get("/equipe/inviter/").text
    )
    assert "<title>Erreur : " in client.post("/compte/", {"partie": "nom"}).text
    page = client.get(f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/?identifiant=x").text
    champs = dict(
        re.findall(
            r'<input type="hidden" name="(verification|identifiant|espace)"[^>]* value="([^"]*)"', page
        )
    )
    page = client.post(
        f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/",
        {**champs, "operation": "enregistrer"},
        follow=True,
    ).text
    message = page[page.index("message-warning") :]
    message = message[: message.index("data-fermer")]
    assert "<p>Avant de la valider :</p>" in message and message.count("<li>") >= 4
    # The message can be read again, also without JavaScript.
    assert "Avant de la valider" in client.get("/messages/").text
