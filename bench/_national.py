"""The national catalogue that the nightly run is measured on, and the openings of an afternoon."""

import datetime as dt
import time

from django.core.management import call_command
from django.db import connection

from bench._commun import dire, multiplier, sans_historique
from catalogue.models import Action, Offre
from demo import donnees as demo
from edof.horloge import aujourd_hui, minuit
from organismes.models import Adresse, Contact, Organisme, Qualiopi
from publication.contenus import CONTENU_ACTION
from publication.ecarts import empreinte_des_regles
from publication.models import Passage
from sessions_app.models import Session

ORGANISMES, OFFRES, ACTIONS, SESSIONS = 20_000, 10, 2, 4
# Of 1,600,000 rows made, the first 1,500,000 are kept.
GARDEES = 1_500_000
JOUR = aujourd_hui() - dt.timedelta(days=3)
# What makes the texts differ from one record to the next, as those of people do.
MOTS = (
    "accueil", "atelier", "bilan", "chantier", "commande", "contrôle", "diagnostic", "emballage", "entretien",
    "facture", "gerbage", "hygiène", "inventaire", "livraison", "maintenance", "manutention", "négociation",
    "outillage", "planning", "préparation", "qualité", "réception", "sécurité", "soudure", "stock", "tableau",
    "traçabilité", "transport", "usinage", "vente", "vérification",
)  # fmt: skip


def sql(texte: str, *valeurs: object) -> tuple:
    """Run a statement, and return its first row, or an empty tuple when it returns no rows."""
    with connection.cursor() as curseur:
        curseur.execute(texte, valeurs or None)
        return curseur.fetchone() if curseur.description else ()


def phrase(cle: str, mots: int) -> str:
    """Return the SQL of a text of so many words, chosen by a number of the row."""
    choix = "ARRAY[" + ", ".join(f"'{mot}'" for mot in MOTS) + "]"
    return (
        f"(SELECT string_agg(({choix})[1 + (hashint8(({cle})::bigint * 1000 + i) & 1023) %% {len(MOTS)}],"
        f" ' ') FROM generate_series(1, {mots}) AS i)"
    )


# Of a hundred sessions, about these are open in a catalogue that is built with them: three actions in four.
_OUVERTES = f"(p.id * {SESSIONS} + n) %% 97 < 69"


def construire(part: int, dues: int | None) -> None:
    """Build a catalogue of `1 / part` of the whole.

    `dues` sessions are opened on the day before the first night; the others are not open. With None, sessions
    are inserted open since that day, without the history of it: many times faster, and the same for a night
    that reads nothing in the past.
    """
    debut = time.monotonic()
    call_command("migrate", verbosity=0)
    demo.charger()
    vieux = f"'{minuit(JOUR - dt.timedelta(days=30)).isoformat()}'::timestamptz"
    veille = f"'{(minuit(JOUR) - dt.timedelta(hours=9)).isoformat()}'::timestamptz"
    modele = Organisme.objects.order_by("pk").first()
    offre = Offre.objects.get(identifiant="TSLO14-14247-98569", organisme=modele)
    action = Action.objects.get(identifiant="88A-79-78490-XX", offre=offre)
    session = Session.objects.get(identifiant="sessionduree", action=action)
    dernier = max(o for (o,) in Organisme.objects.values_list("pk"))
    if dues is None:
        # No trigger at all, nor those of the foreign keys: every key comes from a row that was just read.
        sql("SET session_replication_role = replica")
    with sans_historique(Organisme, Qualiopi, Adresse, Contact, Offre, Action, Session):
        # The rows of organismes, of their addresses and of their contacts are inserted in the same order.
        n = "generate_series(1, %s) n"
        multiplier(
            Organisme, f"organismes_organisme m, {n} WHERE m.id = %s", [ORGANISMES // part, modele.pk],
            raison_sociale="'Organisme ' || n", siret="lpad((10000000000000 + n)::text, 14, '0')",
            modifie_le=vieux,
        )  # fmt: skip
        # Each organisme has one certificate, two addresses and two contacts.
        ou = (
            "(SELECT * FROM {} ORDER BY id LIMIT 1) m, organismes_organisme g, generate_series(1, {}) n"
            " WHERE g.id > %s ORDER BY g.id, n"
        )
        propres: dict[type, dict[str, str]] = {
            Qualiopi: {"categorie": "'actions_de_formation'", "du": "date '2020-01-01'", "au": "NULL"},
            Adresse: {
                "titre": "'Site ' || n", "numero_voie": "(1 + (g.id + n) %% 200)::text",
                "libelle_voie": f"left({phrase('g.id * 2 + n', 3)}, 24)", "ville": phrase("g.id * 3 + n", 1),
                "code_postal": "lpad((1000 + (g.id * 7 + n) %% 94000)::text, 5, '0')",
            },
            Contact: {
                "identifiant": "'Contact ' || n",
                "nom": phrase("g.id * 5 + n", 1), "prenom": phrase("g.id * 7 + n", 1),
                "courriel": "'personne' || n || '@organisme-' || g.id || '.example'",
            },
        }  # fmt: skip
        for classe, valeurs in propres.items():
            multiplier(
                classe, ou.format(classe._meta.db_table, 1 if classe is Qualiopi else 2), [dernier],
                organisme="g.id", modifie_le=vieux, **valeurs,
            )  # fmt: skip

        def fiche(cle: str) -> dict[str, str]:
            return {"identifiant": cle, "modifie_le": vieux}

        def long(champ: str, cle: str) -> str:
            return f"left(m.{champ} || ' ' || {phrase(cle, 40)}, 1000)"

        certifications = (
            "(SELECT array_agg(id) FROM catalogue_certification WHERE date_fin_enregistrement IS NULL"
            f" OR date_fin_enregistrement > date '{JOUR}' + 30)"
        )
        multiplier(
            Offre, f"organismes_organisme g, {n}, catalogue_offre m WHERE g.id > %s AND m.id = %s ORDER BY "
            "g.id, n",
            [OFFRES, dernier, offre.pk], **fiche("'O-' || n"), organisme="g.id", statut="'active'",
            intitule=f"'Formation ' || {phrase('g.id * 11 + n', 4)}",
            contenu=long("contenu", "g.id * 13 + n"),
            objectif=long("objectif", "g.id * 17 + n"),
            certification=f"({certifications})[1 + (g.id + n) %% array_length({certifications}, 1)]",
        )  # fmt: skip
        lieu, contact = (
            f"(SELECT id FROM organismes_{t} WHERE organisme_id = p.organisme_id ORDER BY id OFFSET n %% 2"
            " LIMIT 1)"
            for t in ("adresse", "contact")
        )
        # From 200 to 6,190 euros, from 7 to 630 hours: many actions have the same, and most have not.
        prix = "(200 + 10 * ((hashint8(p.id * 29 + n) & 65535) %% 600))::numeric(12, 2)"
        duree = "(7 * (1 + (hashint8(p.id * 31 + n) & 65535) %% 90))"
        multiplier(
            Action, f"catalogue_offre p, {n}, catalogue_action m WHERE p.organisme_id > %s AND m.id = %s "
            "ORDER BY p.id, n",
            [ACTIONS, dernier, action.pk], **fiche("'A-' || p.id || '-' || n"),
            organisme="p.organisme_id", offre="p.id",
            statut="'active'", duree_totale=duree, cout_horaire_ht=f"ceil(100 * {prix} / {duree}) / 100",
            ht_0=prix, ttc_0=prix, total_ht=prix, total_ttc=prix,
            modalites_pedagogiques=f"left({phrase('p.id * 19 + n', 20)}, 200)",
            conditions_specifiques=long("conditions_specifiques", "p.id * 23 + n"),
            lieu_de_formation=lieu, contact_du_lieu=contact, contact_information=contact,
        )  # fmt: skip
        ouverte = _OUVERTES if dues is None else "false"
        multiplier(
            Session, f"catalogue_action p, {n}, sessions_app_session m WHERE p.organisme_id > %s AND m.id "
            "= %s ORDER BY p.id, n LIMIT %s",
            [SESSIONS, dernier, session.pk, GARDEES // part],
            **fiche("'S-' || p.id || '-' || n")
            | {"modifie_le": f"CASE WHEN {ouverte} THEN {veille} ELSE {vieux} END"},
            organisme="p.organisme_id", action="p.id",
            statut=f"CASE WHEN {ouverte} THEN 'active' ELSE 'validee' END", ouverte=ouverte,
            ouverte_depuis=f"CASE WHEN {ouverte} THEN {veille} END", a_ete_active=ouverte,
            date_debut=f"date '{JOUR}' + 20 + (n * 37 + p.id::int) %% 300", date_fin=f"date '{JOUR}' + 400",
            dates_saisies_le=f"date '{JOUR}' - 60",
            contact_inscription="p.contact_information_id", adresse_inscription="p.lieu_de_formation_id",
        )  # fmt: skip
    sql(
        "TRUNCATE publication_passage, publication_parution, publication_contenu, publication_retenue,"
        " publication_fichepublique, publication_motspublics"
    )
    Passage.objects.create(
        jour=JOUR - dt.timedelta(days=1),
        par="mesure",
        termine_le=minuit(JOUR),
        empreinte_des_regles=empreinte_des_regles(),
    )
    # The sessions of the demo are not measured.
    sql(
        "UPDATE sessions_app_session SET ouverte = false, ouverte_depuis = NULL, fermee_le = NULL WHERE"
        " organisme_id <= %s",
        dernier,
    )
    sql(f"UPDATE {'organismes_organisme'} SET modifie_le = {vieux}")
    for table in ("organismes_qualiopi", "organismes_contact", "organismes_adresse",
    "catalogue_certification", "catalogue_offre",
                  "catalogue_action", "sessions_app_session"):  # fmt: skip
        encore = " AND NOT ouverte" if table == "sessions_app_session" else ""
        sql(f"UPDATE {table} SET modifie_le = {vieux} WHERE modifie_le > {vieux}{encore}")
    if dues is None:
        sql("RESET session_replication_role")
    else:
        ouvrir(dues, JOUR)
    sql("VACUUM ANALYZE")
    taille = sql("SELECT pg_size_pretty(pg_database_size(current_database()))")[0]
    nombres = ", ".join(
        f"{m.objects.count():,} {m._meta.verbose_name_plural}".replace(",", " ")
        for m in (Organisme, Offre, Action, Session)
    )
    lues, differents = differents_contenus()
    dire(
        f"{nombres} ; {taille}, en {time.monotonic() - debut:.0f} s. Contenus d'actions"
        f" différents : {differents} sur {lues} lus."
    )


def differents_contenus() -> tuple[int, int]:
    """Return how many contents of actions were read, and how many of them differ."""
    contenus = [
        str(contenu) for contenu in Action.objects.order_by("-pk").values_list(CONTENU_ACTION)[:2_000]
    ]
    return len(contenus), len(set(contenus))


def ouvrir(nombre: int, jour: dt.date) -> None:
    """Open `nombre` sessions in the afternoon before `jour`, spread over the whole table.

    The history contains these openings.
    """
    quand = minuit(jour) - dt.timedelta(hours=9)
    sql(
        "UPDATE sessions_app_session SET statut = 'active', ouverte = true, a_ete_active = true, "
        "ouverte_depuis = %s, modifie_le = %s"
        " WHERE id IN (SELECT id FROM sessions_app_session WHERE statut = 'validee' AND organisme_id > 2"
        " ORDER BY id %% 97, id LIMIT %s)",
        quand, quand, nombre,
    )  # fmt: skip
