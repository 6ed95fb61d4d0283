"""The search of the API: the parameters, the refusals and the order of the public page."""

import pytest

from recherche.demande import RechercheForm
from recherche.resultats import chercher
from tests.api.client import Programme
from tests.recherche.conftest import lire, pays, pays_du_fichier  # noqa: F401

RECHERCHES = [
    {"texte": "soudure"},
    {"texte": "logistque", "tri": "prix"},
    {"texte": "soudure", "ou": "94550", "rayon": 50, "tri": "distance"},
    {"texte": "", "du": "2027-03-01", "au": "2027-03-31", "garantie": 1},
    {"texte": "", "modalite": ["presentiel", "mixte"], "prix_max": 2000},
    {"texte": "38413"},
]


@pytest.mark.parametrize("recherche", RECHERCHES)
def test_la_meme_reponse_que_la_page(pays, recherche):  # noqa: F811
    attendues = [t.action for t in chercher(lire(**recherche)).trouvees]
    parametres = "&".join(
        f"{nom}={v}"
        for nom, valeur in recherche.items()
        if nom != "texte"
        for v in (valeur if isinstance(valeur, list) else [valeur])
    )
    q = f"q={recherche['texte']}&" if recherche["texte"] else ""
    public = Programme(None)
    lues = public("GET", f"formations/?{q}{parametres}").lu["resultats"]
    assert [f["id"] for f in lues] == attendues and attendues
    assert [f["id"] for f in public.tout(f"formations/?{q}{parametres}&taille=1")] == attendues


def test_ce_qui_ne_peut_servir_est_un_probleme(pays):  # noqa: F811
    public = Programme(None)
    for adresse, nom in (
        ("rayon=10", "rayon"), ("prix_max=cher", "prix_max"), ("ou=Trifouillis", "ou"),
        ("couleur=rouge", "couleur"), ("tri=note", "tri"), ("curseur=abc", "curseur"),
        ("jour=2026-12-01&q=a", "q"), ("prix_max=1&prix_max=2", "prix_max"), ("modalite=poste", "modalite"),
        ("ou=saint-denis", "ou"), ("ou=%20", "ou"), ("du=%C2%A0", "du"), ("prix_max=%E2%80%8B", "prix_max"),
        (f"q={'a' * 201}", "q"),
    ):  # fmt: skip
        reponse = public("GET", f"formations/?{adresse}")
        assert reponse.status_code == 400, adresse
        assert nom in str(reponse.lu["raisons"]), reponse.lu


def test_chaque_parametre_de_la_page_est_decrit(pays):  # noqa: F811
    decrits = Programme(None)("GET", "schema/").lu["paths"]["/api/v1/formations/"]["get"]["parameters"]
    assert set(RechercheForm.base_fields) <= {p["name"] for p in decrits}
