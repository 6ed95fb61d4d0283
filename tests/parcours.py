"""The short path: what people and programs do most, each thing once, on whatever the database stands on.

Behind PgBouncer (tests/edof/test_pgbouncer.py); and by the code of a version on the tables of the next one
(tests/maison/test_version_precedente.py), which runs `python -m tests.parcours` on the base of DATABASE_URL.
"""

import datetime as dt
import os

if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edof.settings")
    django.setup()

from django.test import Client

from edof.horloge import a_l_instant, aujourd_hui, demain, minuit
from lots.models import Lot
from organismes.models import Utilisateur
from publication.models import Parution
from publication.passages import publier
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde

MOT_DE_PASSE = "demo-edof-mot-de-passe"


def parcourir() -> None:
    """Sign in, read, open sessions one by one and by a lot, write through the API, publish, search."""
    monde = Monde()
    pretes = [monde.session(f"s{n}") for n in range(4)]
    client = Client()
    client.post("/connexion/", {"username": monde.gestionnaire.courriel, "password": MOT_DE_PASSE})
    for _ in range(3):
        assert "OFFRE-1" in client.get("/catalogue/", {"q": "offre"}, follow=True).content.decode()
    for adresse in ("/", "/catalogue/sessions/", f"/catalogue/sessions/{pretes[0].pk}/"):
        assert client.get(adresse).status_code == 200, adresse
    client.post(f"/catalogue/sessions/{pretes[0].pk}/ouvrir/", {"version": pretes[0].version}, follow=True)
    assert Session.objects.filter(ouverte=True).count() == 1

    cles = [session.cle_html for session in pretes[1:]]
    page = client.post("/catalogue/lots/", {"operation": "ouvrir", "cles": cles}, follow=True)
    client.post(page.request["PATH_INFO"], {"geste": "executer"}, follow=True)
    assert Session.objects.filter(ouverte=True).count() == 4 and Lot.objects.exists()

    programme = Programme(jeton_de(monde)[1])
    assert len(programme("GET", "sessions/").lu["resultats"]) == 4
    for _ in range(2):
        ecrite = programme(
            "PATCH", f"sessions/{pretes[3].pk}/", {"garantie": False}, idempotency_key="k" * 20, if_match="*"
        )
        assert ecrite.status_code == 200, ecrite.lu

    # « Publier maintenant », then a run by hand.
    administrateur = Utilisateur.objects.create_superuser("a@test.example", MOT_DE_PASSE)
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=8)):
        admin = Client()
        admin.force_login(administrateur, backend="django.contrib.auth.backends.ModelBackend")
        admin.post("/admin/publication/passage/rattraper/", follow=True)
        assert Parution.objects.count() == 4
        publier(aujourd_hui(), par="test")
        trouvees = Client().get("/formations/", {"q": "texte"})
        assert trouvees.content.count(b"<article") == 1
    assert Client().get("/sante/pret/").status_code == 200


if __name__ == "__main__":
    from django.conf import settings
    from django.test.utils import setup_test_environment

    setup_test_environment()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    parcourir()
