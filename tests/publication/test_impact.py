"""Tests of what a change does below it, announced before it is kept."""

import datetime as dt
import html
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from catalogue.models.regles_action import REGLES_ACTION
from catalogue.regles import lus, reecrire
from edof.horloge import aujourd_hui, demain
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation, Role
from organismes.models import Qualiopi
from publication.impact import Dessous, ImpactAnnonce, dessous_de, enregistrer_ou_annoncer, essayer
from publication.passages import publier
from publication.visibilite import a_remplir, publiques
from sessions_app.coherence import REGLES_SESSION
from sessions_app.models import Session
from tests.formulaires import champs_de

SANS_DATES = {"pas_de_dates": True, "date_debut": None, "date_fin": None}
DATES_FIXES = {"modalites_entrees_sorties": "dates_fixes"}


def lu(page) -> str:
    lue = html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode()))
    return re.sub(r" ([,.])", r"\1", re.sub(r"[\s\u00a0]+", " ", lue))


def publier_demain(settings) -> None:
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")


@pytest.fixture
def permanente(monde, settings) -> Action:
    """Return an action with permanent entries: three visible sessions, two validées, one archived."""
    action = monde.nouvelle_action("LIBRE", "permanentes")
    for rang in range(3):
        monde.session(f"v{rang}", action=action, ouverte=True, **SANS_DATES)
    publier_demain(settings)
    for rang in range(2):
        monde.session(f"p{rang}", action=action, **SANS_DATES)
    executer(monde.session("a", action=action, **SANS_DATES), Operation.ARCHIVER, par=monde.gestionnaire)
    return Action.objects.select_related("offre").get(pk=action.pk)


def changer(fiche, par, **valeurs):
    return lambda: executer(fiche, Operation.MODIFIER, par=par, valeurs=valeurs)


def test_ce_qui_est_perdu_est_compte_par_les_regles_memes(monde, permanente):
    geste = changer(permanente, monde.gestionnaire, **DATES_FIXES)
    avant = list(Session.objects.order_by("pk").values()), Action.objects.filter(pk=permanente.pk).values()[0]
    with pytest.raises(ImpactAnnonce) as annonce:
        enregistrer_ou_annoncer(dessous_de(permanente), geste)
    impact = annonce.value.impact
    noms = dict(Session.objects.values_list("pk", "identifiant"))
    assert sorted(noms[pk] for pk in impact.incoherentes) == ["p0", "p1", "v0", "v1", "v2"]
    assert sorted(noms[pk] for pk in impact.visibles) == ["v0", "v1", "v2"] and not impact.attendues
    assert str(annonce.value).replace("\u00a0", " ") == (
        "5 sessions deviennent incohérentes, dont 3 visibles qui disparaîtront demain matin : l'action est à"
        " dates fixes, mais la session n'a pas ses deux dates."
    )
    # Nothing has changed, and nobody has written anything in the history.
    assert avant == (
        list(Session.objects.order_by("pk").values()),
        Action.objects.filter(pk=permanente.pk).values()[0],
    )
    # What was shown is what is accepted.
    with pytest.raises(ImpactAnnonce):
        enregistrer_ou_annoncer(dessous_de(permanente), geste, vu="autre chose")
    enregistrer_ou_annoncer(dessous_de(permanente), geste, vu=impact.empreinte)
    assert Action.objects.get(pk=permanente.pk).modalites_entrees_sorties == "dates_fixes"
    # The same change again loses nothing more: nothing is asked twice.
    relue = Action.objects.select_related("offre").get(pk=permanente.pk)
    enregistrer_ou_annoncer(dessous_de(relue), changer(relue, monde.gestionnaire, duree_totale=401))
    assert Action.objects.get(pk=permanente.pk).duree_totale == 401


def test_une_session_qui_devait_paraitre(monde):
    action = monde.nouvelle_action("LIBRE", "permanentes")
    monde.session("s", action=action, ouverte=True, **SANS_DATES)
    action = Action.objects.select_related("offre").get(pk=action.pk)
    impact = essayer(dessous_de(action), changer(action, monde.gestionnaire, **DATES_FIXES))
    assert impact and len(impact.attendues) == 1 and not impact.visibles
    assert [str(phrase).replace("\u00a0", " ").split(" : ")[0] for phrase in impact.phrases()] == [
        "1 session devient incohérente, dont 1 qui devait paraître demain matin"
    ]
    assert Action.objects.get(pk=action.pk).modalites_entrees_sorties == "permanentes"


def test_une_offre_qui_change_de_type_perd_ses_sessions_et_ses_actions(monde, settings):
    """Check an offre that becomes a bilan: no certificate of that category, and more than 24 hours."""
    monde.session("s", ouverte=True)
    publier_demain(settings)
    offre = Offre.objects.get()
    impact = essayer(dessous_de(offre), changer(offre, monde.gestionnaire, type_offre="bilan"))
    assert impact and len(impact.visibles) == 1 and impact.actions == (monde.action.pk,)
    assert not impact.incoherentes
    dites = [str(phrase).replace("\u00a0", " ") for phrase in impact.phrases()]
    assert dites == [
        "1 session visible par le public disparaîtra demain matin : l'organisme n'a pas de certificat"
        " Qualiopi valable pour ce type d'offre.",
        "1 action devient incomplète.",
    ]


def test_un_certificat_raccourci_se_compare_au_lendemain_de_sa_fin(monde, settings):
    monde.session("s", ouverte=True)
    publier_demain(settings)
    fin = aujourd_hui() + dt.timedelta(30)
    sessions = Session.objects.filter(organisme=monde.organisme)

    def raccourcir():
        Qualiopi.objects.update(au=fin)

    assert essayer(Dessous(sessions), raccourcir) is None
    impact = essayer(Dessous(sessions, jour=fin + dt.timedelta(1)), raccourcir)
    assert impact and len(impact.visibles) == 1
    matin = date_longue(fin + dt.timedelta(1))
    assert f"disparaîtra le {matin} au matin" in str(impact.phrases()[0])
    assert Qualiopi.objects.get().au is None


def test_sans_perte_une_seule_requete_de_plus_quel_que_soit_le_nombre(monde, permanente):
    def requetes(geste) -> int:
        with CaptureQueriesContext(connection) as faites:
            geste()
        return len([r for r in faites if "SAVEPOINT" not in r["sql"]])

    def enregistrer(duree: int):
        action = Action.objects.select_related("offre").get(pk=permanente.pk)
        return dessous_de(action), changer(action, monde.gestionnaire, duree_totale=duree)

    dessous, geste = enregistrer(401)
    nue = requetes(geste)
    dessous, geste = enregistrer(402)
    assert requetes(lambda: enregistrer_ou_annoncer(dessous, geste)) == nue + 1
    for rang in range(20):
        monde.session(f"n{rang}", action=permanente, ouverte=True, **SANS_DATES)
    dessous, geste = enregistrer(403)
    assert requetes(lambda: enregistrer_ou_annoncer(dessous, geste)) == nue + 1

    def annoncer(nombre: int) -> None:
        action = Action.objects.select_related("offre").get(pk=permanente.pk)
        impact = essayer(dessous_de(action), changer(action, monde.gestionnaire, **DATES_FIXES))
        assert impact and len(impact.incoherentes) == nombre and impact.sessions()

    premiere = requetes(lambda: annoncer(25))
    for rang in range(20):
        monde.session(f"m{rang}", action=permanente, **SANS_DATES)
    assert requetes(lambda: annoncer(45)) == premiere


def test_aucune_regle_ne_lit_un_contact_ni_une_adresse():
    """Check that changing a contact or an address cannot lose anything.

    Its page therefore compares nothing: it says who sees the change. A rule that would read one must be
    announced there.
    """
    chemins: set[str] = set()

    def noter(chemin: str) -> str:
        chemins.add(chemin)
        return chemin

    for regle in (*a_remplir(demain()), *REGLES_SESSION, *REGLES_ACTION):
        reecrire(regle.q, noter)
        assert lus(regle.q) is not None
    liens = re.compile(r"(contact|adresse|lieu)\w*__(?!isnull)")
    assert [chemin for chemin in chemins if liens.search(chemin)] == []


def test_la_page_d_un_contact_dit_qui_verra_le_changement(monde, connecter, settings):
    monde.session("s1", ouverte=True)
    monde.session("s2", ouverte=True)
    publier_demain(settings)
    client = connecter(monde.gestionnaire)
    for adresse in (
        f"/carnet/contacts/{monde.contact.pk}/modifier/",
        f"/carnet/adresses/{monde.lieu.pk}/modifier/",
    ):
        page = lu(client.get(adresse))
        assert "dans 2 sessions visibles aujourd'hui. Aucune session ne disparaîtra." in page


# --- The form ---


def poster(client, fiche, **saisie):
    adresse = f"/catalogue/{fiche.nom_de_niveau}s/{fiche.pk}/modifier/"
    champs = champs_de(client.get(adresse).content.decode())
    return client.post(adresse, {**champs, "operation": "enregistrer", **saisie})


def suite(client, fiche, page, **saisie):
    """Send again the form of the page, with what its announcement carries."""
    adresse = f"/catalogue/{fiche.nom_de_niveau}s/{fiche.pk}/modifier/"
    return client.post(adresse, {**champs_de(page.content.decode()), **saisie}, follow=True)


def test_le_formulaire_annonce_avant_d_enregistrer_et_garde_la_saisie(monde, connecter, permanente):
    client = connecter(monde.gestionnaire)
    page = poster(client, permanente, duree_totale="777", **DATES_FIXES)
    assert page.status_code == 422
    assert "Avant d'enregistrer" in lu(page) and "5 sessions deviennent incohérentes" in lu(page)
    assert 'name="duree_totale" value="777"' in page.text and "Voir les 5 sessions" in lu(page)
    assert "v0" in lu(page) and "visible aujourd'hui" in lu(page)
    assert Action.objects.get(pk=permanente.pk).duree_totale == 400
    # Pressing « Enregistrer » again accepts nothing; going back gives the form without the announcement.
    assert suite(client, permanente, page, operation="enregistrer").status_code == 422
    retour = suite(client, permanente, page, operation="reprendre")
    assert "Avant d'enregistrer" not in retour.text and 'value="777"' in retour.text
    assert Action.objects.get(pk=permanente.pk).duree_totale == 400
    gardee = suite(client, permanente, page, operation="continuer:enregistrer")
    assert gardee.status_code == 200 and "a bien été modifiée" in lu(gardee)
    action = Action.objects.get(pk=permanente.pk)
    assert (action.duree_totale, action.modalites_entrees_sorties) == (777, "dates_fixes")
    assert Session.objects.filter(ouverte=True).count() == 3


def test_fermer_les_visibles_avec_l_enregistrement(monde, connecter, permanente):
    client = connecter(monde.gestionnaire)
    page = poster(client, permanente, operation="valider", **DATES_FIXES)
    assert "Fermer les 3 sessions visibles : le public ne les voit plus" in lu(
        page
    ) and "Vider les dates" not in lu(page)
    fin = suite(client, permanente, page, operation="continuer:valider", reparation="fermer")
    assert "3 sessions sont fermées à l'inscription." in lu(fin)
    assert not Session.objects.filter(ouverte=True).exists() and not publiques().exists()
    # A second click does nothing more.
    encore = suite(client, permanente, page, operation="continuer:valider", reparation="fermer")
    assert encore.status_code == 200 and "sont fermées" not in lu(encore)


def test_un_redacteur_ne_ferme_pas(monde, connecter, permanente):
    client = connecter(monde.personne("redacteur", Role.REDACTEUR))
    page = poster(client, permanente, **DATES_FIXES)
    assert "Fermer les" not in lu(page) and "Enregistrer quand même" in lu(page)
    suite(client, permanente, page, operation="continuer:enregistrer", reparation="fermer")
    assert Session.objects.filter(ouverte=True).count() == 3
    assert Action.objects.get(pk=permanente.pk).modalites_entrees_sorties == "dates_fixes"


def test_vider_les_dates_avec_l_enregistrement(monde, connecter, settings):
    monde.session("s1", ouverte=True)
    monde.session("s2")
    publier_demain(settings)
    client = connecter(monde.gestionnaire)
    permanentes = {"modalites_entrees_sorties": "permanentes"}
    page = poster(client, monde.action, **permanentes)
    assert "2 sessions deviennent incohérentes, dont 1 visible qui disparaîtra demain matin" in lu(page)
    versions = dict(Session.objects.values_list("identifiant", "version"))
    fin = suite(client, monde.action, page, operation="continuer:enregistrer", reparation="vider")
    assert "Les dates sont vidées : 2 sessions sans dates." in lu(fin)
    assert set(Session.objects.values_list("pas_de_dates", "date_debut", "date_fin", "statut")) == {
        (True, None, None, "active"),
        (True, None, None, "validee"),
    }
    assert {nom: v + 1 for nom, v in versions.items()} == dict(
        Session.objects.values_list("identifiant", "version")
    )
    publier_demain(settings)
    assert publiques().count() == 1
    page = client.get(f"/catalogue/sessions/{Session.objects.get(identifiant='s1').pk}/historique/")
    assert monde.gestionnaire.nom_complet in lu(page)


def test_ce_qui_a_change_depuis_l_annonce_est_annonce_de_nouveau(monde, connecter, permanente):
    client = connecter(monde.gestionnaire)
    page = poster(client, permanente, **DATES_FIXES)
    monde.session("nouvelle", action=permanente, **SANS_DATES)
    page = suite(client, permanente, page, operation="continuer:enregistrer", reparation="fermer")
    assert page.status_code == 422 and "6 sessions deviennent incohérentes" in lu(page)
    assert Session.objects.filter(ouverte=True).count() == 3


def test_un_choix_entre_deux_versions_survit_a_l_annonce(monde, connecter, permanente):
    client = connecter(monde.gestionnaire)
    adresse = f"/catalogue/actions/{permanente.pk}/modifier/"
    champs = {**champs_de(client.get(adresse).content.decode()), **DATES_FIXES, "duree_totale": "500"}
    executer(permanente, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"duree_totale": Decimal(600)})
    page = client.post(adresse, {**champs, "operation": "enregistrer"})
    assert page.status_code == 409
    choisi = {**champs_de(page.content.decode()), "choix:duree_totale": "mien", "operation": "enregistrer"}
    page = client.post(adresse, choisi)
    assert page.status_code == 422 and "Avant d'enregistrer" in lu(page)
    fin = suite(client, permanente, page, operation="continuer:enregistrer")
    assert fin.status_code == 200 and Action.objects.get(pk=permanente.pk).duree_totale == 500


def test_une_restauration_annonce_aussi(monde, connecter, permanente):
    executer(permanente, Operation.MODIFIER, par=monde.gestionnaire, valeurs=DATES_FIXES)
    Session.objects.filter(action=permanente).update(
        pas_de_dates=False,
        date_debut=aujourd_hui() + dt.timedelta(9),
        date_fin=aujourd_hui() + dt.timedelta(19),
    )
    action = Action.objects.get(pk=permanente.pk)
    client = connecter(monde.gestionnaire)
    adresse = f"/catalogue/actions/{action.pk}/historique/{action.version - 1}/restaurer/"
    page = client.post(adresse, {"version": action.version})
    assert page.status_code == 422 and "5 sessions deviennent incohérentes, dont 3 visibles" in lu(page)
    assert Action.objects.get(pk=action.pk).version == action.version
    vu = re.search(r'name="impact" value="(\w+)"', page.content.decode())[1]
    page = client.post(adresse, {"version": action.version, "impact": vu}, follow=True)
    assert "est restaurée" in lu(page)


def test_un_autre_champ_ne_demande_rien(monde, connecter, permanente):
    client = connecter(monde.gestionnaire)
    page = poster(client, permanente, duree_totale="410")
    assert page.status_code == 302 and Action.objects.get(pk=permanente.pk).duree_totale == 410


def test_une_session_deja_perdue_n_est_pas_reprochee_au_changement(monde, connecter, permanente):
    Qualiopi.objects.update(au=aujourd_hui())
    client = connecter(monde.gestionnaire)
    page = poster(client, permanente, **DATES_FIXES)
    assert "5 sessions deviennent incohérentes avec les modalités" in lu(page)
    assert "disparaîtr" not in lu(page).split("Avant d'enregistrer")[1].split("Continuer")[0]
