"""Tests of concurrent operations on real connections.

Nothing is done twice, nothing is lost, and there is no deadlock.
"""

import random
import threading
from collections import Counter
from copy import copy

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError, connection

from catalogue.cycle_de_vie import OperationRefusee, executer
from catalogue.fusion import Divergences
from catalogue.models import Action, Offre
from organismes.droits import Operation
from sessions_app.models import Session
from tests.conftest import Monde, quantite


def ensemble(*taches):
    """Run the tasks in parallel, each on its own connection.

    Return the exception of each task, or None.
    """
    barriere, leves = threading.Barrier(len(taches)), [None] * len(taches)

    def courir(rang, tache):
        try:
            with connection.cursor() as curseur:
                # A deadlock or an endless wait must raise an error, not block the test.
                curseur.execute("SET lock_timeout = '20s'")
            barriere.wait(20)
            tache()
        except Exception as erreur:
            leves[rang] = erreur
        finally:
            connection.close()

    fils = [threading.Thread(target=courir, args=lot) for lot in enumerate(taches)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(120)
    assert not any(isinstance(leve, OperationalError) for leve in leves), leves
    return leves


@pytest.mark.exigence("D-17")
@pytest.mark.django_db(transaction=True)
def test_vingt_ouvertures_simultanees_de_cinquante_sessions():
    monde = Monde()
    cles = [monde.session(f"s{rang}").pk for rang in range(50)]
    reussites = []

    def tout_ouvrir(graine):
        ordre = random.Random(graine).sample(cles, len(cles))
        for pk in ordre:
            try:
                executer(
                    Session.objects.select_related("action__offre").get(pk=pk),
                    Operation.OUVRIR,
                    par=monde.gestionnaire,
                )
                reussites.append(pk)
            except OperationRefusee as refusee:
                assert "déjà ouverte" in str(refusee)

    assert ensemble(*(lambda graine=graine: tout_ouvrir(graine) for graine in range(20))) == [None] * 20
    assert sorted(reussites) == sorted(cles)
    lignes = Session.pgh_event_model.objects.filter(ouverte=True)
    assert sorted(lignes.values_list("pgh_obj_id", flat=True)) == sorted(cles)
    for modele in (Offre, Action):
        assert modele.pgh_event_model.objects.filter(statut="active").count() == 1


@pytest.mark.exigence("D-11", "D-13")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("niveau", ["offre", "action"])
def test_ouvrir_pendant_que_le_parent_s_archive(niveau):
    monde = Monde()
    for tour in range(12):
        offre = monde.nouvelle_offre(f"O{tour}")
        monde.offre = offre
        action = monde.nouvelle_action(f"A{tour}")
        sessions = [monde.session(f"s{rang}", action=action) for rang in range(3)]
        parent = {"offre": offre, "action": action}[niveau]
        ouvrir = [
            lambda s=s: executer(Session.objects.get(pk=s.pk), Operation.OUVRIR, par=monde.gestionnaire)
            for s in sessions
        ]

        def archiver(parent=parent):
            return executer(
                type(parent).objects.get(pk=parent.pk), Operation.ARCHIVER, par=monde.gestionnaire
            )

        leves = ensemble(*ouvrir[:2], archiver, ouvrir[2])
        assert all(leve is None or isinstance(leve, OperationRefusee) for leve in leves), leves
        assert (
            not Session.objects.filter(action=action, statut="active")
            .exclude(action__statut="active", action__offre__statut="active")
            .exists()
        )
        assert not Session.objects.filter(action=action).exclude(statut="archivee").exists()


@pytest.mark.exigence("D-14")
@pytest.mark.django_db(transaction=True)
def test_ajouter_ou_modifier_pendant_que_le_parent_disparait():
    monde = Monde()
    for tour in range(12):
        monde.offre = monde.nouvelle_offre(f"O{tour}")
        action = monde.nouvelle_action(f"A{tour}")
        session = monde.session("s", action=action)
        leves = ensemble(
            lambda action=action: monde.session(
                "t", action=Action.objects.select_related("offre").get(pk=action.pk)
            ),
            lambda session=session: executer(
                Session.objects.get(pk=session.pk),
                Operation.MODIFIER,
                par=monde.gestionnaire,
                valeurs={"garantie": False},
            ),
            lambda offre=monde.offre: executer(
                Offre.objects.get(pk=offre.pk), Operation.SUPPRIMER, par=monde.gestionnaire
            ),
        )
        assert all(
            leve is None or isinstance(leve, OperationRefusee | ObjectDoesNotExist) for leve in leves
        ), leves
        assert (
            not Session.objects.filter(action=action.pk).exists()
            and not Action.objects.filter(pk=action.pk).exists()
        )


TOURS = quantite(1000, 250)
CHAMPS = {
    Offre: ("intitule", "points_forts", "objectif"),
    Action: ("acces_handicapes", "restauration", "transport"),
}


def l_une_apres_l_autre(ordre, bases, saisies):
    """Return the expected result of two saves made in this order.

    It is (fields that each user must choose, values written).
    """
    ecrit, choix = {modele: dict(base) for modele, base in bases.items()}, {}
    for qui in ordre:
        modele, valeurs = saisies[qui]
        changes = {champ: valeur for champ, valeur in valeurs.items() if valeur != bases[modele][champ]}
        choix[qui] = {
            champ
            for champ, valeur in changes.items()
            if ecrit[modele][champ] not in (bases[modele][champ], valeur)
        }
        if not choix[qui]:
            ecrit[modele] |= changes
    return choix, ecrit


@pytest.mark.exigence("D-17")
@pytest.mark.django_db(transaction=True)
def test_mille_entrelacements_de_deux_personnes():
    monde, hasard, rendez_vous = Monde(), random.Random(20270914), threading.Barrier(3)
    fiches, saisies, choix = {Offre: monde.offre, Action: monde.action}, {}, {}
    issues = Counter()

    def editer(qui):
        for _ in range(TOURS):
            rendez_vous.wait(20)
            modele, valeurs = saisies[qui]
            fiche = fiches[modele]
            try:
                executer(
                    copy(fiche),
                    Operation.MODIFIER,
                    par=monde.gestionnaire,
                    valeurs=valeurs,
                    version=fiche.version,
                )
                choix[qui] = set()
            except Divergences as divergences:
                choix[qui] = {divergence.champ for divergence in divergences.divergences}
            rendez_vous.wait(20)

    def saisir(qui, tour, bases):
        modele = hasard.choice([Offre, Offre, Action])
        touches = hasard.sample(CHAMPS[modele], hasard.randint(0, 3))
        # Sometimes both type the same text, which is not a conflict.
        return modele, bases[modele] | {
            champ: hasard.choice([f"{champ} {tour} {qui}", f"{champ} {tour}"]) for champ in touches
        }

    def relire():
        fiches.update({modele: modele.objects.get(pk=fiche.pk) for modele, fiche in fiches.items()})
        fiches[Action].offre = fiches[Offre]
        return {
            modele: {champ: getattr(fiche, champ) for champ in CHAMPS[modele]}
            for modele, fiche in fiches.items()
        }

    def arbitrer():
        ecrit = relire()
        for tour in range(TOURS):
            bases = ecrit
            saisies.update({qui: saisir(qui, tour, bases) for qui in "ab"})
            rendez_vous.wait(20)
            rendez_vous.wait(20)
            ecrit = relire()
            # The result must be that of one of the two orders, and the user who loses a field must be told.
            assert (choix, ecrit) in [l_une_apres_l_autre(ordre, bases, saisies) for ordre in ("ab", "ba")]
            issues["réunies" if not any(choix.values()) else "à choisir"] += 1

    assert ensemble(lambda: editer("a"), lambda: editer("b"), arbitrer) == [None] * 3
    assert sum(issues.values()) == TOURS and min(issues["réunies"], issues["à choisir"]) > TOURS / 20
