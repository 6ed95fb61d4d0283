"""Tests of the indexes of parts of words.

Python and PostgreSQL cut a text into the same pieces, no match is lost, and few rows are read.
"""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Q, QuerySet
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bureau.carnet.genres import GENRES
from bureau.catalogue.chercher import Recherche
from catalogue.models import Offre
from catalogue.recherche_de_certification import mots
from edof.pliage import plier
from edof.trios import LETTRES, trios, trouve_par
from organismes.models import Organisme, Utilisateur
from sessions_app.models import Session
from tests.administration import grossir
from tests.conftest import Monde
from tests.edof.test_pliage import TEXTES

pytestmark = pytest.mark.django_db
COPIES = 3000


def du_serveur(texte: str, devant: str) -> list[str]:
    with connection.cursor() as curseur:
        curseur.execute("SELECT trios(%s, %s)", [texte, devant])
        return curseur.fetchone()[0]


@settings(max_examples=200, deadline=None)
@given(TEXTES, st.sampled_from(["", "12"]), st.data())
@example("Œuvre d’été", "7", None)
@example("a         b --- c", "", None)
def test_un_texte_se_coupe_pareil_et_ne_perd_aucune_partie(texte, devant, tirage):
    pieces = set(du_serveur(texte, devant))
    assert pieces == set(trios(plier(texte), devant))
    bouts = sorted(tirage.draw(st.tuples(*[st.integers(0, len(texte))] * 2))) if tirage else (1, 6)
    mot = plier(texte[slice(*bouts)])
    assert mot not in plier(texte) or set(trios(mot, devant)) <= pieces


@settings(max_examples=200, deadline=None)
@given(TEXTES)
@example("L’Œuvre d’été, ﬁlière−bois")
def test_chaque_mot_d_un_texte_a_ses_morceaux_dans_ceux_du_texte(texte):
    """The carnet cuts words with another folding: what its index excludes, its search never finds."""
    pieces = set(du_serveur(texte, "12"))
    assert all(set(trios(plier(mot), "12")) <= pieces for mot in mots(texte))


def test_la_fonction_ne_depend_ni_du_chemin_ni_de_la_langue():
    assert trios("ab") == trios("") == du_serveur("É-", "") == [] and du_serveur("Été", "7") == ["7ete"]
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL search_path = pg_catalog")
        curseur.execute("SELECT public.trios('Été-12', ''), public.trios(NULL, '')")
        assert curseur.fetchone() == (["ete", "te ", "e 1", " 12"], None)
        curseur.execute("SELECT provolatile, proparallel FROM pg_proc WHERE proname = 'trios'")
        assert curseur.fetchall() == [("i", "s")]


@pytest.mark.parametrize(
    "mot", ["ete", "e t", "ÉTÉ", "l'été", "te", "e", "%", "été  t", "œuv", "uvr", "absent"]
)
def test_la_condition_trouve_ce_que_le_texte_contient(mot):
    noms = ["L’été tôt", "Été--tard", "Œuvre", "un", ""]
    for rang, nom in enumerate(noms):
        Organisme.objects.create(raison_sociale=nom, siret=f"{10**13 + rang}")
    attendus = sorted(nom for nom in noms if plier(mot) in plier(nom))
    trouves = Organisme.objects.filter(raison_sociale__trouve=mot)
    assert sorted(trouves.values_list("raison_sociale", flat=True)) == attendus


# --- What is read ---


@pytest.fixture
def peuple(monde: Monde) -> Monde:
    """Return an organisme with COPIES sessions, beside another with as many of the same identifiers."""
    for chacun in (monde, Monde("Autre", "52345678900017")):
        chacun.session("rare-7")
        grossir(chacun, COPIES)
    with connection.cursor() as curseur:
        # The rows that wait in an index are sorted, as the autovacuum does.
        curseur.execute(
            "SELECT gin_clean_pending_list('session_par_trios'), gin_clean_pending_list('action_par_trios')"
        )
        curseur.execute("ANALYZE")
    return monde


def plan(requete: str) -> dict[str, Any]:
    with connection.cursor() as curseur:
        curseur.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {requete}")
        (lu,) = curseur.fetchone()
    return (json.loads(lu) if isinstance(lu, str) else lu)[0]["Plan"]


def noeuds(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(noeud for dessous in plan.get("Plans", []) for noeud in noeuds(dessous))]


def lignes_lues(requete: str, table: str) -> float:
    """Return the number of rows of this table that the query reads, those that it does not keep included."""
    return sum(
        (noeud["Actual Rows"] + noeud.get("Rows Removed by Filter", 0)) * noeud["Actual Loops"]
        for noeud in noeuds(plan(requete))
        if noeud.get("Relation Name") == table
    )


@pytest.mark.parametrize(
    ("q", "au_plus"), [("rare-7", 1), ("introuvable", 0), ("copie-299", 11), ("copie-299 rare", 12)]
)
def test_une_recherche_ne_lit_que_les_sessions_qu_elle_trouve(peuple, q, au_plus):
    with CaptureQueriesContext(connection) as requetes:
        list(Recherche(peuple.organisme, q).dans_les_offres(Offre.objects.pour_organisme(peuple.organisme)))
    assert requetes.captured_queries
    lues = [lignes_lues(requete["sql"], "sessions_app_session") for requete in requetes.captured_queries]
    assert sum(lues) <= 2 * au_plus, lues


def test_un_mot_courant_ailleurs_ne_coute_rien_ici(peuple):
    Session.objects.filter(organisme=peuple.organisme, identifiant__startswith="copie").delete()
    sessions = Session.objects.pour_organisme(peuple.organisme)
    trouvees = sessions.filter(trouve_par("organisme", peuple.organisme.pk, "identifiant", "copie"))
    with CaptureQueriesContext(connection) as requetes:
        assert list(trouvees) == []
    (requete,) = requetes.captured_queries
    assert "session_par_trios" in str(plan(requete["sql"]))


@pytest.mark.parametrize(
    ("genre", "index"), [("contact", "contact_par_trios"), ("adresse", "adresse_par_texte")]
)
def test_le_carnet_cherche_par_son_index(monde, genre, index):
    modele, champ = GENRES[genre].modele, GENRES[genre].modele.CHAMP_IDENTIFIANT
    entree = modele.objects.filter(organisme=monde.organisme).first()
    for rang in range(1000):
        entree.pk, entree.cle_de_creation = None, None
        setattr(entree, champ, f"z{rang:03d}k")
        entree.identifiant_normalise = f"z{rang:03d}k"
        entree.save()
    with connection.cursor() as curseur:
        curseur.execute("SELECT gin_clean_pending_list(%s)", [index])
        curseur.execute("ANALYZE")
    demande: Any = SimpleNamespace(organisme=monde.organisme)
    for q, combien in (("z077", 1), ("introuvable", 0), ("z Z777k", 1)):
        with CaptureQueriesContext(connection) as requetes:
            assert len(GENRES[genre].cherchees(demande, q)) == combien
        (requete,) = requetes.captured_queries
        assert index in str(plan(requete["sql"]))
        assert lignes_lues(requete["sql"], modele._meta.db_table) <= 20


def cherches(modele: type[Any], q: str) -> QuerySet[Any]:
    page, demande = admin.site._registry[modele], RequestFactory().get("/")
    return page.get_search_results(demande, modele.objects.order_by(), q)[0]


@pytest.mark.parametrize(("modele", "index"), [(Organisme, 3), (Utilisateur, 3)])
def test_l_administration_cherche_par_ses_index(monde, modele, index):
    with CaptureQueriesContext(connection) as requetes:
        assert list(cherches(modele, "instit")) == list(
            modele.objects.filter(Q(pk=monde.organisme.pk) if modele is Organisme else Q(pk__in=[]))
        )
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL enable_seqscan = off")
    lus = noeuds(plan(requetes.captured_queries[0]["sql"]))
    assert [noeud["Node Type"] for noeud in lus].count("Bitmap Index Scan") == index, lus
    assert "Seq Scan" not in {noeud["Node Type"] for noeud in lus}


def test_les_mots_courts_se_cherchent_sans_index(peuple):
    assert LETTRES == 3
    tous = Offre.objects.pour_organisme(peuple.organisme)
    for q, trouve in (("7", True), ("ra", True), ("zz", False), ("ra copie", True), ("zz copie", False)):
        assert Recherche(peuple.organisme, q).dans_les_offres(tous).exists() == trouve, q
