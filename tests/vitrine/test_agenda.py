"""Tests of the calendars: the public ones, and that of a member; read back with another library."""

import datetime as dt
import re
import uuid
from itertools import pairwise

import pytest
from django.test import Client
from icalendar import Calendar

from catalogue.cycle_de_vie import executer
from catalogue.models import Offre
from edof.icalendrier import Evenement, ecrire
from organismes.droits import Operation, Role
from organismes.models import Adresse, LienDAgenda, Membre, Organisme
from organismes.models.jeton import empreinte
from publication import agenda
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde
from tests.lots.monde import faire as executer_le_lot
from tests.lots.monde import faire_annuler, nouveau_lot
from tests.publication.test_publication import a, jour

VEILLE, MATIN = ("2024-08-31", "12:00:00"), ("2024-09-01", "12:00:00")
ORGANISME = "/agenda/organismes/41234567800019.ics"


def lu(reponse):
    """Return the calendar of the response, and its events by key of their session."""
    assert reponse.status_code == 200 and reponse["Content-Type"] == "text/calendar; charset=utf-8"
    texte = reponse.content.decode()
    assert all(len(ligne.encode()) <= 75 for ligne in texte.split("\r\n"))
    calendrier = Calendar.from_ical(texte)
    evenements = {re.match(r"session-(\d+)@", e["UID"])[1]: e for e in calendrier.walk("VEVENT")}
    return calendrier, {int(cle): evenement for cle, evenement in evenements.items()}


@pytest.fixture
def vivant(db):
    """Return a world published on 1 September 2024, with one session of two days; the clock is that day."""
    with a(*VEILLE):
        monde = Monde()
        dates = {"date_debut": jour("2024-09-14"), "date_fin": jour("2024-09-15")}
        monde.garantie = monde.session("garantie", ouverte=True, **dates)
        monde.longue = monde.session("longue", ouverte=True, garantie=False)
        monde.permanente = monde.nouvelle_action("PERMANENTE", entrees="permanentes")
        monde.sans_dates = monde.session(
            "sans-dates", action=monde.permanente, ouverte=True, pas_de_dates=True,
            date_debut=None, date_fin=None,
        )  # fmt: skip
        monde.brouillon = executer(
            Session(action=monde.action, organisme=monde.organisme), Operation.MODIFIER,
            par=monde.gestionnaire, valeurs={"identifiant": "brouillon", "date_debut": jour("2024-10-01")},
        )  # fmt: skip
    with a("2024-09-01", "05:00:00"):
        publier(jour("2024-09-01"), par="test")
    with a(*MATIN):
        yield monde


def faire(monde, session, operation, **options):
    return executer(Session.objects.get(pk=session.pk), operation, par=monde.gestionnaire, **options)


def test_un_evenement_finit_le_dernier_jour(client, vivant):
    calendrier, evenements = lu(client.get(ORGANISME))
    assert evenements.keys() == {vivant.garantie.pk, vivant.longue.pk}
    session = evenements[vivant.garantie.pk]
    assert (session.decoded("DTSTART"), session.decoded("DTEND")) == (
        dt.date(2024, 9, 14),
        dt.date(2024, 9, 16),
    )
    assert session["UID"] == f"session-{vivant.garantie.pk}@localhost"
    assert session["SUMMARY"] == "Texte — CHEVILLY LARUE"
    assert session["LOCATION"] == "12 avenue de la Cité, 94550 Chevilly Larue"
    page = "http://localhost:8000/formations/41234567800019_OFFRE-1/41234567800019_ACTION-1/"
    assert session["URL"] == page
    assert client.get(page.removeprefix("http://localhost:8000")).status_code == 200
    assert (session["STATUS"], evenements[vivant.longue.pk]["STATUS"]) == ("CONFIRMED", "TENTATIVE")
    assert "TRANSP" not in session and evenements[vivant.longue.pk]["TRANSP"] == "TRANSPARENT"
    assert calendrier["X-WR-CALNAME"] == "Formations d'Institut"
    assert "1\u00a0session à entrées permanentes" in calendrier["X-WR-CALDESC"]
    assert calendrier["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    _, de_l_action = lu(client.get(f"/agenda/formations/{vivant.action.pk}.ics"))
    assert de_l_action.keys() == evenements.keys()
    _, permanente = lu(client.get(f"/agenda/formations/{vivant.permanente.pk}.ics"))
    assert permanente == {}


@pytest.mark.parametrize(
    "titre",
    ["é" * 300, "a" + "é" * 299, "🎓" * 80, "A, b; c\\d\r\ne\nf \x07", "x" * 67, "x" * 68, "x" * 147],
)
def test_les_textes_longs_ou_speciaux_se_relisent(titre):
    quand = dt.datetime(2024, 9, 1, 5, tzinfo=dt.UTC)
    evenement = Evenement("u@x", quand, quand.date(), quand.date(), titre, "CONFIRMED", lieu=titre)
    texte = ecrire(titre, titre, [evenement])
    assert all(len(ligne.encode()) <= 75 for ligne in texte.split("\r\n")) and texte.endswith("\r\n")
    attendu = titre.replace("\r\n", "\n").replace("\x07", "")
    relu = Calendar.from_ical(texte)
    session = relu.walk("VEVENT")[0]
    # The library gives the properties that it does not know as they are written.
    assert relu["X-WR-CALNAME"].to_ical() == session["SUMMARY"].to_ical()
    assert {session["SUMMARY"], session["LOCATION"]} == {attendu}


def test_ce_qui_se_ferme_disparait_ce_qui_s_archive_est_annule(client, vivant):
    avant = lu(client.get(ORGANISME))[1][vivant.longue.pk]
    faire(vivant, vivant.garantie, Operation.FERMER)
    assert vivant.garantie.pk not in lu(client.get(ORGANISME))[1]
    with a("2024-09-01", "13:00:00"):
        faire(vivant, vivant.longue, Operation.ARCHIVER)
        faire(vivant, vivant.brouillon, Operation.SUPPRIMER)
        annulee = lu(client.get(ORGANISME))[1][vivant.longue.pk]
    assert (annulee["STATUS"], annulee["UID"]) == ("CANCELLED", avant["UID"])
    assert "LOCATION" not in annulee and annulee["SEQUENCE"] > avant["SEQUENCE"]
    with a("2024-09-02", "05:00:00"):
        publier(jour("2024-09-02"), par="test")
        assert lu(client.get(ORGANISME))[1].keys() == {vivant.longue.pk}
    with a("2024-10-01"):
        assert lu(client.get(ORGANISME))[1].keys() == {vivant.longue.pk}
    with a("2024-10-02"):
        assert lu(client.get(ORGANISME))[1] == {}


def test_la_version_ne_recule_jamais(client, vivant, connecter):
    """Archived by a lot, put back by its undoing, archived again: a calendar keeps the last."""
    membre = lien(connecter(vivant.gestionnaire))
    vues = []

    def relire(heure):
        with a("2024-09-01", heure):
            lus = [lu(Client().get(adresse))[1][vivant.longue.pk] for adresse in (ORGANISME, membre)]
            vues.append([(int(e["SEQUENCE"]), e["DTSTAMP"].dt) for e in lus])

    relire("12:00:00")
    for heure in ("13", "15"):
        with a("2024-09-01", f"{heure}:00:00"):
            lot = nouveau_lot(vivant, "archiver", Session.objects.filter(pk=vivant.longue.pk))
            executer_le_lot(lot)
        relire(f"{heure}:10:00")
        with a("2024-09-01", f"{heure}:30:00"):
            faire_annuler(lot, vivant)
        relire(f"{heure}:40:00")
    for avant, apres in pairwise(vues):
        assert all(b > a_ and d > c for (a_, c), (b, d) in zip(avant, apres, strict=True))


def test_un_calendrier_sans_evenement_a_un_composant(client, monde):
    texte = ecrire("Rien", "Rien", [])
    assert texte.count("BEGIN:VTIMEZONE") == 1 and texte.index("VTIMEZONE") < texte.index("END:VCALENDAR")
    calendrier, evenements = lu(client.get(ORGANISME))
    [fuseau] = calendrier.walk("VTIMEZONE")
    paris = fuseau.to_tz()
    assert dt.datetime(2027, 7, 1, tzinfo=paris).utcoffset() == dt.timedelta(hours=2)
    assert dt.datetime(2027, 1, 1, tzinfo=paris).utcoffset() == dt.timedelta(hours=1)
    assert evenements == {}


def test_une_session_commencee_n_est_pas_annulee(client, vivant):
    with a("2024-09-15", "05:00:00"):
        publier(jour("2024-09-15"), par="test")
        assert lu(client.get(ORGANISME))[1].keys() == {vivant.longue.pk}


def test_un_organisme_suspendu_ne_dit_plus_rien(client, vivant):
    faire(vivant, vivant.longue, Operation.ARCHIVER)
    Organisme.objects.update(suspendu=True)
    assert lu(client.get(ORGANISME))[1] == {}
    assert lu(client.get(f"/agenda/formations/{vivant.action.pk}.ics"))[1] == {}


def test_les_plus_proches_d_abord_en_nombre_borne(client, vivant, monkeypatch):
    monkeypatch.setattr(agenda, "ENTREES_AU_PLUS", 1)
    calendrier, evenements = lu(client.get(ORGANISME))
    assert evenements.keys() == {vivant.garantie.pk}
    assert "Les 1 sessions les plus proches\\, sur 2." in calendrier["X-WR-CALDESC"]


def test_ce_qui_n_a_jamais_ete_public_n_a_pas_d_agenda(client, monde):
    assert client.get(f"/agenda/formations/{monde.action.pk}.ics").status_code == 404
    assert client.get("/agenda/organismes/00000000000000.ics").status_code == 404
    assert lu(client.get(ORGANISME))[1] == {}


def test_un_agenda_deja_lu_repond_304(client, vivant, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        premiere = client.get(ORGANISME)
    assert premiere["Cache-Control"] == "public, no-cache" and not premiere.cookies
    relue = client.get(ORGANISME, headers={"If-None-Match": premiere["ETag"]})
    assert (relue.status_code, relue.content) == (304, b"")
    faire(vivant, vivant.longue, Operation.FERMER)
    assert client.get(ORGANISME, headers={"If-None-Match": premiere["ETag"]}).status_code == 200


def lien(client, cle=None):
    """Make a link by the page, and return its address."""
    reponse = client.post("/compte/agenda/creer/", {"cle": cle or uuid.uuid4()})
    assert reponse.status_code == 201
    return re.search(r"/agenda/prive/[0-9a-f]{64}\.ics", reponse.content.decode())[0]


def test_l_agenda_d_un_membre_a_ses_brouillons(vivant, connecter, django_assert_max_num_queries):
    adresse, inconnu = lien(connecter(vivant.gestionnaire)), Client()
    secret = adresse.split("/")[-1].removesuffix(".ics")
    assert LienDAgenda.objects.get().empreinte == empreinte(secret) != secret
    with django_assert_max_num_queries(5):
        reponse = inconnu.get(adresse)
    calendrier, evenements = lu(reponse)
    assert reponse["Cache-Control"] == "private, no-cache" and not reponse.cookies
    assert evenements.keys() == {vivant.garantie.pk, vivant.longue.pk, vivant.brouillon.pk}
    brouillon = evenements[vivant.brouillon.pk]
    assert brouillon["CATEGORIES"].cats == ["Brouillon"] and brouillon["STATUS"] == "TENTATIVE"
    assert brouillon.decoded("DTEND") == dt.date(2024, 10, 2)
    assert brouillon["URL"] == f"http://localhost:8000/catalogue/sessions/{vivant.brouillon.pk}/"
    assert evenements[vivant.garantie.pk]["DESCRIPTION"] == (
        "Session garantie : Active, ouverte à l'inscription"
    )
    assert "1\u00a0session à entrées permanentes" in calendrier["X-WR-CALDESC"]
    etiquette = {"If-None-Match": reponse["ETag"]}
    assert inconnu.get(adresse, headers=etiquette).status_code == 304
    with a("2024-09-01", "13:00:00"):
        valeurs = {"intitule": "Autre"}
        executer(Offre.objects.get(), Operation.MODIFIER, par=vivant.gestionnaire, valeurs=valeurs)
    relue = lu(inconnu.get(adresse, headers=etiquette))[1][vivant.brouillon.pk]
    assert relue["SEQUENCE"] > brouillon["SEQUENCE"]
    with a("2024-09-01", "14:00:00"):
        lieu = Adresse.objects.get(pk=vivant.action.lieu_de_formation_id)
        lieu.libelle_voie = "rue Neuve"
        lieu.save()
    deplacee = lu(inconnu.get(adresse))[1][vivant.brouillon.pk]
    assert "rue Neuve" in deplacee["LOCATION"] and deplacee["SEQUENCE"] > relue["SEQUENCE"]
    assert deplacee["DTSTAMP"].dt > relue["DTSTAMP"].dt
    with a("2024-09-01", "15:00:00"):
        faire(vivant, vivant.brouillon, Operation.ARCHIVER)
    assert lu(inconnu.get(adresse))[1][vivant.brouillon.pk]["STATUS"] == "CANCELLED"
    with a("2024-10-02", "12:00:00"):
        assert vivant.brouillon.pk not in lu(inconnu.get(adresse))[1]


def test_un_lien_se_remplace_se_revoque_et_ne_revient_pas(vivant, connecter):
    membre, inconnu, cle = connecter(vivant.gestionnaire), Client(), uuid.uuid4()
    premiere = lien(membre, cle)
    assert lien(membre, cle) == premiere, "a second click finds the same link"
    seconde = lien(membre)
    assert [inconnu.get(adresse).status_code for adresse in (premiere, seconde)] == [410, 200]
    assert membre.post("/compte/agenda/revoquer/").url == "/compte/#agenda"
    assert inconnu.get(seconde).status_code == 410
    deja = membre.post("/compte/agenda/creer/", {"cle": cle})
    assert (deja.status_code, deja.url) == (302, "/compte/#agenda")
    assert membre.post("/compte/agenda/creer/").status_code == 302
    assert LienDAgenda.objects.en_service().count() == 0
    assert inconnu.get(premiere).status_code == 410


@pytest.mark.parametrize("parti", ["compte désactivé", "membre retiré"])
def test_qui_part_perd_son_agenda(vivant, connecter, parti):
    lecteur = vivant.personne("lecteur", Role.LECTEUR)
    adresse = lien(connecter(lecteur))
    if parti == "membre retiré":
        Membre.objects.filter(utilisateur=lecteur).delete()
    else:
        type(lecteur).objects.filter(pk=lecteur.pk).update(is_active=False)
    assert Client().get(adresse).status_code == 410


def test_l_agenda_d_un_membre_est_celui_de_son_organisme(vivant, connecter):
    autre = Monde("Autre", "52345678900017")
    assert lu(Client().get(lien(connecter(autre.gestionnaire))))[1] == {}


def test_le_secret_n_est_pas_au_journal(vivant, connecter, caplog):
    adresse = lien(connecter(vivant.gestionnaire))
    with caplog.at_level("INFO", "edof.acces"):
        Client().get(adresse)
    assert "/agenda/prive/<jeton>.ics 200" in caplog.text and adresse not in caplog.text
