"""Tests of what real users and programs send: each value is read correctly, or refused beside its field.

Pages, administration and API are covered. How each kind of value is read is tested without a database in
tests/edof/test_lecture.py, tests/edof/test_texte_leger.py and tests/organismes/test_adresse_en_ligne.py.
"""

import re

import pytest
from django.apps import apps
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client

from catalogue.forms import ActionForm, IdentifiantForm, OffreForm
from catalogue.models import Action, Certification, Offre
from edof.champs import ChampLu, CodeField, IdentifiantField, LigneField, LignesField
from edof.horloge import aujourd_hui
from organismes.forms import AdresseForm, ConnexionForm, ContactForm
from organismes.forms_personnes import InvitationForm, MotDePasseOublieForm, NouvelleAdresseForm
from organismes.models import Adresse, Contact, Invitation, Organisme, Qualiopi, Utilisateur
from organismes.validateurs import (
    normaliser_identifiant,
    normaliser_telephone,
    valider_nda,
    valider_site,
    valider_telephone,
)
from sessions_app.forms import SessionForm
from sessions_app.models import Session
from tests.administration import administrateur, adresse, enregistrer  # noqa: F401 - a fixture
from tests.api.client import Programme, jeton_de
from tests.carnet import LIEU, NADIA, ajouter, texte
from tests.organismes.test_equipe import MOT_DE_PASSE, inviter, lien, nouveau_compte

INVISIBLES = ["\u200b", "\ufeff", "\u00ad", "\u200e", "\u2060", "\ufe0f", "\u202c"]


@pytest.fixture
def programme(monde) -> Programme:
    return Programme(jeton_de(monde)[1])


@pytest.fixture
def client_(monde, client):
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    return client


# --- Kind of value of each text column ---


def test_chaque_colonne_que_l_on_tape_lit_ce_qu_on_y_tape():
    """Check that no column is a plain CharField: a new one must declare how its value is read."""
    nues = set()
    for modele in apps.get_models():
        if modele._meta.app_label not in {"organismes", "catalogue", "sessions_app"} or hasattr(
            modele, "pgh_tracked_model"
        ):
            continue
        for champ in modele._meta.fields:
            simple = isinstance(champ, (models.CharField, models.URLField)) and not isinstance(champ, ChampLu)
            if simple and champ.editable and not champ.choices:
                nues.add(f"{modele._meta.label_lower}.{champ.name}")
    # The program writes these columns. A password is not typed in a text field.
    ecrites = {f"catalogue.suppression.{nom}" for nom in ("identifiant", "intitule", "niveau")}
    ecrites |= {f"organismes.courriel.{nom}" for nom in ("a", "echec")}
    ecrites |= {"catalogue.presence.niveau", "organismes.connexion.session_key"}
    assert nues == {*ecrites, "organismes.utilisateur.password"}


@pytest.mark.parametrize("saut", ["\n", "\r\n", "\t", "\u2028", "\x85", "\x0b", " \n\n "], ids=ascii)
def test_aucune_ligne_ne_garde_de_fin_de_ligne(saut):
    lignes = [
        c
        for modele in apps.get_models()
        for c in modele._meta.fields
        if isinstance(c, (LigneField, IdentifiantField))
    ]
    assert len(lignes) > 30
    for champ in lignes:
        textes = [lecture(f"Bilan{saut}x") for lecture in (champ.to_python, champ.formfield().to_python)]
        assert [re.sub(" +", " ", texte_) for texte_ in textes] == ["Bilan x"] * 2, champ


def test_les_formulaires_lisent_comme_les_colonnes():
    for formulaire in (OffreForm, ActionForm, SessionForm, ContactForm, AdresseForm):
        modele = formulaire._meta.model
        for nom, champ in formulaire.base_fields.items():
            colonne = modele._meta.get_field(nom) if nom in formulaire._meta.fields else None
            if isinstance(colonne, ChampLu) and not colonne.choices:
                assert isinstance(champ, colonne.formulaire), nom


# --- K1: invisible characters in machine-readable values ---


@pytest.mark.parametrize("signe", INVISIBLES, ids=ascii)
def test_une_adresse_e_mail_n_a_rien_d_invisible(signe):
    saisie = f"{signe}Paul.Neuf@{signe}ILVM.example{signe}\u00a0"
    for form in (
        ConnexionForm(None, {"username": saisie, "password": "x"}),
        InvitationForm({"courriel": saisie, "role": "lecteur"}),
        MotDePasseOublieForm({"email": saisie}),
        NouvelleAdresseForm(Utilisateur(courriel="a@b.example"), {"courriel": saisie, "mot_de_passe": "x"}),
    ):
        nom = next(nom for nom in ("username", "courriel", "email") if nom in form.fields)
        assert form.fields[nom].clean(saisie) == "Paul.Neuf@ilvm.example"
    for modele in (Utilisateur, Invitation, Contact):
        assert modele._meta.get_field("courriel").clean(saisie, modele()) == "Paul.Neuf@ilvm.example"


def test_qui_est_invite_avec_un_caractere_invisible_entre(client_, monde):
    inviter(client_, "paul.neuf@ilvm.example\u200b")
    assert mail.outbox[0].to == ["paul.neuf@ilvm.example"]
    nouveau_compte(lien())
    assert Utilisateur.objects.filter(courriel="paul.neuf@ilvm.example").exists()
    for colle in (
        "paul.neuf@ilvm.example",
        "\ufeffpaul.neuf@ilvm.example\u200b",
        "paul.neuf@ILVM.example\u00a0",
    ):
        autre = Client()
        autre.post("/connexion/", {"username": colle, "password": MOT_DE_PASSE})
        assert "_auth_user_id" in autre.session, ascii(colle)


def test_un_compte_fait_a_la_main_se_retrouve(db):
    Utilisateur.objects.create_user("Anne\u200b@TEST.example ", "x" * 12)
    assert Utilisateur.objects.get_by_natural_key("\u200eanne@test.example").courriel == "Anne@test.example"


def test_l_api_ne_garde_rien_d_invisible(programme):
    corps = {
        **NADIA,
        "courriel": "nadia@ilvm\u2011x.example\u200b",
        "site": "\ufeffwww.ilvm\u2011x.example/a\u200b ",
        "telephone_fixe": "\u200e01 49 80 00 01",
    }
    lu = programme("POST", "contacts/", {**corps, "identifiant": "NB\u00a0SP\u200b"}).lu
    assert (lu["courriel"], lu["site"]) == ("nadia@ilvm-x.example", "https://www.ilvm-x.example/a")
    assert (lu["telephone_fixe"], lu["identifiant"]) == ("0149800001", "NB SP")
    assert programme("GET", "contacts/par-identifiant/?identifiant=NB%20SP%EF%BB%BF").status_code == 200


# --- K2: separators in codes ---


@pytest.mark.parametrize("nda", ["11940678994", "01973000197", "942A1234520", "95970000097"])
def test_un_nda_a_onze_chiffres(nda):
    valider_nda(nda)


@pytest.mark.parametrize(
    "nda", ["abc", "1194067899", "119406789941", "00940678994", "1194O678994", "11 94 06789 94"]
)
def test_un_nda_qui_n_en_est_pas_un_est_refuse(nda):
    with pytest.raises(ValidationError, match="11 chiffres"):
        valider_nda(nda)


def test_l_administration_lit_les_codes_comme_elle_les_montre(client, administrateur, monde):  # noqa: F811
    client.force_login(administrateur, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(adresse(monde.organisme)).text
    assert (
        "maxlength" not in page[page.index('name="siret"') :].split(">")[0]
        and "maxlength" not in page[page.index('name="nda"') :].split(">")[0]
    )
    for siret, nda in (
        ("356 000 000 09075", "11 75 12345 75"),
        ("356.000.000-09075\u200b", "11\u00a075\u00a012345\u00a075"),
    ):
        Organisme.objects.update(siret="41234567800019", nda="")
        assert enregistrer(client, monde.organisme, siret=siret, nda=nda).status_code == 302
        monde.organisme.refresh_from_db()
        assert (monde.organisme.siret, monde.organisme.nda) == ("35600000009075", "11751234575")
    assert "11 chiffres" in texte(enregistrer(client, monde.organisme, nda="abc"))
    liste = adresse(Organisme, "changelist")
    for q in ("356 000 000 09075", "35600000009075", "356 000 000", "11 75 12345 75", "11.75", "Institut"):
        assert "35600000009075" in client.get(liste, {"q": q}).text, q
    assert "35600000009075" not in client.get(liste, {"q": "412 345 678 00012"}).text
    monde.session("s1")
    assert ">s1<" in client.get(adresse(Session, "changelist"), {"q": "356 000 000-09075"}).text


@pytest.mark.parametrize("code", ["RNCP 38413", "rncp-38413", "RNCP n° 38413", " RNCP\u201138413\u200b"])
def test_une_certification_se_nomme_avec_ou_sans_separateur(programme, monde, code):
    Certification.objects.create(code=code, type_certification="rncp", intitule="X")
    assert (
        Certification.objects.filter(code=code, intitule="X").values_list("code", flat=True).get()
        == "RNCP38413"
    )
    offre = programme("PATCH", f"offres/{monde.offre.pk}/", {"certification": code})
    assert offre.lu["certification"] == "RNCP38413", offre.lu
    assert len(programme.tout("certifications/?code=rncp%2038413")) == 1
    assert len(programme.tout("offres/?certification=RNCP%2038413")) == 1


@pytest.mark.parametrize(
    ("saisi", "pays", "garde"),
    [
        ("94 550", "FR", "94550"),
        ("F-94550", "FR", "94550"),
        ("94\u202f550\u200b", "FR", "94550"),
        ("SW1A  1AA", "GB", "SW1A 1AA"),
        ("100 00", "SE", "100 00"),
    ],
)
def test_un_code_postal_se_lit_selon_son_pays(programme, saisi, pays, garde):
    reponse = programme("POST", "adresses/", {**LIEU, "code_postal": saisi, "pays": pays})
    assert reponse.status_code == 201, reponse.lu
    assert reponse.lu["code_postal"] == garde == Adresse.objects.get(titre="Annexe").code_postal


def test_un_code_postal_faux_reste_refuse(client_, monde):
    for faux in ("9455", "945500", "00000", "99999", "2A000"):
        assert "un code postal compte 5 chiffres" in texte(
            ajouter(client_, "adresse", {**LIEU, "code_postal": faux})
        ), faux


# --- K3: identifiers that look alike ---

SEMBLABLES = [
    "session\u2011duree",
    "session\u2010duree",
    "session–duree",
    "session−duree",
    "ＳESSION－duree",
    " session-duree\u200b",
]


@pytest.mark.parametrize("autre", SEMBLABLES, ids=ascii)
def test_deux_identifiants_semblables_sont_le_meme(autre):
    assert normaliser_identifiant(autre) == normaliser_identifiant("session-duree") == "session-duree"


@pytest.mark.parametrize(
    ("un", "autre"),
    [
        ("L'été  2027", "l’ÉTÉ\u00a02027"),
        ("a   b", "A B"),
        ("n°\u20091", "N° 1"),
        ("ﬁn", "FIN"),
        ("e\u0301t", "Ét"),
    ],
    ids=ascii,
)
def test_espaces_apostrophes_et_formes_ne_distinguent_pas(un, autre):
    assert normaliser_identifiant(un) == normaliser_identifiant(autre)
    assert normaliser_identifiant(normaliser_identifiant(un)) == normaliser_identifiant(un)


def test_a_chaque_niveau_un_seul_des_deux_et_on_le_retrouve(programme, monde):
    monde.session("session-duree")
    Contact.objects.filter(pk=monde.contact.pk).update(
        identifiant="Service  A-B", identifiant_normalise="service a-b"
    )
    monde.offre.identifiant, monde.action.identifiant = "offre-un", "action-un"
    monde.offre.save()
    monde.action.save()
    for fiche, autre in (
        (Session(action=monde.action, organisme=monde.organisme), "SESSION\u2011duree"),
        (monde.nouvelle_offre("x"), "Offre–un"),
    ):
        form = IdentifiantForm({"identifiant": autre}, fiche=fiche)
        assert not form.is_valid() and "déjà utilisé" in str(form.errors)
    par_action = "actions/par-identifiant/?offre=offre%E2%80%91un&identifiant=action%E2%88%92un"
    assert programme("GET", par_action).lu["id"] == monde.action.pk
    adresse_ = "sessions/par-identifiant/?offre=offre-un&action=action-un&identifiant=session%E2%80%93duree"
    assert programme("GET", adresse_).lu["identifiant"] == "session-duree"
    assert [s["identifiant"] for s in programme.tout("sessions/?identifiant=session%E2%80%91duree")] == [
        "session-duree"
    ]
    assert (
        programme("GET", "contacts/par-identifiant/?identifiant=service%C2%A0a%E2%80%91b").lu["id"]
        == monde.contact.pk
    )
    pris = programme("POST", "contacts/", {**NADIA, "identifiant": "service a–b"})
    assert pris.status_code == 422 and pris.lu["raisons"][0]["champ"] == "identifiant"
    pris = programme("POST", "adresses/", {**LIEU, "titre": "siège\u00a0"})
    assert pris.status_code == 422 and pris.lu["raisons"][0]["champ"] == "titre"


def test_deux_identifiants_devenus_semblables_vivent_cote_a_cote(monde):
    """Check that both records can be saved when a later, stricter rule makes their identifiers equal."""
    double = monde.session("provisoire")
    monde.session("c-d")
    Session.objects.filter(pk=double.pk).update(identifiant="c\u2011d", identifiant_normalise="c\u2011d")
    double = Session.objects.get(pk=double.pk)
    double.save()
    assert Session.objects.get(pk=double.pk).identifiant_normalise == "c\u2011d"


def test_une_ville_est_une_entree_comment_qu_on_l_ecrive(client_, monde):
    for rang, ville in enumerate(
        ("Chevilly-Larue", "CHEVILLY  LARUE", "Creteil", "Créteil", "L’Haÿ-les-Roses", "L'Hay les Roses")
    ):
        lieu = Adresse.objects.create(
            organisme=monde.organisme, **{**LIEU, "titre": f"L{rang}", "ville": ville}
        )
        action = monde.nouvelle_action(f"ICI-{rang}")
        Action.objects.filter(pk=action.pk).update(lieu_de_formation=lieu)
    page = client_.get("/catalogue/", {"plus": "1"}).text
    villes = page[page.index('name="ville"') :].split("</select>")[0]
    assert villes.count("<option") == 4, villes
    assert all(nom in villes.replace("&#x27;", "'") for nom in (">CHEVILLY-LARUE<", ">CRÉTEIL<"))
    for ecrite in ("CRÉTEIL", "creteil"):
        page = client_.get("/catalogue/", {"ville": ecrite}).text
        assert "ICI-2" in page and "ICI-3" in page and "ICI-0" not in page
        assert 'value="CRÉTEIL" selected' in page
    page = client_.get("/catalogue/", {"ville": "chevilly larue"}).text
    assert "ACTION-1" in page and "ICI-0" in page and "ICI-1" in page and "ICI-4" not in page


# --- K7: line breaks in single-line values ---


@pytest.mark.parametrize("saut", ["\n", "\r\n", "\t", "\u2028"], ids=ascii)
def test_l_api_range_un_intitule_sur_une_ligne_et_l_ecran_n_y_change_rien(programme, client_, monde, saut):
    assert (
        programme(
            "PATCH",
            f"offres/{monde.offre.pk}/",
            {"intitule": f"Bilan{saut}logistique", "points_forts": f"a{saut}b"},
        ).status_code
        == 200
    )
    offre = Offre.objects.get(pk=monde.offre.pk)
    assert (offre.intitule, offre.points_forts) == ("Bilan logistique", "a b")
    form = OffreForm(OffreForm.saisie_de(offre), fiche=offre)
    assert form.is_valid() and form.cleaned_data["intitule"] == offre.intitule and not form.changed_data


def test_ce_qui_fut_range_sur_deux_lignes_garde_ses_mots(client_, monde):
    Offre.objects.filter(pk=monde.offre.pk).update(
        intitule=models.functions.Concat(models.Value("Bilan\n"), models.Value("logistique"))
    )
    assert Offre.objects.get(pk=monde.offre.pk).intitule == "Bilan\nlogistique"
    assert 'value="Bilan logistique"' in client_.get(f"/catalogue/offres/{monde.offre.pk}/modifier/").text


def test_un_texte_de_plusieurs_lignes_ne_change_pas_de_fins_de_ligne(programme, client_, monde):
    cree = programme(
        "POST", "adresses/", {**LIEU, "accessibilite_batimentaire": "Rampe\nAscenseur\u2028Boucle"}
    ).lu
    assert cree["accessibilite_batimentaire"] == "Rampe\nAscenseur\nBoucle"
    lieu = Adresse.objects.get(pk=cree["id"])
    envoye = {nom: getattr(lieu, nom) or "" for nom in AdresseForm._meta.fields} | {
        "accessibilite_batimentaire": "Rampe\r\nAscenseur\r\nBoucle"
    }
    form = AdresseForm(envoye, instance=lieu, organisme=monde.organisme)
    assert form.is_valid(), form.errors
    assert (
        "accessibilite_batimentaire" not in form.changed_data
        and form.instance.accessibilite_batimentaire == cree["accessibilite_batimentaire"]
    )
    assert isinstance(Adresse._meta.get_field("accessibilite_batimentaire"), LignesField)


# --- K8: validity of values that have the right length ---


@pytest.mark.parametrize(
    ("saisi", "lu"),
    [
        *(
            ("01 49 80 77 66", "0149807766"),
            ("00 33 1 49 80 77 66", "+33149807766"),
            ("0033 (0)1 49 80 77 66", "+33149807766"),
        ),
        *(
            ("+33 01 49 80 77 66", "+33149807766"),
            ("(+33) 1.49.80.77.66", "+33149807766"),
            ("\u200e01\u201149\u201180\u201177\u201166", "0149807766"),
        ),
        *(
            ("39 36", "3936"),
            ("118 218", "118218"),
            ("0 800 123 456", "0800123456"),
            ("+32 2 555 12 12", "+3225551212"),
            ("00 49 30 1234", "+49301234"),
        ),
        *(
            ("+262 262 12 34 56", "+262262123456"),
            ("+687 27 12 34", "+687271234"),
            ("40 41 42 43", "40414243"),
        ),
    ],
)
def test_un_telephone_se_lit(saisi, lu):
    assert normaliser_telephone(saisi) == lu == normaliser_telephone(lu)
    valider_telephone(saisi)


@pytest.mark.parametrize(
    "saisi",
    [
        "01 49 80 00 0",
        "00000000",
        "0000000000",
        "01 49 80 00 000",
        "+33 1 49 80 77 6",
        "+33 1 49 80 77 666",
        "0",
        "12",
        "00",
        "+",
        "+0149807766",
        "1" * 16,
        "poste 12",
    ],
)
def test_un_telephone_incomplet_est_refuse(saisi):
    with pytest.raises(ValidationError, match="10 chiffres"):
        valider_telephone(saisi)


@pytest.mark.parametrize(
    "site",
    [
        "contact@ilvm.example",
        "https://contact@ilvm.example",
        "mailto:contact@ilvm.example",
        "contact@ilvm",
        " Contact@ILVM.example\u200b",
    ],
)
def test_une_adresse_e_mail_n_est_pas_un_site(programme, client_, monde, site):
    phrase = "Ceci est une adresse e-mail"
    for methode, ou, corps in (
        ("POST", "contacts/", {**NADIA, "site": site}),
        ("PATCH", f"actions/{monde.action.pk}/", {"url_action": site}),
    ):
        reponse = programme(methode, ou, corps)
        assert reponse.status_code == 422 and phrase in reponse.lu["raisons"][0]["phrase"], reponse.lu
    assert phrase in texte(ajouter(client_, "contact", {**NADIA, "site": site}))
    with pytest.raises(ValidationError):
        Action._meta.get_field("url_action").clean(site, monde.action)


@pytest.mark.parametrize(
    "site",
    [
        "aucun",
        "www.ilvm example",
        "javascript:alert(1)",
        "https://localhost/",
        "http://192.168.1.10/",
        "ftp://ilvm.example",
        "http://intranet.local",
    ],
)
def test_ce_que_le_public_ne_peut_pas_joindre_n_est_pas_un_site(site):
    with pytest.raises(ValidationError):
        champ = Contact._meta.get_field("site")
        champ.clean(champ.formfield().clean(site), Contact())


@pytest.mark.parametrize(
    "site", ["https://www.ilvm.example/@ilvm", "http://ilvm.example:8080/a?b=c@d", "https://été.example"]
)
def test_un_site_ordinaire_est_admis(site):
    valider_site(site)


@pytest.mark.parametrize(
    "ecrite", ["01092127", "01 09 2127", "01.09.2127", "2127-09-01", "1er septembre 2127", "\u200e01/09/2127"]
)
def test_une_date_se_tape_partout_comme_on_l_ecrit(client_, monde, ecrite):
    session = Session(action=monde.action, organisme=monde.organisme)
    form = SessionForm({"date_debut": ecrite}, fiche=session)
    assert form.is_valid() and f"{form.cleaned_data['date_debut']}" == "2127-09-01"
    dates = ActionForm.base_fields["dates_information"].clean(f"{ecrite}, 02/09/2127")
    assert [str(jour) for jour in dates] == ["2127-09-01", "2127-09-02"]
    for champ in (Qualiopi._meta.get_field("du"), Certification._meta.get_field("date_fin_enregistrement")):
        assert str(champ.formfield().clean(ecrite)) == "2127-09-01"
    assert "pas lisible" not in texte(client_.get("/catalogue/", {"du": ecrite}))


def test_une_annee_lointaine_se_dit_sans_bloquer(programme, monde):
    annee = aujourd_hui().year
    session = monde.session("s1")
    for debut, fin, phrase in (
        (
            f"{annee + 181}-09-01",
            f"{annee + 181}-12-01",
            f"La session commence en {annee + 181}, dans plus de 4 ans",
        ),
        (
            f"{annee + 1}-09-01",
            f"{annee + 181}-12-01",
            f"La session finit en {annee + 181}, plus de 4 ans après son début",
        ),
        (f"{annee + 1}-09-01", f"{annee + 3}-12-01", ""),
    ):
        reponse = programme("PATCH", f"sessions/{session.pk}/", {"date_debut": debut, "date_fin": fin})
        assert reponse.status_code == 200
        assert phrase in " ".join(reponse.lu["avertissements"]) and bool(
            reponse.lu["avertissements"]
        ) == bool(phrase)
        form = SessionForm(
            SessionForm.saisie_de(Session.objects.get(pk=session.pk)),
            fiche=Session.objects.get(pk=session.pk),
            exiger=True,
        )
        assert form.is_valid() and phrase in " ".join(form.avertissements)


def test_les_nombres_se_lisent_a_la_francaise():
    champs = ActionForm.base_fields
    assert (
        str(champs["ht_20"].clean("\u200e5\u202f000,00\u00a0€")) == "5000.00"
        and champs["duree_totale"].clean("1\u00a0200\u200b") == 1200
    )
    assert str(AdresseForm.base_fields["latitude"].clean("\u221248,5\u200b")) == "-48.500000"
    assert isinstance(Organisme._meta.get_field("siret"), CodeField)
