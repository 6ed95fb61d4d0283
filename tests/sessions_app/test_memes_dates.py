"""Two sessions of an action with the same dates (D-44): told at every door, never refused."""

import datetime as dt

import pytest

from catalogue.cycle_de_vie import executer
from lots.repetition import raconter
from organismes.droits import Operation
from sessions_app.memes_dates import Dates, ParDates, nouvelles_pareilles, pareilles
from sessions_app.models import Session
from tests.conftest import Monde
from tests.formulaires import champs_de
from tests.lots.monde import nouveau_lot

LUNDI = dt.date(2027, 3, 1)
CINQ = dt.timedelta(4)


def semaine(rang: int) -> dict[str, dt.date]:
    debut = LUNDI + dt.timedelta(7 * rang)
    return {"date_debut": debut, "date_fin": debut + CINQ}


def test_sans_debut_on_ne_ressemble_a_personne() -> None:
    rangees = ParDates(
        [(Dates(1, None, None), "a"), (Dates(1, LUNDI, None), "b"), (Dates(1, LUNDI, None), "c")]
    )
    assert rangees.pareille(Dates(1, None, None)) is None
    assert rangees.pareille(Dates(2, LUNDI, None)) is None
    assert rangees.pareille(Dates(1, LUNDI, None)) == "b"
    assert rangees.pareille(Dates(1, LUNDI, None), lambda autre: autre != "b") == "c"


@pytest.mark.exigence("D-44")
def test_celles_d_un_ensemble_et_celles_qui_arrivent(monde: Monde) -> None:
    une, deux = (monde.session(nom, **semaine(0)) for nom in ("s1", "s2"))
    archivee = monde.session("s3", **semaine(0))
    executer(archivee, Operation.ARCHIVER, par=monde.gestionnaire)
    autre = monde.nouvelle_action("A2")
    ailleurs = monde.session("s4", action=autre, **semaine(0))
    toutes = Session.objects.non_archivees()
    assert [(p.nom, p.identifiant) for p in pareilles(toutes)] == [("s1", "s2"), ("s2", "s1")]
    arrivent = [
        (None, "n1", Dates(autre.pk, *semaine(0).values())),
        (None, "n2", Dates(autre.pk, LUNDI, LUNDI)),
    ]
    trouvees = nouvelles_pareilles(Session.objects.all(), [*arrivent, arrivent[1]])
    assert [(p.nom, p.autre) for p in trouvees] == [("n1", ailleurs.pk), ("n2", None)]
    assert trouvees[0].phrase == "Mêmes dates que « s4 » (10133)."
    assert nouvelles_pareilles(Session.objects.all(), arrivent, sauf=[ailleurs.pk]) == []


@pytest.mark.exigence("D-44")
def test_le_formulaire_avertit_quand_les_dates_le_deviennent_et_pas_apres(monde: Monde, connecter) -> None:
    monde.session("s1", **semaine(0))
    session = monde.session("s2", **semaine(1))
    client = connecter(monde.gestionnaire)
    adresse = f"/catalogue/sessions/{session.pk}/modifier/"

    def enregistrer(**champs: str) -> str:
        saisie = champs_de(client.get(adresse).content.decode()) | {"operation": "valider"} | champs
        reponse = client.post(adresse, saisie, follow=True)
        assert reponse.redirect_chain, reponse.content.decode()[:3000]
        return reponse.content.decode()

    assert "10133" not in enregistrer(modalites_particulieres="Le soir.")
    page = enregistrer(date_debut="01/03/2027", date_fin="05/03/2027")
    assert "« s2 » : Mêmes dates que « s1 » (10133)." in page and "?voir=session-" in page
    assert "10133" not in enregistrer(modalites_particulieres="Le matin.")


@pytest.mark.exigence("D-44")
def test_en_nombre_ce_qui_bouge_ensemble_ne_se_gene_pas(monde: Monde) -> None:
    sessions = [monde.session(f"s{rang}", **semaine(rang)) for rang in range(4)]
    decalage = {"nombre": 1, "unite": "semaines", "ouvre": False}
    lot = nouveau_lot(monde, "decaler", Session.objects.order_by("pk"), **decalage)
    assert raconter(lot).pareilles == []
    lot = nouveau_lot(monde, "decaler", Session.objects.filter(pk__in=[sessions[0].pk]), **decalage)
    assert [(p.nom, p.identifiant) for p in raconter(lot).pareilles] == [("s0", "s1")]
    autre = monde.nouvelle_action("A2")
    monde.session("ici", action=autre, **semaine(2))
    lot = nouveau_lot(monde, "dupliquer", monde.action.sessions.order_by("pk"), actions=[autre.pk])
    assert [(p.nom, p.identifiant) for p in raconter(lot).pareilles] == [("s2", "ici")]
