"""« Tout emporter », put back: in an empty organisme, and in the one that it comes from."""

import datetime as dt
import io
import json
import zipfile

import pytest

from catalogue.cycle_de_vie import Statut, executer
from catalogue.models import Action, Offre
from echanges.archive import emporter
from echanges.cibles import FORMULAIRES
from echanges.lecture import lire
from echanges.lecture_archive import LIGNES_AU_PLUS
from echanges.lignes import FichierRefuse, Niveau
from echanges.models import Etat
from organismes.droits import Operation
from organismes.models import Adresse, Contact
from sessions_app.models import Session
from tests.conftest import Monde
from tests.echanges.monde import LE_JOUR, lecture
from tests.echanges.test_application import depot, faire


@pytest.fixture
def garni(db, settings):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    monde = Monde()
    monde.session("s1", ouverte=True, modalites_particulieres="Deux\nlignes ; « œ »")
    for nom, debut in (("incomplete", LE_JOUR + dt.timedelta(30)), ("commencee", dt.date(2026, 11, 1))):
        valeurs = {"identifiant": nom, "date_debut": debut}
        brouillon = Session(action=monde.action, organisme=monde.organisme)
        executer(brouillon, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)
    permanente = monde.nouvelle_action("PERM", "permanentes")
    monde.session("p1", action=permanente, date_debut=None, date_fin=None, pas_de_dates=True)
    vieille = monde.session("vieille", date_debut=dt.date(2031, 1, 1), date_fin=dt.date(2031, 2, 1))
    executer(vieille, Operation.ARCHIVER, par=monde.gestionnaire)
    # Two contacts of one name, two addresses of one title: each is found by another text.
    Contact.objects.create(
        organisme=monde.organisme, prenom=monde.contact.prenom, nom=monde.contact.nom,
        telephone_fixe="0149800001", courriel="double@ilvm.example",
    )  # fmt: skip
    return monde


def octets(organisme):
    with emporter(organisme) as fichier:
        return fichier.read()


def champs(organisme):
    """Return all the fields of the forms of an organisme, by level and identifiers."""
    lus = {}
    for niveau, formulaire in FORMULAIRES.items():
        modele = formulaire._meta.model
        for fiche in modele.objects.pour_organisme(organisme):
            noms = [parent.identifiant for parent in fiche.parents()] if hasattr(fiche, "parents") else []
            valeurs = {nom: str(getattr(fiche, nom)) for nom in formulaire._meta.fields}
            lus[niveau, *noms, str(getattr(fiche, getattr(fiche, "CHAMP_IDENTIFIANT", "identifiant")))] = (
                valeurs
            )
    return lus


def test_l_archive_revient_dans_un_organisme_vide_champ_par_champ(garni):
    avant, contenu = champs(garni.organisme), octets(garni.organisme)
    for modele in (Session, Action, Offre, Contact, Adresse):
        modele.objects.all().delete()
    importation = depot(garni, contenu, "tout.zip")
    assert importation.etat == Etat.PLANIFIE, importation.refus
    assert set(importation.lignes.values_list("decision", flat=True)) == {"creation"}
    importation = faire(importation)
    assert not importation.bilan["refusees"]
    assert champs(garni.organisme) == avant
    statuts = dict(Session.objects.values_list("identifiant", "statut"))
    assert {nom for nom, statut in statuts.items() if statut == Statut.BROUILLON} == {
        "incomplete",
        "commencee",
    }
    assert not Session.objects.filter(ouverte=True).exists()
    demandes = dict(importation.lignes.exclude(demande="").values_list("chemin__2", "demande"))
    assert demandes == {"s1": "ouvrir", "vieille": "archiver"}


def test_l_archive_ne_change_rien_la_d_ou_elle_vient(garni):
    importation = depot(garni, octets(garni.organisme), "tout.zip")
    assert set(importation.lignes.values_list("decision", flat=True)) == {"inchangee"}
    assert not importation.lignes.exclude(demande="").exists()
    assert "parutions" in importation.lecture["remarques"][0]


def test_l_archive_d_un_autre_organisme_est_nommee(garni):
    lue = lecture(octets(garni.organisme))
    assert not any("SIRET" in dite for dite in lue.remarques)
    dites = [d for d in _avec(octets(garni.organisme), siret="98765432100011").remarques if "SIRET" in d]
    assert dites and garni.organisme.raison_sociale in dites[0]


def _avec(contenu, siret):
    return lire(io.BytesIO(contenu), len(contenu), siret=siret)


def refaite(contenu, **pieces):
    """Return the same archive with other parts; None takes one away."""
    sortie = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(contenu)) as source, zipfile.ZipFile(sortie, "w") as z:
        for nom in source.namelist():
            piece = pieces.get(nom.partition(".")[0], source.read(nom))
            if piece is not None:
                z.writestr(nom, piece)
    return sortie.getvalue()


@pytest.mark.parametrize(
    ("pieces", "dit"),
    [
        ({"offres": b"{\n"}, "abîmée"),
        ({"offres": b'{"id": "x"}\n'}, "abîmée"),
        ({"actions": b'{"id": 1, "offre_id": 99999999, "identifiant": "A"}\n'}, "abîmée"),
        ({"contacts": b"[1]\n"}, "abîmée"),
        ({"contacts": b'{"id": 1, "identifiant": "\\u0000"}\n'}, "abîmée"),
        ({"contacts": b'{"id": 1, "identifiant": "\\ud800"}\n'}, "abîmée"),
        ({"sessions": None}, "abîmée"),
        ({"contacts": b"[" * 500_000}, "abîmée"),
        ({"manifeste": json.dumps({"format": "autre/3"}).encode()}, "format"),
    ],
)
def test_une_archive_abimee_est_refusee_d_une_phrase(garni, pieces, dit):
    with pytest.raises(FichierRefuse, match=dit):
        lecture(refaite(octets(garni.organisme), **pieces))


def test_une_archive_trop_longue_ou_coupee_est_refusee(garni, monkeypatch):
    contenu = octets(garni.organisme)
    with pytest.raises(FichierRefuse, match="abîmé"):
        lecture(contenu[: len(contenu) // 2])
    monkeypatch.setattr("echanges.lecture_archive.LIGNES_AU_PLUS", 3)
    assert LIGNES_AU_PLUS > 3
    with pytest.raises(FichierRefuse, match="plus de 3 fiches"):
        lecture(contenu)
    assert Niveau.SESSION in Niveau.values
