"""The nightly run: a few statements on sets, idempotent, the same late, doubled or by hand (D-20 to D-24).

The run of day P reads the catalogue as it stood on P at 00:00 Paris time. The rules stay those of `visibilite`,
compiled by the ORM; common table expressions that bear the names of the tables put the past in their place.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Count, QuerySet
from django.db.models.expressions import RawSQL

from catalogue.models import Action, Certification, Offre
from edof.horloge import aujourd_hui, maintenant, minuit
from organismes.models import Adresse, Contact, Organisme, Qualiopi
from publication.contenus import CONTENU_ACTION, CONTENU_OFFRE, CONTENU_SESSION
from publication.models import Passage
from publication.visibilite import a_remplir, retenue_par, tout
from sessions_app.models import Session

# Any constant will do: it only keeps two runs from doing the same work at the same time.
VERROU = 5_2023_05_24
HEURE_DUE = dt.time(5, 0)

_SUIVIS: tuple[Any, ...] = (Organisme, Qualiopi, Contact, Adresse, Certification, Offre, Action, Session)
# An entry of the address book may have been replaced and deleted since: what was public that day still named it.
_EFFACABLES = (Contact, Adresse)


class PublicationImpossible(Exception):
    """The day asked for cannot be published; the message says why, in French."""


def publier(jour: dt.date, *, par: str, simulation: bool = False) -> list[Passage]:
    """Run the publication of `jour`, after the days before it that are missing; return the new lines of the ledger.

    A day already in the ledger changes nothing. With `simulation` nothing is written, and the day may be to come.
    Raises PublicationImpossible for a day to come, or older than the first one published.
    """
    if jour > aujourd_hui() and not simulation:
        raise PublicationImpossible("Ce jour n'est pas encore arrivé : ajoutez --simulation pour voir ce qui paraîtrait.")
    faits = []
    with transaction.atomic():
        for a_faire in _jours_manquants(jour):
            with transaction.atomic():
                passage = _passer(a_faire, par)
            if passage is not None:
                faits.append(passage)
        if simulation:
            transaction.set_rollback(True)
    return faits


def jours_dus() -> list[dt.date]:
    """The days that should have been published by now and were not, in order; a day is due at 05:00 Paris time."""
    instant = maintenant()
    dernier_du = instant.date() if instant.time() >= HEURE_DUE else instant.date() - dt.timedelta(days=1)
    if not Passage.objects.exists():
        return [dernier_du]
    return _jours_manquants(dernier_du)


def _jours_manquants(jusqu_a: dt.date) -> list[dt.date]:
    premier, dernier = Passage.objects.aggregate(a=models.Min("jour"), z=models.Max("jour")).values()
    if dernier is None:
        return [jusqu_a]
    if jusqu_a < premier:
        raise PublicationImpossible(f"La première publication est celle du {premier:%d/%m/%Y} : rien n'a paru avant.")
    return [dernier + dt.timedelta(days=n) for n in range(1, (jusqu_a - dernier).days + 1)]


def _passer(jour: dt.date, par: str) -> Passage | None:
    """The run of one day, in one transaction; None when another run has done it in the meantime."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_advisory_xact_lock(%s)", [VERROU])
        if Passage.objects.filter(jour=jour).exists():
            return None
        passage = Passage(jour=jour, par=par, commence_le=maintenant())
        _preparer(curseur, jour)
        passage.retirees, passage.modifiees = _clore(curseur, jour)
        passage.parues = _ouvrir(curseur, jour) - passage.modifiees
        passage.retenues = _retenues(curseur, jour)
        passage.termine_le = maintenant()
        passage.save()
    return passage


def _preparer(curseur: Any, jour: dt.date) -> None:
    """Fill the table `a_paraitre`: what the public must see on `jour`, with its content."""
    curseur.execute("DROP TABLE IF EXISTS a_paraitre")
    visibles = Session.objects.filter(tout(a_remplir(jour)), ouverte_depuis__lt=minuit(jour)).values_list(
        "pk", "action_id", "action__offre_id", "organisme_id", "date_debut", CONTENU_SESSION, "ouverte_depuis"
    )
    _executer(
        curseur,
        "CREATE TEMPORARY TABLE a_paraitre (session_id, action_id, offre_id, organisme_id, date_debut, contenu, ouverte_depuis)"
        " ON COMMIT DROP AS",
        visibles.order_by(),
        jour,
    )
    curseur.execute("ALTER TABLE a_paraitre ADD contenu_action_id bigint, ADD contenu_offre_id bigint")
    for modele, contenu, colonne in ((Action, CONTENU_ACTION, "action_id"), (Offre, CONTENU_OFFRE, "offre_id")):
        concernes = modele.objects.filter(pk__in=RawSQL(f"SELECT {colonne} FROM a_paraitre", [])).values_list("pk", contenu)
        curseur.execute("DROP TABLE IF EXISTS contenus_du_jour")
        _executer(
            curseur,
            "CREATE TEMPORARY TABLE contenus_du_jour (fiche_id, contenu) ON COMMIT DROP AS",
            concernes.order_by(),
            jour,
        )
        empreinte = "encode(sha256(convert_to(contenu::text, 'UTF8')), 'hex')"
        curseur.execute(
            "INSERT INTO publication_contenu (empreinte, contenu)"
            f" SELECT DISTINCT {empreinte}, contenu FROM contenus_du_jour ON CONFLICT DO NOTHING"
        )
        curseur.execute(
            f"UPDATE a_paraitre SET contenu_{colonne} = publication_contenu.id"
            f" FROM contenus_du_jour JOIN publication_contenu ON empreinte = {empreinte.replace('contenu::', 'contenus_du_jour.contenu::')}"
            f" WHERE fiche_id = a_paraitre.{colonne}"
        )
    curseur.execute("CREATE INDEX ON a_paraitre (session_id)")
    curseur.execute("ANALYZE a_paraitre")


_COLONNES = "session_id, action_id, offre_id, organisme_id, date_debut, contenu, contenu_action_id, contenu_offre_id"


def _clore(curseur: Any, jour: dt.date) -> tuple[int, int]:
    """End the open parutions that are withdrawn or replaced on `jour`; return how many of each."""
    curseur.execute(
        "WITH closes AS (UPDATE publication_parution AS parution SET au = %s WHERE au IS NULL AND NOT EXISTS ("
        " SELECT FROM a_paraitre AS a WHERE a.session_id = parution.session_id"
        "  AND a.contenu = parution.contenu AND a.contenu_action_id = parution.contenu_action_id"
        "  AND a.contenu_offre_id = parution.contenu_offre_id"
        # Withdrawn then opened again, in a day that no run has separated from it: what had been taken off and what
        # appears are two parutions (D-20).
        "  AND (a.ouverte_depuis AT TIME ZONE 'Europe/Paris')::date < parution.du)"
        " RETURNING session_id)"
        " SELECT count(*) FILTER (WHERE a.session_id IS NULL), count(a.session_id)"
        " FROM closes LEFT JOIN a_paraitre AS a USING (session_id)",
        [jour],
    )
    retirees, modifiees = curseur.fetchone()
    return retirees, modifiees


def _ouvrir(curseur: Any, jour: dt.date) -> int:
    """Start a parution for what has none open; return how many."""
    curseur.execute(
        f"INSERT INTO publication_parution (du, {_COLONNES}) SELECT %s, {_COLONNES} FROM a_paraitre AS a"
        " WHERE NOT EXISTS (SELECT FROM publication_parution AS p WHERE p.session_id = a.session_id AND p.au IS NULL)",
        [jour],
    )
    return curseur.rowcount


def _retenues(curseur: Any, jour: dt.date) -> dict[str, int]:
    """How many open sessions are held back, by the first condition they fail."""
    retenues = (
        Session.objects.filter(ouverte=True, ouverte_depuis__lt=minuit(jour))
        .annotate(raison=retenue_par(jour))
        .filter(raison__isnull=False)
        .order_by()
        .values("raison")
        .annotate(nombre=Count("pk"))
        .values_list("raison", "nombre")
    )
    _executer(curseur, "", retenues, jour)
    return dict(curseur.fetchall())


def _executer(curseur: Any, debut: str, requete: QuerySet[Any], jour: dt.date) -> None:
    """Run a query of the ORM, as a statement that begins with `debut`, on the catalogue as it stood on `jour` at 00:00."""
    avant, parametres_avant = _au_moment(minuit(jour))
    sql, parametres = requete.query.sql_with_params()
    curseur.execute(f"{debut} WITH {avant} {sql}", [*parametres_avant, *parametres])


def _au_moment(instant: dt.datetime) -> tuple[str, list[Any]]:
    """Common table expressions that give each tracked table its rows as of `instant`, under its own name.

    A row not saved since is itself the past; for the few others the history has their last version before `instant`.
    """
    expressions, parametres = [], []
    for modele in _SUIVIS:
        jointure, effacee = ("LEFT JOIN", " OR vivante.id IS NULL") if modele in _EFFACABLES else ("JOIN", "")
        table, evenements = modele._meta.db_table, modele.pgh_event_model._meta.db_table
        colonnes = _colonnes(champ.column for champ in modele._meta.concrete_fields)
        expressions.append(
            f'"{table}" AS NOT MATERIALIZED ('
            f'SELECT {colonnes} FROM "{table}" WHERE modifie_le < %s UNION ALL SELECT {colonnes} FROM ('
            f'SELECT DISTINCT ON (e.pgh_obj_id) e.* FROM "{evenements}" e {jointure} "{table}" vivante ON vivante.id = e.pgh_obj_id'
            f" WHERE (vivante.modifie_le >= %s{effacee}) AND e.modifie_le < %s ORDER BY e.pgh_obj_id, e.pgh_id DESC) anciennes)"
        )
        parametres += [instant] * 3
    return ", ".join(expressions), parametres


def _colonnes(noms: Iterable[str]) -> str:
    return ", ".join(f'"{nom}"' for nom in noms)
