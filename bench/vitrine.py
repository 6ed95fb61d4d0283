"""The public search on a national catalogue, beside its bare SQL, and what it adds to the night.

    ./run bench vitrine            20,000 organismes, 400,000 actions, 1,500,000 sessions, two in three public
    ./run bench vitrine --part 10  a tenth of it
    ./run bench vitrine --petit    a hundredth of it

A scratch database is made beside the one of DATABASE_URL and dropped at the end (`--base` and `--garder` keep
it). One real night makes what is public; with `--nuits`, the big night and an ordinary one are first done
without the rows that the search reads and with them, in turn, `--tours` times, on copies of the base. Then
`--recherches` searches of words, places and filters, in a random order: the processor time of each, and of
its statements alone; and pages served, beside a view that answers one line.
"""

import argparse
import logging
import random
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)

import datetime as dt

from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client

from bench._commun import base_jetable, dire
from bench._mesure import Mesure, a_part, mediane
from bench._national import GARDEES, JOUR, MOTS, construire, ouvrir, sql
from bench._processeur import comparer, processeur
from bench._tableau import noter
from bench._temoin import RIEN
from bench.publication import par_le_passage
from edof.horloge import a_l_instant, minuit
from publication import fiches
from publication.fiches import ecrire_les_mots
from publication.models import FichePublique
from recherche.demande import Demande, RechercheForm, demander
from recherche.facettes import compter
from recherche.resultats import chercher
from recherche.tasks import entretenir
from recherche.vocabulaire import corriger
from vitrine.robots import PAR_PARTIE

VILLES = (
    "SELECT nom || ' (' || codes_postaux[1] || ')' FROM recherche_commune"
    " WHERE codes_postaux <> '{}' AND latitude IS NOT NULL ORDER BY population DESC LIMIT 300"
)
RARES = (
    "SELECT mot FROM recherche_motconnu WHERE mot ~ '^[a-z]{4,}$'"
    " AND nombre BETWEEN 2 AND (SELECT count(*) / 20 FROM publication_fichepublique)"
)
TAILLE = (
    "SELECT pg_size_pretty(sum(pg_total_relation_size(t::regclass)))"
    " FROM unnest(ARRAY['publication_fichepublique', 'publication_motspublics']) AS t"
)
LETTRES = "abcdefghijklmnopqrstuvwxyz"


def situer() -> None:
    """Put the addresses in true communes, the larger ones more often, each somewhere in its own.

    With the position of the model, the tens of thousands around it would all be at one point.
    """
    sql(
        "UPDATE organismes_adresse AS a SET ville = left(c.nom, 50), code_postal = c.codes_postaux[1],"
        " latitude = round((c.latitude + ((hashint8(a.id) & 255) - 127.5) / 6400)::numeric, 6),"
        " longitude = round((c.longitude + ((hashint8(a.id + 3) & 255) - 127.5) / 4250)::numeric, 6)"
        " FROM (SELECT nom, codes_postaux, latitude, longitude,"
        "  row_number() OVER (ORDER BY population DESC) AS rang"
        "  FROM recherche_commune WHERE codes_postaux <> '{}') AS c"
        " WHERE c.rang = 1 + (hashint8(a.id) & 1023) * (1 + (hashint8(a.id + 7) & 7))"
    )
    sql("VACUUM ANALYZE organismes_adresse")


def sans_les_fiches(jour: dt.date) -> None:
    """Do the night of that day as if the search had no rows: no statement of theirs, no trigger."""
    for nom in ("a_l_ajout", "au_changement"):
        sql(f"ALTER TABLE publication_parution DISABLE TRIGGER fiches_{nom}")
    fiches._DE_L_ENSEMBLE = "SELECT"
    fiches.revoir_celles_du_passage = lambda curseur, passage: None
    par_le_passage(jour)


def les_mots(jour: dt.date) -> None:
    """Write the words that the night has left."""
    ecrire_les_mots()


def nuit(nom: str, jour: dt.date, tours: int) -> None:
    """Do the night of that day without the rows of the search and with them, in turn, on copies of the base.

    Then do it once more, in the base itself.
    """
    facons = {"sans": sans_les_fiches, "avec": par_le_passage}
    mesures: dict[str, list[Mesure]] = {facon: [] for facon in facons}
    for _ in range(tours):
        for facon, faire in facons.items():
            with base_jetable(None, False, copie=True):
                mesures[facon].append(a_part(faire, jour))
    a_part(par_le_passage, jour)
    mots: Mesure = a_part(les_mots, jour)
    sql("VACUUM ANALYZE publication_parution, publication_contenu, publication_fichepublique")
    sans, avec = (mediane(mesures[facon], "processeur") for facon in facons)
    rapports = [a.processeur / s.processeur for s, a in zip(mesures["sans"], mesures["avec"], strict=True)]
    ko = [mediane(mesures[facon], "wal") / 1024 for facon in facons]
    dire(
        f"{nom} : {sans:.2f} s de processeur sans les fiches, {avec:.2f} s avec"
        f" (+{100 * (statistics.median(rapports) - 1):.0f} %, de {100 * (min(rapports) - 1):.0f} à"
        f" {100 * (max(rapports) - 1):.0f} sur {tours} tours) ; WAL {ko[0]:.0f} puis {ko[1]:.0f} ko ;"
        f" {FichePublique.objects.count()} fiches publiques ; leurs mots, juste après :"
        f" {mots.processeur:.2f} s."
    )


def mesurer_les_nuits(part: int, tours: int) -> None:
    """Do the big night and an ordinary one, each without the rows of the search and with them."""
    # How the pages that the WAL copies are compressed decides half of what they add (docs/mesures.md).
    (serveur, wal, jit) = sql(
        "SELECT current_setting('server_version'), current_setting('wal_compression'), current_setting('jit')"
    )
    dire(f"PostgreSQL {serveur}, wal_compression {wal}, jit {jit}.")
    nuit("La grande nuit", JOUR, tours)
    lendemain = JOUR + dt.timedelta(days=1)
    ouvrir(10_000 // part, lendemain)
    sql("VACUUM ANALYZE sessions_app_session")
    nuit("Une nuit ordinaire", lendemain, tours)


def recherches(combien: int, hasard: random.Random) -> list[Demande]:
    """Return searches as people make them: words, half of them with a place, a third with filters.

    The texts of this catalogue are made of thirty words, each of which is in nearly all of them: no search is
    dearer. Half of the words are these; the others are in a twentieth of the actions at most.
    """
    rares = [mot for (mot,) in _lignes(RARES)] or list(MOTS)
    villes = [nom for (nom,) in _lignes(VILLES)]
    demandes = []
    for _ in range(combien):
        lus = {"q": " ".join(hasard.sample(hasard.choice((MOTS, rares)), hasard.choice((1, 1, 2))))}
        if hasard.random() < 0.5:
            lus |= {"ou": hasard.choice(villes), "rayon": hasard.choice(("10", "30", "50"))}
        if hasard.random() < 0.35:
            lus |= hasard.choice(
                [
                    {"prix_max": "5000"},
                    {"garantie": "1"},
                    {"tri": "prix"},
                    {"tri": "date"},
                    {"duree_max": "700"},
                ]
            )
        demandes.append(demande(**lus))
    return demandes


def demande(**lus: str) -> Demande:
    """Return the search of these parameters."""
    dits = QueryDict(mutable=True)
    dits.update(lus)
    form = RechercheForm(dits)
    if not form.is_valid():
        sys.exit(str(form.errors))
    return demander(form)


def _lignes(texte: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as curseur:
        curseur.execute(texte)
        return curseur.fetchall()


def _millisecondes(faire: Callable[[], object]) -> float:
    debut = time.perf_counter()
    faire()
    return (time.perf_counter() - debut) * 1000


def _du_processeur(faire: Callable[[], object]) -> float:
    """Return the milliseconds of processor, of the program and of its backend, that this takes."""
    debut = processeur()
    faire()
    return (processeur() - debut) * 1000


def _instructions(faire: Callable[[], object]) -> list[tuple[str, Any]]:
    faites = []

    def noter_l_instruction(execute: Any, texte: str, valeurs: Any, plusieurs: bool, contexte: Any) -> Any:
        faites.append((texte, valeurs))
        return execute(texte, valeurs, plusieurs, contexte)

    with connection.execute_wrapper(noter_l_instruction):
        faire()
    return faites


def nu(instructions: list[tuple[str, Any]]) -> None:
    """Run the statements alone, and read their rows."""
    with connection.cursor() as curseur:
        for texte, valeurs in instructions:
            curseur.execute(texte, valeurs)
            curseur.fetchall()


def quantiles(mesures: list[float]) -> str:
    """Return the median, the 95th and the 99th percentiles."""
    p = [quantile(mesures, q) for q in (0.5, 0.95, 0.99)]
    return f"p50 {p[0]:.1f} ms, p95 {p[1]:.1f} ms, p99 {p[2]:.1f} ms"


def quantile(mesures: list[float], q: float) -> float:
    """Return the value that this part of the measurements does not exceed."""
    return sorted(mesures)[min(int(len(mesures) * q), len(mesures) - 1)]


def p95(mesures: list[float]) -> float:
    """Return the 95th percentile."""
    return quantile(mesures, 0.95)


def mesurer_les_recherches(combien: int, hasard: random.Random) -> None:
    """Measure pages and numbers, each beside its statements alone."""
    for nom, cle, faire in (
        ("La page de résultats", "vitrine", chercher),
        ("Les nombres des filtres", "vitrine_nombres", compter),
    ):
        programme, base = [], []
        for une in recherches(combien, hasard):
            ce_qu_on_mesure = partial(faire, une)
            instructions = _instructions(ce_qu_on_mesure)
            programme.append(_du_processeur(ce_qu_on_mesure))
            base.append(_du_processeur(partial(nu, instructions)))
        rapport, queue = p95(programme) / p95(base), quantile(programme, 0.99) / quantile(programme, 0.5)
        dire(f"{nom} : {quantiles(programme)} de processeur ; p99 / p50 : {queue:.1f}")
        dire(f"  le SQL seul : {quantiles(base)} ; rapport des p95 {rapport:.2f}")
        noter(f"{cle}_queue", [queue])
        if faire is chercher:
            noter("vitrine", [rapport])
    vide = demande()
    dire(f"Sans rien demander : page {_mediane(lambda: chercher(vide)):.1f} ms,"
         f" nombres {_mediane(lambda: compter(vide)):.1f} ms")  # fmt: skip


def _mediane(faire: Callable[[], object]) -> float:
    return statistics.median(_du_processeur(faire) for _ in range(7))


def mesurer_les_pages(hasard: random.Random) -> None:
    """Compare the two hundredth page with the first."""
    lus, page = {"q": MOTS[0], "tri": "prix"}, None
    premiere = demande(**lus)
    loin, faites = premiere, 1
    while faites < 200 and (page := chercher(loin)).suivante:
        loin, faites = demande(**lus, curseur=page.suivante), faites + 1
    temps = {1: [], faites: []}
    for _ in range(15):
        temps[1].append(_du_processeur(lambda: chercher(premiere)))
        temps[faites].append(_du_processeur(lambda: chercher(loin)))
    une, derniere = statistics.median(temps[1]), statistics.median(temps[faites])
    dire(f"Page 1 : {une:.1f} ms ; page {faites} : {derniere:.1f} ms ; rapport {derniere / une:.2f}")
    noter("vitrine_pages", [derniere / une])


def mesurer_les_corrections(hasard: random.Random) -> None:
    """Measure the correction of a word with one mistake."""
    connus = [mot for (mot,) in _lignes("SELECT mot FROM recherche_motconnu WHERE mot ~ '^[a-z]{5,}$'")]
    temps, justes = [], 0
    for _ in range(300):
        mot = hasard.choice(connus)
        rang = hasard.randrange(len(mot))
        faux = mot[:rang] + hasard.choice(["", hasard.choice(LETTRES)]) + mot[rang + 1 :]
        resultat: dict[str, str] = {}
        temps.append(_du_processeur(lambda faux=faux, r=resultat: r.update(corriger([faux]))))
        justes += resultat.get(faux, faux) == mot
    dire(f"Corriger un mot parmi {len(connus)} : {quantiles(temps)} ; {justes} sur 300 retrouvés")
    noter("vitrine_correction", [p95(temps)])


def mesurer_le_service(hasard: random.Random) -> None:
    """Compare pages, and the same that have not changed, with a view that answers one line."""
    settings.ROOT_URLCONF, settings.ALLOWED_HOSTS = "bench._temoin", ["*"]
    client = Client()
    action = FichePublique.objects.values_list("action_id", flat=True)[0]
    (rare,), (ville,) = hasard.choice(_lignes(RARES) or [(MOTS[0],)]), hasard.choice(_lignes(VILLES))
    adresses = {
        "Une recherche, un mot et un lieu": f"/formations/?{urlencode({'q': rare, 'ou': ville})}",
        "Sans rien demander": "/formations/",
        "Une formation": client.get(f"/formations/{action}/")["Location"],
        "Le plan du site, une partie": f"/sitemap-{action // PAR_PARTIE}.xml",
    }

    def lire(adresse: str, **entetes: str) -> Any:
        """Read it from an address of the network that has read nothing yet."""
        return client.get(adresse, REMOTE_ADDR=str(ip_address(hasard.getrandbits(32))), **entetes)

    gestes: dict[str, Callable[[], Any]] = {"Une ligne": partial(lire, RIEN)}
    for nom, adresse in adresses.items():
        gestes[nom] = partial(lire, adresse)
        gestes[f"{nom}, 304"] = partial(lire, adresse, HTTP_IF_NONE_MATCH=lire(adresse)["ETag"])
    mesures = {}
    for nom, geste in gestes.items():
        fois = 1 if _mediane(geste) > 200 else 20
        mesures |= comparer({nom: geste}, fois)
    ligne = statistics.median(mesures["Une ligne"])
    for nom, ms in mesures.items():
        une = statistics.median(ms)
        dire(f"{nom} : {une:.2f} ms de processeur, {une / ligne:.1f} fois une ligne, {1000 / une:.0f} par s")
    noter("vitrine_304", [statistics.median(mesures[f"{nom}, 304"]) / statistics.median(mesures[nom])
                          for nom in adresses])  # fmt: skip


def main() -> None:
    """Read the command line, build, do the nights, measure."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--part", type=int, default=1)
    lecteur.add_argument("--nuits", action="store_true")
    lecteur.add_argument("--tours", type=int, default=3)
    lecteur.add_argument("--recherches", type=int)
    lecteur.add_argument("--base")
    lecteur.add_argument("--garder", action="store_true")
    dit = lecteur.parse_args()
    part = 100 if dit.petit else dit.part
    hasard = random.Random(17)
    with base_jetable(dit.base, dit.garder) as neuve:
        if neuve:
            construire(part, 2 * GARDEES // 3 // part if dit.nuits else None)
            situer()
            if dit.nuits:
                mesurer_les_nuits(part, dit.tours)
            else:
                # The run itself, so that these rows are those of a true night.
                par_le_passage(JOUR)
                ecrire_les_mots()
            with transaction.atomic(), connection.cursor() as curseur:
                secondes = _millisecondes(lambda: entretenir(curseur)) / 1000
            dire(f"Relire mots et lieux après la nuit : {secondes:.1f} s")
            sql("VACUUM ANALYZE")
        with a_l_instant(minuit(JOUR + dt.timedelta(days=1)) + dt.timedelta(hours=9)):
            (taille,) = sql(TAILLE)
            dire(f"{FichePublique.objects.count()} actions publiques, {taille}")
            combien = dit.recherches or (60 if dit.petit else 300)
            mesurer_les_recherches(combien, hasard)
            mesurer_les_pages(hasard)
            mesurer_les_corrections(hasard)
            mesurer_le_service(hasard)


if __name__ == "__main__":
    main()
