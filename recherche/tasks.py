"""The periodic task of the search: the words and the places of the last publication."""

from typing import Any

from celery import shared_task
from django.db import connection, transaction

from publication.fiches import ecrire_les_mots
from publication.models import Passage
from publication.passages import VERROU
from recherche.communes import compter_les_formations, reconnaitre_les_lieux
from recherche.models import Entretien
from recherche.nombres import garder
from recherche.vocabulaire import relire

# The words of what a run has closed; of what is only hidden today, they are kept.
_OUBLIER = """
DELETE FROM publication_motspublics AS m
WHERE NOT EXISTS (SELECT 1 FROM publication_parution AS p WHERE p.action_id = m.action_id AND p.au IS NULL)"""


@shared_task
def suivre_la_publication() -> None:
    """Write the words that a run has left, read words and places again, count what asks for nothing."""
    ecrire_les_mots()
    _suivre()
    garder()


def _suivre() -> None:
    """Read words and places again after a run, and forget those of what is over.

    It holds the lock of the runs: a run that began to show an action again would count on its words.
    """
    dernier = Passage.objects.finis().values_list("jour", flat=True).first()
    if dernier is None or Entretien.objects.filter(jour=dernier).exists():
        return
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT pg_try_advisory_xact_lock(%s)", [VERROU])
        if not curseur.fetchone()[0]:
            return
        entretenir(curseur)
        Entretien.objects.all().delete()
        Entretien.objects.create(jour=dernier)


def entretenir(curseur: Any) -> None:
    """Do it now, in the transaction of this cursor."""
    curseur.execute(_OUBLIER)
    reconnaitre_les_lieux(curseur)
    compter_les_formations(curseur)
    relire(curseur)
