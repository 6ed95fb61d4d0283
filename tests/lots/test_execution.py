"""Tests of the operations on many records: the same conditions and the same effects as one by one (D-40)."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from edof.horloge import aujourd_hui
from lots import execution
from lots.annulation import annuler
from lots.execution import arreter, avancer, demander, executer_lot
from lots.models import Etat, Issue, Lot
from lots.repetition import raconter
from lots.tasks import executer_les_lots, purger_les_lots
from organismes.droits import Operation, Role
from organismes.models import Adresse, Contact
from sessions_app.models import Programmation, Session
from sessions_app.programmation import programmer
from tests.conftest import Monde
from tests.lots.monde import faire, faire_annuler, issues, nouveau_lot, photo


@pytest.mark.exigence("D-40")
def test_ce_qui_a_change_depuis_le_choix_est_refuse_seul(monde: Monde) -> None:
    sessions = [monde.session(f"s{n}") for n in range(4)]
    lot = nouveau_lot(monde, "ouvrir", Session.objects.order_by("pk"))
    executer(sessions[1], Operation.MODIFIER, par=monde.gestionnaire, valeurs={"garantie": False})
    executer(sessions[2], Operation.SUPPRIMER, par=monde.gestionnaire)
    faire(lot)
    assert [issue for issue, _ in issues(lot).values()] == ["faite", "refusee", "refusee", "faite"]
    assert [ligne.code for ligne in lot.lignes.all()] == ["", "changee", "disparue", ""]
    assert "modifiée depuis" in lot.lignes.get(cle=sessions[1].pk).phrase


def test_le_nombre_de_requetes_d_un_ensemble_ne_suit_pas_le_nombre_de_fiches(monde: Monde) -> None:
    nombres = []
    for combien in (2, 30):
        monde.offre = monde.nouvelle_offre(f"O{combien}")
        action = monde.nouvelle_action(f"A{combien}")
        for n in range(combien):
            monde.session(f"s{n}", action=action)
        lot = nouveau_lot(monde, "ouvrir", action.sessions.order_by("pk"))
        demander(lot)
        with CaptureQueriesContext(connection) as lues:
            avancer(lot.pk)
        nombres.append(len(lues))
        assert lot.comptes()[Issue.FAITE] == combien
    assert nombres[0] == nombres[1] <= 20


def test_un_lot_interrompu_reprend_ou_il_en_etait(monde: Monde, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(7):
        monde.session(f"s{n}")
    monkeypatch.setattr(execution, "TAILLE", 2)
    lot = nouveau_lot(monde, "ouvrir", Session.objects.order_by("pk"))
    demander(lot)
    avancer(lot.pk)
    ecrire, coupures = execution.ecrire, []

    def coupe(*args: object) -> None:
        if not coupures:
            coupures.append(1)
            raise SystemExit
        ecrire(*args)

    monkeypatch.setattr(execution, "ecrire", coupe)
    with pytest.raises(SystemExit):
        avancer(lot.pk)
    assert lot.comptes()[Issue.FAITE] == Session.objects.filter(ouverte=True).count() == 2
    executer_les_lots()
    assert lot.comptes()[Issue.FAITE] == Session.objects.filter(ouverte=True).count() == 7
    contextes = set(
        Session.pgh_event_model.objects.filter(ouverte=True).values_list("pgh_context", flat=True)
    )
    assert contextes == {lot.contexte}, "one context of the history for all the sets"
    lot.refresh_from_db()
    assert lot.etat == Etat.FINI
    assert not demander(lot), "what is done is not asked for again"


def test_un_lot_arrete_garde_ce_qui_est_fait_et_reprend(
    monde: Monde, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        monde.session(f"s{n}")
    monkeypatch.setattr(execution, "TAILLE", 2)
    lot = nouveau_lot(monde, "ouvrir", Session.objects.order_by("pk"))
    demander(lot)
    avancer(lot.pk)
    arreter(lot)
    assert not avancer(lot.pk)
    assert lot.comptes()[Issue.A_FAIRE] == 3
    assert demander(lot)
    executer_lot(lot.pk)
    assert lot.comptes()[Issue.FAITE] == 5


def test_sans_le_droit_rien_n_est_fait(monde: Monde) -> None:
    monde.session()
    redacteur = monde.personne("redacteur", Role.REDACTEUR)
    lot = nouveau_lot(monde, "ouvrir", Session.objects.all(), par=redacteur)
    with pytest.raises(PermissionDenied):
        raconter(lot)
    faire(lot)
    assert issues(lot) == {
        Session.objects.get().pk: (
            "refusee",
            "Votre rôle ne permet pas l'opération « Ouvrir à l'inscription ».",
        )
    }
    lot = nouveau_lot(monde, "ouvrir", Session.objects.all())
    demander(lot)
    monde.gestionnaire.membres.all().delete()
    executer_lot(lot.pk)
    assert lot.comptes()[Issue.REFUSEE] == 1
    assert not Session.objects.filter(ouverte=True).exists()


def test_la_fiche_d_un_autre_organisme_n_est_jamais_touchee(monde: Monde) -> None:
    autre = Monde("Autre", "73282932000074")
    session = autre.session()
    lot = nouveau_lot(monde, "ouvrir", Session.objects.filter(pk=session.pk))
    faire(lot)
    assert lot.lignes.get().code == "disparue"
    session.refresh_from_db()
    assert not session.ouverte


@pytest.mark.exigence("D-48")
def test_annuler_laisse_ce_qui_a_change_depuis_et_dit_pourquoi(monde: Monde) -> None:
    sessions = [monde.session(f"s{n}") for n in range(4)]
    lot = faire(nouveau_lot(monde, "archiver", Session.objects.order_by("pk")))
    executer(Session.objects.get(pk=sessions[0].pk), Operation.DESARCHIVER, par=monde.gestionnaire)
    executer(Session.objects.get(pk=sessions[1].pk), Operation.SUPPRIMER, par=monde.gestionnaire)
    retour = faire_annuler(lot, monde)
    assert [ligne.code for ligne in retour.lignes.all()] == ["changee", "disparue", "", ""]
    assert [s.statut for s in Session.objects.order_by("pk")] == ["brouillon", "validee", "validee"]
    assert annuler(lot, par=monde.gestionnaire) == retour, "a second click undoes nothing more"


def test_annuler_rend_aux_parents_leur_statut_quand_rien_n_est_plus_actif_dessous(monde: Monde) -> None:
    for n in range(3):
        monde.session(f"s{n}")
    lot = faire(nouveau_lot(monde, "ouvrir", Session.objects.order_by("pk")))
    assert Offre.objects.get().statut == Action.objects.get().statut == "active"
    gardee = Session.objects.order_by("pk").first()
    executer(gardee, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"garantie": False})
    faire_annuler(lot, monde)
    assert [s.statut for s in Session.objects.order_by("pk")] == ["active", "validee", "validee"]
    assert Offre.objects.get().statut == Action.objects.get().statut == "active"


def test_une_entree_supprimee_depuis_empeche_seulement_ce_qui_y_menait(monde: Monde) -> None:
    ancien = Contact.objects.create(organisme=monde.organisme, nom="Ancien", courriel="a@ilvm.example")
    monde.session("s1", contact_inscription=ancien)
    monde.session("s2")
    parametres = {"champs": {"contact_inscription": monde.contact.pk, "garantie": False}}
    lot = faire(nouveau_lot(monde, "changer", Session.objects.order_by("pk"), **parametres))
    ancien.delete()
    retour = faire_annuler(lot, monde)
    assert [ligne.code for ligne in retour.lignes.all()] == ["lien", ""]


def test_decaler_garde_la_duree_et_saute_au_jour_ouvre(monde: Monde) -> None:
    debut = aujourd_hui().replace(month=4, day=26, year=2027)
    monde.session("s1", date_debut=debut, date_fin=debut.replace(day=30))
    faire(nouveau_lot(monde, "decaler", Session.objects.all(), nombre=5, unite="jours", ouvre=True))
    session = Session.objects.get()
    # 1 May 2027 is a Saturday and a public holiday: Monday 3.
    assert (str(session.date_debut), str(session.date_fin)) == ("2027-05-03", "2027-05-07")


@pytest.mark.parametrize(
    ("regle", "montant", "base", "arrondi", "attendu"),
    [
        ("pourcent", "3", "ht", "euro", ("1030.00", "1236.00")),
        ("pourcent", "3", "ttc", "centime", ("1030.00", "1236.00")),
        ("euros", "12.34", "ht", "cinq", ("1012.50", "1215.00")),
        ("euros", "-100", "ttc", "quatre_vingt_dix", ("916.58", "1099.90")),
        ("egal", "990", "ht", "centime", ("990.00", "1188.00")),
        ("pourcent", "-100", "ht", "centime", ("0.00", "0.00")),
    ],
)
def test_le_prix_se_calcule_sur_sa_base_et_s_arrondit_sur_le_ttc(
    monde: Monde, regle: str, montant: str, base: str, arrondi: str, attendu: tuple[str, str]
) -> None:
    executer(
        monde.action, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"ht_20": 1000, "ttc_20": 1200}
    )
    parametres = {"regle": regle, "montant": montant, "base": base, "taux": ["20", "5_5"], "arrondi": arrondi}
    faire(nouveau_lot(monde, "prix", Action.objects.all(), **parametres))
    action = Action.objects.get()
    assert (str(action.ht_20), str(action.ttc_20)) == attendu
    assert (str(action.total_ht), str(action.total_ttc)) == attendu


def test_un_prix_ne_devient_pas_negatif_et_une_ligne_vide_reste_vide(monde: Monde) -> None:
    parametres = {"regle": "euros", "base": "ttc", "arrondi": "centime"}
    lot = faire(nouveau_lot(monde, "prix", Action.objects.all(), montant="-6000", taux=["20"], **parametres))
    assert lot.lignes.get().code == "prix-negatif"
    lot = faire(nouveau_lot(monde, "prix", Action.objects.all(), montant="1", taux=["5_5"], **parametres))
    assert lot.lignes.get().code == "sans-prix"


def test_la_suppression_en_nombre_est_une_ligne_de_la_corbeille(monde: Monde) -> None:
    for n in range(3):
        monde.session(f"s{n}")
    lot = faire(nouveau_lot(monde, "supprimer", Session.objects.order_by("pk")))
    (suppression,) = monde.organisme.suppressions.all()
    assert (suppression.identifiant, suppression.emportees) == ("3 sessions", {"session": 3})
    faire_annuler(lot, monde)
    assert Session.objects.count() == 3
    assert not monde.organisme.suppressions.exists()


def test_dupliquer_vers_d_autres_actions_puis_annuler(monde: Monde) -> None:
    sessions = [monde.session(f"s{n}", ouverte=n == 0) for n in range(3)]
    autres = [monde.nouvelle_action("A2"), monde.nouvelle_action("A3")]
    monde.session("S2", action=autres[1])
    lot = nouveau_lot(
        monde, "dupliquer", Session.objects.filter(action=monde.action).order_by("pk"),
        actions=[action.pk for action in (monde.action, *autres)],
    )  # fmt: skip
    avant = photo()
    assert [len(groupe.lignes) for groupe in raconter(lot).groupes] == [1]
    assert photo() == avant
    faire(lot)
    assert [ligne.issue for ligne in lot.lignes.all()] == ["faite", "faite", "refusee"]
    assert "L'action « A3 » a déjà une session de cet identifiant." in lot.lignes.last().phrase
    copies = Session.objects.filter(action__in=autres).exclude(identifiant="S2")
    assert sorted((c.action.identifiant, c.identifiant, c.statut, c.ouverte) for c in copies) == [
        ("A2", "s0", "validee", False), ("A2", "s1", "validee", False),
        ("A3", "s0", "validee", False), ("A3", "s1", "validee", False),
    ]  # fmt: skip
    assert copies.filter(date_debut=sessions[0].date_debut).count() == 4
    executer(copies.get(action=autres[0], identifiant="s1"), Operation.ARCHIVER, par=monde.gestionnaire)
    retour = faire_annuler(lot, monde)
    assert [(ligne.issue, ligne.code) for ligne in retour.lignes.all()] == [
        ("faite", ""),
        ("refusee", "changee"),
    ]
    assert Session.objects.filter(action__in=autres).exclude(identifiant="S2").count() == 2


def test_un_compte_rendu_de_plus_de_quatre_vingt_dix_jours_est_efface(monde: Monde) -> None:
    lot = nouveau_lot(monde, "ouvrir", Session.objects.all())
    purger_les_lots()
    assert Lot.objects.filter(pk=lot.pk).exists()
    Lot.objects.update(cree_le=lot.cree_le.replace(year=lot.cree_le.year - 1))
    purger_les_lots()
    assert not Lot.objects.exists()


def test_programmer_en_nombre_puis_annuler(monde: Monde) -> None:
    sessions = [monde.session(f"s{n}", ouverte=n == 2) for n in range(3)]
    jour = aujourd_hui() + dt.timedelta(10)
    avant = photo()
    parametres = {"operation": "ouvrir", "jour": jour.isoformat(), "quoi": "ouvrir"}
    lot = nouveau_lot(monde, "programmer", Session.objects.order_by("pk"), **parametres)
    assert len(raconter(lot).pretes) == 2
    faire(lot)
    assert [ligne.issue for ligne in lot.lignes.all()] == ["faite", "faite", "inchangee"]
    assert photo() == avant
    assert Programmation.objects.prevues().filter(jour=jour, operation="ouvrir").count() == 2
    executer(Session.objects.get(pk=sessions[0].pk), Operation.OUVRIR, par=monde.gestionnaire)
    retour = faire_annuler(lot, monde)
    assert [ligne.code for ligne in retour.lignes.all()] == ["changee", ""]
    assert not Programmation.objects.prevues().exists()


def test_une_operation_en_nombre_annule_ce_qui_etait_programme(monde: Monde) -> None:
    sessions = [monde.session(f"s{n}") for n in range(2)]
    programmer(sessions, Operation.OUVRIR, aujourd_hui() + dt.timedelta(10), monde.gestionnaire)
    faire(nouveau_lot(monde, "archiver", Session.objects.order_by("pk")))
    assert not Programmation.objects.prevues().exists()


def test_annuler_un_lot_annule_ce_qui_a_ete_programme_depuis(monde: Monde) -> None:
    session = monde.session()
    lot = faire(nouveau_lot(monde, "ouvrir", Session.objects.order_by("pk")))
    programmer([session], Operation.FERMER, aujourd_hui() + dt.timedelta(10), monde.gestionnaire)
    faire_annuler(lot, monde)
    assert list(Programmation.objects.values_list("etat", flat=True)) == ["annulee"]


@pytest.mark.exigence("D-44")
def test_un_prix_qui_rend_deux_actions_identiques_avertit(monde: Monde) -> None:
    # ACTION-1 costs 5,000: A2 is made 4,000, A3 another place, A4 archived.
    a2, a3, a4 = (monde.nouvelle_action(nom) for nom in ("A2", "A3", "A4"))
    ailleurs = Adresse.objects.get(pk=monde.lieu.pk)
    ailleurs.pk, ailleurs.titre, ailleurs.identifiant_normalise = None, "Ailleurs", "ailleurs"
    ailleurs.save()
    prix = {"ht_20": None, "ttc_20": 4000}
    executer(a2, Operation.MODIFIER, par=monde.gestionnaire, valeurs=prix)
    executer(a3, Operation.MODIFIER, par=monde.gestionnaire, valeurs={**prix, "lieu_de_formation": ailleurs})
    executer(a4, Operation.ARCHIVER, par=monde.gestionnaire)
    parametres = {"regle": "pourcent", "montant": "25", "base": "ttc", "taux": ["20"], "arrondi": "centime"}
    lot = nouveau_lot(
        monde, "prix", Action.objects.filter(pk__in=[a2.pk, a3.pk]).order_by("pk"), **parametres
    )
    dites = raconter(lot).jumelles
    assert [(j.nom, j.identifiant, j.code) for j in dites] == [("A2", "ACTION-1", "30056")]
    faire(lot)
    assert [(ligne.nom, ligne.issue, ligne.code) for ligne in lot.lignes.all()] == [
        ("A2", "faite", "30056"),
        ("A3", "faite", ""),
    ]
    assert lot.lignes.first().phrase == dites[0].phrase
    # They are twins already: a raise of both says nothing more.
    memes = Action.objects.filter(pk__in=[monde.action.pk, a2.pk]).order_by("pk")
    encore = nouveau_lot(monde, "prix", memes, **parametres)
    assert raconter(encore).jumelles == []
    # Fixed at one price, they are twins of each other, in whatever set each is executed.
    executer(relue(a2), Operation.MODIFIER, par=monde.gestionnaire, valeurs={"ht_20": None, "ttc_20": 700})
    pareil = {**parametres, "regle": "egal", "montant": "990"}
    fixe = nouveau_lot(monde, "prix", memes, **pareil)
    assert {(j.nom, j.identifiant) for j in raconter(fixe).jumelles} == {
        ("ACTION-1", "A2"),
        ("A2", "ACTION-1"),
    }
    faire(fixe)
    assert {ligne.code for ligne in fixe.lignes.all()} == {"30056"}


@pytest.mark.exigence("D-44")
def test_un_lieu_change_rend_voisines_des_actions_de_presque_meme_duree(monde: Monde) -> None:
    ailleurs = Adresse.objects.get(pk=monde.lieu.pk)
    ailleurs.pk, ailleurs.titre, ailleurs.identifiant_normalise = None, "Ailleurs", "ailleurs"
    ailleurs.save()
    for nom, duree in (("A2", 409), ("A3", 410)):
        valeurs = {"lieu_de_formation": ailleurs, "duree_totale": duree, "ht_20": None, "ttc_20": 100 + duree}
        executer(monde.nouvelle_action(nom), Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)
    choisies = Action.objects.exclude(pk=monde.action.pk).order_by("pk")
    parametres = {"champs": {"lieu_de_formation": monde.lieu.pk}}
    lot = nouveau_lot(monde, "changer", choisies, **parametres)
    # A2 and A3 were neighbours already; ten hours exactly are another length.
    assert [(j.nom, j.identifiant, j.code) for j in raconter(lot).jumelles] == [("A2", "ACTION-1", "30057")]
    faire(lot)
    assert [ligne.code for ligne in lot.lignes.all()] == ["30057", ""]


def relue(action: Action) -> Action:
    return Action.objects.get(pk=action.pk)
