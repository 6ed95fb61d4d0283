"""Tests of « Aperçu à partager »: what a link shows, to whom, for how long, and who may make one."""

import datetime as dt
import re
import uuid

from django.test import Client

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from edof.horloge import aujourd_hui, demain
from organismes.droits import Operation, Role
from organismes.models import Organisme
from publication.apercu import sessions_lues
from publication.partages import Partage
from publication.passages import publier
from publication.visibilite import publiques
from sessions_app.models import Session
from sessions_app.programmation import programmer
from tests.conftest import Monde
from tests.outils import source, texte


def demander(client, action: Action, **valeurs) -> tuple[int, str]:
    """Ask for a link; return the status and the path of the link, or the page."""
    donnees = {"jour": demain().strftime("%d/%m/%Y"), "duree": "7", "cle": str(uuid.uuid4()), **valeurs}
    reponse = client.post(f"/catalogue/actions/{action.pk}/apercus/", donnees)
    lien = re.search(r'value="http://localhost:8000(/apercu/[0-9a-f]{64}/)"', source(reponse))
    return reponse.status_code, lien[1] if lien else source(reponse)


def test_un_lien_montre_la_fiche_sans_compte_ni_trace(monde, connecter):
    monde.session("ouverte", ouverte=True)
    statut, lien = demander(connecter(monde.personne("redacteur", Role.REDACTEUR)), monde.action)
    assert statut == 201
    reponse = Client().get(lien)
    assert reponse.status_code == 200 and not reponse.cookies
    assert (reponse["Cache-Control"], reponse["X-Robots-Tag"], reponse["Referrer-Policy"]) == (
        "no-store", "noindex, nofollow", "no-referrer",
    )  # fmt: skip
    page, lu = source(reponse), texte(reponse)
    assert '<meta name="robots" content="noindex, nofollow">' in page and "application/ld+json" not in page
    assert "Aperçu partagé par Institut" in lu and "Session garantie" in lu and "1 date à Chevilly" in lu
    # Nothing else changed: the public still reads nothing.
    assert not publiques().exists() and Client().get("/formations/").content.count(b"<article") == 0
    secret = lien.split("/")[2]
    partage = Partage.objects.get()
    assert secret not in str(vars(partage)) and len(partage.empreinte) == 64
    page = source(connecter(monde.gestionnaire).get(f"/catalogue/actions/{monde.action.pk}/apercus/"))
    assert secret not in page and "Révoquer" in page


def test_un_double_clic_fait_un_lien_et_un_envoi_faux_garde_ce_qui_est_tape(monde, connecter):
    client, cle = connecter(monde.gestionnaire), str(uuid.uuid4())
    liens = {demander(client, monde.action, cle=cle)[1] for _ in range(2)}
    assert len(liens) == 1 and Partage.objects.count() == 1
    hier, loin = (aujourd_hui() + dt.timedelta(days=jours) for jours in (-1, 400))
    for faux, phrase in (
        ({"jour": hier.strftime("%d/%m/%Y")}, "Ce jour est passé"),
        ({"jour": loin.strftime("%d/%m/%Y")}, "Ce jour est trop loin"),
        ({"jour": "demain matin"}, "demain matin"),
        ({"duree": "3650"}, "7 jours"),
        ({"cle": "x"}, "Rechargez la page"),
    ):
        statut, page = demander(client, monde.action, pour="Mairie", **faux)
        assert statut == 422 and phrase in page and 'value="Mairie"' in page
    assert Partage.objects.count() == 1


def test_un_lien_expire_se_revoque_et_suit_son_organisme(monde, connecter, settings):
    client = connecter(monde.gestionnaire)
    liens = [demander(client, monde.action)[1] for _ in range(3)]
    assert [Client().get(lien).status_code for lien in liens] == [200, 200, 200]
    premier = Partage.objects.order_by("pk")[0]
    adresse = f"/catalogue/actions/{monde.action.pk}/apercus/{premier.pk}/revoquer/"
    for _ in range(2):
        assert client.post(adresse).status_code == 302
    premier.refresh_from_db()
    assert premier.revoque_par == monde.gestionnaire
    assert [Client().get(lien).status_code for lien in liens] == [404, 200, 200]
    Organisme.objects.filter(pk=monde.organisme.pk).update(suspendu=True)
    assert Client().get(liens[1]).status_code == 404
    Organisme.objects.update(suspendu=False)
    settings.EDOF_AUJOURDHUI = aujourd_hui() + dt.timedelta(days=7)
    assert Client().get(liens[1]).status_code == 200
    settings.EDOF_AUJOURDHUI += dt.timedelta(days=1)
    perimee = Client().get(liens[1])
    assert perimee.status_code == 404 and "Cet aperçu n'est plus disponible" in texte(perimee)
    assert perimee["Cache-Control"] == "no-store"


def test_qui_peut_en_faire_un(monde, connecter):
    autre = Monde("Autre", "52345678900017")
    for personne, attendu in (
        (monde.personne("lecteur", Role.LECTEUR), 403), (autre.gestionnaire, 404),
    ):  # fmt: skip
        client = connecter(personne)
        assert demander(client, monde.action)[0] == attendu
    demander(connecter(monde.gestionnaire), monde.action)
    partage = Partage.objects.get()
    # Somebody else's link, even under an action of one's own.
    chemin = f"/catalogue/actions/{autre.action.pk}/apercus/{partage.pk}/revoquer/"
    assert connecter(autre.gestionnaire).post(chemin).status_code == 404
    assert "Aperçu à partager" not in texte(connecter(autre.gestionnaire).get("/catalogue/"))
    partage.refresh_from_db()
    assert partage.revoque_le is None


def test_une_action_supprimee_ferme_ses_liens(monde, connecter):
    _, lien = demander(connecter(monde.gestionnaire), monde.action)
    executer(monde.action, Operation.SUPPRIMER, par=monde.gestionnaire)
    assert Client().get(lien).status_code == 404


def test_un_brouillon_se_montre_incomplet(monde, connecter):
    offre = Offre(organisme=monde.organisme)
    commun = {"operation": Operation.MODIFIER, "par": monde.gestionnaire}
    offre = executer(offre, **commun, valeurs={"identifiant": "B"})
    action = Action(organisme=monde.organisme, offre=offre)
    action = executer(action, **commun, valeurs={"identifiant": "B"})
    _, lien = demander(connecter(monde.gestionnaire), action)
    lu = texte(Client().get(lien))
    assert "Offre sans intitulé" in lu and "aucune session ne serait ouverte" in lu and "None" not in lu


def test_les_sessions_du_jour_choisi_sont_celles_que_sa_publication_montrerait(monde, settings):
    jour = aujourd_hui() + dt.timedelta(days=10)
    monde.session("ouverte", ouverte=True)
    fermera = monde.session("fermera", ouverte=True)
    ouvrira, ouvrira_tard = monde.session("ouvrira"), monde.session("ouvrira-tard")
    monde.session("validee")
    dates = {"date_debut": jour - dt.timedelta(1), "date_fin": jour + dt.timedelta(20)}
    monde.session("commencee", ouverte=True, **dates)
    executer(monde.session("fermee", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    session = Session(action=monde.action, organisme=monde.organisme)
    executer(session, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"identifiant": "brouillon"})
    programmer([fermera], Operation.FERMER, jour, monde.gestionnaire)
    programmer([ouvrira], Operation.OUVRIR, jour - dt.timedelta(1), monde.gestionnaire)
    programmer([ouvrira_tard], Operation.OUVRIR, jour, monde.gestionnaire)

    def lues(quand: dt.date, **options) -> set[str]:
        return set(sessions_lues(monde.action, quand, **options).values_list("identifiant", flat=True))

    assert lues(jour) == {"ouverte", "ouvrira"}
    assert lues(jour, avec_validees=True) == {"ouverte", "ouvrira", "ouvrira-tard", "validee"}
    assert lues(jour - dt.timedelta(1)) == {"ouverte", "fermera", "commencee"}
    assert lues(demain()) == {"ouverte", "fermera", "commencee"}
    # And on that day, it is what the public reads, but for what the sweep of the plans does.
    annonce = lues(demain())
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    assert set(publiques().values_list("contenu__identifiant", flat=True)) == annonce
