"""The steps of the random walk: the possible operations, their frequency, and the values typed.

Most steps are sensible, some are not.
"""

from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.conftest import Monde

DU_MENU = ("ouvrir", "fermer", "archiver", "desarchiver", "supprimer")
# The step that replaces an operation that no record allows.
A_DEFAUT = {
    "fermer": "ouvrir",
    "desarchiver": "ouvrir",
    "ouvrir": "préparer",
    "archiver": "préparer",
    "supprimer": "préparer",
    "lot": "préparer",
    "annuler lot": "lot",
}
SANS_FICHE = {"attendre", "nuit", "ronde", "publier", "suspendre", "certification", "equipe"}

# The relative frequency of each step, in percent. Hypothesis fills its first examples with the first one,
# which should therefore do something.
FOIS = {
    "archiver": 7, "desarchiver": 8, "supprimer": 3, "créer": 14, "modifier": 9, "valider": 10, "ouvrir": 15,
    "fermer": 6,
    "au hasard": 6, "annuler": 8, "lire": 2, "attendre": 5, "nuit": 8, "publier": 1, "suspendre": 1,
    "certification": 1, "programmer": 14, "déprogrammer": 1, "ronde": 2, "equipe": 1, "lot": 5,
    "annuler lot": 3,
}  # fmt: skip
IDENTIFIANTS = (
    "a",
    "A ",
    "\N{LATIN CAPITAL LETTER E WITH ACUTE}-1",
    "E\N{COMBINING ACUTE ACCENT}-1",
    *"bcdefghij",
)
DELAIS = [(1, 3), (2, 5), (1, 4), (5, 9), (20, 30)] * 6 + [(0, 3), (3, 3), (3, None), (None, None)]


OUI_NON = {True: "oui", False: "non", None: ""}


class Pas(NamedTuple):
    """A complete step. The same list of steps always gives the same result."""

    quoi: str
    role: str
    rang: int
    choix: int
    identifiant: str
    texte: str
    permanente: bool
    garantie: bool | None
    # Whether the dates follow the modality of the action; the number of days until the session starts and
    # ends.
    accordee: bool
    dates: tuple[int | None, int | None]


TOUS = st.builds(
    Pas,
    st.sampled_from([quoi for quoi, fois in FOIS.items() for _ in range(fois)]),
    st.sampled_from(["gestionnaire"] * 16 + ["redacteur", "lecteur"]),
    st.integers(0, 59),
    st.integers(0, 59),
    st.sampled_from(IDENTIFIANTS),
    st.sampled_from(["Un", "Deux", "Trois"] * 5 + [""]),
    st.sampled_from([False] * 3 + [True]),
    st.sampled_from([True, False] * 7 + [None]),
    st.sampled_from([True] * 14 + [False]),
    st.sampled_from(DELAIS),
)


def donnees(monde: Monde, niveau: str, champs: dict[str, Any]) -> dict[str, Any]:
    """Return what a browser sends for a form of this level. The walk only varies `champs`."""
    contact, lieu = monde.contact.pk, monde.lieu.pk
    if niveau == "offre":
        choix = {"type_offre": "certifiante", "type_parcours": "mixte", "objectif_general": "certification"}
        textes = dict.fromkeys(("points_forts", "objectif", "resultats_attendus", "contenu"), "Texte")
        return {**choix, **textes, "certification": monde.certification.pk, "intitule": champs["texte"]}
    if niveau == "action":
        return {
            "modalites_entrees_sorties": "permanentes" if champs["permanente"] else "dates_fixes",
            "acces_handicapes": champs["texte"],
            "modalites_enseignement": "presentiel", "langue": "fr", "duree_totale": "20",
            "rythmes": ["en_journee"],
            "niveau_entree_obligatoire": "non", "existence_prerequis": "non",
            "modalites_admission": ["dossier"], "ht_20": "1000",
            "frais_certif_inclus": "aucun", "lieu_de_formation": lieu, "contact_du_lieu": contact,
            "contact_information": contact,
        }  # fmt: skip
    dates = {f"date_{nom}": f"{champs[nom]:%d/%m/%Y}" if champs[nom] else "" for nom in ("debut", "fin")}
    return {
        **dates, **({"pas_de_dates": "on"} if champs["sans_dates"] else {}),
        "garantie": OUI_NON[champs["garantie"]],
        "contact_inscription": contact, "adresse_inscription": lieu,
        "modalites_particulieres": champs["texte"],
    }  # fmt: skip
