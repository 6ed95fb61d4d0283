"""Tests of « Annuler » in the messages and of the « Corbeille ».

They also cover the refusals when something has changed since.
"""

import datetime as dt
import re
import uuid

import pghistory
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.annulation import annuler
from catalogue.cycle_de_vie import OperationRefusee, executer
from catalogue.models import Action, Offre, Suppression
from catalogue.tasks import purger_la_corbeille
from edof.horloge import PARIS, a_l_instant, aujourd_hui
from edof.templatetags.affichage import date_longue, heure
from organismes.droits import Operation, Role
from organismes.models import Contact
from organismes.models.remplacement import apercu, remplacer
from publication.visibilite import visibles
from sessions_app.models import Session
from tests.carnet import nouveau
from tests.conftest import Monde
from tests.outils import texte


@pytest.fixture
def client_(monde, connecter):
    return connecter(monde.gestionnaire)


def agir(client_, fiche, code, **donnees):
    """Run an operation as the menu of the catalogue does; return the page with the resulting message."""
    niveau = type(fiche)._meta.model_name
    return client_.post(
        f"/catalogue/{niveau}s/{fiche.pk}/{code}/",
        donnees,
        headers={"referer": "http://testserver/catalogue/"},
        follow=True,
    )


def geste(page):
    """Return the URL to which « Annuler » posts, in the messages of the page."""
    return re.search(r'action="(/catalogue/annuler/[0-9a-f-]{36}/)"', page.content.decode())[1]


def annuler_par(client_, page, suite="/catalogue/"):
    return client_.post(geste(page), {"suite": suite}, follow=True)


def etats(*fiches):
    return [type(fiche).objects.values_list("statut", flat=True).get(pk=fiche.pk) for fiche in fiches]


def retirer(monde, fiche):
    return executer(fiche, Operation.SUPPRIMER, par=monde.gestionnaire).contexte


# --- « Annuler » ---


def test_annuler_un_archivage_rend_l_etat_d_avant_et_le_dit(client_, monde):
    ouverte = monde.session("s1", ouverte=True)
    validee = monde.session("s2")
    page = agir(client_, monde.offre, "archiver")
    assert etats(monde.offre, monde.action, ouverte, validee) == ["archivee"] * 4
    revenue = annuler_par(client_, page)
    attendu = (
        "L'archivage a été annulé : l'offre « OFFRE-1 », 1 action et 2 sessions sont revenues dans leur état"
        " d'avant."
    )
    assert attendu in texte(revenue)
    assert etats(monde.offre, monde.action, ouverte, validee) == ["active", "active", "active", "validee"]
    assert Session.objects.get(pk=ouverte.pk).ouverte
    assert revenue.redirect_chain[0][0] == f"/catalogue/?voir=offre-{monde.offre.pk}"
    contexte = Session.pgh_event_model.objects.filter(pgh_obj_id=ouverte.pk).latest("pgh_id").pgh_context
    assert (
        contexte.metadata["operation"] == "annuler"
        and contexte.metadata["utilisateur"] == monde.gestionnaire.pk
    )


def test_annuler_l_archivage_d_une_session_s_accorde_au_singulier(client_, monde):
    session = monde.session()
    revenue = annuler_par(client_, agir(client_, session, "archiver"), f"/catalogue/sessions/{session.pk}/")
    assert "L'archivage a été annulé : la session « s1 » est revenue dans son état d'avant." in texte(revenue)
    assert revenue.redirect_chain == [(f"/catalogue/sessions/{session.pk}/", 302)] and etats(session) == [
        "validee"
    ]


def test_un_double_clic_sur_annuler_dit_que_c_est_fait(client_, monde):
    session = monde.session()
    page = agir(client_, session, "archiver")
    annuler_par(client_, page)
    seconde = annuler_par(client_, page)
    assert (
        "C'était déjà annulé" in texte(seconde)
        and "Impossible" not in texte(seconde)
        and etats(session) == ["validee"]
    )
    restauree = agir(client_, session, "supprimer")
    annuler_par(client_, restauree)
    assert "C'était déjà annulé" in texte(annuler_par(client_, restauree))


def test_la_fiche_modifiee_depuis_ne_revient_pas(client_, monde):
    session = monde.session()
    page = agir(client_, session, "archiver")
    executer(session, Operation.DESARCHIVER, par=monde.gestionnaire)
    refusee = annuler_par(client_, page)
    assert "La session « s1 » a été modifiée depuis : annulation impossible." in texte(refusee) and etats(
        session
    ) == ["brouillon"]


@pytest.mark.parametrize(
    "suite", ["//ailleurs.example/", "https://ailleurs.example/", "javascript:alert(1)", ""]
)
def test_annuler_ne_mene_jamais_ailleurs(client_, monde, suite):
    session = monde.session()
    reponse = client_.post(geste(agir(client_, session, "archiver")), {"suite": suite})
    assert reponse.url == f"/catalogue/?voir=session-{session.pk}"


def test_annuler_n_est_que_pour_les_siens_et_seulement_par_un_formulaire(client_, monde):
    autre = Monde("Autre", "52345678900017")
    contexte = executer(autre.session(), Operation.ARCHIVER, par=autre.gestionnaire).contexte
    assert client_.post(f"/catalogue/annuler/{contexte}/").status_code == 404
    assert client_.post(f"/catalogue/annuler/{uuid.uuid4()}/").status_code == 404
    assert client_.get(f"/catalogue/annuler/{contexte}/").status_code == 405
    assert client_.post("/catalogue/corbeille/", {"contexte": str(contexte)}).status_code == 404
    for illisible in ("", "\x00", "x" * 40):
        assert client_.post("/catalogue/corbeille/", {"contexte": illisible}).status_code == 404
    ouverture = executer(monde.session(), Operation.OUVRIR, par=monde.gestionnaire).contexte
    assert "Cette opération ne peut pas être annulée." in texte(
        client_.post(f"/catalogue/annuler/{ouverture}/", follow=True)
    )


def test_l_ouverture_n_offre_pas_d_annuler(client_, monde):
    assert "/catalogue/annuler/" not in agir(client_, monde.session(), "ouvrir").content.decode()


@pytest.mark.exigence("D-12", "D-20")
def test_annuler_une_fermeture_rouvre_avec_les_controles_ordinaires(client_, monde):
    session = monde.session(ouverte=True)
    page = agir(client_, session, "fermer")
    revenue = annuler_par(client_, page)
    assert (
        "La fermeture a été annulée : la session « s1 » est de nouveau ouverte à l'inscription. Elle sera"
        " visible" in texte(revenue)
    )
    session.refresh_from_db()
    assert session.ouverte and session.statut == "active"
    contexte = Session.pgh_event_model.objects.filter(pgh_obj_id=session.pk).latest("pgh_id").pgh_context
    assert contexte.metadata["operation"] == "ouvrir" and contexte.metadata["annule"] in geste(page)
    assert "C'était déjà annulé" in texte(annuler_par(client_, page))


def test_une_fermeture_ne_s_annule_plus_quand_la_session_a_change_ou_a_disparu(client_, monde):
    session = monde.session(ouverte=True)
    page = agir(client_, session, "fermer")
    executer(
        session, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"modalites_particulieres": "Autre"}
    )
    assert "La session « s1 » a été modifiée depuis : annulation impossible." in texte(
        annuler_par(client_, page)
    )
    partie = monde.session("s2", ouverte=True)
    page = agir(client_, partie, "fermer")
    executer(partie, Operation.ARCHIVER, par=monde.gestionnaire)
    retirer(monde, partie)
    assert "a été supprimée depuis : annulation impossible." in texte(annuler_par(client_, page))


def test_rouvrir_est_refuse_avec_sa_raison(client_, monde, settings):
    session = monde.session(ouverte=True)
    page = agir(client_, session, "fermer")
    settings.EDOF_AUJOURDHUI = session.date_debut
    refusee = texte(annuler_par(client_, page))
    assert "Impossible" in refusee and "doit commencer au plus tôt demain" in refusee
    assert not Session.objects.get().ouverte


def test_chaque_annulation_demande_le_droit_de_l_operation(monde):
    redacteur = monde.personne("redacteur", Role.REDACTEUR)
    session = monde.session(ouverte=True)
    fermeture = executer(session, Operation.FERMER, par=monde.gestionnaire).contexte
    archivage = executer(session, Operation.ARCHIVER, par=monde.gestionnaire).contexte
    suppression = retirer(monde, session)
    for contexte in (fermeture, archivage, suppression):
        with pytest.raises(PermissionDenied):
            annuler(contexte, organisme_id=monde.organisme.pk, par=redacteur)


# --- « Désarchiver », with or without the descendants ---


@pytest.mark.exigence("D-13")
def test_desarchiver_seule_ou_avec_ce_qu_elle_contient(client_, monde):
    session = monde.session(ouverte=True)
    agir(client_, monde.offre, "archiver")
    choix = client_.get(f"/catalogue/offres/{monde.offre.pk}/desarchiver/")
    for morceau in (
        "1 action et 1 session archivées",
        "Désarchiver l'offre seule",
        "Désarchiver avec 1 action et 1 session",
    ):
        assert morceau in texte(choix)
    assert etats(monde.offre) == ["archivee"]
    seule = agir(client_, monde.offre, "desarchiver")
    assert "L'offre « OFFRE-1 » a bien été désarchivée : elle est de nouveau en brouillon." in texte(seule)
    assert etats(monde.offre, monde.action, session) == ["brouillon", "archivee", "archivee"]
    assert "Le désarchivage a été annulé : l'offre « OFFRE-1 » est revenue dans son état d'avant." in texte(
        annuler_par(client_, seule)
    )
    avec = agir(client_, monde.offre, "desarchiver", portee="tout")
    assert "a bien été désarchivée avec ce qu'elle contient : tout est de nouveau en brouillon." in texte(
        avec
    )
    assert etats(monde.offre, monde.action, session) == ["brouillon"] * 3
    assert not Session.objects.get().ouverte
    assert "1 action et 1 session sont revenues dans leur état d'avant" in texte(annuler_par(client_, avec))
    assert etats(monde.offre, monde.action, session) == ["archivee"] * 3


@pytest.mark.exigence("D-13")
def test_desarchiver_ne_demande_rien_quand_il_n_y_a_rien_dessous(client_, monde):
    session = monde.session()
    agir(client_, session, "archiver")
    assert "La session « s1 » a bien été désarchivée" in texte(agir(client_, session, "desarchiver"))
    vide = monde.nouvelle_action("VIDE")
    agir(client_, vide, "archiver")
    assert "Désarchiver avec" not in texte(client_.get(f"/catalogue/actions/{vide.pk}/desarchiver/"))
    assert "L'action « VIDE » a bien été désarchivée" in texte(agir(client_, vide, "desarchiver"))
    assert monde.action.statut == "validee"


def test_desarchiver_tout_ne_coute_pas_plus_avec_plus_de_sessions(monde):
    def cout(nombre):
        for n in range(nombre):
            monde.session(f"s{nombre}-{n}")
        executer(monde.action, Operation.ARCHIVER, par=monde.gestionnaire)
        with CaptureQueriesContext(connection) as requetes:
            executer(monde.action, Operation.DESARCHIVER, par=monde.gestionnaire, avec_descendants=True)
        return len(requetes)

    assert cout(1) == cout(6)


# --- « Corbeille » ---


@pytest.mark.exigence("D-14", "S-103")
def test_la_confirmation_compte_et_promet_trente_jours(client_, monde):
    monde.session("s1")
    monde.session("s2")
    attendus = {monde.offre: "Avec elle : 1 action et 2 sessions.", monde.action: "Avec elle : 2 sessions."}
    for fiche, suivent in attendus.items():
        page = texte(client_.get(f"/catalogue/{type(fiche)._meta.model_name}s/{fiche.pk}/supprimer/"))
        assert (
            suivent in page and "Elle restera 30 jours dans la corbeille" in page and "définitive" not in page
        )
    assert "Avec elle" not in texte(
        client_.get(f"/catalogue/sessions/{Session.objects.first().pk}/supprimer/")
    )


def test_supprimer_puis_annuler_depuis_le_message(client_, monde):
    monde.session("s1")
    page = agir(client_, monde.action, "supprimer")
    assert (
        "Elle reste 30 jours dans la corbeille." in texte(page)
        and 'href="/catalogue/corbeille/"' in page.content.decode()
    )
    assert not Action.objects.exists()
    revenue = annuler_par(client_, page)
    assert "La suppression a été annulée : l'action « ACTION-1 » et 1 session ont été restaurées." in texte(
        revenue
    )
    assert (
        etats(monde.action, Session.objects.get()) == ["validee", "validee"]
        and not Suppression.objects.exists()
    )


def test_la_corbeille_dit_tout_et_restaure(client_, monde):
    monde.session("s1")
    monde.gestionnaire.prenom, monde.gestionnaire.nom = "Claire", "Moreau"
    monde.gestionnaire.save()
    with a_l_instant(dt.datetime.combine(aujourd_hui() - dt.timedelta(3), dt.time(0, 30), PARIS)):
        retirer(monde, Session.objects.get())
    retirer(monde, monde.offre)
    page = client_.get("/catalogue/corbeille/")
    lue = texte(page)
    assert lue.index("Offre « OFFRE-1 »") < lue.index("Session « s1 »")
    quand = (
        f"le {date_longue(aujourd_hui() - dt.timedelta(3))} à"
        f" {heure(dt.datetime(2026, 1, 1, 0, 30, tzinfo=PARIS))}".replace("\u00a0", " ")
    )
    for morceau in (
        "Avec 1 action",
        "OFFRE-1 › ACTION-1 › s1",
        f"Supprimée {quand} par Claire Moreau",
        f"sera effacée le {date_longue(aujourd_hui() + dt.timedelta(28))}",
        f"sera effacée le {date_longue(aujourd_hui() + dt.timedelta(31))}",
    ):
        assert morceau in lue
    session, offre = Suppression.objects.order_by("supprimee_le")
    refusee = client_.post("/catalogue/corbeille/", {"contexte": str(session.contexte)})
    assert refusee.status_code == 422 and "restaurez d'abord l'offre ou l'action" in texte(refusee)
    rendue = client_.post("/catalogue/corbeille/", {"contexte": str(offre.contexte)}, follow=True)
    assert "l'offre « OFFRE-1 » et 1 action ont été restaurées" in texte(rendue)
    assert f'href="/catalogue/?voir=offre-{monde.offre.pk}"' in rendue.content.decode()
    client_.post("/catalogue/corbeille/", {"contexte": str(session.contexte)})
    assert etats(monde.offre, monde.action, Session.objects.get()) == ["validee"] * 3
    assert "La corbeille est vide" in texte(client_.get("/catalogue/corbeille/"))
    encore = client_.post("/catalogue/corbeille/", {"contexte": str(session.contexte)}, follow=True)
    assert "C'était déjà annulé" in texte(encore)


def test_l_identifiant_repris_entre_temps_refuse_la_restauration(client_, monde):
    page = agir(client_, monde.session("s1"), "supprimer")
    reprise = monde.session("S1")
    assert "L'identifiant a été repris par une autre fiche depuis" in texte(annuler_par(client_, page))
    suppression = Suppression.objects.get()
    refusee = client_.post("/catalogue/corbeille/", {"contexte": str(suppression.contexte)})
    assert (
        "L'identifiant a été repris par une autre fiche depuis" in texte(refusee)
        and Session.objects.count() == 1
    )
    retirer(monde, reprise)
    client_.post("/catalogue/corbeille/", {"contexte": str(suppression.contexte)})
    assert Session.objects.get().identifiant == "s1"


def test_la_corbeille_n_est_que_pour_ceux_qui_suppriment_et_que_les_leurs(client_, monde, connecter):
    autre = Monde("Autre", "52345678900017")
    retirer(autre, autre.session("ailleurs"))
    retirer(monde, monde.session("ici"))
    page = texte(client_.get("/catalogue/corbeille/"))
    assert "« ici »" in page and "ailleurs" not in page
    assert 'href="/catalogue/corbeille/"' in client_.get("/catalogue/").content.decode()
    client_ = connecter(monde.personne("redacteur", Role.REDACTEUR))
    assert client_.get("/catalogue/corbeille/").status_code == 403
    assert (
        client_.post(
            "/catalogue/corbeille/", {"contexte": str(Suppression.objects.first().contexte)}
        ).status_code
        == 403
    )
    assert "/catalogue/corbeille/" not in client_.get("/catalogue/").content.decode()


def test_la_corbeille_d_un_compte_disparu_se_lit(client_, monde):
    retirer(monde, monde.session())
    Suppression.objects.update(supprimee_par=None)
    assert "par un ancien compte" in texte(client_.get("/catalogue/corbeille/"))


def test_le_nombre_de_requetes_ne_suit_pas_la_corbeille(client_, monde):
    def cout(nombre):
        for n in range(nombre):
            retirer(monde, monde.session(f"s{n}"))
        with CaptureQueriesContext(connection) as requetes:
            page = client_.get("/catalogue/corbeille/")
        return len(requetes), page

    peu, _ = cout(2)
    beaucoup, page = cout(50)
    assert peu == beaucoup and texte(page).count("Supprimée") == 50 and "Page 1 sur 2" in texte(page)
    assert texte(client_.get("/catalogue/corbeille/?page=2")).count("Supprimée") == 2
    assert client_.get("/catalogue/corbeille/?page=x").status_code == 200


def test_la_purge_efface_ce_qui_a_plus_de_trente_jours_en_une_instruction(client_, monde):
    jour = aujourd_hui()
    contextes = {}
    for age in (0, 30, 31, 400):
        session = monde.session(f"s{age}")
        with a_l_instant(dt.datetime.combine(jour - dt.timedelta(age), dt.time(23, 59), PARIS)):
            contextes[age] = retirer(monde, session)
    page = texte(client_.get("/catalogue/corbeille/"))
    assert "« s30 »" in page and "« s31 »" not in page
    # A deletion that is too old cannot be restored, whether the purge has run or not.
    trop_tard = "Il est trop tard : la corbeille garde 30 jours ce qui est supprimé, pas davantage."
    with pytest.raises(OperationRefusee, match=trop_tard):
        annuler(contextes[31], organisme_id=monde.organisme.pk, par=monde.gestionnaire)
    with CaptureQueriesContext(connection) as requetes:
        purger_la_corbeille()
    assert len(requetes) == 1
    assert set(Suppression.objects.values_list("identifiant", flat=True)) == {"s0", "s30"}
    purger_la_corbeille()
    for adresse, donnees in (
        (f"/catalogue/annuler/{contextes[400]}/", {}),
        ("/catalogue/corbeille/", {"contexte": str(contextes[400])}),
    ):
        assert trop_tard in texte(client_.post(adresse, donnees, follow=True))


# --- Replacement of a contact ---


def test_annuler_un_remplacement_depuis_le_message(client_, monde):
    accueil, nadia = nouveau(monde, "Accueil"), nouveau(monde)
    sessions = [monde.session(f"s{n}", contact_inscription=accueil) for n in range(2)]
    vu = apercu(accueil, nadia).empreinte
    page = client_.post(f"/carnet/contacts/{accueil.pk}/remplacer/", {"par": nadia.pk, "vu": vu}, follow=True)
    assert Session.objects.filter(contact_inscription=nadia).count() == 2
    revenue = annuler_par(client_, page, f"/carnet/contacts/{accueil.pk}/")
    assert "Le remplacement a été annulé : 2 fiches sont revenues dans leur état d'avant." in texte(revenue)
    assert revenue.redirect_chain == [(f"/carnet/contacts/{accueil.pk}/", 302)]
    assert Session.objects.filter(contact_inscription=accueil, pk__in=[s.pk for s in sessions]).count() == 2
    assert "C'était déjà annulé" in texte(annuler_par(client_, page))


def test_un_remplacement_ecrit_a_la_main_s_annule_par_un_redacteur(monde):
    redacteur, lecteur = monde.personne("redacteur", Role.REDACTEUR), monde.personne("lecteur", Role.LECTEUR)
    nadia = nouveau(monde)
    with pghistory.context(operation="remplacer", utilisateur=monde.gestionnaire.pk) as contexte:
        Action.objects.filter(contact_du_lieu=monde.contact).update(contact_du_lieu=nadia)
        Action.objects.filter(contact_information=monde.contact).update(contact_information=nadia)
    with pytest.raises(PermissionDenied):
        annuler(contexte.id, organisme_id=monde.organisme.pk, par=lecteur)
    assert annuler(contexte.id, organisme_id=monde.organisme.pk, par=redacteur) == "remplacer"
    action = Action.objects.get()
    assert (action.contact_du_lieu, action.contact_information, action.statut) == (
        monde.contact,
        monde.contact,
        "validee",
    )


def test_annuler_un_remplacement_un_autre_jour_ne_change_que_le_contact(monde, settings):
    nadia = nouveau(monde)
    session = monde.session(ouverte=True)
    contexte = remplacer(
        monde.contact, nadia, vu=apercu(monde.contact, nadia).empreinte, par=monde.gestionnaire
    ).contexte
    settings.EDOF_AUJOURDHUI = aujourd_hui() + dt.timedelta(2)
    annuler(contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)
    rendue = Session.objects.get(pk=session.pk)
    ignorees = {"version", "modifie_le"}
    avant, apres = (
        {c.attname: getattr(s, c.attname) for c in s._meta.concrete_fields if c.name not in ignorees}
        for s in (session, rendue)
    )
    assert avant == apres and rendue.ouverte_depuis == session.ouverte_depuis


def test_un_remplacement_ne_s_annule_plus_quand_une_fiche_ou_le_contact_ont_change(monde):
    accueil, nadia = nouveau(monde, "Accueil"), nouveau(monde)
    session = monde.session(contact_inscription=accueil)
    contexte = remplacer(accueil, nadia, vu=apercu(accueil, nadia).empreinte, par=monde.gestionnaire).contexte
    Contact.objects.filter(pk=accueil.pk).delete()
    with pytest.raises(OperationRefusee, match="Le contact ou l'adresse d'avant a été supprimé depuis"):
        annuler(contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)
    assert Session.objects.get().contact_inscription == nadia
    executer(
        session, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"modalites_particulieres": "Autre"}
    )
    with pytest.raises(OperationRefusee, match="La session « s1 » a été modifiée depuis"):
        annuler(contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)


def test_l_archivage_d_une_session_visible_annule_la_rend_visible_aussitot(client_, monde, settings):
    from publication.passages import publier

    session = monde.session(ouverte=True)
    settings.EDOF_AUJOURDHUI = aujourd_hui() + dt.timedelta(1)
    publier(aujourd_hui(), par="test")
    assert visibles(Session.objects.all()).exists()
    page = agir(client_, session, "archiver")
    assert not visibles(Session.objects.all()).exists()
    annuler_par(client_, page)
    assert visibles(Session.objects.all()).exists() and Offre.objects.get().statut == "active"
