"""« Modifier en tableau »: checked with the sentences of the form, saved all together or not at all."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import Statut, executer
from edof.horloge import a_l_instant
from organismes.droits import Operation
from organismes.models import Contact, Membre
from sessions_app.models import Session
from tests.carnet import juste_avant, nouveau
from tests.conftest import Monde
from tests.formulaires import champs_de
from tests.outils import source, texte

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _en_2026():
    with a_l_instant(dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


@pytest.fixture
def adresse(monde):
    return f"/catalogue/actions/{monde.action.pk}/tableau/"


def mois(monde, *numeros, **valeurs):
    """Create a validée session of five days for each of these months of 2027."""
    return [
        monde.session(
            f"LOG-2027-{m:02}", date_debut=dt.date(2027, m, 1), date_fin=dt.date(2027, m, 5), **valeurs
        )
        for m in numeros
    ]


def champs(client_, adresse):
    return champs_de(client_.get(adresse).content.decode(), "tableau")


def annuler_de(client_, reponse):
    page = client_.get(reponse.url, follow=True).content.decode()
    return re.search(r"/catalogue/annuler/([0-9a-f-]{36})/", page)[0]


def relues(*sessions):
    return [Session.objects.get(pk=session.pk) for session in sessions]


def test_la_page_montre_chaque_session_et_des_lignes_vides(client_, adresse, monde):
    mois(monde, 2, 1)
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    dits = champs(client_, adresse)
    noms = [dits[f"l-{rang}-identifiant"] for rang in range(3)]
    assert noms == ["LOG-2027-01", "LOG-2027-02", ""] and "archivee" not in dits.values()
    assert dits["l-0-date_debut"] == "01/01/2027" and dits["l-0-garantie"] == "oui"
    assert dits["l-0-contact_inscription"] == "Service Inscriptions"
    assert dits["l-0-adresse_inscription"] == "Siège, Chevilly Larue"
    # A new row proposes the contact and the address of the session that was modified last.
    assert dits["l-2-contact_inscription"] == "Service Inscriptions"


def test_rien_de_change_n_ecrit_rien(client_, adresse, monde):
    sessions = mois(monde, 1, 2)
    page = texte(client_.post(adresse, champs(client_, adresse), follow=True))
    assert "Rien n'a changé" in page
    assert [s.version for s in relues(*sessions)] == [1, 1] and monde.action.sessions.count() == 2


def test_tout_s_enregistre_ensemble_et_s_annule_d_un_coup(client_, adresse, monde):
    janvier, fevrier = mois(monde, 1, 2)
    nadia = nouveau(monde, prenom="Nadia", nom="Roux", courriel="nadia@ilvm.example")
    saisie = champs(client_, adresse) | {
        "l-0-contact_inscription": "roux nadia", "l-1-garantie": "non", "l-1-date_debut": "2 févr. 27",
        "l-2-identifiant": "LOG-2027-09", "l-2-date_debut": "06/09/2027", "l-2-date_fin": "10/09/2027",
        "l-2-garantie": "oui", "l-3-identifiant": "A-COMPLETER", "l-3-contact_inscription": "",
    }  # fmt: skip
    reponse = client_.post(adresse, saisie)
    assert reponse.status_code == 302
    janvier, fevrier = relues(janvier, fevrier)
    assert janvier.contact_inscription == nadia and fevrier.garantie is False
    assert fevrier.date_debut == dt.date(2027, 2, 2) and fevrier.statut == Statut.VALIDEE
    neuve, brouillon = monde.action.sessions.order_by("pk")[2:]
    assert (neuve.statut, brouillon.statut) == (Statut.VALIDEE, Statut.BROUILLON)
    assert neuve.contact_inscription == monde.contact and brouillon.contact_inscription is None
    contextes = {
        ligne.pgh_context_id
        for ligne in Session.pgh_event_model.objects.filter(
            pgh_context__metadata__operation="modifier_en_tableau"
        )
    }
    assert len(contextes) == 1
    page = texte(client_.get(reponse.url, follow=True))
    assert "2 sessions modifiées et 2 sessions créées." in page and "1 nouvelle est en brouillon" in page
    # The same page sent again creates nothing more, and changes nothing.
    assert client_.post(adresse, saisie).status_code == 302 and monde.action.sessions.count() == 4
    annuler = "/catalogue/annuler/{}/".format(*contextes)
    page = texte(client_.post(annuler, follow=True))
    assert "L'enregistrement du tableau a été annulé" in page
    janvier, fevrier = relues(janvier, fevrier)
    assert janvier.contact_inscription == monde.contact and fevrier.garantie is True
    assert fevrier.date_debut == dt.date(2027, 2, 1) and monde.action.sessions.count() == 2
    assert "déjà annulé" in texte(client_.post(annuler, follow=True))


def test_annuler_se_refuse_quand_une_ligne_a_bouge_depuis(client_, adresse, monde):
    janvier, fevrier = mois(monde, 1, 2)
    saisie = champs(client_, adresse) | {"l-0-garantie": "non", "l-1-garantie": "non", "l-2-identifiant": "N"}
    annuler = annuler_de(client_, client_.post(adresse, saisie))
    neuve = monde.action.sessions.get(identifiant="N")
    executer(neuve, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"modalites_particulieres": "Soir"})
    page = texte(client_.post(annuler, follow=True))
    assert "« N » a été modifiée depuis" in page
    assert [s.garantie for s in relues(janvier, fevrier)] == [False, False]
    assert monde.action.sessions.count() == 3


def test_une_faute_n_enregistre_rien_et_se_dit_sous_la_ligne(client_, adresse, monde):
    janvier, fevrier = mois(monde, 1, 2)
    saisie = champs(client_, adresse) | {
        "l-0-garantie": "non", "l-1-date_debut": "08/02/2027", "l-2-identifiant": "X" * 31,
    }  # fmt: skip
    reponse = client_.post(adresse, saisie)
    page = texte(reponse)
    assert reponse.status_code == 422 and relues(janvier)[0].garantie is True
    assert "au : La date de fin doit être postérieure à la date de début." in page
    # The only repair keeps the length of the session.
    assert "Mettre le 12/02/2027" in page and "au plus 30 caractères" in page
    assert "2 cellules à corriger" in page and 'value="08/02/2027"' in reponse.content.decode()
    repare = client_.post(adresse, saisie | {"operation": "mettre:l-1-date_fin=12/02/2027"})
    assert 'value="12/02/2027"' in repare.content.decode() and relues(fevrier)[0].version == 1


@pytest.mark.parametrize(
    ("changes", "dit"),
    [
        ({"l-0-identifiant": "log-2027-02"}, "déjà utilisé par une autre session de cette action"),
        ({"l-2-identifiant": "LOG-2027-01"}, "Mettre « LOG-2027-01 2 »"),
        ({"l-2-identifiant": "N", "l-3-identifiant": "n"}, "déjà utilisé"),
        ({"l-2-identifiant": "ailleurs"}, "déjà utilisé"),
        ({"l-2-date_debut": "01/03/2027"}, "Veuillez renseigner un identifiant"),
        ({"l-0-date_debut": "31/02/2027"}, "Cette date n'est pas lisible"),
        ({"l-0-contact_inscription": ""}, "Choisissez le contact d'inscription."),
        ({"l-0-contact_inscription": "Personne"}, "Ce choix n'existe pas ou plus"),
        ({"l-0-contact_inscription": "Nadia Roux"}, "Plusieurs portent ce nom"),
        ({"l-0-adresse_inscription": "x" * 5000}, "Ce choix n'existe pas"),
        ({"l-0-modalites_particulieres": "x" * 3001}, "3001 caractères"),
        ({"l-0-garantie": "peut-être"}, "Ce choix n'existe pas"),
        ({"l-0-identifiant": "LOG-2027-02", "l-1-identifiant": "LOG-2027-01"}, "échanger leurs identifiants"),
    ],
)
def test_les_phrases_sont_celles_du_formulaire(client_, adresse, monde, changes, dit):
    sessions = mois(monde, 1, 2)
    executer(monde.session("ailleurs"), Operation.ARCHIVER, par=monde.gestionnaire)
    for rang in (1, 2):
        nouveau(monde, prenom="Nadia", nom="Roux", courriel=f"nadia{rang}@ilvm.example")
    reponse = client_.post(adresse, champs(client_, adresse) | changes)
    assert reponse.status_code == 422 and dit in texte(reponse)
    assert [s.version for s in relues(*sessions)] == [1, 1] and monde.action.sessions.count() == 3


def test_des_identifiants_se_decalent_en_une_fois(client_, adresse, monde):
    sessions = mois(monde, 1, 2, 3)
    noms = {
        "l-0-identifiant": "LOG-2027-02",
        "l-1-identifiant": "LOG-2027-03",
        "l-2-identifiant": "LOG-2027-04",
    }
    assert client_.post(adresse, champs(client_, adresse) | noms).status_code == 302
    assert [s.identifiant for s in relues(*sessions)] == list(noms.values())
    # The compared form follows: the identifier that was freed may be taken.
    assert [s.identifiant_normalise for s in relues(*sessions)] == [nom.lower() for nom in noms.values()]
    assert (
        client_.post(adresse, champs(client_, adresse) | {"l-0-identifiant": "LOG-2027-01"}).status_code
        == 302
    )


def test_l_identifiant_d_une_session_qui_a_ete_active_ne_change_pas(client_, adresse, monde):
    session = monde.session("hiver", ouverte=True)
    saisie = champs(client_, adresse) | {"l-0-identifiant": "AUTRE", "l-0-modalites_particulieres": "Le soir"}
    reponse = client_.post(adresse, saisie)
    (relue,) = relues(session)
    assert (relue.identifiant, relue.modalites_particulieres, relue.statut) == ("hiver", "Le soir", "active")
    assert "Le public verra ce qui est actif le" in texte(client_.get(reponse.url, follow=True))


def test_deux_personnes_sur_la_meme_session(client_, adresse, monde):
    janvier, fevrier = mois(monde, 1, 2)
    saisie = champs(client_, adresse) | {"l-0-modalites_particulieres": "Le soir", "l-0-garantie": "non",
                                         "l-1-garantie": "non"}  # fmt: skip
    karim = monde.personne("karim", "redacteur")
    valeurs = {"modalites_particulieres": "Le matin", "date_fin": dt.date(2027, 1, 6)}
    executer(janvier, Operation.MODIFIER, par=karim, valeurs=valeurs)
    reponse = client_.post(adresse, saisie)
    page = texte(reponse)
    assert reponse.status_code == 409 and "Sa valeur : Le matin" in page and "La vôtre : Le soir" in page
    assert "karim" in page and relues(fevrier)[0].garantie is True
    encore = champs_de(reponse.content.decode(), "tableau")
    assert encore["l-0-vue"] == "2"
    encore = {nom: v for nom, v in encore.items() if "-choix-" not in nom}
    assert client_.post(adresse, encore).status_code == 409
    assert client_.post(adresse, encore | {"l-0-choix-modalites_particulieres": "mien"}).status_code == 302
    janvier, fevrier = relues(janvier, fevrier)
    # What the other person changed alone is kept.
    assert (janvier.modalites_particulieres, janvier.date_fin) == ("Le soir", dt.date(2027, 1, 6))
    assert janvier.garantie is False and fevrier.garantie is False


def test_une_session_archivee_entre_temps_se_laisse_de_cote(client_, adresse, monde):
    janvier, fevrier = mois(monde, 1, 2)
    saisie = champs(client_, adresse) | {"l-0-garantie": "non", "l-1-garantie": "non"}
    executer(janvier, Operation.ARCHIVER, par=monde.gestionnaire)
    reponse = client_.post(adresse, saisie)
    assert reponse.status_code == 422 and "est archivée : désarchivez-la" in texte(reponse)
    assert relues(fevrier)[0].garantie is True
    assert client_.post(adresse, saisie | {"l-0-laisser": "1"}).status_code == 302
    assert [s.garantie for s in relues(janvier, fevrier)] == [True, False]


@pytest.mark.parametrize("tape", [{}, {"l-0-garantie": "non"}], ids=["intacte", "changée"])
def test_une_session_supprimee_entre_temps_n_est_pas_refaite_sans_le_dire(client_, adresse, monde, tape):
    janvier, fevrier = mois(monde, 1, 2)
    saisie = champs(client_, adresse) | {"l-1-garantie": "non"} | tape
    executer(janvier, Operation.SUPPRIMER, par=monde.gestionnaire)
    dit = "supprimée entre-temps : sa ligne n'est pas enregistrée"
    assert dit in texte(client_.post(adresse, saisie | {"operation": "lignes"}))
    refusee = client_.post(adresse, saisie)
    assert refusee.status_code == 422 and dit in texte(refusee)
    assert "1 session supprimée entre-temps" in texte(refusee) and relues(fevrier)[0].garantie is True
    # Told, the person saves the rest.
    saisie = champs_de(source(refusee), "tableau")
    assert client_.post(adresse, saisie).status_code == 302
    assert list(monde.action.sessions.values_list("identifiant", "garantie")) == [("LOG-2027-02", False)]


def test_une_session_supprimee_entre_temps_se_refait_une_fois_quand_on_le_demande(client_, adresse, monde):
    janvier, _ = mois(monde, 1, 2)
    saisie = champs(client_, adresse)
    executer(janvier, Operation.SUPPRIMER, par=monde.gestionnaire)
    demande = {"l-0-dite": "1", "l-0-reprendre": "1", "l-0-garantie": "non"}
    # Sent twice, as a double click does.
    for _ in range(2):
        assert client_.post(adresse, saisie | demande).status_code == 302
    assert monde.action.sessions.get(identifiant="LOG-2027-01").garantie is False
    # Its identifier is free for another row as long as nobody asks for it again.
    fevrier = {"l-1-identifiant": "LOG-2027-01"}
    executer(
        monde.action.sessions.get(identifiant="LOG-2027-01"), Operation.SUPPRIMER, par=monde.gestionnaire
    )
    assert client_.post(adresse, saisie | {"l-0-dite": "1"} | fevrier).status_code == 302
    assert monde.action.sessions.get().identifiant == "LOG-2027-01"


def test_un_contact_supprime_entre_temps_se_dit(client_, adresse, monde):
    mois(monde, 1)
    nadia = nouveau(monde, prenom="Nadia", nom="Roux", courriel="nadia@ilvm.example")
    saisie = champs(client_, adresse) | {"l-0-contact_inscription": "Nadia Roux"}
    Contact.objects.filter(pk=nadia.pk).delete()
    assert "Ce choix n'existe pas" in texte(client_.post(adresse, saisie))


def coller(client_, adresse, bloc, ligne, colonne="identifiant", **autres):
    saisie = champs(client_, adresse) | autres
    colle = {"operation": "coller", "colle": bloc, "ligne": str(ligne), "colonne": colonne}
    return client_.post(adresse, saisie | colle)


def test_un_bloc_d_excel_se_lit_sur_le_serveur_et_n_ecrit_rien(client_, adresse, monde):
    mois(monde, 1)
    nouveau(monde, prenom="Nadia", nom="Roux", courriel="nadia@ilvm.example")
    bloc = (
        "LOG-2027-01\t4 janv. 2027\t2027-01-08\toui\r\n"
        "LOG-2027-02\t1-févr-27\t05.02.27 09:00\tNon\tROUX Nadia\r\n"
        "LOG-2027-03\tlundi 1er mars 2027\t46451\tx\tnadia@ilvm.example\tsiège\t"
        '"Le soir\nÀ 18 h"\tde trop\r\n'
        "LOG-2027-04\tmardi 5 avril 2027\t04/31/2027\t\r\n"
    )
    reponse = coller(client_, adresse, bloc, 1)
    page, lu = texte(reponse), champs_de(reponse.content.decode(), "tableau")
    assert reponse.status_code == 200 and monde.action.sessions.count() == 1
    assert "4 lignes collées, 20 cellules. Dates lues jour/mois/année." in page
    assert "1 ligne existait, 3 sont nouvelles." in page and "1 colonne en trop, non reprises" in page
    assert "Heure retirée" in page or "heure retirée" in page
    assert "est un lundi, pas un mardi" in page and "lu 05/03/2027" in page
    assert "« 04/31/2027 » : le jour et le mois sont inversés" in page
    assert [lu[f"l-{n}-date_debut"] for n in range(4)] == [
        "04/01/2027",
        "01/02/2027",
        "01/03/2027",
        "05/04/2027",
    ]
    assert [lu[f"l-{n}-date_fin"] for n in range(4)] == [
        "08/01/2027",
        "05/02/2027",
        "05/03/2027",
        "04/31/2027",
    ]
    assert [lu[f"l-{n}-garantie"] for n in range(4)] == ["oui", "non", "oui", ""]
    assert lu["l-1-contact_inscription"] == lu["l-2-contact_inscription"] == "Nadia Roux"
    assert lu["l-2-modalites_particulieres"] == "Le soir\nÀ 18 h"
    # What a new row proposes stays where the block says nothing.
    assert lu["l-3-contact_inscription"] == "Service Inscriptions"
    assert client_.post(adresse, lu | {"l-3-date_fin": "09/04/2027"}).status_code == 302
    assert monde.action.sessions.count() == 4


@pytest.mark.parametrize(
    ("bloc", "ligne", "colonne", "dit"),
    [
        ("a\x00b", 1, "identifiant", "n'est pas lisible"),
        ('"' + "x" * 200_000, 1, "identifiant", "n'est pas lisible"),
        ("", 1, "identifiant", "0 ligne"),
        ("x\n" * 500, 1, "identifiant", "lignes en trop"),
        ("x", 99999, "identifiant", "ligne en trop"),
        ("x", "-1", "modalites_particulieres", "1 ligne collée"),
        ("peut-être", 1, "garantie", "n'est ni oui ni non"),
        ("sept-27", 1, "date_debut", "il manque le jour"),
        ("01/09", 1, "date_debut", "il manque l'année"),
        ("31/02/2027", 1, "date_debut", "ce jour n'existe pas"),
        ("hiver", 1, "identifiant", "« hiver » garde son identifiant"),
    ],
    ids=range(11),
)
def test_un_bloc_qui_ne_va_pas_se_dit(client_, adresse, monde, bloc, ligne, colonne, dit):
    monde.session("hiver", ouverte=True)
    reponse = coller(client_, adresse, bloc if dit[0] != "«" else "été", ligne, colonne)
    assert reponse.status_code == 200
    if dit != "0 ligne":
        assert dit in texte(reponse)


def test_une_cellule_se_verifie_pendant_la_saisie(client_, adresse, monde):
    mois(monde, 1, 2)
    saisie = champs(client_, adresse) | {
        "l-1-date_fin": "1er janv 2027",
        "operation": "verifier",
        "rangs": "1",
    }
    reponse = client_.post(adresse, saisie)
    page = texte(reponse)
    assert "La date de fin doit être postérieure" in page and "<html" not in reponse.content.decode()
    assert 'data-fautes="date_fin"' in reponse.content.decode()
    reponse = client_.post(adresse, saisie | {"l-1-date_fin": "12 févr. 27", "rangs": "1,7,x,99999999"})
    assert "data-vide" in reponse.content.decode() and "12/02/2027" in reponse.content.decode()


def test_des_lignes_s_ajoutent_sans_script(client_, adresse):
    page = client_.post(adresse, champs(client_, adresse) | {"operation": "lignes"}).content.decode()
    assert champs_de(page, "tableau")["l-TOTAL_FORMS"] == "6"


@pytest.mark.parametrize("total", ["", "x", "-1", "99999999999", "4000"])
def test_un_formulaire_trafique_ne_casse_rien(client_, adresse, monde, total):
    mois(monde, 1)
    saisie = {"l-TOTAL_FORMS": total, "l-0-pk": "x", "l-0-version": "y", "l-0-identifiant": "\x00"}
    assert client_.post(adresse, saisie).status_code in {200, 302, 422}
    assert monde.action.sessions.count() == 1


def test_une_selection_sur_plusieurs_actions(client_, monde):
    autre = monde.nouvelle_action("ACTION-2")
    un, deux = monde.session("S1"), monde.session("S1", action=autre)
    archivee = executer(monde.session("vieille"), Operation.ARCHIVER, par=monde.gestionnaire)
    adresse = f"/catalogue/sessions/tableau/?cles={un.pk},{deux.pk},{archivee.pk},x,999999999"
    reponse = client_.get(adresse)
    page = texte(reponse)
    assert "2 sessions choisies" in page and "ACTION-2" in page and "2 sessions demandées ne sont pas" in page
    saisie = champs_de(reponse.content.decode(), "tableau")
    assert saisie["l-TOTAL_FORMS"] == "2"
    comme_les_cases = f"/catalogue/sessions/tableau/?cles=session-{un.pk}&cles=session-{deux.pk}"
    assert "2 sessions choisies" in texte(client_.get(comme_les_cases))
    assert client_.post(adresse, saisie | {"l-0-garantie": "non", "l-1-garantie": "non"}).status_code == 302
    assert [s.garantie for s in relues(un, deux)] == [False, False]
    saisie = champs(client_, adresse) | {"l-0-garantie": "oui", "l-1-modalites_particulieres": "Le soir"}
    executer(relues(un)[0], Operation.SUPPRIMER, par=monde.gestionnaire)
    reponse = client_.post(adresse, saisie)
    assert reponse.status_code == 422 and "« S1 » : ce que vous y aviez tapé" in texte(reponse)
    encore = champs_de(reponse.content.decode(), "tableau")
    assert client_.post(adresse, encore).status_code == 302
    assert relues(deux)[0].modalites_particulieres == "Le soir"


def test_une_selection_est_bornee_et_de_son_organisme(client_, monde):
    voisin = Monde("Autre", "52345678900017").session("ailleurs")
    assert client_.get(f"/catalogue/sessions/tableau/?cles={voisin.pk}").status_code == 404
    assert client_.get("/catalogue/sessions/tableau/").status_code == 404
    cles = ",".join(map(str, range(1, 202)))
    assert "au plus 200 sessions" in texte(
        client_.get(f"/catalogue/sessions/tableau/?cles={cles}", follow=True)
    )
    mienne = monde.session("mienne")
    adresse = f"/catalogue/sessions/tableau/?cles={mienne.pk}"
    saisie = champs(client_, adresse) | {"l-0-pk": str(voisin.pk), "l-0-garantie": "non"}
    client_.post(adresse, saisie)
    assert relues(voisin)[0].garantie is True


def test_une_action_permanente_a_sa_colonne(client_, monde):
    action = monde.nouvelle_action("PERMANENTE", "permanentes")
    session = monde.session("p", action=action, pas_de_dates=True, date_debut=None, date_fin=None)
    adresse = f"/catalogue/actions/{action.pk}/tableau/"
    page = texte(client_.get(adresse))
    assert "Sans dates" in page and "Créer une série" not in page
    saisie = champs(client_, adresse)
    del saisie["l-0-pas_de_dates"]
    assert "cochez « Pas de dates de session »" in texte(client_.post(adresse, saisie))
    assert relues(session)[0].pas_de_dates is True


def test_plus_de_deux_cents_sessions_ont_des_pages(client_, adresse, monde):
    modele = monde.session("M")
    Session.objects.bulk_create(
        Session(
            action=monde.action, organisme=monde.organisme, identifiant=f"s{n}", identifiant_normalise=f"s{n}"
        )
        for n in range(205)
    )
    assert modele and "Sessions 1 à 200 sur 206" in texte(client_.get(adresse))
    assert champs(client_, f"{adresse}?page=2")["l-INITIAL_FORMS"] == "6"


def test_une_action_archivee_n_a_pas_de_tableau(client_, adresse, monde):
    executer(monde.action, Operation.ARCHIVER, par=monde.gestionnaire)
    assert "est archivée : désarchivez-la" in texte(client_.get(adresse, follow=True))


def test_un_lecteur_n_a_pas_le_tableau(client_, adresse, monde):
    cle = monde.session().pk
    Membre.objects.update(role="lecteur")
    assert client_.get(adresse).status_code == 403
    assert client_.post(f"/catalogue/sessions/tableau/?cles={cle}").status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("quoi", ["identifiant", "contact", "deux fois"])
def test_quelqu_un_de_plus_rapide(client_, adresse, monde, quoi):
    """Just before it is written, the identifier is taken, the contact deleted, the same page sent."""
    nadia = nouveau(monde, prenom="Nadia", nom="Roux", courriel="nadia@ilvm.example")
    saisie = champs(client_, adresse) | {"l-0-identifiant": "N", "l-0-contact_inscription": "Nadia Roux"}
    gestes = {
        "identifiant": (lambda: monde.session("N"), 422, "déjà utilisé par une autre session"),
        "contact": (lambda: Contact.objects.filter(pk=nadia.pk).delete(), 422, "Ce choix n'existe pas"),
        "deux fois": (lambda: autre.post(adresse, saisie), 302, ""),
    }
    autre = Client()
    autre.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    faire, statut, dit = gestes[quoi]
    with juste_avant("SAVEPOINT", faire):
        reponse = client_.post(adresse, saisie)
    assert reponse.status_code == statut and dit in texte(reponse)
    assert monde.action.sessions.count() == (quoi != "contact")


def requetes(client_, faire, attendu):
    with CaptureQueriesContext(connection) as capture:
        assert faire().status_code == attendu
    return len(capture)


def test_montrer_coller_et_creer_ne_coutent_pas_plus_de_requetes_pour_plus_de_lignes(client_, adresse, monde):
    monde.session("M")

    def mesurer(nombre, nom):
        bloc = "\n".join(f"{nom}{n}\t01/03/2027\t0{2 + n % 7}/03/2027\toui" for n in range(nombre))
        saisie = champs(client_, adresse)
        colle = {
            "operation": "coller",
            "colle": bloc,
            "ligne": saisie["l-INITIAL_FORMS"],
            "colonne": "identifiant",
        }
        colle["ligne"] = str(int(colle["ligne"]) + 1)
        comptes = [requetes(client_, lambda: client_.get(adresse), 200)]
        comptes += [requetes(client_, lambda: client_.post(adresse, saisie | colle), 200)]
        saisie = champs_de(client_.post(adresse, saisie | colle).content.decode(), "tableau")
        comptes += [
            requetes(
                client_,
                lambda: client_.post(adresse, saisie | {"operation": "verifier", "rangs": "0,1"}),
                200,
            )
        ]
        return [*comptes, requetes(client_, lambda: client_.post(adresse, saisie), 302)]

    mesurer(1, "Z")
    mesurer(1, "Y")
    assert mesurer(5, "A") == mesurer(60, "B") and monde.action.sessions.count() == 68


def test_modifier_ne_coute_pas_plus_de_requetes_pour_plus_de_sessions(client_, adresse, monde):
    for rang in range(12):
        monde.session(f"M{rang}")

    def mesurer(nombre, texte_):
        changes = {f"l-{rang}-modalites_particulieres": texte_ for rang in range(nombre)}
        saisie = champs(client_, adresse) | changes
        return requetes(client_, lambda: client_.post(adresse, saisie), 302)

    mesurer(1, "a")
    assert mesurer(12, "c") == mesurer(2, "b")
