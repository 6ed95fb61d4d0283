"""Tests that the amounts displayed while typing are those that the server stores, to the cent."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from playwright.sync_api import Browser, Page

from catalogue.nomenclatures import TAUX_DE_TVA
from catalogue.prix import ht_de, ttc_de
from edof.colonnes import EurosFormField
from edof.nombres import euros
from tests.conftest import quantite

SCRIPT = Path(__file__).resolve().parents[2] / "static" / "js" / "prix.js"
CASES = '<td><input name="ht_{0}"></td><td><input name="ttc_{0}"></td>'
LIGNES = "".join(f'<tr data-taux="{taux}">{CASES.format(nom)}</tr>' for nom, taux in TAUX_DE_TVA.items())
TOTAUX = '<tr><td><output data-total="ht"></output><output data-total="ttc"></output></td></tr>'
TABLE = f"<table data-prix>{LIGNES}{TOTAUX}</table>"
# Type `montants` one after the other in the column `sens`; return what the other column of each row shows.
TAPER = """([sens, montants]) =>
[...document.querySelectorAll("tr[data-taux]")].map((ligne) => montants.map((texte) => {
  const [ht, ttc] = ligne.querySelectorAll("input");
  const [champ, autre] = sens === "ht" ? [ht, ttc] : [ttc, ht];
  autre.value = "";
  champ.value = texte;
  champ.dispatchEvent(new Event("input", { bubbles: true }));
  return autre.value;
}))"""
# Amounts as users write or paste them, then texts that are not amounts.
ECRITS = [
    "1255", "1255,50", "1255.5", "1 255,50", "1\u00a0255,50\u00a0€", "1\u202f255 €", "1\u2009255,5 EUR",
    "1.255,50", "1.255,50 euros", " 1255€ ", "1255,", ",50", ".5", "0", "0,00", "１２５５", "1255\u200b",
    "\ufeff1255,5", "12 55", "0012,30", "1 255 000,01",
    "", " ", "€", ",", ".", "abc", "1255,505", "1.255", "1,255.50", "1,255,255.5", "12,55.5",
    "1,255,50", "1e3", "1_000", "0x10",
    "Infinity", "NaN", "--5", "5-", "1255 francs", "1255,5.0,", "٣",
]  # fmt: skip


@pytest.fixture(scope="module")
def formulaire(navigateur: Browser) -> Page:
    page = navigateur.new_page()
    page.set_content(TABLE)
    page.add_script_tag(path=SCRIPT)
    yield page
    page.close()


def ecrit(montant: Decimal | None) -> str:
    return "" if montant is None else f"{montant:.2f}".replace(".", ",")


@pytest.mark.parametrize(("sens", "autre_de"), [("ht", ttc_de), ("ttc", ht_de)])
def test_chaque_montant_a_chaque_taux(formulaire: Page, sens: str, autre_de):
    entiers = [Decimal(n) for n in range(1, 6001)]
    centimes = [Decimal(n) / 100 for n in (*range(1, 1000, quantite(1, 7)), 123_456_789, 99_999_999_99)]
    montants = [*entiers, *centimes]
    montres = formulaire.evaluate(TAPER, [sens, [ecrit(montant) for montant in montants]])
    for taux, ligne in zip(TAUX_DE_TVA.values(), montres, strict=True):
        attendus = [ecrit(autre_de(montant, taux)) for montant in montants]
        assert [trio for trio in zip(montants, ligne, attendus, strict=True) if trio[1] != trio[2]] == []


def test_un_montant_se_lit_comme_le_serveur_le_lit(formulaire: Page):
    champ = EurosFormField(max_digits=12, decimal_places=2, required=False)

    def du_serveur(texte: str) -> str:
        try:
            return ecrit(champ.clean(texte))
        except ValidationError:
            return ""

    # Without VAT, the other column shows the same amount.
    montres = formulaire.evaluate(TAPER, ["ht", ECRITS])[0]
    assert dict(zip(ECRITS, montres, strict=True)) == {texte: du_serveur(texte) for texte in ECRITS}
    assert du_serveur("1.255,50 euros") == "1255,50" and du_serveur("1.255") == du_serveur("1e3") == ""


def test_les_totaux_sont_des_sommes_de_centimes(formulaire: Page):
    formulaire.reload()
    formulaire.set_content(TABLE)
    formulaire.add_script_tag(path=SCRIPT)
    for nom, montant in {"0": "0,10", "5_5": "0,20", "20": "1 255,40"}.items():
        formulaire.locator(f"[name=ht_{nom}]").fill(montant)
    totaux = formulaire.locator("output").all_inner_texts()
    attendu = (
        ttc_de(Decimal("0.20"), Decimal("5.5")) + ttc_de(Decimal("1255.40"), Decimal(20)) + Decimal("0.10")
    )
    assert totaux == [euros(Decimal("1255.70")), euros(attendu)]
