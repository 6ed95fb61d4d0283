"""Tests of the splitting of a pasted contact into its fields, without inventing anything."""

import pytest

from organismes.contact_en_ligne import PARTIES, decouper

SIGNATURE = """Mme Claire MOREAU
Responsable des inscriptions
Tél. : 01 49 80 77 68 | Mob. : 06 12 34 56 78
c.moreau@ilvm.example
www.ilvm.example"""


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        (
            "Claire Moreau – 01 49 80 77 68 – c.moreau@ilvm.example",
            ("Claire", "Moreau", "01 49 80 77 68", "c.moreau@ilvm.example"),
        ),
        (
            "Claire Moreau 01.49.80.77.68 c.moreau@ilvm.example",
            ("Claire", "Moreau", "01.49.80.77.68", "c.moreau@ilvm.example"),
        ),
        (
            "Jean-Pierre de La Tour <jp.tour@x.example>",
            ("Jean-Pierre", "de La Tour", "", "jp.tour@x.example"),
        ),
        (
            "Service Inscriptions, +33 (0)1 49 80 77 68, e-mail : i@x.example",
            ("Service", "Inscriptions", "+33 1 49 80 77 68", "i@x.example"),
        ),
        ("T : 0149807768 / Nadia Roux", ("Nadia", "Roux", "0149807768", "")),
        ("ROUX Nadia; Accueil; nadia@x.example", ("Nadia", "ROUX", "", "nadia@x.example")),
        # A single name is the surname. A single number goes to the required field, even when it is a mobile
        # number.
        ("M. Dupont\n06 12 34 56 78", ("", "Dupont", "06 12 34 56 78", "")),
        ("claire@x.example", ("", "", "", "claire@x.example")),
        ("12345", ("", "", "", "")),
        ("", ("", "", "", "")),
    ],
)
def test_ce_que_les_gens_collent(texte, attendu):
    parties = decouper(texte)
    assert tuple(parties[nom] for nom in ("prenom", "nom", "telephone_fixe", "courriel")) == attendu
    assert set(parties) == set(PARTIES)


@pytest.mark.parametrize("fin", ["\n", "\r\n", "\t", " \N{NO-BREAK SPACE}\n"])
def test_une_signature_entiere(fin):
    assert decouper(SIGNATURE.replace("\n", fin)) == {
        "civilite": "madame", "prenom": "Claire", "nom": "MOREAU", "fonction": "Responsable des inscriptions",
        "telephone_fixe": "01 49 80 77 68", "telephone_portable": "06 12 34 56 78",
        "courriel": "c.moreau@ilvm.example", "site": "www.ilvm.example",
    }  # fmt: skip
