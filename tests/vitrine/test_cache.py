"""Tests of what a cache may keep of the public side: nothing withdrawn, nothing of one person."""

import datetime as dt
import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from edof.statiques import FONDUS
from organismes.droits import Operation
from organismes.models import Organisme
from publication.mouvements import Mouvement, etat_public, rassembler
from publication.passages import publier
from sessions_app.models import Session
from tests.publication.test_publication import a, jour
from tests.vitrine.test_formation import ADRESSE, publie  # noqa: F401
from vitrine.cache import _version, sources

PAGES = ("/formations/", "/formations/?q=texte", ADRESSE, "/sitemap.xml", "/sitemap-0.xml", "/robots.txt")


@pytest.mark.parametrize("adresse", PAGES)
def test_une_page_est_la_meme_pour_tous_et_se_verifie_sans_lire_le_catalogue(publie, client, adresse):  # noqa: F811
    anonyme = Client().get(adresse)
    client.force_login(publie.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    connecte = client.get(adresse)
    assert anonyme.status_code == 200 and connecte.content == anonyme.content
    for reponse in (anonyme, connecte):
        assert reponse["Cache-Control"] == "public, no-cache" and "Last-Modified" in reponse
        assert "Cookie" not in reponse.get("Vary", "") and not reponse.cookies
    for client_ in (client, Client()):
        with CaptureQueriesContext(connection) as requetes:
            verifiee = client_.get(adresse, HTTP_IF_NONE_MATCH=f'W/{anonyme["ETag"]}, "autre"')
        assert (verifiee.status_code, verifiee.content) == (304, b"")
        assert verifiee["ETag"] == anonyme["ETag"] and verifiee["Cache-Control"] == "public, no-cache"
        assert [requete["sql"].split("FROM ")[1] for requete in requetes] == ["publication_mouvement"]
    # Two changes of the same second have the same date: it is told, and never asked.
    assert client.get(adresse, HTTP_IF_MODIFIED_SINCE=anonyme["Last-Modified"]).status_code == 200


def suspendre(monde) -> None:
    organisme = Organisme.objects.get(pk=monde.organisme.pk)
    organisme.suspendu = True
    organisme.save()


def faire(modele, operation: Operation):
    return lambda monde: [
        executer(objet, operation, par=monde.gestionnaire) for objet in modele.objects.all()
    ]


@pytest.mark.exigence("D-20")
@pytest.mark.parametrize(
    "retrait",
    [
        faire(Session, Operation.FERMER), faire(Session, Operation.ARCHIVER),
        faire(Action, Operation.ARCHIVER), faire(Offre, Operation.ARCHIVER), suspendre,
        lambda _: Session.objects.update(ouverte=False),
    ],
)  # fmt: skip
def test_ce_qui_est_retire_n_est_plus_servi(publie, client, retrait):  # noqa: F811
    avant = {adresse: client.get(adresse)["ETag"] for adresse in (ADRESSE, "/formations/", "/sitemap-0.xml")}
    retrait(publie)
    attendus = {ADRESSE: 410, "/formations/": 200, "/sitemap-0.xml": 404}
    for adresse, etag in avant.items():
        reponse = client.get(adresse, HTTP_IF_NONE_MATCH=etag)
        assert reponse.status_code == attendus[adresse], adresse
        assert ADRESSE.encode() not in reponse.content
    assert client.get(ADRESSE)["Cache-Control"] == "no-store" and "ETag" not in client.get(ADRESSE)


def test_ce_qui_ne_change_rien_pour_le_public_ne_change_pas_l_etat(publie):  # noqa: F811
    etat = etat_public()
    neuve = publie.session("neuve", ouverte=True)
    executer(neuve, Operation.FERMER, par=publie.gestionnaire)
    valeurs = {"intitule": "Un autre titre"}
    executer(Offre.objects.get(), Operation.MODIFIER, par=publie.gestionnaire, valeurs=valeurs)
    publie.nouvelle_offre("OFFRE-2")
    assert etat_public() == etat
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
    assert etat_public() != etat


def test_une_session_rouverte_le_meme_jour_revient(publie, client):  # noqa: F811
    mai = Session.objects.get(identifiant="mai")
    etags = [client.get(ADRESSE)["ETag"]]
    for operation in (Operation.FERMER, Operation.OUVRIR):
        executer(Session.objects.get(pk=mai.pk), operation, par=publie.gestionnaire)
        reponse = client.get(ADRESSE, HTTP_IF_NONE_MATCH=etags[-1])
        assert reponse.status_code == 200
        assert (b"3 au 7 mai 2027" in reponse.content) == (operation == Operation.OUVRIR)
        etags.append(reponse["ETag"])
    assert len(set(etags)) == 3


def test_rassembler_ne_change_pas_l_etat(publie):  # noqa: F811
    Mouvement.objects.update(instant=jour("2027-03-11").strftime("%Y-%m-%dT04:00:00Z"))
    Mouvement.objects.create(instant=dt.datetime(2027, 3, 11, 11, 30, tzinfo=dt.UTC), poids=2**48)
    nombre, etat = Mouvement.objects.count(), etat_public()
    with a("2027-03-11", "13:00:00"):
        rassembler()
        rassembler()
    assert Mouvement.objects.count() == 2 <= nombre and etat_public() == etat
    with a("2027-03-20"):
        rassembler()
    assert Mouvement.objects.count() == 1 and etat_public() == etat
    Mouvement.objects.all().delete()
    rassembler()
    assert (etat_public().numero, etat_public().depuis) == (0, None)


@pytest.mark.parametrize(
    "fichier",
    [
        "static/js/chercher.js", "static/css/public.css", "static/vendor/police.woff2", "static/favicon.svg",
        "templates/icones/search.svg", "templates/vitrine/formations.html", "edof/templatetags/affichage.py",
    ],
)  # fmt: skip
def test_ce_que_la_page_nomme_change_son_validateur(tmp_path, settings, fichier):
    """After an upgrade, a page that a browser has kept must not go on naming a former script."""
    settings.BASE_DIR = tmp_path
    chemin = tmp_path / fichier
    chemin.parent.mkdir(parents=True)
    etats = []
    for contenu in ("avant", "apres"):
        chemin.write_text(contenu)
        etats.append(_version.__wrapped__())
    chemin.rename(chemin.with_stem("autre"))
    assert len({*etats, _version.__wrapped__()}) == 3


def test_ce_que_les_pages_nomment_est_dans_les_sources():
    racine, lues = settings.BASE_DIR, set(sources())
    nommes = set(FONDUS["css/public.css"][0])
    for gabarit in (racine / "templates/vitrine").glob("**/*.html"):
        assert gabarit in lues
        texte = gabarit.read_text()
        nommes |= set(re.findall("{% static '([^']+)'", texte))
        icones = re.findall('{% icone "([a-z0-9-]+)"', texte)
        assert {racine / f"templates/icones/{nom}.svg" for nom in icones} <= lues
    assert "js/chercher.js" in nommes and {racine / "static" / nom for nom in nommes} <= lues


def test_le_plan_du_site_est_l_ensemble_des_pages_publiques(publie, client):  # noqa: F811
    assert client.get("/sitemap.xml").content.decode().count("<sitemap>") == 1
    plan = client.get("/sitemap.xml").content.decode()
    assert "<loc>http://localhost:8000/sitemap-0.xml</loc><lastmod>2027-03-11</lastmod>" in plan
    partie = client.get("/sitemap-0.xml").content.decode()
    assert partie.count("<url>") == 1
    assert f"<loc>http://localhost:8000{ADRESSE}</loc><lastmod>2027-03-11</lastmod>" in partie
    assert client.get("/sitemap-1.xml").status_code == 404
    robots = client.get("/robots.txt").content.decode()
    assert "Sitemap: http://localhost:8000/sitemap.xml" in robots and "Disallow: /formations/\n" not in robots
