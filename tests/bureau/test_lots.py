"""The pages of an operation on many records: choice, rehearsal, confirmation, progress, report, undoing."""

import datetime as dt
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bureau.lots import choix as lots_choisis
from bureau.lots import consequences, suivi
from catalogue.cycle_de_vie import executer
from catalogue.models import Action
from edof.horloge import a_l_instant, aujourd_hui, demain, minuit
from lots.models import Etat, Lot
from lots.tasks import executer_les_lots
from organismes.droits import Operation, Role
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde
from tests.outils import texte

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


def choisir(client_, operation, *fiches, **autres):
    """Tick these records and press the button; return the page of the lot and its address."""
    cles = [fiche.cle_html for fiche in fiches]
    reponse = client_.post("/catalogue/lots/", {"operation": operation, "cles": cles, **autres}, follow=True)
    return texte(reponse), reponse.request["PATH_INFO"]


def presser(client_, adresse, geste, **champs):
    return client_.post(adresse, {"geste": geste, **champs}, follow=True)


def test_ouvrir_apres_une_repetition_qui_dit_ce_qui_est_refuse(client_, monde):
    pretes = [monde.session(f"s{n}") for n in range(3)]
    passee = monde.session("passee")
    Session.objects.filter(pk=passee.pk).update(
        date_debut=aujourd_hui() - dt.timedelta(1), dates_saisies_le=aujourd_hui() - dt.timedelta(9)
    )
    page, adresse = choisir(client_, "ouvrir", *pretes, passee)
    assert "Ouvrir 4 sessions à l'inscription" in page
    assert re.search(r"3 prêtes seront ouvertes 1 refusée restera comme elle est, pour 1 raison", page)
    assert "La date de début est passée ou trop proche" in page
    assert re.search(r"Début le \d+", page) and "3 ont les mêmes dates qu'une autre" in page
    assert "l'action « ACTION-1 » et l'offre « OFFRE-1 » deviennent actives" in page
    assert "Aucune session ne quitte le public." in page
    assert "Ouvrir les 3 sessions" in page
    assert not Session.objects.filter(ouverte=True).exists()

    page = texte(presser(client_, adresse, "executer"))
    assert "3 ouvertes" in page and "1 refusée." in page
    assert Session.objects.filter(ouverte=True).count() == 3
    assert "3 ouvertes" in texte(presser(client_, adresse, "executer")), "a second click does nothing more"

    executer(Session.objects.get(pk=pretes[0].pk), Operation.FERMER, par=monde.gestionnaire)
    page = texte(presser(client_, adresse, "annuler"))
    assert "2 remises comme avant" in page and "1 gardée : changée depuis par gestionnaire-" in page
    assert list(Session.objects.order_by("pk").values_list("statut", flat=True)[:3]) == [
        "active", "validee", "validee",
    ]  # fmt: skip


def test_les_sessions_qui_repondent_aux_filtres(client_, monde):
    for n in range(3):
        monde.session(f"s{n}")
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    Monde("Autre", "73282932000074").session("ailleurs")
    page, _ = choisir(client_, "ouvrir", tout="1", filtre="statut=validee&tri=-dates")
    assert "Ouvrir 3 sessions à l'inscription" in page and "Ces 3 sessions répondent à vos filtres" in page
    assert sorted(Lot.objects.get().lignes.values_list("nom", flat=True)) == ["s0", "s1", "s2"]


def test_ce_qui_n_est_pas_a_soi_n_est_jamais_choisi(client_, monde):
    ailleurs = Monde("Autre", "73282932000074").session("ailleurs")
    page, adresse = choisir(client_, "ouvrir", ailleurs)
    assert "Aucune fiche ne correspond plus à votre choix" in page
    assert not Lot.objects.exists()


@pytest.mark.parametrize(
    ("operation", "cles"),
    [("ouvrir", []), ("ouvrir", ["x", "session-", "session-0"]), ("prix", ["session-1"])],
)
def test_un_choix_impossible_est_dit(client_, monde, operation, cles):
    reponse = client_.post("/catalogue/lots/", {"operation": operation, "cles": cles}, follow=True)
    assert "rien n'a été fait" in texte(reponse)
    assert client_.post("/catalogue/lots/", {"operation": "inconnue", "cles": cles}).status_code == 404


def test_un_choix_trop_grand_est_dit(client_, monde, monkeypatch):
    monkeypatch.setattr(lots_choisis, "FICHES_AU_PLUS", 1)
    page, _ = choisir(client_, "ouvrir", monde.session("a"), monde.session("b"))
    assert "affinez les filtres" in page
    assert not Lot.objects.exists()


def test_le_redacteur_modifie_et_n_ouvre_pas(connecter, monde):
    client_ = connecter(monde.personne("redacteur", Role.REDACTEUR))
    session = monde.session()
    page = client_.get("/catalogue/sessions/").content.decode()
    assert 'value="decaler"' in page and 'value="ouvrir"' not in page
    reponse = client_.post("/catalogue/lots/", {"operation": "ouvrir", "cles": [session.cle_html]})
    assert reponse.status_code == 403
    _, adresse = choisir(client_, "decaler", session)
    champs = {"nombre": "1", "unite": "semaines", "sens": "-1"}
    assert "1 semaine plus tôt" in texte(presser(client_, adresse, "parametres", **champs))
    assert "1 décalée" in texte(presser(client_, adresse, "executer"))
    assert Session.objects.get().date_debut == session.date_debut - dt.timedelta(7)


def test_le_lecteur_ne_coche_rien(connecter, monde):
    monde.session()
    client_ = connecter(monde.personne("lecteur", Role.LECTEUR))
    assert 'name="cles"' not in client_.get("/catalogue/sessions/").content.decode()
    assert 'name="cles"' not in client_.get("/catalogue/").content.decode()


def test_plus_de_cinquante_retraits_demandent_d_ecrire_le_nombre(client_, monde, monkeypatch):
    monkeypatch.setattr(consequences, "RETRAITS_SANS_ECRIRE", 1)
    sessions = [monde.session(f"s{n}", ouverte=True) for n in range(3)]
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=6)):
        publier(aujourd_hui(), par="test")
        client_ = client_.__class__()
        client_.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
        page, adresse = choisir(client_, "fermer", *sessions)
        assert "3 sessions quittent le public tout de suite , et 1 formation n'aura plus aucune date" in page
        assert "Ne rien fermer" in page
        for ecrit in ("", "2"):
            refusee = presser(client_, adresse, "executer", nombre=ecrit)
            assert refusee.status_code == 422
            assert "Pour confirmer, écrivez 3." in texte(refusee)
        assert "3 fermées" in texte(presser(client_, adresse, "executer", nombre=" 3 "))
        page = texte(presser(client_, adresse, "annuler"))
        assert "3 remises comme avant" in page
    assert Session.objects.filter(ouverte=True).count() == 3


def test_le_prix_avant_et_apres(client_, monde):
    page, adresse = choisir(client_, "prix", monde.action)
    assert "Changer le prix de 1 action" in page
    champs = {"regle": "pourcent", "montant": "3", "base": "ht", "taux": ["20", "0"], "arrondi": "euro"}
    assert "Cochez au moins une ligne" in texte(
        presser(client_, adresse, "parametres", **{**champs, "taux": []})
    )
    page = texte(presser(client_, adresse, "parametres", **champs))
    assert "Prix HT : + 3 %, arrondi à l'euro. Lignes : 20 % et net de TVA." in page
    assert re.search(r"TTC, 20 % 5\s000,00\s€ 5\s150,00\s€", page)
    assert re.search(r"\+\s150,00\s€ TTC", page)
    assert re.search(r"Coût horaire HT 10,42\s€ 10,73\s€", page), page
    gratuite = texte(presser(client_, adresse, "parametres", **{**champs, "montant": "-100"}))
    assert "1 action devient gratuite" in gratuite and "Changer le prix de l'action" in gratuite
    presser(client_, adresse, "parametres", **champs)
    assert "1 modifiée" in texte(presser(client_, adresse, "executer"))
    assert str(Action.objects.get().total_ttc) == "5150.00"


def test_changer_un_champ_coche_et_vide_le_vide(client_, monde):
    session = monde.session(modalites_particulieres="Le soir.")
    _, adresse = choisir(client_, "changer", session)
    assert "Cochez au moins un champ à changer." in texte(presser(client_, adresse, "parametres"))
    ajout = {"modalites_particulieres": "Sauf le lundi.", "mode-modalites_particulieres": "ajouter"}
    page = texte(presser(client_, adresse, "parametres", **ajout))
    assert "modalités particulières (à la suite)" in page
    presser(client_, adresse, "executer")
    assert Session.objects.get().modalites_particulieres == "Le soir.\nSauf le lundi."
    _, adresse = choisir(client_, "changer", session)
    page = texte(presser(client_, adresse, "parametres", **{"change-contact_inscription": "on"}))
    assert "Vidés : contact d'inscription." in page
    assert "1 validée redevient brouillon" in page


def test_repeter_de_nouveau_apres_une_reparation(client_, monde):
    session = monde.session()
    _, adresse = choisir(client_, "ouvrir", session)
    executer(Session.objects.get(), Operation.MODIFIER, par=monde.gestionnaire, valeurs={"garantie": False})
    assert "a été modifiée depuis votre choix" in texte(client_.get(adresse))
    assert "Ouvrir la session" in texte(presser(client_, adresse, "repeter"))


def test_un_grand_lot_attend_l_ouvrier_et_survit_au_rechargement(client_, monde, monkeypatch):
    monkeypatch.setattr(suivi, "TOUT_DE_SUITE", 1)
    _, adresse = choisir(client_, "ouvrir", monde.session("a"), monde.session("b"))
    page = texte(presser(client_, adresse, "executer"))
    assert "0 sur 2" in page and "Arrêter" in page
    assert "0 sur 2" in texte(client_.get(adresse))
    page = texte(presser(client_, adresse, "arreter"))
    assert "Arrêté : 2 pas encore faites." in page
    presser(client_, adresse, "reprendre")
    executer_les_lots()
    assert "2 ouvertes" in texte(client_.get(adresse))
    assert "0 remise comme avant" in texte(presser(client_, adresse, "annuler"))
    executer_les_lots()
    assert "2 remises comme avant" in texte(client_.get(adresse))
    journal = texte(client_.get("/catalogue/lots/"))
    assert "Ouvrir 2 sessions" in journal and "Terminé, puis annulé aujourd'hui" in journal


def test_le_compte_rendu_se_telecharge_sans_formule(client_, monde):
    monde.session("=1+1")
    _, adresse = choisir(client_, "ouvrir", Session.objects.get())
    presser(client_, adresse, "executer")
    lignes = client_.get(f"{adresse}compte-rendu/").content.decode("utf-8-sig").splitlines()
    assert lignes == ["Session;Résultat;Raison", "'=1+1;Faite;"]


def test_le_lot_d_un_autre_est_introuvable(client_, connecter, monde):
    _, adresse = choisir(client_, "ouvrir", monde.session())
    autre = connecter(Monde("Autre", "73282932000074").gestionnaire)
    assert autre.get(adresse).status_code == autre.get(f"{adresse}compte-rendu/").status_code == 404
    assert presser(autre, adresse, "executer").status_code == 404


def test_la_repetition_fait_un_nombre_constant_de_requetes(client_, monde):
    nombres = []
    for combien in (2, 25):
        action = monde.nouvelle_action(f"A{combien}")
        _, adresse = choisir(
            client_, "ouvrir", *(monde.session(f"s{n}", action=action) for n in range(combien))
        )
        with CaptureQueriesContext(connection) as lues:
            client_.get(adresse)
        nombres.append(len(lues))
    assert nombres[0] == nombres[1] <= 17


def test_un_lot_fini_n_accepte_plus_de_parametres(client_, monde):
    _, adresse = choisir(client_, "decaler", monde.session())
    champs = {"nombre": "1", "unite": "jours", "sens": "1"}
    assert presser(client_, adresse, "executer").status_code == 200
    assert Lot.objects.get().etat == Etat.PREPARE, "nothing is done before the parameters are known"
    presser(client_, adresse, "parametres", **champs)
    presser(client_, adresse, "executer")
    presser(client_, adresse, "parametres", **{**champs, "nombre": "9"})
    assert Lot.objects.get().parametres["nombre"] == 1
    assert presser(client_, adresse, "inconnu").status_code == 404


def test_dupliquer_demande_les_actions(client_, monde):
    autre = monde.nouvelle_action("A2")
    _, adresse = choisir(client_, "dupliquer", monde.session())
    assert "Cochez au moins une action." in texte(presser(client_, adresse, "parametres"))
    assert "choisissez dans la liste" in texte(presser(client_, adresse, "parametres", actions=["999", "x"]))
    assert "Copiées vers l'action A2." in texte(presser(client_, adresse, "parametres", actions=[autre.pk]))
    assert "1 dupliquée" in texte(presser(client_, adresse, "executer"))
    assert autre.sessions.get().identifiant == "s1"
    assert "1 remise comme avant" in texte(presser(client_, adresse, "annuler"))


def test_le_tableau_et_reconduire_prennent_ce_qui_est_coche(client_, monde):
    sessions = [monde.session(f"s{n}") for n in range(2)]
    for code, debut in (("tableau", "tableau/?cles="), ("reconduire", "reconduire/?s=")):
        cles = [session.cle_html for session in sessions]
        vers = client_.post("/catalogue/lots/", {"operation": code, "cles": cles})["Location"]
        assert vers == f"/catalogue/sessions/{debut}" + ",".join(str(session.pk) for session in sessions)
        page = texte(client_.post("/catalogue/lots/", {"operation": code}, follow=True))
        assert "Cochez de 1 à 200 sessions" in page


def test_une_raison_se_repare_par_un_nouveau_lot_de_ses_fiches(client_, monde):
    passees = [monde.session(f"passee-{n}") for n in range(3)]
    hier = aujourd_hui() - dt.timedelta(1)
    Session.objects.update(date_debut=hier, dates_saisies_le=hier - dt.timedelta(9))
    _, adresse = choisir(client_, "ouvrir", *passees, monde.session("prete"))
    page = client_.get(adresse).content.decode()
    assert "Décaler ces 3…" in page
    # The sentence names the group: thousands of records would not fit in a form.
    phrase = re.search(r'name="phrase" value="([^"]+)"', page)[1]
    suite = presser(client_, adresse, "refusees", operation="decaler", phrase=unescape(phrase))
    assert "Décaler 3 sessions" in texte(suite) and "ont été refusées" in texte(suite)
    assert Lot.objects.filter(operation="decaler").get().nombre == 3
    presser(client_, adresse, "refusees", operation="decaler", phrase="autre")
    assert Lot.objects.filter(operation="decaler").count() == 1
