"""Tests of « Contacts et adresses »: replacement everywhere or nowhere, deletion of unused entries."""

import html
import re
import threading

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from organismes.droits import Operation
from organismes.models import Adresse, Contact
from organismes.models.remplacement import ApercuPerime, apercu, remplacer
from sessions_app.models import Session
from tests.carnet import LIEU, juste_avant, nouveau, texte
from tests.conftest import Monde


@pytest.fixture
def client_(monde, connecter):
    return connecter(monde.gestionnaire)


# --- Replacement ---


def remplacement(client_, ancienne, nouvelle):
    adresse = f"/carnet/contacts/{ancienne.pk}/remplacer/"
    page = client_.get(adresse, {"par": nouvelle.pk})
    return (
        adresse,
        page,
        {"par": nouvelle.pk, "vu": re.search(r'name="vu" value="(\w+)"', page.content.decode())[1]},
    )


def test_remplacer_montre_puis_fait_en_une_fois(client_, monde):
    accueil, nadia = nouveau(monde, "Accueil"), nouveau(monde)
    ouverte = monde.session("ouverte", ouverte=True, contact_inscription=accueil)
    archivee, _, intacte = (
        monde.session(nom, contact_inscription=accueil) for nom in ("archivee", "prete", "intacte")
    )
    executer(archivee, Operation.ARCHIVER, par=monde.gestionnaire)
    executer(
        intacte, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"contact_inscription": monde.contact}
    )
    adresse, page, donnees = remplacement(client_, accueil, nadia)
    apercu_ = texte(page)
    for morceau in (
        "3\u00a0fiches en tout",
        "Active : 1",
        "Archivée : 1",
        "Validée : 1",
        "Les fiches archivées sont comprises",
        "(1\u00a0fiche active)",
    ):
        assert morceau in apercu_
    assert not Session.objects.filter(contact_inscription=nadia).exists()
    avant = Session.pgh_event_model.objects.count()
    instants = dict(Session.objects.values_list("pk", "modifie_le"))
    with CaptureQueriesContext(connection) as requetes:
        reponse = client_.post(adresse, donnees, follow=True)
    assert "dans 3\u00a0fiches" in texte(reponse) and "Le public verra le changement le" in texte(reponse)
    assert len([r for r in requetes if 'UPDATE "sessions_app_session"' in r["sql"]]) == 1
    assert set(Session.objects.filter(contact_inscription=nadia).values_list("identifiant", flat=True)) == {
        "ouverte",
        "archivee",
        "prete",
    }
    assert Session.objects.get(pk=intacte.pk).modifie_le == instants[intacte.pk]
    assert (
        Session.objects.get(pk=ouverte.pk).modifie_le > instants[ouverte.pk]
        and Session.objects.get(pk=archivee.pk).statut == "archivee"
    )
    evenements = list(Session.pgh_event_model.objects.order_by("pgh_id"))[avant:]
    assert len(evenements) == 3 and len({e.pgh_context_id for e in evenements}) == 1
    assert evenements[0].pgh_context.metadata == {
        "operation": "remplacer",
        "origine": "formulaire",
        "utilisateur": monde.gestionnaire.pk,
    }
    assert client_.post(f"/carnet/contacts/{accueil.pk}/supprimer/").url == "/carnet/?vue=contacts"
    assert not Contact.objects.filter(pk=accueil.pk).exists()


def test_un_lieu_se_remplace_a_tous_les_niveaux(client_, monde):
    session = monde.session()
    annexe = Adresse.objects.create(organisme=monde.organisme, **LIEU)
    vu = apercu(monde.lieu, annexe)
    assert vu.nombre() == 2
    remplacer(monde.lieu, annexe, vu=vu.empreinte, par=monde.gestionnaire)
    session.refresh_from_db()
    monde.action.refresh_from_db()
    assert session.adresse_inscription == annexe and monde.action.lieu_de_formation == annexe


def test_un_apercu_perime_ne_fait_rien_d_autre(client_, monde):
    accueil, nadia = nouveau(monde, "Accueil"), nouveau(monde)
    monde.session("a", contact_inscription=accueil)
    adresse, _, donnees = remplacement(client_, accueil, nadia)
    monde.session("b", contact_inscription=accueil)
    reponse = client_.post(adresse, donnees)
    assert (
        reponse.status_code == 422
        and "rien n'a été remplacé" in texte(reponse)
        and "2\u00a0fiches en tout" in texte(reponse)
    )
    assert not Session.objects.filter(contact_inscription=nadia).exists()
    # The number of records is the same, but the entry has changed since it was shown: the preview is stale
    # too.
    adresse, page, donnees = remplacement(client_, accueil, nadia)
    Contact.objects.get(pk=nadia.pk).save()
    assert client_.post(adresse, donnees).status_code == 422
    adresse, page, donnees = remplacement(client_, accueil, nadia)
    assert client_.post(adresse, donnees).status_code == 302
    assert "Plus aucune fiche n'utilise ce contact" in texte(client_.post(adresse, donnees, follow=True))


def test_ni_incomplete_ni_etrangere_ni_elle_meme(client_, monde):
    monde.session()
    etrangere = nouveau(Monde("Autre", "52345678900017"))
    incomplete = nouveau(monde, "Vide", telephone_fixe="", courriel="")
    adresse = f"/carnet/contacts/{monde.contact.pk}/remplacer/"
    for par in (etrangere.pk, monde.contact.pk, 10**30, "x", "\x00", "", incomplete.pk):
        for reponse, code in (
            (client_.get(adresse, {"par": par}), 200),
            (client_.post(adresse, {"par": par, "vu": "x"}), 422),
        ):
            assert reponse.status_code == code and 'id="id_par_error"' in texte(reponse), par
    assert "Cette fiche est incomplète" in texte(
        reponse
    ) and "téléphone fixe : Ce champ ne peut pas être vide." in texte(reponse)
    assert Session.objects.get().contact_inscription == monde.contact


def test_sans_autre_choix_la_page_dit_quoi_faire(client_, monde):
    assert "Il n'y a pas d'autre choix" in texte(
        client_.get(f"/carnet/contacts/{monde.contact.pk}/remplacer/")
    )
    nadia = nouveau(monde)
    assert "il n'y a rien à remplacer" in texte(
        client_.get(f"/carnet/contacts/{nadia.pk}/remplacer/?par={monde.contact.pk}")
    )


@pytest.mark.django_db(transaction=True)
def test_remplacer_attend_les_verrous_dans_l_ordre():
    monde = Monde()
    accueil, nadia = nouveau(monde, "Accueil"), nouveau(monde)
    session = monde.session(contact_inscription=accueil)
    vu = apercu(accueil, nadia).empreinte
    pris, lacher = threading.Event(), threading.Event()

    def tenir(modele, pk):
        try:
            with transaction.atomic():
                modele.objects.select_for_update(no_key=True).get(pk=pk)
                pris.set()
                lacher.wait(10)
        finally:
            connection.close()

    for modele, pk in ((Offre, monde.offre.pk), (Action, monde.action.pk), (Session, session.pk)):
        pris.clear(), lacher.clear()
        fil = threading.Thread(target=tenir, args=(modele, pk))
        fil.start()
        assert pris.wait(10)
        with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
            with connection.cursor() as curseur:
                curseur.execute("SET LOCAL lock_timeout = '300ms'")
            remplacer(accueil, nadia, vu=vu, par=monde.gestionnaire)
        lacher.set()
        fil.join()
    assert remplacer(accueil, nadia, vu=vu, par=monde.gestionnaire).nombre() == 1
    Contact.objects.filter(pk=accueil.pk).delete()
    with pytest.raises(ApercuPerime):
        remplacer(accueil, nadia, vu=vu, par=monde.gestionnaire)


# --- Deletion ---


def test_supprimer_ce_qui_sert_est_refuse(client_, monde):
    nadia = nouveau(monde)
    monde.session("printemps", contact_inscription=nadia)
    adresse = f"/carnet/contacts/{nadia.pk}/supprimer/"
    page = texte(client_.get(adresse))
    assert (
        "Suppression impossible : ce contact sert encore (1\u00a0utilisation)." in page
        and f"/carnet/contacts/{nadia.pk}/remplacer/" in page
    )
    assert "printemps" in page and "bouton-danger" not in page
    assert (
        "remplacez-le d'abord" in texte(client_.post(adresse, follow=True))
        and Contact.objects.filter(pk=nadia.pk).exists()
    )
    with pytest.raises(ProtectedError):
        nadia.delete()


@pytest.mark.django_db(transaction=True)
def test_qui_commence_a_servir_pendant_qu_on_supprime_reste(client, connecter):
    monde = Monde()
    session, nadia = monde.session(), nouveau(monde)
    client_ = connecter(monde.gestionnaire)
    with juste_avant(
        'DELETE FROM "organismes_contact"',
        lambda: Session.objects.filter(pk=session.pk).update(contact_inscription=nadia),
    ):
        reponse = client_.post(f"/carnet/contacts/{nadia.pk}/supprimer/", follow=True)
    assert "Des fiches utilisent ce contact : remplacez-le d'abord." in texte(reponse)
    assert Session.objects.get().contact_inscription == nadia


@pytest.mark.django_db(transaction=True)
def test_qui_disparait_pendant_qu_on_le_choisit_se_dit(client, connecter):
    monde = Monde()
    session, nadia = monde.session(), nouveau(monde)
    client_ = connecter(monde.gestionnaire)
    adresse = f"/catalogue/sessions/{session.pk}/modifier/"
    preuve = html.unescape(
        re.search(r'name="verification" value="([^"]+)"', client_.get(adresse).content.decode())[1]
    )
    donnees = {
        "identifiant": "s1", "verification": preuve, "date_debut": f"{session.date_debut:%d/%m/%Y}",
        "date_fin": f"{session.date_fin:%d/%m/%Y}",
        "garantie": "oui", "contact_inscription": nadia.pk, "adresse_inscription": monde.lieu.pk,
        "operation": "enregistrer",
    }  # fmt: skip
    with juste_avant('UPDATE "sessions_app_session"', lambda: Contact.objects.filter(pk=nadia.pk).delete()):
        reponse = client_.post(adresse, donnees)
    assert reponse.status_code == 422 and "Ce choix vient d'être supprimé" in texte(reponse)
    assert Session.objects.get().contact_inscription == monde.contact
