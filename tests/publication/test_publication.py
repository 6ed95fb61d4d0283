"""Tests of the publication: on the right day, once, in all cases (D-20 to D-25)."""

import datetime as dt
import re

import pytest
from django.core.management import call_command

from catalogue.cycle_de_vie import executer
from catalogue.models import Action
from edof.horloge import PARIS, a_l_instant, maintenant
from organismes.droits import Operation
from organismes.models import Adresse, Contact, Organisme
from organismes.models.remplacement import apercu, remplacer
from publication.diagnostic import diagnostic
from publication.jours import PublicationImpossible, jours_dus
from publication.models import Contenu, Parution, Passage
from publication.passages import publier
from publication.visibilite import avec_visibilite, conditions, publiques
from sessions_app.models import Session
from tests.conftest import Monde
from tests.outils import texte as lire


def a(jour, heure="12:00:00"):
    return a_l_instant(
        dt.datetime.combine(dt.date.fromisoformat(jour), dt.time.fromisoformat(heure), tzinfo=PARIS)
    )


def jour(texte):
    return dt.date.fromisoformat(texte)


@pytest.fixture
def ancien(db):
    with a("2027-01-04"):
        return Monde()


@pytest.mark.exigence("D-20", "D-22", "S-107", "S-125")
@pytest.mark.parametrize(
    ("instant", "premier_jour"),
    [(("2027-03-10", "23:59:59"), "2027-03-11"), (("2027-03-11", "00:00:00"), "2027-03-12")],
)
def test_la_frontiere_est_minuit_a_paris(ancien, instant, premier_jour):
    with a(*instant):
        session = ancien.session(ouverte=True)
    for texte in ("2027-03-11", "2027-03-12"):
        with a(texte, "05:00:00"):
            publier(jour(texte), par="test")
    assert Parution.objects.get(session=session.pk).du == jour(premier_jour)


@pytest.mark.exigence("D-22")
@pytest.mark.parametrize("nuit", ["2027-03-28", "2027-10-31"])
def test_les_nuits_de_changement_d_heure(ancien, nuit):
    veille = jour(nuit) - dt.timedelta(1)
    with a(veille.isoformat(), "23:59:59"):
        session = ancien.session(ouverte=True)
    with a(nuit, "00:00:00"):
        autre = ancien.session("s2", ouverte=True)
    with a(nuit, "05:00:00"):
        assert jours_dus() == [jour(nuit)]
        publier(jour(nuit), par="test")
    assert list(Parution.objects.values_list("session", "du")) == [(session.pk, jour(nuit))]
    with a((jour(nuit) + dt.timedelta(1)).isoformat(), "05:00:00"):
        publier(jour(nuit) + dt.timedelta(1), par="test")
    assert Parution.objects.filter(session=autre.pk).exists()


@pytest.mark.exigence("D-22")
def test_deux_fois_en_retard_ou_en_rattrapage_le_meme_etat(ancien):
    with a("2027-03-10"):
        session = ancien.session(ouverte=True)
        publier(jour("2027-03-10"), par="test")
    with a("2027-03-12"):
        executer(
            session,
            Operation.MODIFIER,
            par=ancien.gestionnaire,
            valeurs={"modalites_particulieres": "Le samedi"},
        )
    with a("2027-03-14", "15:00:00"):
        assert [p.jour.day for p in publier(jour("2027-03-14"), par="test")] == [11, 12, 13, 14]
        assert publier(jour("2027-03-14"), par="test") == []
    assert list(
        Parution.objects.order_by("du").values_list("du", "au", "contenu__modalites_particulieres")
    ) == [
        (jour("2027-03-11"), jour("2027-03-13"), ""),
        (jour("2027-03-13"), None, "Le samedi"),
    ]
    assert list(Passage.objects.order_by("jour").values_list("parues", "modifiees", "retirees")) == [
        (0, 0, 0), (1, 0, 0), (0, 0, 0), (0, 1, 0), (0, 0, 0),
    ]  # fmt: skip


@pytest.mark.exigence("D-21")
def test_ce_qui_est_modifie_apres_minuit_attend_le_lendemain(ancien):
    with a("2027-03-10"):
        session = ancien.session(ouverte=True)
    with a("2027-03-11", "01:00:00"):
        executer(
            session,
            Operation.MODIFIER,
            par=ancien.gestionnaire,
            valeurs={"modalites_particulieres": "Nouveau"},
        )
    with a("2027-03-11", "05:00:00"):
        publier(jour("2027-03-11"), par="test")
        assert Parution.objects.get(au=None).contenu["modalites_particulieres"] == ""
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
        assert Parution.objects.get(au=None).contenu["modalites_particulieres"] == "Nouveau"


@pytest.mark.exigence("S-120", "S-39")
@pytest.mark.parametrize("operation", [Operation.FERMER, Operation.ARCHIVER])
def test_disparaitre_est_immediat(ancien, operation):
    with a("2027-03-10"):
        session = ancien.session(ouverte=True)
        assert not publiques().exists()
    with a("2027-03-11", "05:00:00"):
        publier(jour("2027-03-11"), par="test")
        assert publiques().count() == 1
        executer(session, operation, par=ancien.gestionnaire)
        assert not publiques().exists()


@pytest.mark.exigence("D-20")
@pytest.mark.parametrize(("reouverture", "visible"), [("2027-03-12", True), ("2027-03-13", False)])
def test_rouvrir_le_jour_meme_remet_en_ligne_un_autre_jour_attend(ancien, reouverture, visible):
    with a("2027-03-10"):
        session = ancien.session(ouverte=True)
    with a("2027-03-12", "10:00:00"):
        publier(jour("2027-03-12"), par="test")
        session = executer(session, Operation.FERMER, par=ancien.gestionnaire)
    with a(reouverture, "11:00:00"):
        executer(session, Operation.OUVRIR, par=ancien.gestionnaire)
        assert publiques().exists() is visible
    with a("2027-03-14", "05:00:00"):
        publier(jour("2027-03-14"), par="test")
        assert publiques().count() == 1


@pytest.mark.exigence("S-121", "D-09")
def test_la_modalite_de_l_action_change_le_passage_retire_la_session(ancien):
    with a("2027-03-10"):
        ancien.session(ouverte=True)
    with a("2027-03-11", "06:00:00"):
        publier(jour("2027-03-11"), par="test")
        action = Action.objects.get()
        executer(
            action,
            Operation.MODIFIER,
            par=ancien.gestionnaire,
            valeurs={"modalites_entrees_sorties": "permanentes"},
        )
    with a("2027-03-12", "06:00:00"):
        (passage,) = publier(jour("2027-03-12"), par="test")
        assert (passage.retirees, passage.retenues) == (1, {"permanente-sans-dates": 1})
        assert Session.objects.get().statut == "active"


@pytest.mark.exigence("D-24")
def test_une_session_commencee_est_retiree_et_reste_active(ancien):
    with a("2027-03-10"):
        ancien.session(ouverte=True, date_debut=jour("2027-03-12"), date_fin=jour("2027-03-20"))
    for texte, visibles in (("2027-03-11", 1), ("2027-03-12", 1), ("2027-03-13", 0)):
        with a(texte, "06:00:00"):
            publier(jour(texte), par="test")
            assert publiques().count() == visibles
    assert Session.objects.get().statut == "active"


@pytest.mark.exigence("D-23")
def test_le_diagnostic_nomme_la_condition_qui_manque(ancien):
    with a("2027-03-10"):
        session = ancien.session(ouverte=True)
        constats = {c.slug: c for c in diagnostic(session)}
        assert [c.slug for c in constats.values()] == [c.slug for c in conditions(jour("2027-03-10"))]
        assert constats.pop("passage-effectue").date == jour("2027-03-11")
        assert constats.pop("permanente-sans-dates").etat == "sans-objet"
        assert {c.etat for c in constats.values()} == {"ok"}
        ancien.organisme.suspendu = True
        ancien.organisme.save()
        assert [c.slug for c in diagnostic(session) if c.etat == "non"] == ["organisme-autorise"]


@pytest.mark.exigence("S-36")
def test_active_et_visible_sont_deux_faits(ancien):
    with a("2027-03-10"):
        session = executer(ancien.session(ouverte=True), Operation.FERMER, par=ancien.gestionnaire)
        annotee = avec_visibilite(Session.objects.filter(pk=session.pk)).get()
        assert (annotee.statut, annotee.est_visible, annotee.sera_visible) == ("active", False, False)


def test_simuler_n_ecrit_rien_et_un_jour_a_venir_ne_se_publie_pas(ancien, capsys):
    with a("2027-03-10"):
        ancien.session(ouverte=True)
        with pytest.raises(PublicationImpossible):
            publier(jour("2027-03-11"), par="test")
        call_command("publier", "--jour", "2027-03-11", "--simulation")
        assert "1\u00a0parue," in capsys.readouterr().out
        assert not Parution.objects.exists() and not Passage.objects.exists()


def test_le_nombre_de_requetes_ne_suit_pas_le_nombre_de_sessions(ancien, django_assert_max_num_queries):
    with a("2027-03-10"):
        for rang in range(12):
            ancien.session(f"s{rang}", ouverte=True)
    with a("2027-03-11", "05:00:00"), django_assert_max_num_queries(32):
        (passage,) = publier(jour("2027-03-11"), par="test")
    assert passage.parues == 12


@pytest.mark.exigence("D-21", "D-22")
def test_une_entree_remplacee_puis_supprimee_se_lit_encore_au_passe(ancien):
    with a("2027-03-10"):
        ancien.session(ouverte=True)
        Adresse.objects.filter(pk=ancien.lieu.pk).update(indice_repetition="B", modifie_le=maintenant())
    with a("2027-03-11", "12:00:00"):
        nadia = Contact.objects.create(
            organisme=ancien.organisme,
            prenom="Nadia",
            nom="Roux",
            telephone_fixe="0149800001",
            courriel="nadia@ilvm.example",
        )
        annexe = Adresse.objects.create(
            organisme=ancien.organisme,
            titre="Annexe",
            denomination="Institut",
            ligne_5="ZA",
            code_postal="35000",
            ville="Rennes",
        )
        for ancienne, nouvelle in ((ancien.contact, nadia), (ancien.lieu, annexe)):
            remplacer(ancienne, nouvelle, vu=apercu(ancienne, nouvelle).empreinte, par=ancien.gestionnaire)
            ancienne.delete()
        # The run of the 11th, made late: at midnight Nadia did not exist yet.
        publier(jour("2027-03-11"), par="test")
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
    parutions = list(
        Parution.objects.order_by("du").values_list(
            "coordonnees__contenu__contact__courriel",
            "coordonnees__contenu__adresse__ville",
            "contenu_action__contenu",
        )
    )
    assert [(courriel, ville, action["lieu"]["ville"]) for courriel, ville, action in parutions] == [
        ("i@ilvm.example", "Chevilly Larue", "Chevilly Larue"),
        ("nadia@ilvm.example", "Rennes", "Rennes"),
    ]
    assert parutions[0][2]["lieu"]["indice_repetition"] == "B"


def test_la_page_publique_lit_les_parutions_d_avant_les_nouveaux_champs(ancien, client):
    with a("2027-03-10"):
        ancien.session(ouverte=True)
    with a("2027-03-11", "05:00:00"):
        publier(jour("2027-03-11"), par="test")
        for contenu in Contenu.objects.all():
            if "lieu" in contenu.contenu:
                for champ in (
                    "indice_repetition",
                    "pays",
                    "conformite_reglementaire",
                    "accessibilite_batimentaire",
                ):
                    del contenu.contenu["lieu"][champ]
                contenu.save()
        page = client.get(f"/formations/{ancien.action.pk}/", follow=True).content.decode()
    assert (
        "<address>Institut<br>12 avenue de la Cité<br>94550 Chevilly Larue</address>" in page
        and "01\u00a049\u00a080\u00a000\u00a000" in page
    )


# --- A formation that is no longer public ---


@pytest.mark.parametrize(
    "retrait", ["fermer", "archiver", "archiver_l_offre", "supprimer", "commencer", "suspendre"]
)
def test_une_formation_retiree_le_dit_avec_ce_qui_etait_public(ancien, client, retrait):
    with a("2027-03-10"):
        session = ancien.session(ouverte=True)
    with a("2027-03-11", "05:00:00"):
        publier(jour("2027-03-11"), par="test")
    with a("2027-03-12", "10:00:00"):
        publier(jour("2027-03-12"), par="test")
        if retrait != "commencer":
            # The changes made to the record on its last day were never public.
            executer(
                ancien.offre,
                Operation.MODIFIER,
                par=ancien.gestionnaire,
                valeurs={"intitule": "Titre jamais paru"},
            )
        if retrait == "suspendre":
            Organisme.objects.update(suspendu=True)
        elif retrait == "archiver_l_offre":
            executer(ancien.offre, Operation.ARCHIVER, par=ancien.gestionnaire)
        elif retrait == "supprimer":
            executer(ancien.offre, Operation.ARCHIVER, par=ancien.gestionnaire)
            executer(ancien.offre, Operation.SUPPRIMER, par=ancien.gestionnaire)
        elif retrait != "commencer":
            executer(session, Operation(retrait), par=ancien.gestionnaire)
    date = {"suspendre": None, "supprimer": None, "commencer": "10 mai 2027"}.get(retrait, "12 mars 2027")
    with a("2027-03-12", "11:00:00") if retrait != "commencer" else a("2027-05-10", "11:00:00"):
        if retrait == "commencer":
            publier(jour("2027-05-10"), par="test")
        reponse = client.get(f"/formations/{ancien.action.pk}/", follow=True)
        lu = lire(reponse)
        assert reponse.status_code == 410 and reponse["Cache-Control"] == "no-store"
        assert (
            "Cette formation n'est plus proposée Texte , Chevilly Larue, proposée par Institut, a été retirée"
            in lu
        )
        assert (f"a été retirée le {date} :" if date else "a été retirée :") in lu
        assert (
            "jamais paru" not in lu
            and "incident" not in lu
            and 'href="/formations/"' in reponse.content.decode()
        )
    # The next morning the run has recorded the day, whatever the reason of the withdrawal.
    with a("2027-05-11", "06:00:00"):
        publier(jour("2027-05-11"), par="test")
        assert re.search(
            "retirée le [0-9]+ (mars|mai) 2027",
            lire(client.get(f"/formations/{ancien.action.pk}/", follow=True)),
        )


def test_une_formation_retiree_mene_a_ses_autres_actions_et_l_inconnue_est_introuvable(ancien, client):
    with a("2027-03-10"):
        jamais = ancien.session("jamais-ouverte", action=ancien.nouvelle_action("JAMAIS"))
        session = ancien.session(ouverte=True)
        autre = ancien.session("s2", ouverte=True, action=ancien.nouvelle_action("ACTION-2"))
        assert client.get(f"/formations/{ancien.action.pk}/", follow=True).status_code == 404
    with a("2027-03-11", "05:00:00"):
        publier(jour("2027-03-11"), par="test")
        assert client.get(f"/formations/{ancien.action.pk}/", follow=True).status_code == 200
        executer(session, Operation.FERMER, par=ancien.gestionnaire)
        siret = ancien.organisme.siret
        adresse = f"/formations/{siret}_OFFRE-1/{siret}_ACTION-2/"
        page = client.get(f"/formations/{ancien.action.pk}/", follow=True).content.decode()
        assert f'href="{adresse}"' in page and "La même formation, ailleurs ou autrement" in page
        executer(autre, Operation.FERMER, par=ancien.gestionnaire)
        page = client.get(f"/formations/{ancien.action.pk}/", follow=True).content.decode()
        assert adresse not in page and "d'autre date aujourd'hui" in page
        for inconnue in (jamais.action_id, 987654321, 10**30):
            assert client.get(f"/formations/{inconnue}/").status_code == 404
        executer(session, Operation.OUVRIR, par=ancien.gestionnaire)
        assert client.get(f"/formations/{ancien.action.pk}/", follow=True).status_code == 200


def test_rien_n_a_encore_paru(monde, connecter):
    page = lire(connecter(monde.gestionnaire).get("/en-ligne/"))
    assert "Rien n'a encore été publié : la première publication aura lieu demain matin." in page
