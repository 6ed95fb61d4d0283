"""Helpers shared by the tests of the address book."""

import html
import re
import threading
from contextlib import contextmanager

from django.db import connection

from organismes.models import Contact

NADIA = {
    "prenom": "Nadia",
    "nom": "Roux",
    "telephone_fixe": "01 49 80 00 01",
    "courriel": "nadia@ilvm.example",
}
LIEU = {
    "titre": "Annexe",
    "denomination": "ILVM",
    "ligne_5": "ZA Les Prés",
    "code_postal": "35000",
    "ville": "Rennes",
    "pays": "FR",
}


def texte(reponse):
    return html.unescape(reponse.content.decode())


def lue(page):
    return re.search(r'name="version" value="([^"]+)"', page.content.decode())[1]


def ajouter(client_, genre, valeurs, **autres):
    adresse = f"/carnet/{genre}s/ajouter/"
    return client_.post(adresse, {**valeurs, "version": lue(client_.get(adresse)), **autres})


def nouveau(monde, nom="Roux", **valeurs):
    return Contact.objects.create(organisme=monde.organisme, **{**NADIA, "nom": nom, **valeurs})


@contextmanager
def juste_avant(debut, faire):
    """Run `faire` just before the first SQL statement that begins with `debut`.

    It runs once, in another thread with its own connection, as a concurrent user would.
    """
    reste = [faire]

    def ailleurs(faire):
        try:
            faire()
        finally:
            connection.close()

    def intercaler(executer_, sql, *arguments):
        if sql.startswith(debut) and reste:
            fil = threading.Thread(target=ailleurs, args=(reste.pop(),))
            fil.start()
            fil.join()
        return executer_(sql, *arguments)

    with connection.execute_wrapper(intercaler):
        yield
    assert reste == []
