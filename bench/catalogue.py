"""How long the catalogue page and the accueil take for one organisme of 500 offres × 25 actions × 20
sessions, and in how many queries.

    ./run bench catalogue            the whole (some minutes, most of them to build)
    ./run bench catalogue --petit    a hundredth of it

A scratch database is made beside the one of DATABASE_URL, and dropped at the end (`--garder` keeps it and
says its name, `--base NAME` measures in one that was kept).
"""

import argparse
import datetime as dt
import logging
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
# As in production: no query is kept for the debug page.
settings.DEBUG = False
logging.disable(logging.INFO)
settings.ALLOWED_HOSTS = ["*"]

from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench._commun import base_jetable, dire, multiplier, sans_historique
from bench._processeur import comparer, rapport, rapports
from bench._tableau import noter
from bench._temoin import ADRESSE
from bureau.catalogue.comptes import compter
from bureau.catalogue.filtres import Filtres
from bureau.sessions.filtres import FiltresDesSessions
from catalogue.models import Action, Offre
from demo import donnees as demo
from edof.horloge import a_l_instant, aujourd_hui, maintenant
from edof.templatetags.blocs import oublier_les_blocs
from organismes.droits import Role
from organismes.models import Adresse, Contact, Membre, Organisme, Qualiopi, Utilisateur
from publication.etapes import par_etape
from publication.models import Contenu, Decompte, Parution, Passage, Retenue
from publication.passages import publier
from sessions_app.models import Session

OFFRES, ACTIONS, SESSIONS, AUTRES = 500, 25, 20, 5
VILLES = (
    "Créteil",
    "Ivry-sur-Seine",
    "Vitry-sur-Seine",
    "Villejuif",
    "Melun",
    "Évry-Courcouronnes",
    "Paris",
    "Lyon",
    "Marseille",
    "Nîmes",
)
METIERS = (
    "logistique",
    "comptable",
    "développement web",
    "secrétariat médical",
    "soudure",
    "anglais professionnel",
    "management",
    "froid",
)
FOIS = 5
GRAND = "Grand organisme"
# The first visit of a day counts every offre again.
RECOMPTEE, PREMIERE = "Première page, nombres à recompter", "Première page"
# The accueil, and a page that does almost nothing, to compare them.
ACCUEIL, SIMPLE = "Accueil", "Une page d'aide"
# The cards that a process has already drawn are kept: what the page costs without any.
A_NEUF = "Catalogue, cartes jamais dessinées"
# The pages of « Sessions », with their parameters.
LISTES: dict[str, dict[str, str]] = {
    "« Sessions »": {"tri": "dates"},
    "« Sessions », dernière page": {"tri": "dates", "page": "999999"},
    "« Sessions », par identifiant": {"tri": "identifiant"},
    "« Sessions », par visibilité": {"tri": "visible"},
    "« Sessions », un mot de l'intitulé": {"tri": "dates", "q": "développement"},
    "« Sessions », prêtes à ouvrir": {"tri": "dates", "etape": "prete"},
    "« Sessions », à réparer": {"tri": "dates", "visibilite": "a_reparer"},
    "« Sessions », une raison": {"tri": "dates", "raison": "dates-fixes-renseignees"},
    "« Sessions », un mois": {"vue": "mois"},
    "« Sessions », un mois des validées": {"vue": "mois", "statut": "validee"},
}
ADRESSES = {ACCUEIL: "/", SIMPLE: "/aide/navigateurs/", **dict.fromkeys(LISTES, "/catalogue/sessions/")}


def organisme(nom: str, siret: str, offres: int, actions: int, sessions: int) -> Utilisateur:
    """Create an organisme whose whole catalogue is copied from the demo, and return its gestionnaire."""
    hier = maintenant() - dt.timedelta(days=2)
    modele = Organisme.objects.order_by("pk").first()
    with a_l_instant(hier):
        nouveau = Organisme.objects.create(raison_sociale=nom, siret=siret, nda=modele.nda)
        Qualiopi.objects.create(
            organisme=nouveau, categorie=Qualiopi.Categorie.ACTIONS_DE_FORMATION, du=dt.date(2020, 1, 1)
        )
    gestionnaire = Utilisateur.objects.create_user(f"gestionnaire-{nouveau.pk}@mesure.example")
    Membre.objects.create(utilisateur=gestionnaire, organisme=nouveau, role=Role.GESTIONNAIRE)
    o, quand = str(nouveau.pk), f"'{hier.isoformat()}'::timestamptz"
    villes = "(ARRAY[" + ",".join(f"'{ville}'" for ville in VILLES) + f"])[1 + n %% {len(VILLES)}]"
    metiers = "(ARRAY[" + ",".join(f"'{metier}'" for metier in METIERS) + f"])[1 + n %% {len(METIERS)}]"

    def fiche(cle: str) -> dict[str, str]:
        return {"organisme": o, "identifiant": cle, "modifie_le": f"{quand} - n * interval '1 minute'"}

    with sans_historique(Adresse, Contact, Offre, Action, Session):
        ou = '"organismes_adresse" m, generate_series(1, 30) n WHERE m.id = %s'
        multiplier(
            Adresse,
            ou,
            [Adresse.objects.order_by("pk").first().pk],
            organisme=o,
            titre="'Site ' || n",
            ville=villes,
            modifie_le=quand,
        )
        multiplier(Contact, '"organismes_contact" m LIMIT 1', [], organisme=o, modifie_le=quand)
        offre = Offre.objects.get(identifiant="TSLO14-14247-98569", organisme=modele)
        certifications = "(SELECT array_agg(id) FROM catalogue_certification)"
        multiplier(
            Offre, '"catalogue_offre" m, generate_series(1, %s) n WHERE m.id = %s', [offres, offre.pk],
            **fiche("'OFFRE-' || lpad(n::text, 5, '0')"),
            intitule=f"'Formation de technicien en ' || {metiers} || ' niveau ' || (1 + n %% 7) || ' "
            "parcours ' || n",
            certification=f"{certifications}[1 + n %% array_length({certifications}, 1)]",
            statut="CASE WHEN n %% 25 = 0 THEN 'brouillon' WHEN n %% 25 = 1 THEN 'validee' ELSE 'active' END",
        )  # fmt: skip
        action = Action.objects.get(identifiant="88A-79-78490-XX", offre=offre)
        lieu = f"(SELECT min(id) FROM organismes_adresse WHERE organisme_id = {o}) + n %% 30"
        multiplier(
            Action, '"catalogue_offre" p, "catalogue_action" m, generate_series(1, %s) n WHERE '
            'p.organisme_id = %s AND m.id = %s',
            [actions, nouveau.pk, action.pk], **fiche("'ACT-' || p.id || '-' || n"), offre="p.id",
            lieu_de_formation=lieu,
            statut="CASE WHEN p.statut <> 'active' OR n %% 12 = 0 THEN 'brouillon' WHEN n %% 12 = 1 THEN "
            "'archivee' ELSE 'active' END",
            modalites_enseignement="(ARRAY['presentiel', 'mixte', 'a_distance'])[1 + n %% 3]",
        )  # fmt: skip
        session = Session.objects.get(identifiant="sessionduree", action=action)
        contact = f"(SELECT min(id) FROM organismes_contact WHERE organisme_id = {o})"
        jour = f"date '{aujourd_hui().isoformat()}'"
        # Out of twenty sessions: four brouillons, three validées, two archived, two closed, two begun, seven
        # open with a start to come.
        statut = (
            "CASE WHEN p.statut <> 'active' OR n %% 20 < 4 THEN 'brouillon' WHEN n %% 20 < 7 THEN 'validee'"
            " WHEN n %% 20 < 9 THEN 'archivee' ELSE 'active' END"
        )
        ouverte = "p.statut = 'active' AND n %% 20 >= 11"
        multiplier(
            Session, '"catalogue_action" p, "sessions_app_session" m, generate_series(1, %s) n WHERE '
            'p.organisme_id = %s AND m.id = %s',
            [sessions, nouveau.pk, session.pk], **fiche("'S-' || p.id || '-' || n"), action="p.id",
            statut=statut, ouverte=ouverte,
            date_debut=f"{jour} + CASE WHEN n %% 20 IN (11, 12) THEN -30 ELSE 5 + (n * 17 + p.id::int) %% "
            "360 END",
            date_fin=f"{jour} + 400", dates_saisies_le=f"{jour} - 60",
            ouverte_depuis=f"CASE WHEN {ouverte} THEN {quand} END",
            contact_inscription=contact, adresse_inscription=lieu,
        )  # fmt: skip
    return gestionnaire


def construire(part: int) -> None:
    """Create the demo, the big organisme and a few others, then do this morning's publication."""
    debut = time.monotonic()
    call_command("migrate", verbosity=0)
    demo.charger()
    organisme(GRAND, "73282932000074", max(OFFRES // part, 2), ACTIONS, SESSIONS)
    for rang in range(AUTRES):
        organisme(f"Autre organisme {rang}", f"8{rang:013d}", max(OFFRES // part // 10, 1), ACTIONS, SESSIONS)
    with connection.cursor() as curseur:
        # Delete the earlier runs: a run only looks at what has changed since the one before it.
        tables = ", ".join(modele._meta.db_table for modele in (Passage, Parution, Contenu, Retenue))
        curseur.execute(f"TRUNCATE {tables}")
        curseur.execute("VACUUM ANALYZE")
    publier(aujourd_hui(), par="mesure")
    with connection.cursor() as curseur:
        curseur.execute("VACUUM ANALYZE")
    dire(f"Construit en {time.monotonic() - debut:.0f} s.")


def mesurer(gestionnaire: Utilisateur) -> list[tuple[str, float, float, int, int]]:
    """Measure each page.

    Return its name, its median and its best time in milliseconds, its number of queries, and its size in
    kilobytes.
    """
    client = Client()
    client.force_login(gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    offres = Offre.objects.filter(organisme=gestionnaire.membres.get().organisme, statut="active").order_by(
        "-modifie_le", "-pk"
    )
    offre = offres[0]
    action = offre.actions.filter(statut="active").order_by("-modifie_le", "-pk")[0]
    session = Session.objects.filter(action__offre=offres.last(), statut="active").order_by("pk")[0]
    jour = aujourd_hui()
    au = jour + dt.timedelta(30)
    pages: list[tuple[str, dict[str, str], str]] = [
        (SIMPLE, {}, ""),
        (ACCUEIL, {}, ""),
        (RECOMPTEE, {}, ""),
        (PREMIERE, {}, ""),
        ("Page du milieu", {"page": str(max(offres.count() // 40, 1))}, ""),
        ("Dernière page", {"page": "999999"}, ""),
        ("Recherche d'un mot de l'intitulé", {"q": "développement"}, ""),
        ("Recherche de quatre mots", {"q": "formation technicien logistique lyon"}, ""),
        ("Recherche d'un identifiant de session", {"q": session.identifiant}, ""),
        ("Recherche qui ne trouve rien", {"q": "introuvable"}, ""),
        ("Filtre « Brouillon »", {"statut": "brouillon"}, ""),
        ("Filtre « Active »", {"statut": "active"}, ""),
        ("Filtre « Archivée »", {"statut": "archivee"}, ""),
        ("Filtre « Visibles »", {"visibilite": "visibles"}, ""),
        ("Filtre « Sessions actives non visibles »", {"visibilite": "non_visibles"}, ""),
        ("Filtre par type", {"type": offre.type_offre}, ""),
        ("Filtre par certification", {"certification": offre.certification.code}, ""),
        ("Filtre par modalité", {"enseignement": "mixte"}, ""),
        ("Filtre par ville", {"ville": "NÎMES"}, ""),
        ("Filtre par période d'un mois", {"du": f"{jour:%d/%m/%Y}", "au": f"{au:%d/%m/%Y}"}, ""),
        (
            "Ville, période, visibilité et un mot",
            {"ville": "LYON", "du": f"{jour:%d/%m/%Y}", "visibilite": "visibles", "q": "froid"},
            "",
        ),
        ("Une offre et une action dépliées", {"o": str(offre.pk), "a": str(action.pk)}, ""),
        ("Aller à une session", {"voir": session.cle_html}, ""),
        ("Déplier une offre (htmx)", {"o": str(offre.pk)}, offre.cle_html),
        ("Déplier une action (htmx)", {"o": str(offre.pk), "a": str(action.pk)}, action.cle_html),
        *((nom, parametres, "") for nom, parametres in LISTES.items()),
    ]
    return [_mesure(client, *page) for page in pages]


def _mesure(
    client: Client, nom: str, parametres: dict[str, str], cible: str
) -> tuple[str, float, float, int, int]:
    entetes = (
        {"HX-Request": "true", "HX-Target": cible, "HX-Current-URL": "http://testserver/catalogue/"}
        if cible
        else {}
    )
    durees = []
    for _ in range(FOIS):
        if nom == RECOMPTEE:
            Decompte.objects.all().delete()
        debut = time.perf_counter()
        reponse = client.get(ADRESSES.get(nom, "/catalogue/"), parametres, headers=entetes)
        durees.append(1000 * (time.perf_counter() - debut))
        if reponse.status_code not in {200, 302}:
            sys.exit(f"{nom} : {reponse.status_code}")
    if nom == RECOMPTEE:
        Decompte.objects.all().delete()
    with CaptureQueriesContext(connection) as requetes:
        client.get(ADRESSES.get(nom, "/catalogue/"), parametres, headers=entetes)
    return nom, statistics.median(durees), min(durees), len(requetes), len(reponse.content) // 1000


def comparer_au_sql(gestionnaire: Utilisateur, fois: int) -> None:
    """Print the processor time of each page of « Sessions » beside that of two pieces of SQL, run by psycopg.

    The first one is the statements of the page. The second one answers the same questions without what the
    program keeps: how many sessions at each step, which ones are on the page, their columns and states.
    What is counted for a minute is counted each time: the cache is emptied.
    """
    client = Client()
    client.force_login(gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    dire("\n| Page, processeur | page, ms | ses ordres nus | rapport | SQL sans nombres gardés | rapport |")
    dire("|---|---:|---:|---:|---:|---:|")

    def lire(parametres: dict[str, str]) -> None:
        cache.clear()
        client.get(ADRESSES["« Sessions »"], parametres)

    def executer(ordres: list[tuple[str, Any]]) -> None:
        with connection.connection.cursor() as curseur:
            for sql, valeurs in ordres:
                curseur.execute(sql, valeurs)
                curseur.fetchall()

    for nom, parametres in LISTES.items():
        lire(parametres)
        ordres = _ordres(lambda p=parametres: lire(p))
        filtres = FiltresDesSessions(gestionnaire.membres.get().organisme, QueryDict(urlencode(parametres)))
        comptes = _ordres(lambda f=filtres: par_etape(f.sans("etape").sessions()))
        sans = [ordre for ordre in ordres if "publication_decompte" not in ordre[0]]
        if not any(sql == comptes[-1][0] for sql, _ in sans):
            sans += comptes
        mesures = comparer(
            {
                "page": lambda p=parametres: lire(p),
                "nu": lambda o=ordres: executer(o),
                "sans": lambda o=sans: executer(o),
            },
            fois,
        )
        page, nu, sans_gardes = (statistics.median(mesures[quoi]) for quoi in ("page", "nu", "sans"))
        dire(
            f"| {nom} | {page:.0f} | {nu:.0f} | {rapport(mesures, 'page', 'nu')[0]:.2f} | {sans_gardes:.0f} |"
            f" {rapport(mesures, 'page', 'sans')[0]:.2f} |"
        )


def _ordres(geste: Callable[[], Any]) -> list[tuple[str, Any]]:
    """Return the statements that this gesture executes, with their parameters."""
    ordres: list[tuple[str, Any]] = []

    def noter(execute: Any, sql: str, params: Any, many: bool, contexte: Any) -> Any:
        ordres.append((sql, params))
        return execute(sql, params, many, contexte)

    with connection.execute_wrapper(noter):
        geste()
    return ordres


def comparer_au_temoin(gestionnaire: Utilisateur, fois: int) -> None:
    """Print the processor time of the page beside that of a page of 50 cards that reads nothing.

    Also that of the accueil, of the numbers of the chips, and of the search alone.
    """
    settings.ROOT_URLCONF = "bench._temoin"
    client = Client()
    client.force_login(gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    organisme = gestionnaire.membres.get().organisme
    offre = Offre.objects.filter(organisme=organisme).order_by("-modifie_le")[0]
    depliee = {"o": str(offre.pk)}
    temoin, page = "Témoin, 50 cartes", "Catalogue"
    pages = {
        temoin: (ADRESSE, {}),
        SIMPLE: (ADRESSES[SIMPLE], {}),
        ACCUEIL: (ADRESSES[ACCUEIL], {}),
        page: ("/catalogue/", {}),
        "Catalogue, une offre dépliée": ("/catalogue/", depliee),
    }

    def lire(adresse: str, parametres: dict[str, str]) -> None:
        if client.get(adresse, parametres).status_code != 200:
            sys.exit(f"{adresse} ne répond pas.")

    def chercher() -> None:
        mot = QueryDict(mutable=True)
        mot["q"] = "développement"
        if not list(Filtres(organisme, mot).offres().values_list("pk", flat=True)):
            sys.exit("La recherche ne trouve rien : cette mesure ne dirait rien.")

    def lire_a_neuf() -> None:
        oublier_les_blocs()
        lire("/catalogue/", {})

    pastilles, recherche = "Nombres des pastilles", "Recherche d'un mot : les offres, dans l'ordre"
    gestes = {nom: (lambda page=page: lire(*page)) for nom, page in pages.items()}
    gestes[A_NEUF] = lire_a_neuf
    gestes |= {pastilles: lambda: compter(organisme), recherche: chercher}
    mesures = comparer(gestes, fois)
    noter("accueil", rapports(mesures, ACCUEIL, SIMPLE))
    noter("catalogue", rapports(mesures, page, temoin))
    noter("pastilles", mesures[pastilles])
    noter("recherche", mesures[recherche])
    dire("\n| Processeur, programme et base | ms | fois le témoin (de – à) |\n|---|---:|---:|")
    for nom in gestes:
        mediane, moins, plus = rapport(mesures, nom, temoin)
        dire(f"| {nom} | {statistics.median(mesures[nom]):.1f} | {mediane:.1f} ({moins:.1f} – {plus:.1f}) |")


def main() -> None:
    """Read the command line, build, measure, print."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--garder", action="store_true")
    lecteur.add_argument("--base")
    options = lecteur.parse_args()
    with base_jetable(options.base, options.garder or bool(options.base)) as neuve:
        if neuve:
            construire(100 if options.petit else 1)
        gestionnaire = Utilisateur.objects.get(membres__organisme__raison_sociale=GRAND)
        compte = {
            modele._meta.verbose_name_plural: modele.objects.filter(organisme__raison_sociale=GRAND).count()
            for modele in (Offre, Action, Session)
        }
        visibles = Parution.objects.ouvertes().filter(organisme__raison_sociale=GRAND).count()
        if not visibles:
            sys.exit("Aucune session n'est visible : cette mesure ne dirait rien.")
        compte["visibles"] = visibles
        dire(f"{', '.join(f'{nombre} {nom}' for nom, nombre in compte.items())} ; médiane de {FOIS}.\n")
        dire("| Page | médiane, ms | au mieux, ms | requêtes | ko |\n|---|---:|---:|---:|---:|")
        for nom, mediane, mieux, requetes, poids in mesurer(gestionnaire):
            dire(f"| {nom} | {mediane:.0f} | {mieux:.0f} | {requetes} | {poids} |")
            if nom == PREMIERE:
                noter("catalogue_requetes", [requetes])
        comparer_au_sql(gestionnaire, 2 if options.petit else 4)
        comparer_au_temoin(gestionnaire, 4 if options.petit else 20)


if __name__ == "__main__":
    main()
