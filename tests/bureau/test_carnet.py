"""Tests of the forms of « Contacts et adresses »: what is stored, and one entry for a form sent twice."""

import html
import re
import uuid

import pytest
from django.db import IntegrityError, transaction

from catalogue.cycle_de_vie import executer
from organismes.droits import Operation
from organismes.forms import AdresseForm, ContactForm
from organismes.models import Adresse, Contact
from organismes.validateurs import afficher_telephone, normaliser_courriel, normaliser_telephone
from tests.carnet import LIEU, NADIA, ajouter, juste_avant, lue, nouveau, texte
from tests.conftest import Monde


@pytest.fixture
def client_(monde, connecter):
    return connecter(monde.gestionnaire)


# --- Identifiers ---


@pytest.mark.exigence("D-04")
def test_un_contact_sans_identifiant_prend_son_nom(monde):
    assert [nouveau(monde).identifiant for _ in range(3)] == ["Nadia Roux", "Nadia Roux 2", "Nadia Roux 3"]
    assert (
        nouveau(monde, "R" * 50).identifiant == f"Nadia {'R' * 24}"
        and nouveau(monde, "R" * 50).identifiant == f"Nadia {'R' * 22} 2"
    )
    assert nouveau(Monde("Autre", "52345678900017")).identifiant == "Nadia Roux"
    with pytest.raises(IntegrityError), transaction.atomic():
        nouveau(monde, identifiant=" nadia ROUX ")


def test_l_identifiant_pris_se_dit_a_cote_du_champ(client_, monde):
    nouveau(monde, identifiant="INS-1")
    reponse = ajouter(client_, "contact", {**NADIA, "identifiant": " ins-1"})
    assert reponse.status_code == 422 and "Un autre contact porte déjà cet identifiant." in texte(reponse)
    reponse = ajouter(client_, "adresse", {**LIEU, "titre": "SIÈGE"})
    assert (
        reponse.status_code == 422
        and 'id="id_titre_error"' in texte(reponse)
        and "Une autre adresse porte déjà ce titre." in texte(reponse)
    )
    assert ajouter(client_, "contact", NADIA).status_code == 302
    assert set(Contact.objects.filter(nom="Roux").values_list("identifiant", flat=True)) == {
        "INS-1",
        "Nadia Roux",
    }


# --- Typed, stored and displayed values ---


@pytest.mark.parametrize(
    ("saisi", "stocke", "affiche"),
    [
        ("01 49 80 00 00", "0149800000", "01 49 80 00 00"),
        ("01.49.80.00.00", "0149800000", "01 49 80 00 00"),
        ("+33 (0)1 49 80 00 00", "+33149800000", "+33 1 49 80 00 00"),
        ("39 36", "3936", "39 36"),
        ("+32 2 123 45 67", "+3221234567", "+3221234567"),
    ],
)
def test_le_telephone_se_normalise_et_se_relit(saisi, stocke, affiche):
    assert normaliser_telephone(saisi) == stocke and afficher_telephone(stocke) == affiche


def test_le_formulaire_normalise_et_redit(client_, monde):
    valeurs = {
        **NADIA,
        "courriel": "\u00a0Nadia@ILVM.Example ",
        "site": "www.ilvm.example",
        "telephone_portable": "06.12.34.56.78",
    }
    reponse = client_.get(ajouter(client_, "contact", valeurs).url)
    contact = Contact.objects.get(nom="Roux")
    assert (contact.courriel, contact.site, contact.telephone_portable) == (
        "Nadia@ilvm.example",
        "https://www.ilvm.example",
        "0612345678",
    )
    assert "06\u00a012\u00a034\u00a056\u00a078" in texte(reponse)
    assert 'value="01 49 80 00 01"' in texte(client_.get(f"/carnet/contacts/{contact.pk}/modifier/"))
    assert normaliser_courriel("sans-arobase") == "sans-arobase"


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        (
            "courriel",
            "nadia@",
            "Cette adresse de courriel n'est pas valable : écrivez-la comme prenom.nom@organisme.fr.",
        ),
        (
            "courriel",
            f"{'n' * 160}@ilvm.example",
            "Une adresse de courriel compte au plus 160 caractères (la vôtre en compte 173).",
        ),
        ("telephone_fixe", "à demander", "Saisissez un numéro de téléphone : 10 chiffres"),
        ("telephone_fixe", "", "Ce champ est obligatoire."),
        ("telephone_portable", "1" * 16, "Saisissez un numéro de téléphone"),
        ("nom", "R" * 51, "au plus 50 caractères"),
        ("nom", "Ro\u202eux", "caractères invisibles"),
        ("prenom", "N\x00", "nul"),
        ("site", "javascript:alert(1)", "URL"),
        ("civilite", "docteur", "choix valide"),
    ],
)
def test_un_contact_refuse_garde_tout(client_, champ, valeur, phrase):
    reponse = ajouter(client_, "contact", {**NADIA, "fonction": "Accueil", champ: valeur})
    assert reponse.status_code == 422 and not Contact.objects.filter(telephone_fixe="0149800001").exists()
    assert (
        phrase in texte(reponse)
        and f'href="#id_{champ}"' in texte(reponse)
        and 'value="Accueil"' in texte(reponse)
    )


@pytest.mark.parametrize(
    ("valeurs", "champ", "phrase"),
    [
        ({"ligne_5": ""}, "libelle_voie", "Indiquez la voie, ou à défaut le lieu-dit ou la boîte postale."),
        ({"code_postal": ""}, "code_postal", "En France, un code postal compte 5 chiffres."),
        ({"code_postal": "3500"}, "code_postal", "En France, un code postal compte 5 chiffres."),
        ({"latitude": "48,7"}, "longitude", "Renseignez aussi la longitude, ou laissez les deux vides."),
        ({"latitude": "91", "longitude": "2"}, "latitude", "inférieure ou égale à 90"),
        ({"latitude": "NaN", "longitude": "1e400"}, "latitude", "nombre"),
        ({"libelle_voie": "a" * 33}, "libelle_voie", "au plus 32 caractères"),
        ({"pays": "XX"}, "pays", "choix valide"),
        ({"ville": ""}, "ville", "Ce champ est obligatoire."),
    ],
)
def test_une_adresse_refusee_dit_ou(client_, valeurs, champ, phrase):
    reponse = ajouter(client_, "adresse", {**LIEU, **valeurs})
    assert reponse.status_code == 422 and Adresse.objects.count() == 1
    assert phrase in texte(reponse) and f'href="#id_{champ}"' in texte(reponse)


def test_une_adresse_complete_en_france_et_ailleurs(client_, monde):
    complete = {
        **LIEU, "denomination_2": "Bâtiment C", "denomination_3": "2e étage", "numero_voie": "12",
        "indice_repetition": "B",
        "nature_voie": "AV", "libelle_voie": "de la Cité", "latitude": "48,7654321987", "longitude": "2.35",
        "conformite_reglementaire": "on", "accessibilite_batimentaire": "Ascenseur",
    }  # fmt: skip
    assert ajouter(client_, "adresse", complete).status_code == 302
    adresse = Adresse.objects.get(titre="Annexe")
    assert (
        str(adresse) == "12 bis avenue de la Cité, ZA Les Prés, 35000 Rennes"
        and f"{adresse.latitude}" == "48.765432"
    )
    assert adresse.denominations == ["ILVM", "Bâtiment C", "2e étage"] and adresse.conformite_reglementaire
    ailleurs = {
        "titre": "Bruxelles",
        "denomination": "ILVM",
        "ville": "Bruxelles",
        "pays": "BE",
        "code_postal": "1040",
    }
    assert ajouter(client_, "adresse", ailleurs).status_code == 302
    assert str(Adresse.objects.get(pays="BE")) == "1040 Bruxelles, Belgique"


# --- Address on one line ---


def test_remplir_ecrase_les_parties_et_rien_d_autre(client_, monde):
    typees = {
        "titre": "Annexe",
        "libelle_voie": "tapé",
        "pays": "FR",
        "ligne": "12 bis av. de la Cité 94550 Chevilly-Larue",
    }
    reponse = ajouter(client_, "adresse", typees, operation="remplir")
    assert reponse.status_code == 200 and Adresse.objects.count() == 1
    for morceau in (
        'value="Annexe"',
        'value="12"',
        '"B" selected',
        '"AV" selected',
        'value="de la Cité"',
        'value="94550"',
        "vérifiez-les",
    ):
        assert morceau in texte(reponse)
    assert "Ce champ est obligatoire" not in texte(reponse) and "tapé" not in texte(reponse)


def test_remplir_montre_ce_qui_ne_tient_pas(client_, monde):
    ligne = "12 rue du Professeur Émérite Jean-Baptiste de la Tour d'Auvergne 94550 Chevilly-Larue"
    reponse = ajouter(client_, "adresse", {"ligne": ligne}, operation="remplir")
    assert (
        reponse.status_code == 422
        and "au plus 32 caractères" in texte(reponse)
        and "d'Auvergne" in texte(reponse)
    )
    for vide in ("", "x" * 301):
        reponse = ajouter(client_, "adresse", {"libelle_voie": "tapé", "ligne": vide}, operation="remplir")
        assert (
            reponse.status_code == 422 and 'href="#id_ligne"' in texte(reponse) and "tapé" in texte(reponse)
        )


def test_une_ligne_oubliee_est_decoupee_plutot_que_refusee(client_, monde):
    reponse = ajouter(
        client_,
        "adresse",
        {"titre": "X", "denomination": "Y", "ligne": "3 rue de la Gare 94000 Créteil"},
        operation="enregistrer",
    )
    assert (
        reponse.status_code == 200 and 'value="de la Gare"' in texte(reponse) and Adresse.objects.count() == 1
    )
    reponse = ajouter(
        client_, "adresse", {**LIEU, "ligne": "3 rue de la Gare 94000 Créteil"}, operation="enregistrer"
    )
    assert reponse.status_code == 302 and Adresse.objects.get(titre="Annexe").ville == "Rennes"


# --- Forms sent twice or opened twice ---


def test_envoye_deux_fois_cree_une_fois(client_, monde):
    for genre, valeurs, modele in (("contact", NADIA, Contact), ("adresse", LIEU, Adresse)):
        adresse = f"/carnet/{genre}s/ajouter/"
        donnees = {**valeurs, "version": lue(client_.get(adresse))}
        premiere, seconde = client_.post(adresse, donnees), client_.post(adresse, donnees)
        assert premiere.status_code == seconde.status_code == 302 and premiere.url == seconde.url
        assert modele.objects.count() == 2
    assert (
        client_.post("/carnet/contacts/ajouter/", {**NADIA, "version": "n'importe quoi"}).status_code == 302
    )


@pytest.mark.django_db(transaction=True)
def test_envoyes_en_meme_temps():
    monde = Monde()
    cle = uuid.uuid4()
    form = ContactForm({**NADIA, "identifiant": "n", "version": cle.hex}, organisme=monde.organisme)
    with juste_avant('INSERT INTO "organismes_contact"', lambda: nouveau(monde, cle_de_creation=cle)):
        cree = form.enregistrer(monde.gestionnaire)
    assert cree.cle_de_creation == cle and Contact.objects.count() == 2
    sans_identifiant = ContactForm({**NADIA, "nom": "Petit", "version": ""}, organisme=monde.organisme)
    with juste_avant('INSERT INTO "organismes_contact"', lambda: nouveau(monde, "Petit")):
        assert sans_identifiant.enregistrer(monde.gestionnaire).identifiant == "Nadia Petit 2"
    lieu = AdresseForm({**LIEU, "version": ""}, organisme=monde.organisme)
    with juste_avant(
        'INSERT INTO "organismes_adresse"',
        lambda: Adresse.objects.create(organisme=monde.organisme, **{**LIEU, "titre": "ANNEXE"}),
    ):
        assert lieu.enregistrer(monde.gestionnaire) is None
    assert lieu.errors["titre"] == ["Une autre adresse porte déjà ce titre."]


@pytest.mark.django_db(transaction=True)
def test_modifier_ce_qui_vient_d_etre_supprime(client, connecter):
    monde = Monde()
    nadia = nouveau(monde)
    client_ = connecter(monde.gestionnaire)
    adresse = f"/carnet/contacts/{nadia.pk}/modifier/"
    donnees = {**NADIA, "fonction": "Accueil", "version": lue(client_.get(adresse))}
    with juste_avant(
        'SELECT "organismes_contact"."modifie_le"', lambda: Contact.objects.filter(pk=nadia.pk).delete()
    ):
        reponse = client_.post(adresse, donnees)
    assert (
        reponse.status_code == 422
        and "supprimée entre-temps" in texte(reponse)
        and 'value="Accueil"' in texte(reponse)
    )
    assert not Contact.objects.filter(pk=nadia.pk).exists()


def test_deux_personnes_modifient_le_meme_contact(client_, monde):
    adresse = f"/carnet/contacts/{monde.contact.pk}/modifier/"
    vieux = lue(client_.get(adresse))
    for _ in range(2):  # The same values sent twice are not a conflict.
        assert client_.post(adresse, {**NADIA, "identifiant": "N", "version": vieux}).status_code == 302
    reponse = client_.post(adresse, {**NADIA, "nom": "Petit", "version": vieux})
    assert (
        reponse.status_code == 422
        and "modifiée par quelqu'un d'autre" in texte(reponse)
        and "Ce qui diffère" in texte(reponse)
    )
    assert Contact.objects.get().nom == "Roux" and 'value="Petit"' in texte(reponse)
    assert client_.post(adresse, {**NADIA, "nom": "Petit", "version": lue(reponse)}).status_code == 302
    assert Contact.objects.get().nom == "Petit"


def test_modifier_ne_promet_rien_de_ce_que_le_public_ne_voit_pas(client_, monde):
    accueil = nouveau(monde, "Accueil")
    session = monde.session("a", contact_inscription=accueil, ouverte=True)
    executer(session, Operation.FERMER, par=monde.gestionnaire)
    adresse = f"/carnet/contacts/{accueil.pk}/modifier/"
    page = client_.get(adresse)
    assert "seront vus par le public" not in texte(page)
    reponse = client_.post(adresse, {**NADIA, "version": lue(page)}, follow=True)
    assert "Le contact a bien été modifié." in texte(reponse) and "Le public verra" not in texte(reponse)


def test_modifier_previent_du_public(client_, monde):
    accueil = nouveau(monde, "Accueil")
    monde.session("a", contact_inscription=accueil, ouverte=True)
    monde.session("b", contact_inscription=accueil)
    adresse = f"/carnet/contacts/{accueil.pk}/modifier/"
    page = client_.get(adresse)
    assert "1\u00a0fiche active montre ce contact : ces changements seront vus par le public le" in texte(
        page
    )
    reponse = client_.post(adresse, {**NADIA, "version": lue(page)}, follow=True)
    assert "Le contact a bien été modifié. Le public verra le changement le" in texte(reponse)
    evenement = Contact.pgh_event_model.objects.order_by("pgh_id").last()
    assert (
        evenement.pgh_context.metadata["operation"] == "modifier"
        and evenement.pgh_context.metadata["utilisateur"] == monde.gestionnaire.pk
    )


# --- The same forms in the session wizard ---


def test_la_ligne_et_le_double_envoi_dans_le_panneau(client_, monde):
    adresse = f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/"
    preuve = html.unescape(
        re.search(
            r'name="verification" value="([^"]+)"',
            client_.get(adresse, {"identifiant": "x"}).content.decode(),
        )[1]
    )
    commun = {
        "identifiant": "x",
        "verification": preuve,
        "modalites_particulieres": "Le samedi",
        "adresse_inscription-pays": "FR",
    }
    vide = client_.post(adresse, {**commun, "operation": "nouveau:adresse_inscription"})
    cle = re.search(r'name="adresse_inscription-version" value="([^"]+)"', vide.content.decode())[1]
    panneau = {
        "adresse_inscription-version": cle,
        "adresse_inscription-titre": "Annexe",
        "adresse_inscription-denomination": "ILVM",
    }
    # An open panel in which nothing was typed does not prevent saving the session.
    assert (
        client_.post(
            adresse, {**commun, "adresse_inscription-version": cle, "operation": "enregistrer"}
        ).status_code
        == 302
    )
    ligne = {"adresse_inscription-ligne": "12 bis av. de la Cité 94550 Chevilly-Larue"}
    contact = {"contact_inscription-version": uuid.uuid4().hex, "contact_inscription-prenom": "Nadia"}
    rempli = client_.post(
        adresse,
        {
            **commun,
            **panneau,
            **ligne,
            **contact,
            "identifiant": "x",
            "operation": "remplir:adresse_inscription",
        },
    )
    assert 'name="adresse_inscription-libelle_voie" value="de la Cité"' in texte(
        rempli
    ) and "Le samedi" in texte(rempli)
    assert 'name="contact_inscription-prenom" value="Nadia"' in texte(
        rempli
    ) and 'id="id_contact_inscription-nom_error"' not in texte(rempli)
    complet = {
        **commun,
        **panneau,
        "adresse_inscription-ligne_5": "ZA",
        "adresse_inscription-code_postal": "94550",
        "adresse_inscription-ville": "Chevilly",
        "operation": "creer:adresse_inscription",
    }
    for _ in range(2):
        reponse = client_.post(adresse, complet)
        annexe = Adresse.objects.get(titre="Annexe")
        assert reponse.status_code == 200 and f'<option value="{annexe.pk}" selected>' in texte(reponse)


def test_le_panneau_propose_et_ne_replie_pas_ce_qui_compte(client_, monde):
    monde.organisme.raison_sociale = "Institut de formation professionnelle et continue du Val-de-Marne"
    monde.organisme.save()
    page = texte(client_.get("/carnet/adresses/ajouter/"))
    assert 'value="Institut de formation professionnelle et continue"' in page
    # The proposed value does not count as typed, and does not replace the value of an existing address.
    vide = {**dict.fromkeys(LIEU, ""), "pays": "FR", "denomination": ""}
    assert not AdresseForm(vide, organisme=monde.organisme).est_commencee
    assert 'value="Institut"' in texte(client_.get(f"/carnet/adresses/{monde.lieu.pk}/modifier/"))

    def ouvert(genre, valeurs, operation="enregistrer"):
        page = texte(ajouter(client_, genre, valeurs, operation=operation))
        return 'id="id_version_detail" open' in page

    adresse = {**LIEU, "titre": "", "ligne_5": "", "libelle_voie": "de la Cité"}
    rien = {"adresse": adresse, "contact": {**NADIA, "nom": ""}}
    for genre, valeurs, attendu in (
        ("adresse", {}, False), ("adresse", {"pays": "BE"}, True), ("adresse", {"latitude": "abc"}, True),
        ("adresse", {"ligne_5": "BP 3"}, True),
        ("contact", {}, False), ("contact", {"fonction": "Accueil"}, True),
        ("contact", {"site": "pas un site"}, True),
    ):  # fmt: skip
        assert ouvert(genre, {**rien[genre], **valeurs}) is attendu, (genre, valeurs)


def test_un_contact_se_remplit_d_une_signature(client_, monde):
    signature = "Mme Claire MOREAU\r\nResponsable\r\nTél. : 01 49 80 77 68\r\nc.moreau@ilvm.example"
    saisie = {"ligne": signature, "site": "https://deja.example"}
    page = texte(ajouter(client_, "contact", saisie, operation="remplir"))
    lues = ("Claire", "MOREAU", "Responsable", "01 49 80 77 68", "c.moreau@ilvm.example")
    for valeur in (*lues, "https://deja.example"):
        assert f'value="{valeur}"' in page, valeur
    assert 'value="madame" selected' in page and not Contact.objects.filter(nom="MOREAU").exists()
    # On saving, the line is split rather than refused. For an empty line, the message tells what to write.
    laissee = ajouter(client_, "contact", {"ligne": signature}, operation="enregistrer")
    assert 'value="MOREAU"' in texte(laissee)
    refus = ajouter(client_, "contact", {"ligne": " "}, operation="remplir")
    assert refus.status_code == 422 and "Écrivez d'abord le contact" in texte(refus)


def test_une_adresse_se_choisit_par_son_titre(client_, monde):
    attendu = "Siège, 12 avenue de la Cité, 94550 Chevilly Larue"
    annexe = Adresse.objects.create(organisme=monde.organisme, **{**LIEU, "titre": "Annexe"})
    for page in (
        f"/catalogue/actions/{monde.action.pk}/modifier/",
        f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/?identifiant=x",
        f"/carnet/adresses/{annexe.pk}/remplacer/",
        f"/carnet/adresses/{monde.lieu.pk}/modifier/",
    ):
        assert attendu in texte(client_.get(page)), page
