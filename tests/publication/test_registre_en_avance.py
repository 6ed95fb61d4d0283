"""Tests of a clock that jumps forward.

A ledger ahead of the calendar is reported everywhere, and is corrected without any loss.
"""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalogue.cycle_de_vie import executer
from edof.horloge import a_l_instant, aujourd_hui, minuit
from organismes.droits import Operation
from publication.jours import PublicationImpossible, jours_dus
from publication.models import Parution, Passage, Retenue
from publication.passages import publier
from publication.tasks import publier_les_jours_dus
from tests.conftest import Monde

UN_JOUR = dt.timedelta(1)
PLUS_TARD = dt.timedelta(92)


def publier_le(jour: dt.date, **options: object) -> None:
    with a_l_instant(minuit(jour) + dt.timedelta(hours=5, minutes=1)):
        publier(jour, par="test", **options)


@pytest.fixture
def saute(db):
    """Publish yesterday and today, then make one run with a clock three months ahead.

    Return the world, and what the runs had written before that one.
    """
    hier, jour = aujourd_hui() - UN_JOUR, aujourd_hui()
    with a_l_instant(minuit(hier) - UN_JOUR):
        # One of the sessions has started three months later: the run of that day withdraws it.
        monde = Monde()
        monde.session("reste", ouverte=True, date_debut=hier + 2 * PLUS_TARD, date_fin=hier + 3 * PLUS_TARD)
        monde.session("partie", ouverte=True)
    publier_le(hier)
    with a_l_instant(minuit(hier) + dt.timedelta(hours=15)):
        monde.session(
            "nouvelle", ouverte=True, date_debut=hier + 2 * PLUS_TARD, date_fin=hier + 3 * PLUS_TARD
        )
        executer(monde.session("tardive"), Operation.OUVRIR, par=monde.gestionnaire)
    publier_le(jour)
    with a_l_instant(minuit(jour) + dt.timedelta(hours=6)):
        monde.session(
            "de demain", ouverte=True, date_debut=hier + 2 * PLUS_TARD, date_fin=hier + 3 * PLUS_TARD
        )
    avant = etat()
    assert len(avant[0]) == 4 and len(avant[2]) == 2
    publier_le(jour + PLUS_TARD, voulu=True)
    assert len(etat()[0]) == 5 and len(etat()[1]) > len(avant[1]) and len(etat()[2]) == 94
    return monde, avant


def etat() -> list[list[tuple[object, ...]]]:
    """Return all that the runs wrote."""
    return [
        list(Parution.objects.order_by("session_id", "du").values_list("session_id", "du", "au")),
        list(Retenue.objects.order_by("session_id", "du").values_list("session_id", "raison", "du", "au")),
        list(Passage.objects.order_by("jour").values_list("jour", "parues", "retirees")),
    ]


def test_une_avance_se_voit_partout(saute, client, admin_client):
    monde, _ = saute
    sante = client.get("/sante/")
    assert (sante.status_code, sante.json()["etat"]) == (503, "avance")
    assert "Plus rien ne paraît" in admin_client.get("/admin/").text
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    for page in (reverse("publication_demain"), reverse("publications")):
        assert "un jour qui n'est pas encore venu" in client.get(page).text
    page = admin_client.get("/admin/publication/passage/rattraper/").text
    assert "Le registre est en avance" in page and "Tout est publié" not in page


@pytest.mark.parametrize("porte", ["commande", "administration"])
def test_revenir_rend_ce_qui_etait_public_et_la_publication_reprend(saute, admin_client, client, porte):
    assert jours_dus() == []
    if porte == "commande":
        sortie = StringIO()
        call_command("publier", "--revenir", stdout=sortie)
        assert "92 jours à venir retirés" in sortie.getvalue()
    else:
        page = admin_client.post("/admin/publication/passage/rattraper/", {"revenir": "1"}, follow=True)
        assert "Le registre est revenu à aujourd" in page.text
    assert etat() == saute[1] and client.get("/sante/").json()["etat"] == "ok"
    demain = aujourd_hui() + UN_JOUR
    with a_l_instant(minuit(demain) + dt.timedelta(hours=5, minutes=1)):
        publier_les_jours_dus()
        assert Passage.objects.finis().first().jour == demain
        assert Parution.objects.filter(du=demain, contenu__identifiant="de demain").exists()
        sortie = StringIO()
        call_command("publier", "--revenir", stdout=sortie)
        assert "rien à faire" in sortie.getvalue()


def test_un_passage_n_avance_pas_de_trop_de_jours_sans_une_personne(db, settings, admin_client):
    settings.PUBLICATION_JOURS_AU_PLUS = 31
    jour = aujourd_hui()
    publier_le(jour)
    with a_l_instant(minuit(jour + 31 * UN_JOUR) + dt.timedelta(hours=5, minutes=1)):
        publier_les_jours_dus()
    assert Passage.objects.count() == 32
    with a_l_instant(minuit(jour + 63 * UN_JOUR) + dt.timedelta(hours=7, minutes=1)):
        publier_les_jours_dus()
        assert Passage.objects.count() == 32
        with pytest.raises(PublicationImpossible, match="une personne doit confirmer la date"):
            publier(aujourd_hui(), par="test")
        with pytest.raises(CommandError):
            call_command("publier", stdout=StringIO())
        assert "Publication en retard" in admin_client.get("/admin/").text
        # Giving the day explicitly means that a person has checked the calendar.
        call_command("publier", "--jour", aujourd_hui().isoformat(), stdout=StringIO())
        assert Passage.objects.count() == 64
