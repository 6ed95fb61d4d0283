"""Tests of the actions that EDOF would take for one another: said when they become so, not after (D-44)."""

import random

import pytest

from catalogue.cycle_de_vie import colonnes, executer
from catalogue.jumelles import Empreinte, a_la_suite, code_de, empreinte, nouvelles_jumelles
from catalogue.models import Action
from organismes.droits import Operation
from tests.conftest import Monde, quantite
from tests.formulaires import champs_de

pytestmark = pytest.mark.exigence("D-44")


@pytest.mark.parametrize(
    ("une", "autre", "code"),
    [
        (("a", 100, 10), ("a", 100, 10), "30056"),
        (("a", 100, 10), ("a", 200, 10), "30057"),
        (("a", 100, 10), ("a", 100, 19), "30057"),
        (("a", 100, 10), ("a", 100, 20), ""),
        (("a", 100, 10), ("b", 100, 10), ""),
        (("a", None, 10), ("a", None, 10), "30057"),
    ],
)
def test_ce_qui_est_compare(une, autre, code):
    assert code_de(Empreinte(*une), Empreinte(*autre)) == code_de(Empreinte(*autre), Empreinte(*une)) == code


def test_les_jumelles_d_une_suite_sont_celles_d_une_action_d_avant():
    def une(cle, *dite):
        return cle, f"A{cle}", Empreinte(*dite)

    suite = [
        une(1, "a", 100, 10), une(2, "a", 100, 10), une(3, "a", 300, 15), une(4, "a", 100, 25),
        une(5, "b", 100, 10), une(6, "a", None, 40), une(7, "a", None, 40), (8, "A8", None),
    ]  # fmt: skip
    lues = [(jumelle.nom, jumelle.identifiant, jumelle.code) for jumelle in a_la_suite(suite)]
    assert lues == [("A2", "A1", "30056"), ("A3", "A1", "30057"), ("A7", "A6", "30057")]
    [seule] = a_la_suite([une(9, "b", 100, 10)], deja=suite)
    assert (seule.identifiant, seule.code) == ("A5", "30056")


@pytest.mark.django_db
@pytest.mark.parametrize("graine", range(quantite(30, 6)))
def test_les_nouvelles_jumelles_sont_celles_d_une_comparaison_une_a_une(monde: Monde, graine: int):
    hasard = random.Random(graine)

    def prix() -> dict[str, object]:
        return {
            "ht_20": None,
            "ttc_20": hasard.choice([100, 200]),
            "duree_totale": hasard.choice([10, 15, 25]),
        }

    actions = [monde.nouvelle_action(f"A{n}") for n in range(7)]
    for action in actions:
        executer(action, Operation.MODIFIER, par=monde.gestionnaire, valeurs=prix())
    executer(relue(hasard.choice(actions)), Operation.ARCHIVER, par=monde.gestionnaire)
    avant = {action.pk: comparee(action) for action in Action.objects.all()}
    changees = {}
    for action in hasard.sample(list(Action.objects.exclude(statut="archivee")), 4):
        action.appliquer(prix())
        changees[action.pk] = avant[action.pk], comparee(action)
    comparables = dict(Action.objects.exclude(statut="archivee").values_list("pk", "identifiant"))
    apres = {cle: changees.get(cle, (avant[cle], avant[cle]))[1] for cle in comparables}
    attendues = {
        cle: {
            code_de(apres[cle], apres[autre])
            for autre in comparables
            if autre != cle
            and code_de(apres[cle], apres[autre]) not in {"", code_de(avant[cle], avant[autre])}
        }
        for cle, (ancien, nouveau) in changees.items()
        if ancien != nouveau
    }
    trouvees = {jumelle.cle: jumelle for jumelle in nouvelles_jumelles(monde.organisme, changees)}
    for cle, codes in attendues.items():
        # A pair that was the same and only stays near is no news.
        if "30056" in codes:
            assert trouvees[cle].code == "30056"
        elif cle in trouvees:
            assert codes == {"30057"} and trouvees[cle].code == "30057"
            assert code_de(avant[cle], avant[trouvees[cle].autre]) == ""
    assert trouvees.keys() <= attendues.keys()


@pytest.mark.django_db
def test_le_formulaire_avertit_quand_l_action_le_devient_et_pas_apres(monde: Monde, connecter):
    client = connecter(monde.gestionnaire)
    action = monde.nouvelle_action("A2")
    executer(action, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"duree_totale": 10})
    adresse = f"/catalogue/actions/{action.pk}/modifier/"

    def enregistrer(**champs: object) -> str:
        saisie = champs_de(client.get(adresse).content.decode()) | {"operation": "valider"} | champs
        reponse = client.post(adresse, saisie, follow=True)
        assert reponse.redirect_chain, reponse.content.decode()[:3000]
        return reponse.content.decode()

    assert "doublon" not in enregistrer(transport="Bus 131")
    page = enregistrer(duree_totale="400")
    assert "EDOF la prendrait pour un doublon de « ACTION-1 »" in page and "(30056)" in page
    assert "doublon" not in enregistrer(transport="Bus 132")


def comparee(action: Action) -> Empreinte | None:
    return empreinte(colonnes(action), action.offre.certification_id)


def relue(action: Action) -> Action:
    return Action.objects.get(pk=action.pk)
