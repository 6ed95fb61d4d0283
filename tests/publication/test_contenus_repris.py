"""Tests that a run makes again the contents that somebody has touched, and only those (D-21)."""

import datetime as dt

import pytest
from django.db import connection

from catalogue.models import Action, Certification, Offre
from edof.horloge import PARIS, a_l_instant
from organismes.models import Adresse, Contact, Organisme
from publication.contenus import CONTENU_DE, contenu_present
from publication.models import Parution, Passage
from publication.passages import publier
from tests.conftest import Monde
from tests.publication.test_contenus import chemins_publies

pytestmark = pytest.mark.exigence("D-21")

# One copied field of each table from which the contents of actions and offres come.
COPIES = {
    Action: "modalites_pedagogiques",
    Offre: "intitule",
    Certification: "intitule",
    Organisme: "raison_sociale",
    Adresse: "ville",
    Contact: "nom",
}


def le(jour, heure=12, minute=0):
    return dt.datetime(2027, 3, jour, heure, minute, tzinfo=PARIS)


def publier_le(jour):
    with a_l_instant(le(jour, 5)):
        publier(le(jour).date(), par="test")


def ouvrir(monde, identifiant, jour):
    with a_l_instant(le(jour)):
        return monde.session(identifiant, ouverte=True)


@pytest.fixture
def publiee(db):
    """Return a world whose first session is public since the 11th."""
    with a_l_instant(le(8)):
        monde = Monde()
    ouvrir(monde, "s1", 10)
    publier_le(11)
    return monde


def contenus(identifiant):
    """Return the keys of the contents of the action and of the offre that the public reads of a session."""
    parution = Parution.objects.ouvertes().get(contenu__identifiant=identifiant)
    return parution.contenu_action_id, parution.contenu_offre_id


def relus(monde):
    return [contenu_present(fiche) for fiche in (monde.action, monde.offre)]


def copies(identifiant):
    parution = Parution.objects.ouvertes().select_related(*Parution.CONTENUS)
    lue = parution.get(contenu__identifiant=identifiant)
    return [lue.contenu_action.contenu, lue.contenu_offre.contenu]


def test_toutes_les_tables_dont_on_copie_sont_essayees():
    lues = {
        modele if "__" not in chemin else modele._meta.get_field(chemin.partition("__")[0]).related_model
        for modele in (Action, Offre)
        for chemin in chemins_publies(CONTENU_DE[modele])
    }
    assert lues == set(COPIES)


@pytest.mark.parametrize("modele", COPIES)
def test_ce_qui_a_ete_touche_est_copie_de_nouveau(publiee, modele):
    modele.objects.update(**{COPIES[modele]: "Neuf"}, modifie_le=le(11, 9))
    ouvrir(publiee, "s2", 11)
    publier_le(12)
    assert copies("s1") == copies("s2") == relus(publiee)
    assert "Neuf" in str(copies("s2"))


def test_ce_que_rien_n_a_touche_n_est_pas_refait(publiee):
    # No operation does so: a row that changes is stamped. It shows that nothing was read again.
    Action.objects.update(modalites_pedagogiques="Neuf")
    ouvrir(publiee, "s2", 11)
    publier_le(12)
    assert contenus("s2") == contenus("s1")
    assert copies("s2") != relus(publiee)


def test_une_ecriture_lente_est_relue_comme_le_fait_le_passage(publiee):
    # Stamped half an hour before midnight, committed after the run had read what was there before.
    Action.objects.update(modalites_pedagogiques="Neuf", modifie_le=le(10, 23, 30))
    ouvrir(publiee, "s2", 11)
    publier_le(12)
    assert copies("s2") == relus(publiee)


def test_d_autres_regles_font_tout_relire(publiee):
    Action.objects.update(modalites_pedagogiques="Neuf")
    Passage.objects.update(empreinte_des_regles="autres")
    ouvrir(publiee, "s2", 11)
    publier_le(12)
    assert copies("s1") == copies("s2") == relus(publiee)
    # From then on, what that run has copied serves again.
    Action.objects.update(modalites_pedagogiques="Plus neuf")
    ouvrir(publiee, "s3", 12)
    publier_le(13)
    assert contenus("s3") == contenus("s2")


def test_un_passage_en_retard_reprend_ce_qui_etait_a_minuit(publiee):
    ouvrir(publiee, "s2", 11)
    with a_l_instant(le(12, 8)):
        publiee.action.refresh_from_db()
        publiee.action.modalites_pedagogiques = "Le matin"
        publiee.action.save()
    with a_l_instant(le(12, 14)):
        publier(le(12).date(), par="test")
    assert contenus("s2") == contenus("s1")
    publier_le(13)
    assert copies("s2") == relus(publiee) and "Le matin" in str(copies("s1"))


def test_un_contenu_garde_par_un_autre_passage_au_meme_instant_a_sa_cle(db):
    """The run of a sandbox stores the same contents while this one stores them: their keys are looked up."""
    with a_l_instant(le(8)):
        monde = Monde()
    ouvrir(monde, "s1", 10)
    with connection.cursor() as curseur:
        curseur.execute(
            "CREATE FUNCTION devancer() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
            " IF pg_trigger_depth() = 1 THEN INSERT INTO publication_contenu (empreinte, contenu)"
            " VALUES (NEW.empreinte, NEW.contenu); END IF; RETURN NEW; END';"
            " CREATE TRIGGER devancer BEFORE INSERT ON publication_contenu"
            " FOR EACH ROW EXECUTE FUNCTION devancer()"
        )
        publier_le(11)
        curseur.execute("DROP TRIGGER devancer ON publication_contenu; DROP FUNCTION devancer()")
    parution = Parution.objects.select_related(*Parution.CONTENUS).get()
    assert [parution.contenu_action.contenu, parution.contenu_offre.contenu] == relus(monde)
    assert parution.contenu_complet == contenu_present(parution.session)
