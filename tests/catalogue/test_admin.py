"""Tests of the administration: every model is in it, and the pages stay fast on big tables."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pghistory.models import Event

from catalogue.cycle_de_vie import executer
from catalogue.models import Presence
from echanges.models import Correspondance, LigneImport, MorceauDeFichier, MotRetenu
from edof import administration
from edof.horloge import aujourd_hui
from lots.models import LigneDeLot
from organismes.droits import Operation, Role
from organismes.models import (
    BacASable,
    Bandeau,
    CleDAcces,
    CodeDeSecours,
    Connexion,
    InformationsLegales,
    Jeton,
    LienDAgenda,
    Membre,
    Qualiopi,
    Utilisateur,
    Vue,
)
from publication.models import (
    Decompte,
    FichePublique,
    Frequentation,
    Marque,
    MotsPublics,
    Mouvement,
    Partage,
    Parution,
    PassageDeBac,
    Retenue,
    Trace,
)
from sessions_app.models import Session
from tests.administration import administrateur, adresse, client, grossir, monde, peuple, texte  # noqa: F401
from tests.conftest import Monde

# ruff: noqa: F811


# These models are edited on the page of their organisme; a view belongs to one person.
EN_LIGNE = {Membre, Qualiopi, Vue}
# Rows of the program itself, which nobody reads one by one: open sessions of browsers, kept numbers, the
# records of a lot, the lines of an import and what it has learnt, what the public searches and reads; the
# feed that programs follow; links and factors of a person, of which only a digest or a key is kept.
TECHNIQUES = {
    Connexion, Decompte, Marque, LigneDeLot, LigneImport, MorceauDeFichier, Correspondance, MotRetenu,
    FichePublique, MotsPublics, Mouvement, Frequentation, Partage, LienDAgenda, Trace, CleDAcces,
    CodeDeSecours, BacASable, PassageDeBac,
}  # fmt: skip
FOLLES = (
    "?q=%00", "?q=" + "9" * 14, "?q=é’%25_", "?organisme=99999999999999999999", "?organisme=x", "?statut=zz",
    "?p=999999", "?p=x",
    "?du=pas-un-jour", "?au=%00", "?etat=1", "?e=1", "?o=9.9", "?nul__part=1",
)  # fmt: skip


# --- Completeness ---


def test_chaque_modele_est_dans_l_administration():
    nos_apps = {"organismes", "catalogue", "sessions_app", "lots", "publication", "echanges"}
    modeles = {m for m in apps.get_models() if m._meta.app_label in nos_apps and not issubclass(m, Event)}
    assert modeles - EN_LIGNE - TECHNIQUES - set(admin.site._registry) == set()
    for modele, page in admin.site._registry.items():
        assert page.show_full_result_count is False and page.paginator is administration.PaginateurBorne, (
            modele
        )
        # One row, which is never searched.
        assert page.search_fields or modele is InformationsLegales, modele


def test_chaque_page_repond_en_francais_sans_rien_en_ligne(client, peuple):
    assert set(peuple) == set(admin.site._registry)
    for modele, objet in peuple.items():
        pages = [
            adresse(modele, "changelist"),
            f"{adresse(modele, 'changelist')}?q=s1",
            adresse(objet),
            adresse(objet, "history"),
        ]
        if admin.site._registry[modele].has_add_permission(
            type("R", (), {"user": Utilisateur(is_superuser=True, is_active=True)})()
        ):
            pages.append(adresse(modele, "add"))
        for page in pages:
            reponse = client.get(page)
            assert reponse.status_code == 200, page
            html = reponse.content.decode()
            assert (
                "style=" not in html and "<style" not in html and not re.search(r"<script(?![^>]*src)", html)
            ), page
            # « Oui » and « Non » are words, not icons with an English text.
            assert not re.search(r'alt="(True|False|None)"', html), page
            assert not re.search(
                r"\b(Search|Delete|Save|Add|History|Home|Filter|Change|View|None)\b", texte(reponse)
            ), page
    for page in ("", "organismes/", "catalogue/", "publication/", "axes/", "password_change/"):
        assert client.get(f"/admin/{page}").status_code == 200


def test_une_saisie_folle_ne_fait_pas_d_erreur(client, peuple):
    for modele in peuple:
        for demande in FOLLES:
            assert client.get(adresse(modele, "changelist") + demande, follow=True).status_code == 200, (
                modele,
                demande,
            )
        assert client.get(
            f"{adresse(modele, 'changelist')}999999999999999999999/change/", follow=True
        ).status_code in {200, 404}, modele


# --- Cost on big tables ---


def requetes_de(client, adresse, django_assert_max_num_queries) -> list[str]:
    with django_assert_max_num_queries(40) as capture:
        assert client.get(adresse).status_code == 200
    return [requete["sql"] for requete in capture.captured_queries]


@pytest.mark.parametrize("demande", ["", "?q=COPIE-1", "?statut=validee", "?organisme={organisme}", "?p=2"])
def test_les_listes_ne_comptent_ni_ne_grossissent(
    client, monde, monkeypatch, django_assert_max_num_queries, demande
):
    monkeypatch.setattr(administration, "COMPTES_AU_PLUS", 120)
    monde.session("copie")
    page = adresse(Session, "changelist") + demande.format(organisme=monde.organisme.pk)
    grossir(monde, 60)
    peu = requetes_de(client, page, django_assert_max_num_queries)
    Session.objects.filter(identifiant__startswith="copie-").delete()
    grossir(monde, 300)
    beaucoup = requetes_de(client, page, django_assert_max_num_queries)
    assert len(peu) == len(beaucoup)
    comptes = [sql for sql in beaucoup if "COUNT(" in sql.upper()]
    assert comptes and all("LIMIT 121" in sql for sql in comptes)
    assert (
        "Plus de 120 sessions" in texte(client.get(page)).replace("\N{NARROW NO-BREAK SPACE}", " ")
        or "q=" in demande
    )


def test_les_autres_listes_ne_grossissent_pas(client, peuple, monde, django_assert_max_num_queries):
    avant = {
        modele: len(requetes_de(client, adresse(modele, "changelist"), django_assert_max_num_queries))
        for modele in peuple
    }
    for n in range(3):
        autre = Monde(f"Organisme {n}", f"4123456780{n:04}")
        executer(autre.session("jetee"), Operation.SUPPRIMER, par=autre.gestionnaire)
        autre.session("s", ouverte=True)
        Bandeau.objects.create(message="Pour un seul", organisme=autre.organisme)
        Presence.objects.noter(autre.offre, autre.gestionnaire)
        Retenue.objects.create(
            session_id=10**9 + n,
            organisme=autre.organisme,
            identifiant="r",
            raison="qualiopi",
            du=aujourd_hui(),
        )
    Parution.objects.bulk_create(
        Parution(**{c.attname: getattr(p,
        c.attname) for c in Parution._meta.concrete_fields if c.name not in {"id", "session"}}, session_id=n)
        for p in [Parution.objects.get()] for n in range(10**9, 10**9 + 3)
    )  # fmt: skip
    for modele, nombre in avant.items():
        assert (
            len(requetes_de(client, adresse(modele, "changelist"), django_assert_max_num_queries)) == nombre
        ), modele


def test_les_membres_d_un_organisme_ne_font_pas_de_requete_chacun(
    client, monde, django_assert_max_num_queries
):
    avant = requetes_de(client, adresse(monde.organisme), django_assert_max_num_queries)
    for n in range(5):
        monde.personne(f"lecteur-{n}", Role.LECTEUR)
    assert len(requetes_de(client, adresse(monde.organisme), django_assert_max_num_queries)) == len(avant)


def test_l_historique_ne_grossit_pas(client, monde, django_assert_max_num_queries):
    executer(monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"intitule": "Titre"})
    avant = requetes_de(client, adresse(monde.offre, "history"), django_assert_max_num_queries)
    for n in range(4):
        executer(monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"intitule": f"Titre {n}"})
    assert len(requetes_de(client, adresse(monde.offre, "history"), django_assert_max_num_queries)) == len(
        avant
    )
    assert "Titre 3" in texte(client.get(adresse(monde.offre, "history")))


@pytest.mark.parametrize(
    "condition", ["identifiant_normalise LIKE 'copie-12%'", "statut = 'archivee' ORDER BY id DESC LIMIT 50"]
)
def test_un_index_sert_la_recherche_et_le_filtre(monde, condition):
    monde.session("copie")
    grossir(monde, 2000)
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE sessions_app_session")
        curseur.execute(f"EXPLAIN SELECT * FROM sessions_app_session WHERE {condition}")
        plan = str(curseur.fetchall())
    assert "Seq Scan" not in plan and (
        "session_par_identifiant" in plan
        or "session_par_etat" in plan
        or "session_identifiant_unique" in plan
        or "session_par_nom" in plan
    ), plan


def test_un_debut_que_beaucoup_ont_ne_lit_qu_une_page(client, monde):
    """Whatever the planner thinks of how many begin so: the index gives them in the order of the page."""
    monde.session("copie")
    grossir(monde, 2000)
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE sessions_app_session")
    with CaptureQueriesContext(connection) as capture:
        client.get(adresse(Session, "changelist"), {"q": "cop"})
    (page,) = (q["sql"] for q in capture.captured_queries if "USING ~<~" in q["sql"])
    with connection.cursor() as curseur:
        curseur.execute(f"EXPLAIN {page}")
        plan = str(curseur.fetchall())
    assert "session_par_identifiant" in plan and "Seq Scan on sessions_app_session" not in plan, plan


def test_on_trouve_par_le_debut_de_l_identifiant_ou_le_siret(client, monde):
    monde.session("ABC-1")
    Monde("Autre", "52345678900017").session("XYZ-1")
    page = adresse(Session, "changelist")
    for q, trouvee in (
        ("abc", "ABC-1"),
        (" Abc-1 ", "ABC-1"),
        ("523 456 789 00017", "XYZ-1"),
        ("BC-1", ""),
        ("A%1", ""),
    ):
        lues = texte(client.get(page, {"q": q}))
        assert [nom for nom in ("ABC-1", "XYZ-1") if nom in lues] == ([trouvee] if trouvee else []), q
    assert "ABC-1" in texte(client.get(page, {"organisme": monde.organisme.pk, "statut": "validee"}))
    assert "ABC-1" not in texte(client.get(page, {"organisme": monde.organisme.pk, "statut": "ouverte"}))


def test_l_administrateur_revoque_un_jeton(client, peuple):
    jeton = peuple[Jeton]
    reponse = client.post(
        adresse(Jeton, "changelist"), {"action": "revoquer", "_selected_action": [jeton.pk]}, follow=True
    )
    jeton.refresh_from_db()
    assert "jeton révoqué" in reponse.text and not jeton.is_active
