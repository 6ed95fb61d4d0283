"""Computation of what a publication changes, as SQL.

It selects the sessions to examine, reads their state at midnight, and compares it with what is public. The
rules are those of `visibilite`, compiled by the ORM. Only what changed since the previous run is examined. A
record that somebody has saved since midnight is read from the history instead: common table expressions with
the names of the tables replace the present rows with the past ones (D-22).
"""

import datetime as dt
import functools
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Greatest

from catalogue.models import Action, Certification, Offre
from catalogue.models.corbeille import JOURS_GARDES, Suppression
from edof.horloge import aujourd_hui, minuit
from organismes.models import Adresse, Contact, Organisme, Qualiopi
from publication.contenus import CONTENU_ACTION, CONTENU_OFFRE, COORDONNEES, PROPRE_DE_LA_SESSION
from publication.models import Parution, Passage, Retenue
from publication.visibilite import booleen, retenue_par
from sessions_app.models import Session

Requete = tuple[str, list[Any]]

# The paths from a session to the rows that determine what is public of it. The certificates of the organisme
# are read separately.
CHEMINS = (
    "",
    "organisme",
    "contact_inscription",
    "adresse_inscription",
    "action",
    "action__lieu_de_formation",
    "action__contact_information",
    "action__offre",
    "action__offre__certification",
)
# Those from which the contents of its action and of its offre are copied.
_CHEMINS_COPIES = tuple(chemin for chemin in CHEMINS if chemin.startswith(("action", "organisme")))
# A row may have been stamped before midnight and committed after the run of that day began: this margin makes
# the next run examine it again.
MARGE = dt.timedelta(hours=1)

# For each table to read in the past: the model, the column of its key, and the SQL that selects the relevant
# keys from the tables that come before.
_TABLES_DU_PASSE: tuple[tuple[Any, str, str], ...] = (
    (Session, "id", "SELECT unnest(%s::bigint[])"),
    (Action, "id", 'SELECT action_id FROM "sessions_app_session"'),
    (Offre, "id", 'SELECT offre_id FROM "catalogue_action"'),
    (Certification, "id", 'SELECT certification_id FROM "catalogue_offre"'),
    (Organisme, "id", 'SELECT organisme_id FROM "sessions_app_session"'),
    (Qualiopi, "organisme_id", 'SELECT organisme_id FROM "sessions_app_session"'),
    (
        Contact,
        "id",
        (
            'SELECT contact_inscription_id FROM "sessions_app_session" UNION SELECT contact_information_id'
            ' FROM "catalogue_action"'
        ),
    ),
    (
        Adresse,
        "id",
        (
            'SELECT adresse_inscription_id FROM "sessions_app_session" UNION SELECT lieu_de_formation_id FROM'
            ' "catalogue_action"'
        ),
    ),
)
# What the contact and the address of a session are found by, never null.
_COORDONNEES_DE = {
    "contact_id": Coalesce("contact_inscription", 0),
    "adresse_id": Coalesce("adresse_inscription", 0),
}
SUPPRIMEES: QuerySet[Any, Any] = Session.pgh_event_model.objects.filter(pgh_label="delete")  # type: ignore[attr-defined]


# --- Sessions to examine ---


def a_regarder(
    jour: dt.date, precedent: Passage | None, *, apres: int = 0, organisme: Organisme | None = None
) -> Requete:
    """Return the SQL that lists the sessions for which `jour` may differ from what is public.

    Its rows are the session keys above `apres`, in order, each with the total number of keys. The list is
    limited to what may have changed since the run `precedent`. It is not limited when there is no previous
    run, when the rules of that run were different, or when that run is older than the retention of the
    « Corbeille ». With `organisme`, only its sessions are listed; without, those of sandboxes are not, which
    are published by their own clocks.
    """
    oublie = aujourd_hui() - dt.timedelta(days=JOURS_GARDES)
    if (
        precedent is None
        or precedent.jour <= oublie
        or precedent.empreinte_des_regles != empreinte_des_regles()
    ):
        ensembles = list(_toutes(jour))
    else:
        ensembles = list(_changees(jour, precedent.jour))
    # Not a join: a subquery that is read once leaves the plan as it is.
    bacs = Organisme.objects.filter(bac_a_sable=True).order_by()
    de_qui = Q(organisme=organisme) if organisme is not None else ~Q(organisme__in=bacs)
    ensembles = [ensemble.filter(de_qui) for ensemble in ensembles]
    morceaux = [_sql(ensemble.order_by()) for ensemble in ensembles]
    return (
        "SELECT cle, count(*) OVER () FROM ("
        + " UNION ".join(sql for sql, _ in morceaux)
        + ") AS cles (cle) WHERE cle > %s ORDER BY cle",
        [*(valeur for _, valeurs in morceaux for valeur in valeurs), apres],
    )


def _toutes(jour: dt.date) -> Iterable[QuerySet[Any, Any]]:
    yield Session.objects.filter(Q(ouverte=True) | Q(modifie_le__gte=minuit(jour))).values_list("pk")
    for modele in (Parution, Retenue):
        yield modele.objects.ouvertes().values_list("session_id")
    # A session that was open at midnight and has been deleted was archived in between, and therefore saved
    # since midnight (D-14).
    yield SUPPRIMEES.filter(modifie_le__gte=minuit(jour)).values_list("pgh_obj_id")


def _changees(jour: dt.date, dernier: dt.date) -> Iterable[QuerySet[Any, Any]]:
    depuis = minuit(dernier) - MARGE
    ouvertes = Session.objects.filter(ouverte=True)
    yield Session.objects.filter(modifie_le__gte=depuis).values_list("pk")
    for chemin in CHEMINS[1:]:
        yield ouvertes.filter(**{f"{chemin}__modifie_le__gte": depuis}).values_list("pk")
    # Changes that come from the calendar alone: certificates begin or end, certifications end, sessions
    # start.
    bascules = Q(modifie_le__gte=depuis) | Q(du__gt=dernier, du__lte=jour) | Q(au__gte=dernier, au__lt=jour)
    yield ouvertes.filter(organisme__in=Qualiopi.objects.filter(bascules).values("organisme")).values_list(
        "pk"
    )
    fin = "date_fin_enregistrement"
    finies = Certification.objects.filter(**{f"{fin}__gte": dernier, f"{fin}__lt": jour})
    yield ouvertes.filter(action__offre__certification__in=finies).values_list("pk")
    yield Parution.objects.ouvertes().filter(date_debut__lt=jour).values_list("session_id")
    recentes = Suppression.objects.filter(supprimee_le__gte=depuis)
    yield SUPPRIMEES.filter(pgh_context__in=recentes.values("contexte")).values_list("pgh_obj_id")
    yield Retenue.objects.ouvertes().filter(raison=Retenue.ERREUR).values_list("session_id")


@functools.cache
def empreinte_des_regles() -> str:
    """Return the SHA-256 digest, in hexadecimal, of the rules and of the list of copied fields.

    When it differs from that of the previous run, everything must be examined again.
    """
    etat = _etat(dt.date(2000, 1, 1)).query
    requetes = [
        etat,
        *(
            modele.objects.values_list(contenu).query
            for modele, contenu in (
                (Action, CONTENU_ACTION),
                (Offre, CONTENU_OFFRE),
                (Session, COORDONNEES),
            )
        ),
    ]
    return hashlib.sha256("\n".join(str(requete) for requete in requetes).encode()).hexdigest()


# --- State at midnight, and differences with what is public ---

# Where the keys of the sessions stand, among the values of a statement that is composed once for a day.
_CLES = "{les clés}"


def _etat(jour: dt.date) -> QuerySet[Session, Any]:
    """Return the state of the sessions `_CLES` for the run of `jour`.

    `stable` is true when nobody has saved any of their rows since midnight. `touche_le` is the last instant
    at which something copied from the action and from the offre was saved.
    """
    debut = minuit(jour)
    stable = ~Exists(Qualiopi.objects.filter(organisme=OuterRef("organisme"), modifie_le__gte=debut)) & Q(
        modifie_le__lt=debut
    )
    for chemin in CHEMINS[1:]:
        stable &= Q(**{f"{chemin}__isnull": True}) | Q(**{f"{chemin}__modifie_le__lt": debut})
    return (
        # Not `IN (SELECT …)`: PostgreSQL would first join the whole tables, then look for the keys in the
        # result.
        Session.objects.filter(
            RawSQL("sessions_app_session.id = ANY(%s::bigint[])", [_CLES], output_field=BooleanField())
        )
        .order_by()
        .values_list(
            *(
                "pk",
                "identifiant",
                "action_id",
                "action__offre_id",
                "organisme_id",
                "date_debut",
                "ouverte_depuis",
                PROPRE_DE_LA_SESSION,
            ),
            *_COORDONNEES_DE.values(),
            Greatest(*(f"{chemin}__modifie_le" for chemin in _CHEMINS_COPIES)),
            booleen(stable),
            booleen(Q(ouverte=True, ouverte_depuis__lt=debut)),
            retenue_par(jour),
        )
    )


def ecarts(jour: dt.date, cles: Sequence[int], *, au_passe: bool = False) -> Requete:
    """Return the SQL, beginning with WITH, that defines the table `differences` of these sessions.

    The table has one row for each session for which `jour` differs from what is public. `nature` is "parait",
    "change" or "disparait"; it is null when only the reason for holding the session back differs. `raison` is
    that reason, null when the session is not held back, and `raison_avant` is the previous one. Sessions that
    somebody may have saved or deleted since midnight are left out, and the table `tardives` contains their
    keys. With `au_passe`, all the sessions are read as they stood at midnight, and none is left out.
    """
    sql, valeurs = _ecarts(jour, au_passe)
    toutes = _tableau(cles)
    return sql, [toutes if valeur == _CLES else valeur for valeur in valeurs]


@functools.lru_cache(maxsize=32)
def _ecarts(jour: dt.date, au_passe: bool) -> Requete:
    """Return what `ecarts` does, with `_CLES` instead of the keys: all the sets of a day share it."""
    tables, valeurs = _au_moment(minuit(jour)) if au_passe else ("", [])
    # OFFSET 0, twice below: without it PostgreSQL merges the query into the one around it, and computes again
    # the conditions and the contents at each place where they are named.
    etat, valeurs_etat = _sql(_etat(jour))
    contenus, valeurs_contenus = [], []
    visibles = "FROM etat WHERE stable AND visible"
    for nom, modele, cles_vues, colonnes, contenu, deja in (
        (
            "actions",
            Action,
            f"SELECT action_id {visibles} AND action_id NOT IN (SELECT action_id FROM deja)",
            {"fiche_id": F("pk")},
            CONTENU_ACTION,
            "UNION ALL SELECT action_id, NULL, NULL, contenu_action_id FROM deja",
        ),
        (
            "offres",
            Offre,
            f"SELECT offre_id {visibles} AND offre_id NOT IN (SELECT offre_id FROM deja)",
            {"fiche_id": F("pk")},
            CONTENU_OFFRE,
            "UNION ALL SELECT offre_id, NULL, NULL, min(contenu_offre_id) FROM deja GROUP BY offre_id",
        ),
        # One session stands for all those that have the same contact and the same address.
        (
            "coordonnees",
            Session,
            f"SELECT min(session_id) {visibles} GROUP BY contact_id, adresse_id",
            _COORDONNEES_DE,
            COORDONNEES,
            "",
        ),
    ):
        vus = modele.objects.filter(pk__in=RawSQL(cles_vues, []))
        sql, parametres = _sql(vus.order_by().values_list(*colonnes.values(), contenu))
        noms = ", ".join(colonnes)
        contenus.append(
            f"{nom} AS MATERIALIZED (SELECT *,"
            " (SELECT id FROM publication_contenu AS c WHERE c.empreinte = faits.empreinte) AS contenu_id"
            f" FROM (SELECT {noms}, contenu,"
            " encode(sha256(convert_to(contenu::text, 'UTF8')), 'hex') AS empreinte"
            f" FROM ({sql} OFFSET 0) AS copies ({noms}, contenu) OFFSET 0) AS faits {deja})"
        )
        valeurs_contenus += parametres
    return (
        (
            f"WITH {tables} etat AS MATERIALIZED (SELECT *, ouverte AND raison_si_ouverte IS NULL AS visible,"
            f" CASE WHEN ouverte THEN raison_si_ouverte END AS raison FROM ({etat} OFFSET 0) AS sessions"
            " (session_id, identifiant, action_id, offre_id, organisme_id, date_debut, ouverte_depuis,"
            " contenu, contact_id, adresse_id, touche_le, stable, ouverte, raison_si_ouverte)),"
            f" {_DEJA}, {', '.join(contenus)}, {_DIFFERENCES}"
        ),
        [*valeurs, *valeurs_etat, MARGE, empreinte_des_regles(), *valeurs_contenus]
        + [_CLES, au_passe, jour, _CLES, au_passe, jour],
    )


# The contents that are not made again: a run has copied them into a parution of the same action, after the
# last time that anything in them was saved (as `_changees` counts it), and no run had other rules since.
_DEJA = """
deja AS MATERIALIZED (
    SELECT e.action_id, e.offre_id, p.contenu_action_id, p.contenu_offre_id
    FROM (SELECT DISTINCT action_id, offre_id, touche_le FROM etat WHERE stable AND visible) AS e
    CROSS JOIN LATERAL (
        SELECT contenu_action_id, contenu_offre_id FROM publication_parution
        WHERE action_id = e.action_id AND du > ((e.touche_le + %s) AT TIME ZONE 'Europe/Paris')::date
            AND du > (SELECT coalesce(max(jour), '-infinity') FROM (
                SELECT jour, empreinte_des_regles FROM publication_passage
                UNION ALL
                SELECT jour, empreinte_des_regles FROM publication_passagedebac
                WHERE organisme_id IN (SELECT organisme_id FROM etat)
            ) AS passages WHERE empreinte_des_regles <> %s)
        LIMIT 1
    ) AS p
)"""

# A session withdrawn and then opened again in a day, with no run in between, gives two parutions: what was
# withdrawn and what appears (D-20). A parution that a run has begun is not ended by the same run. The open
# parution of a session is looked up by session, which OFFSET 0 enforces: because the table grows during the
# run, PostgreSQL estimates that few parutions are open, and would otherwise read them all for each set.
_DIFFERENCES = """
tardives AS (
    SELECT c.session_id FROM unnest(%s::bigint[]) AS c (session_id) LEFT JOIN etat AS e USING (session_id)
    WHERE (e.stable OR %s) IS NOT TRUE
), comparees AS (
    SELECT c.session_id, coalesce(e.identifiant, p.contenu ->> 'identifiant', r.identifiant) AS identifiant,
        e.action_id, e.offre_id,
        coalesce(e.organisme_id, p.organisme_id, r.organisme_id) AS organisme_id, e.date_debut, e.contenu,
        a.contenu_id AS contenu_action_id, o.contenu_id AS contenu_offre_id, k.contenu_id AS coordonnees_id,
        a.empreinte AS empreinte_action, o.empreinte AS empreinte_offre, k.empreinte AS empreinte_coordonnees,
        e.raison, r.raison AS raison_avant,
        CASE
            WHEN p.id IS NULL AND e.visible THEN 'parait'
            WHEN p.id IS NULL OR p.du >= %s THEN NULL
            WHEN e.visible IS NOT TRUE THEN 'disparait'
            WHEN e.contenu <> p.contenu OR a.contenu_id IS DISTINCT FROM p.contenu_action_id
                OR o.contenu_id IS DISTINCT FROM p.contenu_offre_id
                OR k.contenu_id IS DISTINCT FROM p.coordonnees_id
                OR (e.ouverte_depuis AT TIME ZONE 'Europe/Paris')::date >= p.du THEN 'change'
        END AS nature, p.id AS parution_id, r.du AS retenue_du
    FROM unnest(%s::bigint[]) AS c (session_id)
    LEFT JOIN etat AS e ON e.session_id = c.session_id
    LEFT JOIN actions AS a ON a.fiche_id = e.action_id
    LEFT JOIN offres AS o ON o.fiche_id = e.offre_id
    LEFT JOIN coordonnees AS k ON k.contact_id = e.contact_id AND k.adresse_id = e.adresse_id
    LEFT JOIN LATERAL (
        SELECT p.* FROM (SELECT * FROM publication_parution WHERE session_id = c.session_id OFFSET 0) AS p
        WHERE p.au IS NULL OFFSET 0
    ) AS p ON true
    LEFT JOIN publication_retenue AS r ON r.session_id = c.session_id AND r.au IS NULL
    WHERE e.stable OR %s
), differences AS MATERIALIZED (
    SELECT session_id, identifiant, action_id, offre_id, organisme_id, date_debut, contenu,
        contenu_action_id, contenu_offre_id, coordonnees_id,
        empreinte_action, empreinte_offre, empreinte_coordonnees, nature,
        raison, raison_avant, parution_id
    FROM comparees
    WHERE nature IS NOT NULL OR (raison IS DISTINCT FROM raison_avant AND (retenue_du IS NULL
        OR retenue_du < %s))
)"""


# --- The past ---


def _au_moment(instant: dt.datetime) -> Requete:
    """Return common table expressions that give each table its rows as of `instant`.

    Each expression has the name of its table, and contains the rows that matter for the sessions `_CLES`. A
    row that has not been saved since `instant` is used as it is. For the others, the history contains their
    last version before `instant`.
    """
    expressions, parametres = [], []
    for modele, cle, ou in _TABLES_DU_PASSE:
        # A row found by its own key may have been deleted since: what was public that day still referred to
        # it.
        jointure, effacee = ("LEFT JOIN", " OR vivante.id IS NULL") if cle == "id" else ("JOIN", "")
        table, evenements = modele._meta.db_table, modele.pgh_event_model._meta.db_table
        colonnes = ", ".join(f'"{champ.column}"' for champ in modele._meta.concrete_fields)
        # An event has the key of its row. A certificate is found by its organisme, in the table and in the
        # events.
        de_l_evenement = "pgh_obj_id" if cle == "id" else cle
        expressions.append(
            f'"{table}" AS MATERIALIZED (SELECT {colonnes} FROM "{table}" WHERE "{cle}" IN ({ou}) AND'
            f" modifie_le < %s UNION ALL SELECT {colonnes} FROM (SELECT DISTINCT ON (e.pgh_obj_id) e.* FROM"
            f' "{evenements}" e {jointure} "{table}" vivante ON vivante.id = e.pgh_obj_id WHERE'
            f' e."{de_l_evenement}" IN ({ou}) AND (vivante.modifie_le >= %s{effacee}) AND e.modifie_le < %s'
            " ORDER BY e.pgh_obj_id, e.pgh_id DESC) AS anciennes),"
        )
        clefs = [_CLES] if modele is Session else []
        parametres += [*clefs, instant, *clefs, instant, instant]
    return " ".join(expressions), parametres


def _tableau(cles: Sequence[int]) -> str:
    """Return the keys as PostgreSQL reads an array.

    psycopg would write the elements of a list one by one, at each place where the keys are read.
    """
    return "{" + ",".join(map(str, cles)) + "}"


def _sql(requete: QuerySet[Any, Any]) -> Requete:
    sql, parametres = requete.query.sql_with_params()
    return sql, list(parametres)
