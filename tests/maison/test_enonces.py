"""Tests of the requirements that no other test covers: displayed texts, places, rules of the project."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.urls import reverse

from catalogue.cycle_de_vie import executer
from edof.horloge import PARIS, a_l_instant, aujourd_hui, demain
from organismes.droits import Operation
from publication.passages import publier
from sessions_app.models import Session
from tests.outils import texte

RACINE = Path(__file__).parents[2]


@pytest.fixture
def client_(monde, connecter):
    return connecter(monde.gestionnaire)


@pytest.mark.exigence("S-03", "S-34", "S-35")
def test_rien_n_est_public_qui_ne_soit_active_au_catalogue(client_, monde, settings):
    validee = monde.session("validee")
    ouverte = monde.session("ouverte", ouverte=True)
    assert 'href="/catalogue/"' in client_.get("/").content.decode()
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    page = texte(client_.get(reverse("formation_par_numero", args=[monde.action.pk]), follow=True))
    assert page.count("Session garantie") == 1 and "1 date à Chevilly Larue" in page
    assert (validee.statut, ouverte.statut) == ("validee", "active")


@pytest.mark.exigence("S-04")
def test_le_catalogue_a_trois_niveaux_emboites(client_, monde):
    monde.session("s1")
    page = client_.get(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}").content.decode()
    offre, action, session = (page.index(f'id="{nom}-{pk}"') for nom, pk in (
        ("offre", monde.offre.pk), ("action", monde.action.pk), ("session", Session.objects.get().pk)
    ))  # fmt: skip
    assert offre < action < session < page.index("</article>", offre)
    assert set(re.findall(r'id="([a-z]+)-\d+"', page)) == {"offre", "action", "session"}


@pytest.mark.exigence("S-15", "S-23")
def test_la_date_de_modification_a_deux_chiffres_et_le_mois_en_toutes_lettres(client_, monde):
    with a_l_instant(dt.datetime(2023, 4, 6, 10, tzinfo=PARIS)):
        monde.nouvelle_offre("AVRIL")
        monde.offre = monde.organisme.offres.get(identifiant="AVRIL")
        monde.nouvelle_action("AVRIL")
    page = texte(client_.get(f"/catalogue/?o={monde.offre.pk}"))
    assert page.count("Dernière modification : 06 avril 2023") == 2


@pytest.mark.exigence("S-58", "S-61", "S-78", "S-88", "S-91")
def test_ce_que_le_formulaire_explique(client_, monde):
    adresse = reverse("session_ajouter", args=[monde.action.pk])
    etape_1 = client_.get(adresse).content.decode()
    assert (
        'id="aide-identifiant">Veuillez renseigner un identifiant interne afin de poursuivre votre saisie.'
        in etape_1
    )
    assert 'aria-describedby="aide-identifiant' in etape_1 and "Si vous n'en avez pas, créez-en un" in etape_1
    etape_2 = texte(client_.get(adresse, {"identifiant": "x"}))
    for phrase in (
        "Ces dates pourront être modifiées à l'inscription du titulaire, dans le dossier de formation.",
        "demande d'inscription, validation de proposition, refus, annulation d'un dossier par un titulaire",
        "les cours sont programmés chaque samedi de 10h00 à 12h00",
    ):
        assert phrase in etape_2


@pytest.mark.exigence("S-82")
@pytest.mark.parametrize(("garantie", "phrase"), [(True, "Session garantie"), (False, "Non garantie")])
def test_le_public_lit_la_garantie(client_, monde, settings, garantie, phrase):
    monde.session(ouverte=True, garantie=garantie)
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    assert phrase in texte(client_.get(reverse("formation_par_numero", args=[monde.action.pk]), follow=True))


@pytest.mark.exigence("S-99", "S-100", "S-102", "S-117")
def test_consulter_modifier_archiver_fermer_sont_offerts_et_font_ce_qu_ils_disent(client_, monde):
    session = monde.session(ouverte=True, modalites_particulieres="Le samedi")
    lue = texte(client_.get(reverse("session_consulter", args=[session.pk])))
    assert "Le samedi" in lue and "Ce que le public verra" in lue and "Fermer à l'inscription" in lue
    assert (
        "Le samedi</textarea>" in client_.get(reverse("session_modifier", args=[session.pk])).content.decode()
    )
    client_.post(f"/catalogue/sessions/{session.pk}/fermer/")
    session.refresh_from_db()
    assert (session.ouverte, session.statut) == (False, "active")
    client_.post(f"/catalogue/sessions/{session.pk}/archiver/")
    session.refresh_from_db()
    assert session.statut == "archivee"


@pytest.mark.exigence("D-33")
def test_l_ordre_des_sessions(monde):
    jour = aujourd_hui()
    permanente = monde.nouvelle_action("P", "permanentes")
    loin = monde.session("loin", date_debut=jour + dt.timedelta(80), ouverte=True)
    pres = monde.session("pres", date_debut=jour + dt.timedelta(20), ouverte=True)
    sans = monde.session(
        "sans", action=permanente, date_debut=None, date_fin=None, pas_de_dates=True, ouverte=True
    )
    fermee = executer(monde.session("fermee", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    passee = monde.session("passee", ouverte=True)
    Session.objects.filter(pk=passee.pk).update(date_debut=jour, dates_saisies_le=jour - dt.timedelta(9))
    archivee = executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    assert list(Session.objects.dans_l_ordre()) == [pres, loin, sans, fermee, passee, archivee]


def _textes() -> list[Path]:
    suivis = [
        *RACINE.glob("*/*.py"),
        *RACINE.glob("*/*/*.py"),
        *RACINE.glob("templates/**/*.html"),
        *RACINE.glob("static/*/*.js"),
    ]
    return [
        chemin
        for chemin in suivis
        if not {".venv", "var", "tests", "bench"} & set(chemin.relative_to(RACINE).parts)
    ]


def test_les_lignes_des_gabarits_des_scripts_et_des_styles_vont_a_110_colonnes():
    """Check the templates, the scripts and the styles. Ruff checks Python.

    The texts of e-mails are not included: a line there is a paragraph, which the reader's program wraps.
    """
    fichiers = [
        *RACINE.glob("templates/**/*.html"),
        *RACINE.glob("static/css/*.css"),
        *RACINE.glob("static/js/*.js"),
    ]
    longues = [
        f"{fichier.name}:{rang}"
        for fichier in fichiers
        for rang, ligne in enumerate(fichier.read_text().split("\n"), 1)
        if len(ligne) > 110
    ]
    assert len(fichiers) > 15 and longues == []


@pytest.mark.exigence("D-34")
def test_les_apostrophes_sont_droites():
    # The search folds the typographic apostrophe, so that its files may contain it.
    fautes = [
        str(c)
        for c in _textes()
        if "\N{RIGHT SINGLE QUOTATION MARK}" in c.read_text()
        and "recherche" not in c.name
        and "migrations" not in c.parts
    ]
    assert fautes == []


@pytest.mark.exigence("D-35")
def test_l_identite_est_la_notre(client_):
    assert "Projet indépendant, sans lien avec l'État" in texte(client_.get("/"))
    noms = " ".join(str(c.relative_to(RACINE)).lower() for c in RACINE.glob("static/**/*"))
    assert not re.search(r"marianne|dsfr|moncompteformation", noms)
    assert not any(
        re.search(r"dsfr|marianne", c.read_text(), re.I) for c in _textes() if c.suffix in {".html", ".js"}
    )
