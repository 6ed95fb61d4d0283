"""Inserting many rows with their history costs the same per row, however many there are."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_aucune_sous_transaction_par_ligne():
    """Check that no trigger reads a setting that does not exist: the error would abort a subtransaction."""
    with connection.cursor() as curseur:
        curseur.execute("SHOW pgtrigger.ignore")
        assert curseur.fetchone() == ("{}",)
        curseur.execute("SELECT prosrc FROM pg_proc WHERE proname = '_pgh_attach_context'")
        assert "EXCEPTION" not in curseur.fetchone()[0].upper()


@pytest.mark.parametrize("table", ["catalogue_offre", "catalogue_action", "sessions_app_session"])
def test_aucun_index_n_est_le_debut_d_un_autre(table):
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT indexrelid::regclass::text, indkey::int2[] FROM pg_index WHERE indrelid = %s::regclass"
            " AND indpred IS NULL AND indexprs IS NULL AND NOT indisunique",
            [table],
        )
        index = dict(curseur.fetchall())
    debuts = [
        (court, long)
        for court, colonnes in index.items()
        for long, autres in index.items()
        if court != long and autres[: len(colonnes)] == colonnes
    ]
    # The index of an offre by organisme comes with the column that the three levels share.
    assert [d for d in debuts if d[1] != "offre_par_date"] == []
