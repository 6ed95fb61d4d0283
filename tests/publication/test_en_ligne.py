"""Tests of « Ce qui était en ligne le… » (D-21).

The page shows what the public read on a day, and what changed between two days.
"""

import copy
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.models import Offre
from organismes.droits import Operation
from publication.models import Parution
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde
from tests.outils import texte
from tests.publication.test_publication import a, jour

PREMIER, SECOND, APRES = "2027-03-11", "2027-03-13", "2027-03-15"


@pytest.fixture(scope="module")
def monde_date_du_fichier(base_du_fichier):
    """Return a world whose catalogue changes over several days, made once for the tests of a file.

    It is published on the 11th. On the 13th its title has changed and a second session appears, which is
    withdrawn on the 15th.
    """
    with base_du_fichier():
        return _monde_date()


@pytest.fixture
def monde_date(db, monde_date_du_fichier):
    """Return this world."""
    return copy.deepcopy(monde_date_du_fichier)


def _monde_date():
    with a("2027-03-10"):
        monde = Monde()
        monde.session("printemps", ouverte=True)
    with a(PREMIER, "05:00:00"):
        publier(jour(PREMIER), par="test")
    with a("2027-03-12"):
        executer(
            Offre.objects.get(),
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"intitule": "Électricité générale"},
        )
        monde.session("ete", ouverte=True, modalites_particulieres="Le samedi")
    with a("2027-03-14"):
        publier(jour("2027-03-14"), par="test")
        executer(Session.objects.get(identifiant="ete"), Operation.FERMER, par=monde.gestionnaire)
    with a(APRES, "05:00:00"):
        publier(jour(APRES), par="test")
    return monde


@pytest.fixture
def client_(monde_date, connecter):
    """Return a client signed in as its gestionnaire, on the 16th, before the run of that day."""
    with a("2027-03-16", "04:00:00"):
        yield connecter(monde_date.gestionnaire)


def lue(client, adresse):
    return texte(client.get(adresse))


@pytest.mark.exigence("D-21")
@pytest.mark.parametrize(
    ("quand", "intitule", "sessions"),
    [
        (PREMIER, "Texte", 1),
        ("2027-03-12", "Texte", 1),
        (SECOND, "Électricité générale", 2),
        (APRES, "Électricité générale", 1),
    ],
)
def test_chaque_jour_se_relit_comme_le_public_l_a_lu(client_, monde_date, quand, intitule, sessions):
    liste = client_.get(f"/en-ligne/?jour={quand}").content.decode()
    adresse = f"/en-ligne/{monde_date.action.pk}/?jour={quand}"
    assert f'<a href="{adresse}">{intitule}<' in liste and f"{sessions} session" in texte(
        client_.get(f"/en-ligne/?jour={quand}")
    )
    page = client_.get(adresse).content.decode()
    assert f"<h1>{intitule}</h1>" in page and page.count(">Preuve<") == sessions


def test_c_est_la_page_publique_mot_pour_mot(client_, monde_date):
    corps = re.compile(r'<div class="publique">.*<h2>Certification visée</h2>.*?</section>', re.S)
    with a(APRES, "12:00:00"):
        publique = client_.get(f"/formations/{monde_date.action.pk}/", follow=True).content.decode()
    relue = client_.get(f"/en-ligne/{monde_date.action.pk}/?jour={APRES}").content.decode()
    # The calendar is that of today.
    publique, agendas = re.subn(
        r'<p class="mb-0">\s*<a class="lien-agenda".*?</a>\s*</p>', "", publique, flags=re.S
    )
    assert agendas == 1 and "Électricité générale" in publique
    assert corps.search(publique)[0] == corps.search(relue)[0]


def test_sans_jour_c_est_aujourd_hui_et_le_retard_se_dit(client_):
    page = lue(client_, "/en-ligne/")
    assert "Ce qui était en ligne le 16 mars 2027" in page
    assert (
        "La publication de ce jour n'a pas encore eu lieu : voici ce qui est en ligne depuis celle du 15 mars"
        " 2027." in page
    )
    publier(jour("2027-03-16"), par="test")
    assert "pas encore eu lieu" not in lue(client_, "/en-ligne/")


@pytest.mark.parametrize(
    ("quand", "phrase"),
    [
        ("2027-03-10", "La première publication est celle du 11 mars 2027 : rien n'était en ligne avant."),
        ("0001-01-01", "rien n'était en ligne avant."),
        ("2027-03-17", "Ce jour n'est pas encore arrivé : choisissez aujourd'hui ou un jour passé."),
        ("9999-12-31", "Ce jour n'est pas encore arrivé"),
        ("31/02/2027", "Cette date n'est pas lisible"),
        ("hier", "Cette date n'est pas lisible"),
        ("%00", "Cette date n'est pas lisible"),
        ("%FF" * 400, "Cette date n'est pas lisible"),
        ("2027-03-11T10:00", "Cette date n'est pas lisible"),
    ],
)
def test_un_jour_dont_on_ne_peut_rien_dire_a_sa_phrase(client_, monde_date, quand, phrase):
    for adresse in (
        "/en-ligne/?jour=",
        f"/en-ligne/{monde_date.action.pk}/?jour=",
        f"/en-ligne/{monde_date.action.pk}/comparer/?a=",
    ):
        reponse = client_.get(adresse + quand)
        page = texte(reponse)
        assert reponse.status_code == 200 and phrase in page
        assert "Preuve" not in page.replace("Vérifier une preuve", "")
    if quand in {"hier", "31/02/2027"}:
        assert f'value="{quand}"' in reponse.content.decode(), "ce qui a été tapé reste"


def test_l_adresse_dit_toujours_le_jour_de_la_meme_facon(client_):
    reponse = client_.get("/en-ligne/?jour=13/03/2027&q=élec")
    assert reponse.status_code == 302 and reponse.url == "/en-ligne/?jour=2027-03-13&q=%C3%A9lec"
    page = client_.get(reponse.url).content.decode()
    assert 'value="13/03/2027"' in page
    assert (
        'href="?jour=2027-03-12&amp;q=%C3%A9lec"' in page
        and 'href="?jour=2027-03-14&amp;q=%C3%A9lec"' in page
    )
    assert "La veille" not in client_.get(f"/en-ligne/?jour={PREMIER}").content.decode()
    assert "Le lendemain" not in client_.get("/en-ligne/").content.decode()


@pytest.mark.parametrize(
    ("q", "trouvees"),
    [
        ("electricite", 1), ("ÉLECTRICITÉ GÉNÉRALE", 1), ("generale chevilly", 1), ("offre-1", 1),
        ("action-1", 1), ("ETE", 1), ("été", 1),
        ("printemps été", 1), ("texte", 1), ("electricite lyon", 0), ("%", 0), ("_", 0), ("\x00", 1),
        ("x" * 5000, 0), ("\\", 0),
        # An apostrophe separates words, like a space: alone, it contains no word to search for.
        ("'", 1),
    ],
)  # fmt: skip
def test_on_cherche_dans_ce_qui_etait_en_ligne_ce_jour_la(client_, q, trouvees):
    reponse = client_.get("/en-ligne/", {"jour": SECOND, "q": q})
    assert reponse.status_code == 200 and reponse.content.decode().count("<article") == trouvees
    if trouvees:
        assert "2 sessions" in texte(reponse), (
            "la formation est montrée avec toutes ses sessions de ce jour-là"
        )


def test_ce_qui_change_d_un_jour_a_l_autre(client_, monde_date):
    adresse = f"/en-ligne/{monde_date.action.pk}/comparer/"
    page = lue(client_, f"{adresse}?de={PREMIER}&a={SECOND}")
    assert "La formation Intitulé retiré : Texte ajouté : Électricité générale" in page
    assert "Session ete, parue Période (vide) ajouté : " in page and "printemps" not in page
    assert "Session ete, retirée Période retiré : " in lue(client_, f"{adresse}?de=14/03/2027&a=15/03/2027")
    assert "Le public lisait la même chose ces deux jours-là." in lue(
        client_, f"{adresse}?de={PREMIER}&a=2027-03-12"
    )
    # Without days, the page shows the last change.
    sans_jour = client_.get(adresse).content.decode()
    assert 'value="14/03/2027"' in sans_jour and 'value="15/03/2027"' in sans_jour


def test_une_formation_qui_n_etait_pas_en_ligne_le_dit(client_, monde_date):
    Parution.objects.filter(du=PREMIER).delete()
    adresse = f"/en-ligne/{monde_date.action.pk}/"
    assert "Cette formation n'était pas en ligne ce jour-là." in lue(client_, f"{adresse}?jour={PREMIER}")
    page = lue(client_, f"{adresse}comparer/?de={PREMIER}&a={SECOND}")
    assert "Cette formation n'était pas en ligne le 11 mars 2027." in page and "Session ete, parue" in page
    assert "Choisissez un jour où elle l'était" in lue(
        client_, f"{adresse}comparer/?de={PREMIER}&a=2027-03-12"
    )


def test_les_jours_de_changement_menent_a_ce_qui_a_change(client_, monde_date):
    page = client_.get(f"/en-ligne/{monde_date.action.pk}/?jour={SECOND}").content.decode()
    jours = re.findall(r"comparer/\?de=([\d-]+)&amp;a=([\d-]+)", page)
    assert jours == [("2027-03-14", APRES), ("2027-03-12", SECOND), ("2027-03-10", PREMIER)]


def test_ce_qui_est_supprime_se_relit_encore(client_, monde_date):
    executer(Offre.objects.get(), Operation.ARCHIVER, par=monde_date.gestionnaire)
    executer(Offre.objects.get(), Operation.SUPPRIMER, par=monde_date.gestionnaire)
    assert "Électricité générale" in lue(client_, f"/en-ligne/{monde_date.action.pk}/?jour={SECOND}")


def test_rien_d_un_autre_organisme(client_, monde_date, connecter):
    with a("2027-03-10"):
        autre = Monde("Autre", "52345678900017")
    connecter(autre.gestionnaire)
    assert "0 formation en ligne" in lue(client_, f"/en-ligne/?jour={SECOND}")
    for suite in ("", "comparer/"):
        assert client_.get(f"/en-ligne/{monde_date.action.pk}/{suite}").status_code == 404
    for parution in Parution.objects.all():
        assert client_.get(f"/en-ligne/preuves/{parution.pk}/").status_code == 404


@pytest.mark.parametrize(
    "adresse",
    [
        "/en-ligne/999999999999999999999/",
        "/en-ligne/0/comparer/",
        "/en-ligne/preuves/99999999999999999999/fichier/",
    ],
)
def test_une_cle_impossible_est_un_404(client_, adresse):
    assert client_.get(adresse).status_code == 404


def test_le_nombre_de_requetes_ne_suit_pas_les_formations(client_, monde_date):
    def requetes(adresse):
        with CaptureQueriesContext(connection) as lues:
            assert client_.get(adresse).status_code == 200
        return len(lues)

    adresses = [
        "/en-ligne/?jour=2027-03-17&q=te",
        f"/en-ligne/{monde_date.action.pk}/?jour=2027-03-17",
        f"/en-ligne/{monde_date.action.pk}/comparer/",
    ]
    with a("2027-03-17", "06:00:00"):
        publier(jour("2027-03-17"), par="test")
        # The synonyms of the search are read once a minute.
        requetes(adresses[0])
        avant = [requetes(adresse) for adresse in adresses]
    with a("2027-03-17", "12:00:00"):
        for rang in range(25):
            monde_date.session(f"s{rang}", action=monde_date.nouvelle_action(f"A{rang}"), ouverte=True)
            monde_date.session(f"t{rang}", ouverte=True)
    with a("2027-03-18", "06:00:00"):
        publier(jour("2027-03-18"), par="test")
        apres = [requetes(adresse.replace("03-17", "03-18")) for adresse in adresses]
        assert apres == avant and max(avant) <= 12
        page = client_.get("/en-ligne/?page=2").content.decode()
        assert "Page 2 sur 2" in page and page.count("<article") == 6 and 'href="?page=1"' in page


def test_on_y_va_des_publications_et_de_la_fiche(client_, monde_date):
    assert 'href="/en-ligne/"' in client_.get("/publications/").content.decode()
    assert 'href="/en-ligne/"' not in client_.get("/formations/").content.decode()
    assert (
        f'href="/en-ligne/{monde_date.action.pk}/"'
        in client_.get(f"/catalogue/actions/{monde_date.action.pk}/").content.decode()
    )
