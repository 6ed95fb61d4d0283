"""A migration that moves what was published gives it back, byte for byte, when it is undone."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import connection

from edof.horloge import a_l_instant, aujourd_hui, demain, minuit
from publication.passages import publier
from tests.conftest import Monde

LUES = "SELECT id, {}::text, coordonnees_id FROM publication_parution AS p ORDER BY id"
DEDANS = "(contenu || (SELECT k.contenu FROM publication_contenu AS k WHERE k.id = p.coordonnees_id))"
CONTENUS = "SELECT id, empreinte, contenu::text FROM publication_contenu ORDER BY id"


def lire(requete: str) -> list[tuple]:
    with connection.cursor() as curseur:
        # Otherwise the tables could not be altered before the end of the transaction of the test.
        curseur.execute("SET CONSTRAINTS ALL IMMEDIATE")
        curseur.execute(requete)
        return curseur.fetchall()


# Some indexes are made outside any transaction.
@pytest.mark.django_db(transaction=True)
def test_le_contact_et_l_adresse_rentrent_dans_les_parutions_et_en_ressortent():
    monde = Monde()
    monde.session("s1", ouverte=True)
    monde.session("s2", ouverte=True, action=monde.nouvelle_action("ACTION-2"))
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=5)):
        publier(aujourd_hui(), par="test")
    parutions, entieres, contenus = lire(LUES.format("contenu")), lire(LUES.format(DEDANS)), lire(CONTENUS)
    assert len(parutions) == 2
    call_command("migrate", "publication", "0002_decomptes", verbosity=0)
    # As they were copied when each parution had its own contact and address.
    avant = lire(LUES.replace(", coordonnees_id", "").format("contenu"))
    call_command("migrate", verbosity=0)
    assert avant == [(cle, contenu) for cle, contenu, _ in entieres]
    assert lire(LUES.format("contenu")) == parutions
    assert lire(CONTENUS) == contenus
