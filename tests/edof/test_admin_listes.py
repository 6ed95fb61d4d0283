"""Lists of the administration: what a browser would not send is never an error of the program."""

import pytest
from django.contrib import admin

from tests.administration import administrateur, adresse, client, monde, peuple  # noqa: F401


@pytest.mark.parametrize("cles", [["abc"], ["1.5", "é"], ["9" * 30], ["\x00", "-1"]])
def test_une_action_sur_ce_qui_n_est_pas_une_cle(client, peuple, rf, administrateur, cles):  # noqa: F811
    demande = rf.get("/admin/")
    demande.user = administrateur
    essayees = 0
    for modele, page in admin.site._registry.items():
        for action in page.get_actions(demande):
            envoi = {"action": action, "index": "0", "_selected_action": cles}
            reponse = client.post(adresse(modele, "changelist"), envoi)
            assert reponse.status_code < 500, (modele, action)
            essayees += 1
    assert essayees > 20
