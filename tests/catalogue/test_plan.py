"""Tests of the missing fields that a form reports for each section, and of the fields that it folds.

Which fields are mandatory depends on the other answers.
"""

import datetime as dt
import html
import json
import re

import pytest
from django.http import QueryDict

from catalogue.forms import ActionForm, OffreForm
from catalogue.models import Action, Certification, Offre
from catalogue.models.offre import REGLES_OFFRE
from catalogue.models.regles_action import REGLES_ACTION
from catalogue.nomenclatures import Horaires, Rythme
from sessions_app.coherence import REGLES_SESSION
from sessions_app.forms import SessionForm
from sessions_app.models import Session

DATES = Action(modalites_entrees_sorties="dates_fixes")
PERMANENTE = Action(modalites_entrees_sorties="permanentes")


def exiges(regles, objet):
    return {regle.champ for regle in regles if regle.exige(objet)}


@pytest.mark.parametrize(
    ("regles", "objet", "en_plus", "en_moins"),
    [
        (
            REGLES_ACTION,
            Action(),
            {"duree_totale", "ttc_20", "langue", "lieu_de_formation", "rythmes"},
            {"conditions_specifiques"},
        ),
        (
            REGLES_ACTION,
            Action(existence_prerequis=True),
            {"conditions_specifiques", "existence_prerequis"},
            set(),
        ),
        (
            REGLES_ACTION,
            Action(existence_prerequis=False, conditions_specifiques="Un reste"),
            set(),
            {"conditions_specifiques"},
        ),
        # A filled field is still mandatory. The price counts as one field, whichever column is filled.
        (REGLES_ACTION, Action(duree_totale=3, ttc_0=1), {"duree_totale", "ttc_20"}, set()),
        (
            REGLES_OFFRE,
            Offre(type_offre="bilan"),
            {"certification", "contenu"},
            {"categorisation", "blocs", "blocs_modifiables"},
        ),
        (REGLES_OFFRE, Offre(type_offre="vae"), {"categorisation"}, {"blocs"}),
        (
            REGLES_OFFRE,
            Offre(certification=Certification(pk=1, blocs=[{"code": "A"}])),
            {"blocs"},
            {"blocs_modifiables"},
        ),
        (
            REGLES_OFFRE,
            Offre(certification=Certification(pk=1, blocs=[{"code": "A"}]), blocs=["A"]),
            {"blocs", "blocs_modifiables"},
            set(),
        ),
        (REGLES_SESSION, Session(action=DATES), {"date_debut", "date_fin", "garantie"}, {"pas_de_dates"}),
        (REGLES_SESSION, Session(action=PERMANENTE), {"pas_de_dates"}, {"date_debut", "date_fin"}),
        # An invalid value is not a missing one.
        (
            REGLES_SESSION,
            Session(action=DATES, date_debut=dt.date(2020, 1, 2), date_fin=dt.date(2020, 1, 1)),
            {"date_debut"},
            {"pas_de_dates"},
        ),
        (REGLES_SESSION, Session(action=PERMANENTE, date_debut=dt.date(2020, 1, 2)), set(), {"date_debut"}),
    ],
)
def test_ce_qui_est_exige_selon_le_reste(regles, objet, en_plus, en_moins):
    trouves = exiges(regles, objet)
    assert en_plus <= trouves and not en_moins & trouves


def manques(form) -> dict[str, int]:
    return {partie.titre: partie.manquants for partie in form.sections}


def remplie(form, **valeurs) -> dict[str, int]:
    saisie = QueryDict(mutable=True)
    for nom, valeur in valeurs.items():
        saisie.setlist(nom, valeur if isinstance(valeur, list) else [str(valeur)])
    return manques(type(form).rempli(saisie, form.fiche))


def test_les_comptes_de_l_action_champ_par_champ(monde):
    vierge = ActionForm(fiche=Action(organisme=monde.organisme, offre=monde.offre))
    avant = {
        "Organisation": 4,
        "Lieu et contacts": 3,
        "Prix": 2,
        "Conditions d'accès": 3,
        "Accessibilité": 1,
        "Pour en savoir plus": 0,
    }
    assert manques(vierge) == avant and vierge.manquants == 13
    # The language has a default value.
    pour_un = {
        "modalites_entrees_sorties": "dates_fixes", "modalites_enseignement": "mixte", "duree_totale": 12,
        "rythmes": Rythme.values[:1], "lieu_de_formation": monde.lieu.pk, "contact_du_lieu": monde.contact.pk,
        "contact_information": monde.contact.pk, "ht_5_5": "10", "ttc_0": "0",
        "frais_certif_inclus": "inclus", "niveau_entree_obligatoire": "non", "existence_prerequis": "non",
        "modalites_admission": ["dossier"], "acces_handicapes": "Rampe",
    }  # fmt: skip
    for nom, valeur in pour_un.items():
        partie = next(p.titre for p in vierge.sections if nom in {c.name for c in p.champs})
        assert remplie(vierge, **{nom: valeur}) == {**avant, partie: avant[partie] - 1}, nom
    # An unreadable value, or a record of another organisme, does not count as filled. Optional fields do not
    # count.
    for nom, valeur in (
        ("duree_totale", "douze"),
        ("lieu_de_formation", 0),
        ("horaires", "matin"),
        ("ht_20", "x"),
        ("rythmes", ["x"]),
    ):
        assert remplie(vierge, **{nom: valeur}) == avant, nom
    assert remplie(vierge, existence_prerequis="oui")["Conditions d'accès"] == 3
    detaille = remplie(vierge, existence_prerequis="oui", conditions_specifiques="Savoir lire")
    assert detaille["Conditions d'accès"] == 2
    complete = ActionForm(fiche=monde.action)
    assert complete.manquants == 0 and [p.complete for p in complete.sections] == [True] * 5 + [False]


def test_les_comptes_de_l_offre_et_de_la_session(monde):
    vierge = OffreForm(fiche=Offre(organisme=monde.organisme))
    # The type and the certification, then two, three and two fields.
    assert list(manques(vierge).values()) == [2, 2, 3, 2]
    assert vierge.est_long and not any(p.facultatifs for p in vierge.sections)
    # The certification of a VAE is imposed; its category must be chosen.
    imposee = {"type_certification": "cpf", "intitule": "Validation des acquis"}
    Certification.objects.update_or_create(code="CPF200", defaults=imposee)
    assert remplie(vierge, type_offre="vae")["Type d'action et certification"] == 1
    assert remplie(vierge, type_offre="vae", categorisation="x")["Type d'action et certification"] == 1
    monde.certification.blocs = [{"code": "B1", "libelle": "Un"}, {"code": "B2", "libelle": "Deux"}]
    monde.certification.save()
    choisie = {"type_offre": "certifiante", "certification": monde.certification.pk}
    for reponses, attendu in (
        ({}, 1),
        ({"blocs": ["B1"]}, 1),
        ({"blocs": ["B1"], "blocs_modifiables": "non"}, 0),
    ):
        assert list(remplie(vierge, **choisie, **reponses).values())[0] == attendu
    reponses = QueryDict(f"type_offre=certifiante&certification={monde.certification.pk}")
    avec_blocs = OffreForm.rempli(reponses, vierge.fiche)
    assert set(avec_blocs.decisifs.split()) == {"type_offre", "certification", "blocs"}
    assert avec_blocs.fields["blocs"].tout_cocher
    # A short form has no plan and no folded section.
    session = SessionForm(fiche=Session(action=monde.action, organisme=monde.organisme))
    assert list(manques(session).values()) == [5]
    assert not session.est_long and not session.sections[0].facultatifs
    assert list(remplie(session, date_debut="01/02/2030", garantie="oui").values()) == [3]
    monde.action.modalites_entrees_sorties = "permanentes"
    assert list(remplie(session, pas_de_dates="on").values()) == [3]


@pytest.fixture
def client_(monde, connecter):
    return connecter(monde.gestionnaire)


def page_de(client, adresse, donnees=None):
    reponse = client.post(adresse, donnees) if donnees else client.get(adresse)
    return html.unescape(reponse.content.decode())


def exigences(page):
    parties = re.findall(r'data-exigences="(\[.*?\])">', page)
    return [tuple(ligne) for partie in parties for ligne in json.loads(partie)]


def test_la_page_dit_ce_qui_manque_sans_script_et_replie_le_reste(client_, monde):
    adresse = f"/catalogue/offres/{monde.offre.pk}/actions/ajouter/"
    page = page_de(client_, f"{adresse}?identifiant=X")
    assert "13\u00a0champs à compléter</span>" in page
    assert 'href="#id_modalites_entrees_sorties" data-premier' in page
    noms = "modalités pédagogiques, heures en centre, heures en entreprise, horaires"
    for texte in ("4\u00a0champs facultatifs", noms, "facultatif · restauration"):
        assert texte in page
    assert len(re.findall(r'<details class="repli" id="facultatifs-\d">', page)) == 6
    vides = {champ: vide for champ, _, vide in exigences(page)}
    assert (vides["id_ttc_20"], vides["id_langue"]) == (True, False)
    assert "id_conditions_specifiques" not in vides
    # When a choice changes the mandatory fields, the page shows it, and keeps what is typed in folded fields.
    preuve = re.search(r'name="verification" value="([^"]+)"', page)[1]
    saisie = {
        "identifiant": "X",
        "verification": preuve,
        "existence_prerequis": "oui",
        "horaires": Horaires.values[0],
        "restauration": "Self",
    }
    page = page_de(client_, adresse, {**saisie, "operation": "actualiser"})
    assert "id_conditions_specifiques" in {champ for champ, *_ in exigences(page)}
    assert page.count("· 1\u00a0rempli") == 2 and 'value="Self"' in page
    # A section with an error is open, as is the one that contains an open panel. The others stay folded.
    page = page_de(client_, adresse, {**saisie, "url_action": "pas une adresse", "operation": "enregistrer"})
    assert re.findall(r'id="facultatifs-(\d)" open', page) == ["6"] and page.count("à corriger</span>") == 1
    page = page_de(client_, adresse, {**saisie, "operation": "nouveau:adresse_information"})
    assert re.findall(r'id="facultatifs-(\d)" open', page) == ["2"]
    assert 'id="panneau-adresse_information"' in page


def test_une_session_n_a_ni_plan_ni_repli(client_, monde):
    page = page_de(client_, f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/?identifiant=X")
    assert 'id="plan"' not in page and 'class="repli"' not in page
    assert 'name="modalites_particulieres"' in page
