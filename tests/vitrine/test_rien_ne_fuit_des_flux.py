"""Tests that the feeds tell nothing that is not public, on a day when a record of each kind exists.

The texts of each record bear « FUITE- » and its kind, except those that the public may read.
"""

import gzip
import json
import re

import pytest
from icalendar import Calendar

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from organismes.droits import Operation
from organismes.models import Organisme
from publication.donnees import jeux
from publication.donnees.ecriture import ecrire_ce_qui_est_du
from publication.passages import publier
from sessions_app.models import Session
from tests.bacs import bac_publie, ecrire
from tests.conftest import Monde
from tests.publication.test_publication import a, jour

JOUR, PUBLIC = "2027-03-11", "Lisible"
SIRETS = ("41234567800019", "52345678900017")
# The addresses that this file walks.
FLUX = {
    "agenda_organisme", "agenda_formation", "donnees", "donnees_retraits", "donnees_derniere",
    "donnees_fichier",
}  # fmt: skip
# Public in the morning, withdrawn in the evening.
RETIREES = {"fermee", "archivee", "jetee", "suspendue"}


class Marque(Monde):
    """An organisme whose texts tell the kind of their record."""

    def une(self, genre, marque="", *, ouverte=True, **valeurs):
        """Create an offre, an action and a session whose texts are `marque`, else « FUITE-genre ».

        The identifiers never change once public: they bear « FUITE- » only when the texts do from the start.
        """
        marque = marque or f"FUITE-{genre}"
        nom = marque if marque.endswith(genre) else genre
        self.offre = self.nouvelle_offre(f"{nom}-O")
        action = self.nouvelle_action(f"{nom}-A")
        self.ecrire(action, marque)
        valeurs = {"modalites_particulieres": marque} | valeurs
        return self.session(nom, action=action, ouverte=ouverte, **valeurs)

    def ecrire(self, action, marque):
        """Write this mark in the texts of an action and of its offre."""
        textes = dict.fromkeys(
            ("intitule", "points_forts", "objectif", "contenu", "resultats_attendus"), marque
        )
        self.faire(action.offre, Operation.MODIFIER, **textes)
        self.faire(action, Operation.MODIFIER, acces_handicapes=marque)

    def faire(self, fiche, operation, **valeurs):
        """Run an operation on a record as the gestionnaire; return the record."""
        relue = type(fiche).objects.get(pk=fiche.pk) if fiche.pk else fiche
        options = {"valeurs": valeurs} if valeurs else {}
        return executer(relue, operation, par=self.gestionnaire, **options)


@pytest.fixture
def m(db, settings, tmp_path):
    """Return a world with a record of each kind; the clock stands in the evening of 11 March 2027."""
    settings.DONNEES_OUVERTES = tmp_path / "donnees"
    with a("2027-03-08"):
        m, autre = Marque(), Marque("Autre", SIRETS[1])
        m.visible = m.une("visible", PUBLIC)
        m.changee = m.une("changee", "FUITE-avant")
        m.une("passee", date_debut=jour("2027-03-10"))
        m.une("validee", ouverte=False)
        m.rouverte, m.fermee = m.une("rouverte"), m.une("fermee")
        m.archivee, m.jetee = m.une("archivee"), m.une("jetee")
        autre.une("suspendue")
        m.bac = bac_publie("FUITE-bac")
    nuit("2027-03-09")
    with a("2027-03-10"):
        m.ecrire(m.changee.action, PUBLIC)
        m.faire(m.changee, Operation.MODIFIER, modalites_particulieres=PUBLIC)
        m.faire(m.rouverte, Operation.FERMER)
    nuit(JOUR)
    with a(JOUR, "18:00:00"):
        # Opened again on another day than it was closed, it waits for the morning, as « demain » does.
        m.faire(m.rouverte, Operation.OUVRIR)
        m.une("demain")
        m.ecrire(m.visible.action, "FUITE-apres")
        m.faire(m.visible, Operation.MODIFIER, modalites_particulieres="FUITE-apres")
        m.faire(m.fermee, Operation.FERMER)
        m.faire(m.archivee, Operation.ARCHIVER)
        m.faire(m.jetee, Operation.ARCHIVER)
        m.faire(m.jetee, Operation.SUPPRIMER)
        textes = {"identifiant": "FUITE-brouillon", "modalites_particulieres": "FUITE-brouillon"}
        m.faire(Session(organisme=m.organisme, action=m.visible.action), Operation.MODIFIER, **textes)
        textes = {"identifiant": "FUITE-brouillon", "intitule": "FUITE-brouillon"}
        m.faire(Offre(organisme=m.organisme), Operation.MODIFIER, **textes)
        m.du_bac = Session.objects.filter(organisme=m.bac.organisme).earliest("pk")
        ecrire(m.bac, m.du_bac, Operation.ARCHIVER)
        suspendu = Organisme.objects.get(siret=SIRETS[1])
        suspendu.suspendu = True
        suspendu.save()
        yield m


def nuit(quand):
    with a(quand, "05:00:00"):
        publier(jour(quand), par="test")
        ecrire_ce_qui_est_du()


def fuites(texte):
    """Return the kinds that a text bears."""
    return set(re.findall("FUITE-([a-z]+)", texte))


def lu(client, adresse):
    reponse = client.get(adresse)
    octets = b"".join(reponse.streaming_content) if reponse.streaming else reponse.content
    return (gzip.decompress(octets) if adresse.endswith(".gz") else octets).decode()


def test_les_agendas_ne_disent_que_le_public(m, client):
    jamais_parues, evenements = set(), []
    adresses = [f"/agenda/organismes/{siret}.ics" for siret in SIRETS]
    adresses += [f"/agenda/formations/{action.pk}.ics" for action in Action.objects.all()]
    for adresse in adresses:
        if client.get(adresse).status_code == 404:
            jamais_parues.add(adresse)
            continue
        texte = lu(client, adresse)
        calendrier = Calendar.from_ical(texte)
        annules = [e for e in calendrier.walk("VEVENT") if e["STATUS"] == "CANCELLED"]
        evenements += calendrier.walk("VEVENT")
        # A withdrawal is told by the name of what was public, and a formation keeps the last that it had.
        dits = fuites("".join(str(e["SUMMARY"]) for e in annules))
        nom = str(calendrier["X-WR-CALNAME"])
        assert dits <= {"archivee", "jetee"}, adresse
        assert fuites(texte.replace("\r\n ", "").replace(nom, "")) <= dits, adresse
        assert not fuites(nom) & {"avant", "apres", "demain", "validee", "brouillon"}, adresse
    confirmes = {str(e["UID"]).partition("@")[0] for e in evenements if e["STATUS"] != "CANCELLED"}
    assert confirmes == {f"session-{session.pk}" for session in (m.visible, m.changee)}
    inconnues = Action.objects.filter(
        identifiant__in=["FUITE-validee-A", "FUITE-demain-A", "ACTION-1", "FUITE-bac-1"]
    )
    assert jamais_parues == {f"/agenda/formations/{action.pk}.ics" for action in inconnues}
    assert client.get(f"/agenda/organismes/{m.bac.organisme.siret}.ics").status_code == 404


@pytest.mark.parametrize("nom", jeux.NOMS)
def test_les_fichiers_ne_disent_que_le_public_du_matin(m, client, nom):
    texte = lu(client, f"/donnees/{JOUR}/{nom}")
    assert fuites(texte) <= RETIREES
    if nom in {"catalogue.csv.gz", "catalogue.jsonl.gz", "agrege-cdc.csv.gz"}:
        assert fuites(texte) == RETIREES and PUBLIC in texte
    if nom == "changements.jsonl.gz":
        # The 10th was written with the 11th, without what had been closed meanwhile.
        lignes = lu(client, f"/donnees/2027-03-10/{nom}").splitlines() + texte.splitlines()
        natures = {(change["nature"], change["id"]) for change in map(json.loads, lignes)}
        assert {("modifiee", m.changee.action_id), ("retiree", m.rouverte.action_id)} <= natures


def test_les_retraits_ne_disent_que_ce_qui_etait_public(m, client):
    lignes = [json.loads(ligne) for ligne in lu(client, "/donnees/retraits.jsonl").splitlines()]
    assert [list(ligne) for ligne in lignes] == [
        ["id_session", "id_action", "id_offre", "numero_session"]
    ] * 4
    assert fuites("".join(ligne["numero_session"] for ligne in lignes)) == RETIREES


@pytest.mark.parametrize("adresse", ["/donnees/", "/formations/", "/api/v1/formations/", "/sitemap-0.xml"])
def test_les_pages_ne_disent_que_le_public(m, client, adresse):
    assert fuites(lu(client, adresse)) == set()


def test_les_fichiers_ecrits_en_retard_ne_disent_que_le_public_du_soir(m, client, settings, tmp_path):
    settings.DONNEES_OUVERTES = tmp_path / "plus tard"
    ecrire_ce_qui_est_du()
    for nom in jeux.NOMS:
        assert fuites(lu(client, f"/donnees/{JOUR}/{nom}")) == set(), nom
