"""The screens of the sandbox: made in one click, put forward, read, deleted."""

import datetime as dt
import html

import pytest
from django.test import Client

from edof.horloge import aujourd_hui, demain, maintenant
from organismes.droits import Role
from organismes.models import BacASable, Membre, Organisme
from publication.bac_a_sable import creer
from sessions_app.models import Session
from tests.conftest import Monde

JOUR = dt.timedelta(days=1)


@pytest.fixture
def bac(monde: Monde) -> BacASable:
    return creer(monde.gestionnaire)


def dedans(connecter, bac: BacASable, qui=None) -> Client:
    """Return the client of this member, who works in the sandbox."""
    client = connecter(qui or bac.proprietaire)
    client.post("/organisme/choisir/", {"organisme": bac.organisme_id})
    return client


def lu(reponse) -> str:
    return html.unescape(reponse.content.decode()).replace("\xa0", " ")


def avancer(client: Client, bac: BacASable, jours: str = "1", depuis: dt.date | None = None, **autres: str):
    donnees = {"espace": bac.organisme_id, "jours": jours, "depuis": (depuis or bac.jour).isoformat()}
    return client.post("/bac-a-sable/avancer/", donnees | autres, follow=True)


def test_de_la_creation_a_la_session_visible(connecter, monde):
    client = connecter(monde.gestionnaire)
    assert "Essayer sans rien publier" in lu(client.get("/jetons/"))
    assert "Créer mon bac à sable" in lu(client.get("/bac-a-sable/"))
    page = lu(client.post("/bac-a-sable/creer/", follow=True))
    client.post("/bac-a-sable/creer/")
    bac = BacASable.objects.get()
    assert "rien n'y est public" in page and "Avancer d'un jour" in page
    session = Session.objects.filter(organisme=bac.organisme).earliest("pk")
    client.post(f"/catalogue/sessions/{session.pk}/ouvrir/", {"espace": bac.organisme_id, "version": 1})
    fiche = f"/catalogue/sessions/{session.pk}/"
    assert "Visible demain matin" in lu(client.get(fiche))
    page = avancer(client, bac, suite=fiche)
    lue = lu(page)
    assert page.redirect_chain == [(fiche, 302)]
    assert "1 session parue" in lue and "La page publique" not in lue
    assert "ESSAI-SESSION-1" in lue and "Ce que le public lit aujourd" in lue
    en_ligne = lu(client.get("/en-ligne/"))
    assert "Formation d'essai" in en_ligne
    assert client.get(f"/en-ligne/{session.action_id}/").status_code == 200
    for suite in ("", "publications/", "publications/demain/", f"publications/{demain()}/", "catalogue/"):
        page = client.get(f"/{suite}")
        assert page.status_code == 200 and "BRAVO" not in lu(page), suite
    anonyme = Client()
    assert anonyme.get(f"/formations/{session.action_id}/").status_code == 404
    assert "Formation d'essai" not in lu(anonyme.get("/formations/"))


def test_l_horloge_est_celle_de_l_organisme_ou_l_on_travaille(connecter, bac, monde):
    avancer(dedans(connecter, bac), bac, "10")
    bac.refresh_from_db()
    client = dedans(connecter, bac)
    assert "<strong>Bac à sable" in lu(client.get("/"))
    client.post("/organisme/choisir/", {"organisme": monde.organisme.pk})
    assert "<strong>Bac à sable" not in lu(client.get("/"))
    # A session opened elsewhere by the same person is opened today.
    session = monde.session("ailleurs")
    client.post(f"/catalogue/sessions/{session.pk}/ouvrir/", {"espace": monde.organisme.pk, "version": 1})
    session.refresh_from_db()
    assert session.ouverte_depuis.date() <= maintenant().date()
    # A form of the sandbox brings its clock back, whatever the other tab.
    sienne = Session.objects.filter(organisme=bac.organisme).earliest("pk")
    client.post(f"/catalogue/sessions/{sienne.pk}/ouvrir/", {"espace": bac.organisme_id, "version": 1})
    sienne.refresh_from_db()
    assert (sienne.ouverte_depuis - maintenant()).days in {9, 10}


def test_deux_clics_avancent_d_un_jour_et_le_second_le_dit(connecter, bac):
    client, depuis = dedans(connecter, bac), bac.jour
    assert "Rien n'a changé de ce que lirait le public" in lu(avancer(client, bac, depuis=depuis))
    assert "a changé entre-temps" in lu(avancer(client, bac, depuis=depuis))
    assert BacASable.objects.get().jours_d_avance == 1


@pytest.mark.parametrize(
    ("jours", "phrase"),
    [
        ("", "Indiquez de combien de jours avancer."),
        ("0", "Avancez d'un jour au moins"),
        ("32", "Avancez de 31 jours au plus à la fois."),
        ("demain", "Indiquez un nombre de jours, en chiffres."),
    ],
)
def test_un_nombre_de_jours_qui_ne_va_pas(connecter, bac, jours, phrase):
    page = avancer(dedans(connecter, bac), bac, jours)
    assert page.status_code == 422 and phrase in lu(page)
    assert not BacASable.objects.get().jours_d_avance


def test_qui_peut_quoi_dans_un_bac(connecter, bac, monde):
    for role, statut in ((Role.LECTEUR, 403), (Role.REDACTEUR, 200)):
        qui = monde.personne(role, role)
        Membre.objects.create(utilisateur=qui, organisme=bac.organisme, role=role)
        client = dedans(connecter, bac, qui)
        assert client.get("/bac-a-sable/").status_code == 200
        assert avancer(client, bac).status_code == statut
        assert client.get("/bac-a-sable/supprimer/").status_code == 404, "il n'est pas le sien"
    autre = Monde("Autre", "52345678900017").gestionnaire
    session = Session.objects.filter(organisme=bac.organisme).earliest("pk")
    client = connecter(autre)
    assert client.get(f"/catalogue/sessions/{session.pk}/").status_code == 404
    assert client.post("/bac-a-sable/avancer/", {"jours": "1"}).status_code == 404


def test_rien_ne_se_partage_ni_ne_se_donne(connecter, bac):
    client = dedans(connecter, bac)
    action = Session.objects.filter(organisme=bac.organisme).earliest("pk").action_id
    assert "Aperçu à partager" not in lu(client.get(f"/catalogue/actions/{action}/"))
    assert client.get(f"/catalogue/actions/{action}/apercus/").status_code == 403
    assert "agenda public" not in lu(client.get("/compte/"))


def test_supprimer_puis_recreer(connecter, bac, monde):
    client = dedans(connecter, bac)
    avancer(client, bac, "3")
    assert "Supprimer mon bac à sable" in lu(client.get("/bac-a-sable/supprimer/"))
    page = lu(client.post("/bac-a-sable/supprimer/", follow=True))
    assert "est supprimé, avec tout ce qu" in page
    assert list(Organisme.objects.all()) == [monde.organisme]
    assert client.post("/bac-a-sable/supprimer/").status_code == 404
    client.post("/bac-a-sable/creer/")
    assert BacASable.objects.get().jours_d_avance == 0


def test_l_usage_se_note_une_fois_par_jour(connecter, bac):
    BacASable.objects.update(utilise_le=aujourd_hui() - 80 * JOUR)
    dedans(connecter, bac).get("/catalogue/")
    assert BacASable.objects.get().utilise_le == aujourd_hui()


def test_une_page_ancienne_d_un_bac_supprime_le_dit(connecter, bac):
    client = dedans(connecter, bac)
    client.post("/bac-a-sable/supprimer/")
    assert avancer(client, bac).status_code == 403


def test_l_administration_reconnait_un_bac(admin_client, bac, monde):
    client = admin_client
    avec = lu(client.get("/admin/organismes/organisme/?bac_a_sable__exact=1"))
    assert str(bac) in avec and str(monde.organisme) not in avec
    assert str(bac) not in lu(client.get("/admin/organismes/organisme/?bac_a_sable__exact=0"))
    assert client.get(f"/admin/organismes/organisme/{bac.organisme_id}/change/").status_code == 200
