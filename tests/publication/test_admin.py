"""Tests of the register of the publications in the administration, and of the warning when one is late."""

import datetime as dt

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from edof.horloge import a_l_instant, aujourd_hui, maintenant, minuit
from publication import rattrapage
from publication.models import Parution, Passage, Retenue
from publication.passages import VERROU, publier
from tests.administration import administrateur, adresse, client, messages, monde, peuple, texte  # noqa: F401
from tests.conftest import Monde

# ruff: noqa: F811


def test_le_registre_dit_l_avancement_et_le_detail(client, peuple):
    Passage.objects.create(jour=aujourd_hui() + dt.timedelta(1), par="test", a_traiter=200, traitees=50)
    page = texte(client.get(adresse(Passage, "changelist")))
    assert "Interrompu à 25 % (50 sur 200)" in page and "Terminé" in page
    detail = client.get(adresse(peuple[Passage]))
    assert "dates &lt;fausses&gt;" in texte(detail)
    jour = aujourd_hui().isoformat()
    assert f'href="{adresse(Parution, "changelist")}?du={jour}"' in detail.content.decode()
    assert "s1" in texte(client.get(adresse(Parution, "changelist"), {"du": jour}))
    assert "0 parution" in texte(client.get(adresse(Parution, "changelist"), {"au": jour}))
    assert "dates &lt;fausses&gt;" in texte(
        client.get(adresse(Retenue, "changelist"), {"raison": "erreur", "du": jour})
    )


def test_simuler_demain_compte_par_organisme_sans_rien_ecrire(client, monde):
    publier(aujourd_hui(), par="test")
    monde.session("s1", ouverte=True)
    monde.session("s2", ouverte=True)
    Monde("Autre", "52345678900017").session("s3", ouverte=True)
    page = texte(client.get(reverse("admin:publication_passage_simulation")))
    assert "Tous 3 0 0 0" in page and "Institut 2 0 0 0" in page and "Autre 1 0 0 0" in page
    assert not Parution.objects.exists() and Passage.objects.count() == 1


def test_simuler_renonce_quand_il_y_en_a_trop(client, monde, monkeypatch):
    from publication.admin import passage

    publier(aujourd_hui(), par="test")
    monde.session("s1", ouverte=True)
    monkeypatch.setattr(passage, "SIMULEES_AU_PLUS", 0)
    assert "C'est trop pour une page" in texte(client.get(reverse("admin:publication_passage_simulation")))


RATTRAPER = "/admin/publication/passage/rattraper/"


@pytest.mark.exigence("D-22")
def test_rattraper_publie_dans_l_ordre_ce_qui_manque(client, monde, administrateur):
    avant_hier = aujourd_hui() - dt.timedelta(2)
    with a_l_instant(minuit(avant_hier)):
        publier(avant_hier, par="test")
    page = client.get(RATTRAPER)
    assert texte(page).count("session à regarder") and "Publier maintenant" in texte(page)
    fait = client.post(RATTRAPER, follow=True)
    assert len(messages(fait)) == 2 and list(Passage.objects.values_list("jour", flat=True)) == [
        avant_hier + dt.timedelta(n) for n in (2, 1, 0)
    ]
    assert Passage.objects.first().par == "Administration, admin@test.example"
    assert "rien à rattraper" in messages(client.post(RATTRAPER, follow=True))[0]
    assert "Tout est publié" in texte(client.get(RATTRAPER))


def test_rattraper_laisse_a_la_ronde_ce_qui_est_trop_long(client, monde, monkeypatch):
    monkeypatch.setattr(rattrapage, "SESSIONS_AU_PLUS", -1)
    publier(aujourd_hui() - dt.timedelta(1), par="test")
    reste = messages(client.post(RATTRAPER, follow=True))
    assert "prochaine ronde automatique" in reste[0] and Passage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_rattraper_ne_double_pas_une_publication_en_cours(client, monde):
    import psycopg

    publier(aujourd_hui() - dt.timedelta(1), par="test")
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as autre:
        autre.execute("SELECT pg_advisory_lock(%s)", [VERROU])
        assert "Une autre publication est en cours" in texte(client.get(RATTRAPER))
        assert "Une autre publication est en cours" in messages(client.post(RATTRAPER, follow=True))[0]
    assert Passage.objects.count() == 1
    client.post(RATTRAPER)
    assert Passage.objects.count() == 2


@pytest.mark.exigence("D-22")
def test_un_retard_se_voit_et_la_sante_le_dit(client, monde):
    hier = aujourd_hui() - dt.timedelta(1)
    with a_l_instant(minuit(hier)):
        publier(hier, par="test")
    sept_heures = minuit(aujourd_hui()) + dt.timedelta(hours=7, minutes=1)
    with a_l_instant(sept_heures):
        for page in ("/admin/", "/"):
            assert (
                "Publication en retard" in texte(client.get(page))
                and f'href="{RATTRAPER}"' in client.get(page).content.decode()
            )
        reponse = client.get("/sante/")
        assert reponse.status_code == 503
        assert reponse.json() == {
            "etat": "retard",
            "base_de_donnees": "ok",
            "jours": [aujourd_hui().isoformat()],
        }
        client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
        assert "Publication en retard" not in texte(client.get("/"))
        publier(aujourd_hui(), par="test")
        assert client.get("/sante/").json()["etat"] == "ok"
    with a_l_instant(sept_heures - dt.timedelta(hours=1)):
        assert client.get("/sante/").status_code == 200


def test_le_tout_premier_passage_commence_tot_n_est_pas_en_retard(client, monde):
    Passage.objects.create(jour=aujourd_hui(), par="test")
    with a_l_instant(minuit(aujourd_hui()) + dt.timedelta(hours=3)):
        assert client.get("/sante/").status_code == 200 and client.get("/admin/").status_code == 200
    assert timezone.is_aware(maintenant())
