"""What nearly everything answers: the same results as when all is read, without reading it."""

import json
import random
from dataclasses import replace
from importlib import import_module
from itertools import product

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import Sum

from recherche import ampleur, facettes, lignes, proches, resultats
from recherche.chemins import Chemin, km_de_la_fiche
from recherche.communes import compter_les_formations
from recherche.criteres import conditions, source
from recherche.demande import Curseur
from recherche.facettes import compter
from recherche.models import Densite
from recherche.resultats import chercher
from recherche.sql import et
from recherche.tasks import entretenir
from tests.recherche.conftest import lire

ACTIONS, PAR_PAGE = 3_000, 7
# One in eight has the word in its title, one in eight in its town, one in eight in its points forts; all have
# it in their long texts, and some are called by it.
_FICHES = """
INSERT INTO publication_fichepublique (action_id, offre_id, organisme_id, contenu_offre_id, contenu_action_id,
    type_offre, certification, niveau, modalite, entrees, langue, rythmes, accessible, prix, duree, lieu,
    latitude, longitude, du, nombre, prochaine, garantie, debuts, debuts_garantis)
SELECT 1000000 + n, offre_id, organisme_id, contenu_offre_id, contenu_action_id, type_offre,
    'RNCP' || n %% 40, (3 + n %% 5)::text, modalite, entrees, langue, rythmes, n %% 3 = 0,
    CASE WHEN n %% 11 > 0 THEN 100 * (1 + n %% 83) END, CASE WHEN n %% 13 > 0 THEN 7 * (1 + n %% 97) END,
    lieu,
    -- Some are elsewhere in their commune, others have the figures of another country.
    CASE n %% 4 WHEN 0 THEN c.latitude + (n %% 31 - 15) * 0.009 WHEN 1 THEN 12.5 END,
    CASE n %% 4 WHEN 0 THEN c.longitude + (n %% 29 - 14) * 0.012 WHEN 1 THEN 41.5 END,
    du, 1, jour, n %% 2 = 0,
    CASE WHEN jour IS NULL THEN '{}' ELSE datemultirange(daterange(jour, jour + 1)) END,
    CASE WHEN jour IS NULL OR n %% 2 > 0 THEN '{}' ELSE datemultirange(daterange(jour, jour + 1)) END
FROM generate_series(1, %s) AS n
JOIN (
    SELECT *, row_number() OVER (ORDER BY action_id) - 1 AS rang, count(*) OVER () AS tous
    FROM publication_fichepublique WHERE lieu <> ''
) AS m ON m.rang = n %% m.tous
JOIN recherche_lieu AS l ON l.cle = m.lieu JOIN recherche_commune AS c ON c.insee = l.commune_id
CROSS JOIN LATERAL (SELECT CASE WHEN n %% 17 > 0 THEN DATE '2027-01-04' + n * 7 %% 211 END AS jour) AS j"""
_MOTS = """
INSERT INTO publication_motspublics
    (action_id, contenu_offre_id, contenu_action_id, mots, racines, contenus, exacts)
SELECT f.action_id, f.contenu_offre_id, f.contenu_action_id,
    setweight(to_tsvector('simple', entete), poids), setweight(to_tsvector('french', entete), poids),
    strip(to_tsvector('french', 'braser et souder')), CASE WHEN n % 500 = 1 THEN ARRAY['braser'] ELSE '{}' END
FROM publication_fichepublique AS f
CROSS JOIN LATERAL (SELECT f.action_id - 1000000 AS n) AS a
CROSS JOIN LATERAL (
    SELECT CASE n % 8 WHEN 0 THEN 'A' WHEN 1 THEN 'B' ELSE 'C' END::"char" AS poids,
        CASE WHEN n % 8 < 3 THEN 'braser' ELSE 'tourner' END AS entete
) AS e
WHERE f.action_id > 1000000"""


@pytest.fixture
def foule(pays):
    """Add a crowd of actions to the rows that the search reads, and let PostgreSQL know of it."""
    with connection.cursor() as curseur:
        curseur.execute(_FICHES, [ACTIONS])
        curseur.execute(_MOTS)
        curseur.execute("ANALYZE publication_fichepublique, publication_motspublics")
        compter_les_formations(curseur)
    # The size of the whole is remembered for a minute.
    cache.clear()
    yield pays
    cache.clear()


def _tout_lire(monkeypatch):
    _regler(monkeypatch, vaste=10**9)


def _s_arreter_tot(monkeypatch, fenetre=300):
    _regler(monkeypatch, vaste=50)
    monkeypatch.setattr(resultats, "FENETRES", (fenetre,))
    # A window of 300 is what is expected to hold enough: less is too little most of the time.
    monkeypatch.setattr(proches, "MARGES", (fenetre / 300,))


def _regler(monkeypatch, vaste):
    for module, nom in (
        (ampleur, "VASTE"), (facettes, "VASTE"), (resultats, "VASTE_AUTOUR"), (proches, "VASTE_PRES"),
    ):  # fmt: skip
        monkeypatch.setattr(module, nom, vaste)


def _recherches(hasard):
    """Yield searches of words that many actions have, with filters, in any order."""
    for _ in range(30):
        lus = {}
        for un in hasard.sample(
            [{"prix_max": "2000"}, {"duree_max": "100"}, {"garantie": "1"}, {"accessible": "1"},
             {"niveau": "4"}, {"certification": "RNCP7"}, {"du": "2027-02-01", "au": "2027-03-15"}],
            hasard.choice((0, 0, 1, 2)),
        ):  # fmt: skip
            lus |= un
        if hasard.random() < 0.4:
            lus |= {"ou": hasard.choice(("94550", "77000", "94"))}
        proche = lus.get("ou", "94") != "94"
        if proche:
            lus["rayon"] = hasard.choice(("10", "50", "100"))
        if tri := hasard.choice(("", "", "prix", "date", "duree", *(["distance"] if proche else []))):
            lus["tri"] = tri
        yield lire(hasard.choice(("braser", "souder", "braser souder", "tourner", "", "inox", "arc")), **lus)


def _pages(demande, combien=4):
    """Return the keys of the first pages, the cursor of each leading to the next one."""
    lues, suivante = [], ""
    for _ in range(combien):
        page = chercher(demande, PAR_PAGE)
        lues.append([t.action for t in page.trouvees])
        if not (suivante := page.suivante):
            break
        demande = replace(demande, curseur=Curseur.lire(suivante))
    return lues, suivante


@pytest.mark.parametrize("fenetre", [1, 40, 300, 10_000])
def test_s_arreter_tot_ne_change_ni_les_pages_ni_les_nombres(foule, monkeypatch, fenetre):
    demandes = list(_recherches(random.Random(fenetre)))
    _tout_lire(monkeypatch)
    attendues = [(_pages(d), chercher(replace(d, page=3), PAR_PAGE), _nombres(d)) for d in demandes]
    _s_arreter_tot(monkeypatch, fenetre)
    assert sum(ampleur.vaste(d, 50) > 0 for d in demandes) > 10
    for demande, attendue in zip(demandes, attendues, strict=True):
        lue = (_pages(demande), chercher(replace(demande, page=3), PAR_PAGE), _nombres(demande))
        assert lue == attendue, demande


def _nombres(demande):
    comptes = compter(demande)
    assert not comptes.estimes
    valeurs = {(nom, valeur): n for nom, lues in comptes.valeurs.items() for valeur, n in lues.items() if n}
    return comptes.total, valeurs, comptes.sans


def test_au_dela_les_nombres_des_filtres_sont_estimes_et_le_disent(foule, monkeypatch):
    demandes = [lire("braser"), lire("souder", prix_max="2000"), lire("", niveau=["4", "5"])]
    _tout_lire(monkeypatch)
    attendus = [compter(demande) for demande in demandes]
    _s_arreter_tot(monkeypatch)
    monkeypatch.setattr(facettes, "COMPTES_AU_PLUS", 400)
    monkeypatch.setattr(facettes, "ECHANTILLON", 1_000)
    for demande, exacts in zip(demandes, attendus, strict=True):
        comptes = compter(demande)
        assert comptes.total > 400 and {"niveau", "prix", "modalite"} <= comptes.estimes
        assert comptes.valeurs["niveau"].keys() == exacts.valeurs["niveau"].keys()
        for nom in ("niveau", "prix", "accessible", "debut"):
            for valeur, nombre in exacts.valeurs[nom].items():
                # A thousand are drawn, of which forty at least have the value.
                assert nombre < 200 or comptes.valeurs[nom][valeur] == pytest.approx(nombre, rel=0.4)
        assert compter(demande) == comptes, "the same are drawn again"


def test_ce_qui_est_trop_rare_sous_un_mot_courant_est_compte_exactement(foule, monkeypatch):
    """A filter leaves few of what a common word finds: its number, and those beside it, are exact."""
    _s_arreter_tot(monkeypatch)
    monkeypatch.setattr(facettes, "COMPTES_AU_PLUS", 400)
    comptes = compter(lire("souder", certification="RNCP7"))
    assert comptes.total == ACTIONS / 40 and comptes.estimes == {"certification"}
    assert sum(comptes.valeurs["niveau"].values()) == comptes.total


@pytest.mark.parametrize("par", Chemin)
def test_chaque_chemin_trouve_les_memes_formations_et_les_memes_nombres(foule, monkeypatch, par):
    """Tables read in one order or another, and a circle read commune by commune: as if all were read."""
    for rayon, q in product((5, 13, 40, 100), ("souder", "braser", "braser tourner", "")):
        demande = lire(q, ou="94550", rayon=str(rayon), prix_max="6000")
        trouvees = [ligne[:5] for ligne in lignes.lire(demande, 10_000, chemin=par)]
        assert sorted((un[0], un[3]) for un in trouvees) == _dans_le_pays_entier(demande), (rayon, q)
        assert {un[4] for un in trouvees} == {True, False}, "own places, and places of communes"
        monkeypatch.setattr(facettes, "chemin", lambda d: None)
        attendus = compter(demande)
        monkeypatch.setattr(facettes, "chemin", lambda d: par)
        assert compter(demande) == attendus and attendus.total == len(trouvees)


def _dans_le_pays_entier(demande):
    """Return the keys and the distances of what answers, whatever place is read first."""
    tables, si = source(demande)
    loin, tout = km_de_la_fiche(demande), et(si, *conditions(demande).values())
    with connection.cursor() as curseur:
        curseur.execute(
            f"SELECT f.action_id, {loin.texte} FROM {tables.texte} WHERE {tout.texte} ORDER BY 1",
            [*loin.valeurs, *tables.valeurs, *tout.valeurs],
        )
        return curseur.fetchall()


@pytest.mark.parametrize("par", [Chemin.PLACE, Chemin.ENSEMBLE, Chemin.TOUT])
def test_un_catalogue_de_quelques_villes_ne_se_relit_pas_pour_chaque_commune(foule, par):
    """Thousands of communes are in the circle, and all the actions are in ten of them."""
    demande = lire("", ou="94550", rayon="100")
    lues = _lues(lambda: lignes.lire(demande, 10, chemin=par))
    # Each is read, its place, and what is shown of it.
    assert lues < 5 * ACTIONS, lues


@pytest.mark.parametrize(("actions", "par"), [(300, Chemin.TOUT), (19_000, Chemin.ENSEMBLE)])
def test_d_un_petit_catalogue_chaque_lieu_est_regarde(pays, monkeypatch, actions, par):
    monkeypatch.setattr(ampleur, "taille", lambda: actions)
    for q in ("souder", ""):
        assert ampleur.chemin(lire(q, ou="94550", rayon="100")) is par


def test_de_la_commune_d_a_cote_seules_sont_lues_celles_qui_sont_dans_le_cercle(foule):
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL enable_seqscan = off")
        curseur.execute("SELECT count(*) FROM publication_fichepublique WHERE lieu <> ''")
        (tout,) = curseur.fetchone()
    demande = lire("souder", ou="94550", rayon="5")
    trouvees = lignes.lire(demande, 10_000)
    lues = _lues(lambda: lignes.lire(demande, 10_000))
    # Each, its words, and what is in the corners of the square.
    assert 200 < len(trouvees) < lues < 3 * len(trouvees) < tout


def test_ce_qui_coute_le_moins_est_lu_d_abord(foule, monkeypatch):
    _s_arreter_tot(monkeypatch)
    autour = ampleur.Autour(lire("souder", ou="94550", rayon="100"))
    assert autour.nombre == _situees()
    for nombre, attendu in (
        (autour.nombre / 100, Chemin.MOTS), (autour.nombre * 2, Chemin.ENSEMBLE),
        (autour.nombre * 20, Chemin.PLACE),
    ):  # fmt: skip
        assert autour.chemin(ampleur.Ayant(nombre, 2 * nombre)) is attendu
    assert autour.chemin(None) is Chemin.PLACE, "no word is asked for"


def test_un_cercle_est_connu_anneau_par_anneau(foule):
    demande = lire("souder", ou="94550", rayon="100")
    autour = ampleur.Autour(demande)
    loins = sorted(km for _, km in _dans_le_pays_entier(demande))
    for combien in (10, 400, 900):
        rayon = autour.rayon(0, combien, 0.9)
        dedans = sum(km <= rayon for km in loins)
        # The place of each is known to two kilometres.
        assert combien * 0.8 < dedans < len(loins) and rayon < loins[combien] + 100 / ampleur.ANNEAUX + 3
    assert autour.rayon(0, autour.nombre, 0.9) is None, "nearly all of it"
    assert autour.rayon(loins[-1], 10, 0.9) is None, "there is nothing beyond"


def test_une_foule_au_meme_endroit_n_est_pas_lue_pour_quelques_unes(foule, monkeypatch):
    monkeypatch.setattr(ampleur, "FOULE", 100)
    autour = ampleur.Autour(lire("souder", ou="94550", rayon="100"))
    autour.cumul = [0, 0, 0, 900, *range(901, 913)]
    assert autour.rayon(0, 10, 1.0) is None
    assert autour.rayon(0, 300, 1.0) == 25.0


def test_les_densites_suivent_chaque_nuit(foule):
    with connection.cursor() as curseur:
        avant = _situees()
        assert avant > ACTIONS * 0.9
        curseur.execute("DELETE FROM publication_fichepublique WHERE action_id > 1000000")
        entretenir(curseur)
        assert _situees() == avant - ACTIONS
        lues = set(Densite.objects.values_list("latitude", "longitude", "formations"))
        Densite.objects.all().delete()
        curseur.execute(import_module("recherche.migrations.0005_densites")._COMPTER)
    assert set(Densite.objects.values_list("latitude", "longitude", "formations")) == lues


def _situees():
    return Densite.objects.aggregate(Sum("formations"))["formations__sum"]


@pytest.mark.parametrize("ou", ["", "94550"])
@pytest.mark.parametrize(("q", "tri"), [("souder", ""), ("braser", ""), ("souder", "prix"), ("", "date")])
def test_une_page_ne_lit_pas_tout_ce_que_trouve_un_mot_courant(foule, monkeypatch, q, tri, ou):
    """What is read is bounded by the window, whatever the number of actions that have the word."""
    _s_arreter_tot(monkeypatch, fenetre=200)
    with connection.cursor() as curseur:
        # Three thousand actions are few: a table would be read whole, that nobody reads in a country.
        curseur.execute("SET LOCAL enable_seqscan = off")
    lus = {"ou": ou, "rayon": "100"} if ou else {}
    lues = _lues(lambda: chercher(lire(q, tri=tri, **lus)))
    # Around a place, each is read three times, and a first circle may be looked at in vain.
    assert lues < (2 if ou else 1) * ACTIONS, lues


def _lues(faire):
    """Return how many rows of the two tables its statements read."""
    instructions = []

    def noter(execute, texte, valeurs, plusieurs, contexte):
        instructions.append((texte, valeurs))
        return execute(texte, valeurs, plusieurs, contexte)

    with connection.execute_wrapper(noter):
        faire()
    total = 0
    with connection.cursor() as curseur:
        for texte, valeurs in instructions:
            if "publication_fichepublique" in texte and not texte.startswith("EXPLAIN"):
                curseur.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {texte}", valeurs)
                (plan,) = curseur.fetchone()
                total += _du_plan((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    return total


def _du_plan(noeud):
    de_la_table = noeud.get("Relation Name") in {"publication_fichepublique", "publication_motspublics"}
    ecartees = noeud.get("Rows Removed by Filter", 0) + noeud.get("Rows Removed by Index Recheck", 0)
    ici = (noeud["Actual Rows"] + ecartees) * noeud["Actual Loops"] if de_la_table else 0
    return ici + sum(map(_du_plan, noeud.get("Plans", ())))
