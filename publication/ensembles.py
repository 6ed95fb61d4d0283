"""A set of sessions of the nightly run, written in one short transaction with the progress of the run.

`ecarts` computes what the set changes. Nothing here locks a record that people edit.
"""

from typing import Any

from django.db import DatabaseError, DataError, IntegrityError, InternalError, transaction
from django.db.models import Q
from psycopg.errors import RaiseException

from publication import fiches, fil
from publication.ecarts import ecarts
from publication.jours import PublicationImpossible
from publication.models import Retenue
from publication.models.passages import UnPassage
from sessions_app.models import Session

# How many sessions are written at once.
PAR_ENSEMBLE = 10_000


def publier_l_ensemble(curseur: Any, passage: UnPassage, cles: list[int]) -> None:
    """Publish these sessions in one transaction.

    When it fails, the set is halved until the faulty session is found, and that session alone is held back.
    """
    try:
        with transaction.atomic():
            _ecrire(curseur, passage, cles)
    except DatabaseError as erreur:
        # Only these errors can come from a record. Errors of connection, lock or time are raised, and the
        # next periodic task resumes from here.
        if not isinstance(erreur, (DataError, IntegrityError, InternalError)) and not isinstance(
            erreur.__cause__, RaiseException
        ):
            raise
        if len(cles) == 1:
            _retenir(passage, cles[0], erreur)
        else:
            milieu = len(cles) // 2
            publier_l_ensemble(curseur, passage, cles[:milieu])
            publier_l_ensemble(curseur, passage, cles[milieu:])


def _ecrire(curseur: Any, passage: UnPassage, cles: list[int]) -> None:
    jour, ensemble = passage.jour, f"{passage.pk}-{cles[0]}"
    tardives = cles
    fiches.laisser_pour_apres(curseur, jour)
    # The first pass reads the present state. The second one reads, for the sessions saved since midnight,
    # their state at midnight.
    for au_passe in (False, True):
        sql, valeurs = ecarts(jour, tardives, au_passe=au_passe)
        curseur.execute(sql + _CLORE_ET_GARDER, [*valeurs, jour, jour, jour, ensemble])
        if not (tardives := [cle for (cle,) in curseur.fetchall()]):
            break
    valeurs = [
        *(jour, ensemble),
        *(jour, ensemble),
        *(jour, ensemble, ensemble),
        passage.a_traiter,
        len(cles),
        cles[-1],
        ensemble,
        passage.pk,
        cles[-1],
    ]
    curseur.execute(_OUVRIR.format(registre=passage._meta.db_table), valeurs)
    if (compte := curseur.fetchone()) is None:
        raise PublicationImpossible("Une autre publication est en cours : attendez qu'elle se termine.")
    passage.parues, passage.modifiees, passage.retirees, passage.traitees, passage.derniere, _ = compte
    fiches.ecrire_celles_de_l_ensemble(curseur, jour, ensemble)


def _retenir(passage: UnPassage, cle: int, erreur: DatabaseError) -> None:
    """Hold back a session on which the run failed.

    What is public of the session stays as it was. The session is tried again at each run.
    """
    with transaction.atomic():
        ouverte = Retenue.objects.ouvertes().filter(session_id=cle)
        deja = ouverte.filter(Q(raison=Retenue.ERREUR) | Q(du__gte=passage.jour))
        session = Session.objects.filter(pk=cle).only("organisme_id", "identifiant").first()
        if session is not None and not deja.update(detail=str(erreur)[:2000]):
            ouverte.update(au=passage.jour)
            Retenue.objects.create(
                session=session, organisme_id=session.organisme_id, identifiant=session.identifiant,
                raison=Retenue.ERREUR, detail=str(erreur)[:2000], du=passage.jour,
            )  # fmt: skip
            fil.noter_une_erreur(session, passage.jour)
        passage.erreurs, passage.traitees, passage.derniere = passage.erreurs + 1, passage.traitees + 1, cle
        passage.save(update_fields=["erreurs", "traitees", "derniere"])


# --- The statements ---

TABLE_DES_DIFFERENCES = """
CREATE TEMPORARY TABLE IF NOT EXISTS differences_du_jour (
    ensemble text, session_id bigint, identifiant text, action_id bigint, offre_id bigint,
        organisme_id bigint, date_debut date,
    contenu jsonb, contenu_action_id bigint, contenu_offre_id bigint, coordonnees_id bigint,
        empreinte_action text, empreinte_offre text, empreinte_coordonnees text, nature text,
        raison text, raison_avant text, parution_id bigint
) ON COMMIT """

# The end of the statement that `ecarts` begins. It closes what is over, stores the new contents, then the
# differences with their keys, and returns the sessions to read in the past. `ecarts` has looked each content
# up: those that are known have a key, and are not written again. In order, so that all are looked up before
# any is written: PostgreSQL reads a table that was empty from end to end for each of them, and would go
# through what this statement has just added.
_CLORE_ET_GARDER = """
, contenus AS (
    INSERT INTO publication_contenu (empreinte, contenu)
    SELECT empreinte, contenu FROM actions WHERE contenu_id IS NULL AND fiche_id IN (
        SELECT action_id FROM differences WHERE nature IN ('parait', 'change'))
    UNION ALL
    SELECT empreinte, contenu FROM offres WHERE contenu_id IS NULL AND fiche_id IN (
        SELECT offre_id FROM differences WHERE nature IN ('parait', 'change'))
    UNION ALL
    SELECT empreinte, contenu FROM coordonnees WHERE contenu_id IS NULL AND empreinte IN (
        SELECT empreinte_coordonnees FROM differences WHERE nature IN ('parait', 'change'))
    ORDER BY empreinte
    ON CONFLICT DO NOTHING
    RETURNING id, empreinte
), parutions AS (
    UPDATE publication_parution AS p SET au = %s FROM differences AS d
    WHERE d.nature IN ('change', 'disparait') AND p.id = d.parution_id AND p.au IS NULL
), retenues AS (
    UPDATE publication_retenue AS r SET au = %s FROM differences AS d
    WHERE d.raison IS DISTINCT FROM d.raison_avant AND r.session_id = d.session_id AND r.au IS NULL
        AND r.du < %s
), gardees AS (
    INSERT INTO differences_du_jour
    SELECT %s, d.session_id, d.identifiant, d.action_id, d.offre_id, d.organisme_id, d.date_debut, d.contenu,
        coalesce(d.contenu_action_id, a.id), coalesce(d.contenu_offre_id, o.id),
        coalesce(d.coordonnees_id, k.id), d.empreinte_action, d.empreinte_offre, d.empreinte_coordonnees,
        d.nature, d.raison, d.raison_avant, d.parution_id
    FROM differences AS d
    LEFT JOIN contenus AS a ON a.empreinte = d.empreinte_action
    LEFT JOIN contenus AS o ON o.empreinte = d.empreinte_offre
    LEFT JOIN contenus AS k ON k.empreinte = d.empreinte_coordonnees
) SELECT session_id FROM tardives"""

# A content has no key here when another run (that of a sandbox) has stored it meanwhile: CASE, for the others
# are not looked up by their digests.
# The commit of this statement does not wait for the disk: if the machine crashes, the register loses the set
# too, and the set is done again. The end of the run waits for the disk.
_OUVRIR = """
WITH paraissent AS (
    INSERT INTO publication_parution
        (du, session_id, action_id, offre_id, organisme_id, date_debut, contenu, contenu_action_id,
            contenu_offre_id, coordonnees_id)
    SELECT %s, d.session_id, d.action_id, d.offre_id, d.organisme_id, d.date_debut, d.contenu,
        coalesce(d.contenu_action_id, a.id), coalesce(d.contenu_offre_id, o.id),
        coalesce(d.coordonnees_id, k.id)
    FROM differences_du_jour AS d
    LEFT JOIN publication_contenu AS a
        ON a.empreinte = CASE WHEN d.contenu_action_id IS NULL THEN d.empreinte_action END
    LEFT JOIN publication_contenu AS o
        ON o.empreinte = CASE WHEN d.contenu_offre_id IS NULL THEN d.empreinte_offre END
    LEFT JOIN publication_contenu AS k
        ON k.empreinte = CASE WHEN d.coordonnees_id IS NULL THEN d.empreinte_coordonnees END
    WHERE d.ensemble = %s AND d.nature IN ('parait', 'change')
), retenues AS (
    INSERT INTO publication_retenue (du, session_id, organisme_id, identifiant, raison, detail)
    SELECT %s, session_id, organisme_id, identifiant, raison, '' FROM differences_du_jour
    WHERE ensemble = %s AND raison IS NOT NULL AND raison IS DISTINCT FROM raison_avant
), traces AS (
    INSERT INTO publication_trace (organisme_id, instant, niveau, nature, jour, raison, fiches)
    SELECT organisme_id, clock_timestamp(), 'session', fait, %s, motif,
        array_agg(session_id ORDER BY session_id)
    FROM (
        SELECT organisme_id, session_id, '' AS motif, CASE nature WHEN 'parait' THEN 'parue'
            WHEN 'change' THEN 'modifiee' ELSE 'retiree' END AS fait
        FROM differences_du_jour WHERE ensemble = %s AND nature IS NOT NULL
        UNION ALL
        SELECT organisme_id, session_id, raison, 'retenue' FROM differences_du_jour
        WHERE ensemble = %s AND raison IS NOT NULL AND raison IS DISTINCT FROM raison_avant
    ) AS faits
    GROUP BY organisme_id, fait, motif
)
UPDATE {registre} SET parues = parues + n.paraissent, modifiees = modifiees + n.changent,
    retirees = retirees + n.disparaissent,
    a_traiter = %s, traitees = traitees + %s, derniere = %s
FROM (
    SELECT count(*) FILTER (WHERE nature = 'parait') AS paraissent, count(*)
        FILTER (WHERE nature = 'change') AS changent,
        count(*) FILTER (WHERE nature = 'disparait') AS disparaissent
    FROM differences_du_jour WHERE ensemble = %s
) AS n
WHERE id = %s AND derniere < %s
RETURNING parues, modifiees, retirees, traitees, derniere, set_config('synchronous_commit', 'off', true)"""
