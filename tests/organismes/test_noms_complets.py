"""A full name in one cell: split when nothing is guessed, refused otherwise."""

import pytest

from organismes.contact_en_ligne import nommer_sans_deviner


@pytest.mark.parametrize(
    ("ecrit", "ordre", "lu"),
    [
        ("Mme Claire Dupont", "", "madame|Claire|Dupont"),
        ("M. Jean-Pierre Martin", "", "monsieur|Jean-Pierre|Martin"),
        ("DUPONT Claire", "", "|Claire|DUPONT"),
        ("Claire DUPONT", "nom", "|Claire|DUPONT"),
        ("Dupont, Claire", "", "|Claire|Dupont"),
        ("Mme Dupont,Claire", "", "madame|Claire|Dupont"),
        ("Jean Pierre DE LA TOUR", "", "|Jean Pierre|DE LA TOUR"),
        ("de LA TOUR Claire", "", "|Claire|de LA TOUR"),
        ("MARTIN DURAND Anne", "", "|Anne|MARTIN DURAND"),
        ("Jean d'ORMESSON", "", "|Jean|d'ORMESSON"),
        ("Claire Dupont", "prenom", "|Claire|Dupont"),
        ("Dupont Claire", "nom", "|Claire|Dupont"),
        ("Claire de La Tour", "prenom", "|Claire|de La Tour"),
        ("CLAIRE DUPONT", "prenom", "|CLAIRE|DUPONT"),
        ("Mme Dupont", "", "madame||Dupont"),
        ("de La Tour", "", "||de La Tour"),
    ],
)
def test_un_nom_dont_les_parties_sont_sures(ecrit, ordre, lu):
    lues = nommer_sans_deviner(ecrit, ordre)
    assert "|".join(lues.get(partie, "") for partie in ("civilite", "prenom", "nom")) == lu


@pytest.mark.parametrize(
    ("ecrit", "ordre"),
    [
        ("Claire Dupont", ""),
        ("CLAIRE DUPONT", ""),
        ("Marie Claire Dupont", "prenom"),
        ("Dupont Martin Claire", "nom"),
        ("Claire Dupont, directrice", ""),
        ("Dupont, directrice", ""),
        ("Claire Dupont, Anne Martin", ""),
        ("M. et Mme Dupont", ""),
        ("Dr Claire DUPONT", ""),
        ("DUPONT Claire MARTIN", ""),
        ("Claire Dupont 06 12", ""),
        ("Claire / Anne", ""),
        ("Dupont,", ""),
        (",", ""),
        ("", ""),
    ],
)
def test_un_nom_qu_il_faudrait_deviner(ecrit, ordre):
    with pytest.raises(ValueError):
        nommer_sans_deviner(ecrit, ordre)
