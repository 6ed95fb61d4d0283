"""Tests of the forms of offre and action: required fields, limits, and what depends on the type of offre."""

import html
import re
from decimal import Decimal

import pytest

from catalogue.models import Action, Certification, Offre, TypeFerme
from catalogue.models.offre import REGLES_DE_LA_LIGNE as REGLES_OFFRE
from catalogue.models.regles_action import REGLES_DE_LA_LIGNE as REGLES_ACTION
from organismes.models import Adresse, Contact
from tests.conftest import Monde
from tests.outils import source as texte

TEXTE = "Savoir piloter."


@pytest.fixture
def client_(monde, connecter):
    return connecter(monde.gestionnaire)


@pytest.fixture
def certifications(monde):
    """Create one certification for each type of offre; the registered one has two blocs."""
    blocs = [{"code": "RNCP9BC01", "libelle": "Piloter"}, {"code": "RNCP9BC02", "libelle": "Encadrer"}]
    tous = {
        "certifiante": ("RNCP9", "rncp", blocs), "bilan": ("CPF202", "cpf", []), "vae": ("CPF200", "cpf", []),
        "permis": ("CPF206", "cpf", []), "creation": ("CPF203", "cpf", []), "elu": ("ELU9", "elu", []),
    }  # fmt: skip
    return {
        type_offre: Certification.objects.update_or_create(
            code=code,
            defaults={
                "type_certification": genre,
                "intitule": f"Intitulé {code}",
                "blocs": liste,
                "active": True,
            },
        )[0]
        for type_offre, (code, genre, liste) in tous.items()
    }


def preuve(reponse):
    return html.unescape(re.search(r'name="verification" value="([^"]+)"', reponse.content.decode())[1])


def envoyer(client_, adresse, identifiant, donnees, operation="valider"):
    jeton = preuve(client_.get(adresse, {"identifiant": identifiant}))
    return client_.post(
        adresse, {**donnees, "identifiant": identifiant, "verification": jeton, "operation": operation}
    )


def offre(certification, type_offre="certifiante", **champs):
    complete = {
        "type_offre": type_offre, "certification": certification.pk, "intitule": "Logistique",
        "points_forts": "Des experts",
        "objectif": TEXTE, "resultats_attendus": TEXTE, "contenu": TEXTE, "type_parcours": "mixte",
        "objectif_general": "certification",
        **({"blocs": ["RNCP9BC01"], "blocs_modifiables": "non"} if type_offre == "certifiante" else {}),
        **({"categorisation": "317"} if type_offre == "vae" else {}), **champs,
    }  # fmt: skip
    return {nom: valeur for nom, valeur in complete.items() if valeur is not None}


def action(monde, **champs):
    complete = {
        "modalites_entrees_sorties": "dates_fixes", "modalites_enseignement": "presentiel", "langue": "fr",
        "duree_totale": "20",
        "rythmes": ["en_journee", "temps_plein"], "niveau_entree_obligatoire": "non",
        "existence_prerequis": "oui",
        "conditions_specifiques": "Un an d'expérience", "modalites_admission": ["dossier"],
        "acces_handicapes": "Locaux accessibles",
        "ht_20": "1 000,00 €", "frais_certif_inclus": "aucun", "lieu_de_formation": monde.lieu.pk,
        "contact_du_lieu": monde.contact.pk,
        "contact_information": monde.contact.pk, **champs,
    }  # fmt: skip
    return {nom: valeur for nom, valeur in complete.items() if valeur is not None}


OFFRES = "/catalogue/offres/ajouter/"


def actions(monde):
    return f"/catalogue/offres/{monde.offre.pk}/actions/ajouter/"


@pytest.mark.exigence("S-05", "S-47", "S-48", "S-49", "S-59")
@pytest.mark.parametrize("type_offre", ["certifiante", "bilan", "vae", "permis", "creation", "elu"])
def test_chaque_type_d_offre_se_valide_et_recoit_action_et_session(
    client_, monde, certifications, type_offre
):
    envoi = envoyer(client_, OFFRES, "NOUVELLE", offre(certifications[type_offre], type_offre))
    assert envoi.status_code == 302, re.findall(r'errorlist"[^>]*><li>([^<]+)', texte(envoi))
    creee = Offre.objects.get(identifiant="NOUVELLE")
    assert (creee.statut, creee.type_offre, creee.certification) == (
        "validee",
        type_offre,
        certifications[type_offre],
    )
    monde.offre = creee
    assert envoyer(client_, actions(monde), "A-1", action(monde)).status_code == 302
    cree = Action.objects.get(identifiant="A-1")
    assert (cree.statut, cree.total_ht, cree.total_ttc) == ("validee", Decimal("1000.00"), Decimal("1200.00"))
    assert client_.get(f"/catalogue/actions/{cree.pk}/sessions/ajouter/").status_code == 200
    assert monde.session("S-1", action=cree).statut == "validee"


@pytest.mark.exigence("S-98")
@pytest.mark.parametrize(
    "champ",
    sorted({regle.champ for regle in REGLES_OFFRE} - {"categorisation"}) + ["blocs", "blocs_modifiables"],
)
def test_chaque_manque_de_l_offre_est_nomme(client_, certifications, champ):
    saisie = offre(certifications["certifiante"])
    # Without a type, the fields that depend on it are not displayed.
    for absent in {
        champ,
        *(("certification", "blocs", "blocs_modifiables") if champ == "type_offre" else ()),
    }:
        del saisie[absent]
    refus = envoyer(client_, OFFRES, "X", saisie)
    assert refus.status_code == 422 and not Offre.objects.filter(identifiant="X").exists()
    page = texte(refus)
    assert re.search(rf'href="#id_{champ}\w*"', page) or champ == "type_offre"
    assert 'value="Logistique"' in page or champ == "intitule"
    assert envoyer(client_, OFFRES, "X", saisie, "enregistrer").status_code == 302
    assert Offre.objects.get(identifiant="X").statut == "brouillon"


@pytest.mark.exigence("S-98")
@pytest.mark.parametrize("champ", sorted({regle.champ for regle in REGLES_ACTION}))
def test_chaque_manque_de_l_action_est_nomme(client_, monde, champ):
    vide = {"ttc_20": "ht_20"}.get(champ, champ)
    saisie = action(monde, **{vide: "" if champ == "langue" else None})
    refus = envoyer(client_, actions(monde), "X", saisie)
    assert refus.status_code == 422 and not Action.objects.filter(identifiant="X").exists()
    page = texte(refus)
    assert re.search(rf'href="#id_{champ}"', page) and f'id="id_{champ}"' in page
    assert 'value="Locaux accessibles"' in page or champ == "acces_handicapes"
    assert envoyer(client_, actions(monde), "X", saisie, "enregistrer").status_code == 302
    assert Action.objects.get(identifiant="X").statut == "brouillon"


LIMITES_OFFRE = {
    "intitule": 255,
    "points_forts": 255,
    "objectif": 3000,
    "resultats_attendus": 3000,
    "contenu": 3000,
}
LIMITES_ACTION = {
    "modalites_pedagogiques": 200, "info_admission": 250, "infos_perimetre": 50, "acces_handicapes": 250,
    "restauration": 250,
    "hebergement": 250, "transport": 250, "autres_services": 255, "conditions_specifiques": 3000,
    "modalites_handicap": 3000,
    "modalites_recrutement": 3000, "detail_frais_anpec": 3000,
}  # fmt: skip


@pytest.mark.parametrize(("champ", "limite"), LIMITES_OFFRE.items())
def test_les_limites_de_l_offre(client_, certifications, champ, limite):
    trop = envoyer(
        client_,
        OFFRES,
        "X",
        offre(certifications["certifiante"], **{champ: "é" * (limite + 1)}),
        "enregistrer",
    )
    assert trop.status_code == 422 and "é" * (limite + 1) in texte(trop)
    assert f"Ce texte compte {limite + 1} caractères : {limite} au plus." in texte(trop)
    assert (
        envoyer(
            client_, OFFRES, "X", offre(certifications["certifiante"], **{champ: "é" * limite})
        ).status_code
        == 302
    )
    assert getattr(Offre.objects.get(identifiant="X"), champ) == "é" * limite


@pytest.mark.parametrize(("champ", "limite"), LIMITES_ACTION.items())
def test_les_limites_de_l_action(client_, monde, champ, limite):
    trop = envoyer(client_, actions(monde), "X", action(monde, **{champ: "é" * (limite + 1)}), "enregistrer")
    assert trop.status_code == 422 and "é" * (limite + 1) in texte(trop)
    assert f"Ce texte compte {limite + 1} caractères : {limite} au plus." in texte(trop)
    assert envoyer(client_, actions(monde), "X", action(monde, **{champ: "é" * limite})).status_code == 302


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"duree_totale": "100000"}, "99999"),
        ({"duree_totale": "douze"}, "nombre entier"),
        ({"duree_totale": "-1"}, "supérieure ou égale à 0"),
        ({"ht_20": "mille"}, "nombre"),
        ({"ht_20": "-5"}, "supérieure ou égale à 0"),
        ({"ht_20": "1" * 11}, "chiffres"),
        ({"ht_20": "1000", "ttc_20": "900"}, "sont-ils inversés ?"),
        ({"ht_20": "1000", "ttc_20": "1300"}, "corrigez l'un des deux montants"),
        ({"dates_information": "14/09/2027, 31/02/2027"}, "Date n° 2. Cette date n'est pas lisible"),
        ({"dates_information": "14/09/2027, 15/09/2027, 16/09/2027, 17/09/2027"}, "3"),
        ({"url_action": "pas une adresse"}, "URL"),
        ({"acces_handicapes": "a\u202eb"}, "caractères invisibles"),
        ({"conditions_specifiques": "a\x00b"}, "nul"),
        ({"langue": "xx"}, "choisissez dans la liste"),
        ({"rythmes": ["au_galop"]}, "choisissez dans la liste"),
        ({"lieu_de_formation": "9" * 30}, "choisissez dans la liste"),
    ],
)
def test_ce_qui_ne_peut_etre_lu_est_refuse_et_garde(client_, monde, champs, phrase):
    refus = envoyer(client_, actions(monde), "X", action(monde, **champs))
    assert refus.status_code == 422 and phrase in texte(refus)
    (valeur,) = list(champs.values())[:1]
    assert (
        isinstance(valeur, list)
        or "\x00" in valeur
        or valeur in texte(refus)
        or "lieu" in str(champs)
        or "langue" in champs
    )


@pytest.mark.exigence("S-06", "S-73", "S-74")
def test_le_prix_et_la_modalite_sont_a_l_action_seule(client_, monde, certifications):
    page_action = texte(client_.get(actions(monde), {"identifiant": "X"}))
    page_offre = texte(client_.get(OFFRES, {"identifiant": "X"}))
    assert (
        "A dates fixes" in page_action
        and "Permanentes (sans dates fixes)" in page_action
        and 'name="ttc_20"' in page_action
    )
    assert "vous devrez renseigner des dates de début et de fin de session" in page_action
    assert 'name="ttc_20"' not in page_offre and "date_debut" not in page_offre + page_action


def test_les_lignes_de_prix_se_completent_et_s_additionnent(client_, monde):
    envoyer(
        client_,
        actions(monde),
        "X",
        action(monde, ht_0="300", ttc_5_5="105,50", ht_20="1000,00", ttc_20="1200,40"),
    )
    creee = Action.objects.get(identifiant="X")
    assert (creee.ttc_0, creee.ht_5_5) == (Decimal("300.00"), Decimal("100.00"))
    assert (creee.total_ht, creee.total_ttc, creee.cout_horaire_ht) == (
        Decimal("1400.00"),
        Decimal("1605.90"),
        Decimal("70.00"),
    )
    page = texte(client_.get(f"/catalogue/?o={monde.offre.pk}")).replace("\u202f", " ").replace("\u00a0", " ")
    assert "1 605,90 €" in page and "font 1 200,00 € TTC, et non 1 200,40 €" in page


@pytest.mark.parametrize(
    ("type_offre", "champs", "phrase"),
    [
        ("bilan", {"duree_totale": "25"}, "24 heures au plus"),
        ("elu", {"ht_20": "1600,01"}, "80 € HT de l'heure au plus"),
    ],
)
def test_le_type_de_l_offre_borne_l_action(client_, monde, certifications, type_offre, champs, phrase):
    envoyer(client_, OFFRES, "N", offre(certifications[type_offre], type_offre))
    monde.offre = Offre.objects.get(identifiant="N")
    refus = envoyer(client_, actions(monde), "X", action(monde, **champs))
    assert refus.status_code == 422 and phrase in texte(refus)


def test_le_type_change_ce_que_l_ecran_demande(client_, certifications):
    jeton = preuve(client_.get(OFFRES, {"identifiant": "X"}))

    def adapter(**champs):
        return texte(
            client_.post(
                OFFRES, {"identifiant": "X", "verification": jeton, "operation": "actualiser", **champs}
            )
        )

    assert "Choisissez d'abord le type d'action" in adapter(intitule="Gardé") and 'value="Gardé"' in adapter(
        intitule="Gardé"
    )
    assert 'name="categorisation"' in adapter(type_offre="vae") and "CPF200" in adapter(type_offre="vae")
    assert 'name="recherche"' in adapter(type_offre="certifiante") and 'name="categorisation"' not in adapter(
        type_offre="certifiante"
    )
    choisie = adapter(type_offre="certifiante", certification=certifications["certifiante"].pk)
    assert "RNCP9BC01 - Piloter" in choisie and 'name="blocs_modifiables"' in choisie
    permis = adapter(type_offre="permis")
    assert '<select name="certification"' in permis and "CPF206" in permis and "CPF202" not in permis
    assert re.search(r'value="individualise"[^>]*checked', adapter(type_offre="bilan"))


def test_une_certification_d_un_autre_type_est_refusee(client_, certifications):
    for type_offre, autre in (("certifiante", "bilan"), ("permis", "bilan"), ("elu", "certifiante")):
        refus = envoyer(
            client_, OFFRES, "X", offre(certifications[autre], type_offre, blocs=None, blocs_modifiables=None)
        )
        assert refus.status_code == 422 and "choisissez dans la liste" in texte(refus)


def test_un_type_ferme_n_est_plus_propose_et_l_existant_vit(client_, monde, certifications):
    envoyer(client_, OFFRES, "ANCIENNE", offre(certifications["creation"], "creation"))
    TypeFerme.objects.create(type_offre="creation")
    assert "Création ou reprise" not in texte(client_.get(OFFRES, {"identifiant": "X"}))
    assert envoyer(client_, OFFRES, "X", offre(certifications["creation"], "creation")).status_code == 422
    ancienne = Offre.objects.get(identifiant="ANCIENNE")
    adresse = f"/catalogue/offres/{ancienne.pk}/modifier/"
    page = client_.get(adresse)
    assert "Création ou reprise" in texte(page)
    donnees = offre(certifications["creation"], "creation", intitule="Changé")
    reponse = client_.post(
        adresse, {**donnees, "identifiant": "ANCIENNE", "verification": preuve(page), "operation": "valider"}
    )
    assert reponse.status_code == 302 and Offre.objects.get(pk=ancienne.pk).intitule == "Changé"


def test_une_seule_offre_par_categorie_de_vae(client_, monde, certifications):
    assert envoyer(client_, OFFRES, "V1", offre(certifications["vae"], "vae")).status_code == 302
    refus = envoyer(client_, OFFRES, "V2", offre(certifications["vae"], "vae"))
    assert refus.status_code == 422 and "porte déjà cette catégorie de VAE" in texte(refus)
    assert (
        envoyer(client_, OFFRES, "V2", offre(certifications["vae"], "vae"), "enregistrer").status_code == 302
    )


def test_changer_de_certification_lache_les_blocs(client_, certifications):
    envoyer(client_, OFFRES, "X", offre(certifications["certifiante"]))
    creee = Offre.objects.get(identifiant="X")
    adresse = f"/catalogue/offres/{creee.pk}/modifier/"
    donnees = offre(
        certifications["bilan"],
        "bilan",
        identifiant="X",
        verification=preuve(client_.get(adresse)),
        operation="valider",
    )
    assert client_.post(adresse, donnees).status_code == 302
    creee.refresh_from_db()
    assert (creee.blocs, creee.blocs_modifiables, creee.certification.code) == ([], None, "CPF202")


@pytest.mark.exigence("D-16")
def test_dupliquer_une_offre_et_une_action_copie_tout_sauf_l_identifiant(client_, monde, certifications):
    envoyer(client_, OFFRES, "X", offre(certifications["certifiante"]))
    copie = texte(client_.get(OFFRES, {"copie_de": Offre.objects.get(identifiant="X").pk}))
    for nom, valeur in (
        ("intitule", "Logistique"),
        ("blocs", "RNCP9BC01"),
        ("blocs_modifiables", "non"),
        ("objectif", TEXTE),
    ):
        assert f'name="{nom}" value="{valeur}"' in copie
    assert 'name="identifiant" id="id_identifiant" value=""' in copie
    envoyer(client_, actions(monde), "A", action(monde, dates_information="14/09/2027"))
    copie = texte(client_.get(actions(monde), {"copie_de": Action.objects.get(identifiant="A").pk}))
    attendus = (
        ("ht_20", "1000,00"),
        ("rythmes", "temps_plein"),
        ("dates_information", "14/09/2027"),
        ("existence_prerequis", "oui"),
    )
    for nom, valeur in attendus:
        assert f'name="{nom}" value="{valeur}"' in copie
    assert Action.objects.filter(offre=monde.offre).count() == 2


def test_les_fiches_d_un_autre_organisme_ne_se_choisissent_pas(client_, monde):
    autre = Monde("Autre", "52345678900017")
    refus = envoyer(
        client_, actions(monde), "X", action(monde, lieu_de_formation=autre.lieu.pk), "enregistrer"
    )
    assert refus.status_code == 422 and "choisissez dans la liste" in texte(refus)
    assert client_.get(OFFRES, {"copie_de": autre.offre.pk}).status_code == 404


def test_un_lieu_s_ajoute_sur_place_dans_l_action(client_, monde):
    jeton = preuve(client_.get(actions(monde), {"identifiant": "X"}))
    nouvelle = {
        "titre": "Annexe", "denomination": "Institut", "libelle_voie": "de la Gare", "nature_voie": "RUE",
        "code_postal": "94000",
        "ville": "Créteil", "pays": "FR",
    }  # fmt: skip
    donnees = {
        **action(monde),
        "identifiant": "X",
        "verification": jeton,
        "operation": "creer:lieu_de_formation",
    }
    page = texte(
        client_.post(
            actions(monde), {**donnees, **{f"lieu_de_formation-{nom}": v for nom, v in nouvelle.items()}}
        )
    )
    lieu = Adresse.objects.get(titre="Annexe")
    assert f'<option value="{lieu.pk}" selected>' in page and 'value="Locaux accessibles"' in page
    assert Contact.objects.count() == 1


@pytest.mark.exigence("D-15")
def test_une_action_active_reste_complete(client_, monde):
    monde.session(ouverte=True)
    adresse = f"/catalogue/actions/{monde.action.pk}/modifier/"
    page = client_.get(adresse)
    assert "le public verra vos changements" in texte(page)
    donnees = {**action(monde, langue=""), "identifiant": "ACTION-1", "verification": preuve(page)}
    assert client_.post(adresse, {**donnees, "operation": "enregistrer"}).status_code == 422
    assert client_.post(adresse, {**donnees, "langue": "en", "operation": "enregistrer"}).status_code == 302
    monde.action.refresh_from_db()
    assert (monde.action.statut, monde.action.langue) == ("active", "en")


def test_rien_ne_s_ajoute_sous_une_archivee(client_, monde):
    client_.post(f"/catalogue/offres/{monde.offre.pk}/archiver/")
    reponse = client_.get(actions(monde), follow=True)
    assert "L'offre « OFFRE-1 » est archivée : désarchivez-la d'abord." in texte(reponse)
