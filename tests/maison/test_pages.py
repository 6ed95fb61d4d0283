"""Tests of every page in every state: valid HTML, unique title, and errors linked to their fields."""

import html
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

import pytest
from lxml import html as lecteur

from tests.maison.pages import Page, Peuple, toutes
from tests.maison.test_droits import ATTENDU
from tests.maison.vnu import verifier

# URLs that return no page: a file, a fragment, or a redirect after an action.
SANS_PAGE = {
    "agenda_formation", "agenda_organisme", "agenda_prive", "agenda_revoquer",
    "annuler", "apercu_revoquer", "appareil_fermer", "compte_donnees",
    "equipe_second_facteur", "facteur_cle_retirer",
    "bac_creer", "bravo", "certifications", "choisir_organisme", "connexion_reste",
    "donnees_derniere", "donnees_fichier", "donnees_retraits", "export_fichier",
    "formation_par_numero", "import_modele", "import_refusees", "invitation_annuler",
    "invitation_renouveler", "lieux", "lot_compte_rendu", "plan_du_site", "plan_partie", "preuve_fichier",
    "rapport_csp", "robots", "securite_txt", "session_operations", "sessions_colonnes", "sessions_exporter",
    "visite_quitter", "vue_supprimer", "webhook_geste",
}  # fmt: skip
FAUTIVE = '<!DOCTYPE html><html lang="fr"><title>x</title><body><p id="a" hx-get="/">x<p id="a">x</html>'


class Lecture(HTMLParser):
    """A parser that collects the tags of a page with their attributes."""

    def __init__(self, texte: str) -> None:
        super().__init__()
        self.balises: list[dict[str, str]] = []
        self.feed(texte)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.balises.append({"balise": tag, **{nom: valeur or "" for nom, valeur in attrs}})


def titre(page: Page) -> str:
    return html.unescape(" ".join(re.search(r"<title>(.*?)</title>", page.html, re.S)[1].split()))


def titres_en_double(pages: list[Page]) -> list[str]:
    """Return the titles that several URLs share, except on pages of refusal.

    Such a page describes the refusal, whatever its URL.
    """
    adresses = defaultdict(set)
    for page in pages:
        if page.statut < 400 or page.statut in {409, 422}:
            adresses[titre(page)].add(page.adresse.split("?")[0])
    # These links are secrets, each opened once by one person.
    secrets = ("/mot-de-passe/", "/invitation/", "/apercu/")
    plusieurs = {nom: ou for nom, ou in adresses.items() if len(ou) > 1}
    return [f"{nom} : {sorted(ou)}" for nom, ou in plusieurs.items() if not min(ou).startswith(secrets)]


def erreurs_sans_lien(page: Page) -> list[str]:
    """Return the defects of the page: invalid fields without a description, references to missing ids."""
    balises = Lecture(page.html).balises
    presents = {b["id"] for b in balises if "id" in b}
    erreurs = {b["id"] for b in balises if "errorlist" in b.get("class", "").split() and "id" in b}
    fautes = []
    for b in balises:
        references = {nom: b.get(nom, "").split() for nom in ("aria-describedby", "aria-labelledby", "for")}
        visees = [(nom, cle) for nom, cles in references.items() for cle in cles]
        fautes += [f"{page.nom} : {nom} vers {cle}" for nom, cle in visees if cle not in presents]
        if b.get("aria-invalid") == "true" and not erreurs & set(references["aria-describedby"]):
            fautes.append(f"{page.nom} : {b['name']} sans son erreur")
        if b["balise"] == "a" and b.get("href", "").startswith("#id_") and b["href"][1:] not in presents:
            fautes.append(f"{page.nom} : lien vers {b['href']}")
    return fautes


def obligations_tues(page: Page) -> list[str]:
    """Return the forms whose fields are all mandatory when nothing on the page says so (RGAA 11.10).

    Elsewhere the optional ones say that they are.
    """
    corps = lecteur.fromstring(page.html)
    if "obligatoire" in corps.text_content():
        return []
    fautes = []
    for formulaire in corps.iter("form"):
        champs = formulaire.xpath(
            ".//input[@name][not(@type='hidden' or @type='submit' or @aria-hidden)]"
            " | .//select[@name] | .//textarea[@name]"
        )
        noms = {champ.get("name"): "required" in champ.attrib for champ in champs}
        if len(noms) > 1 and all(noms.values()):
            fautes.append(f"{page.nom} : {sorted(noms)} sont obligatoires sans le dire")
    return fautes


@pytest.mark.django_db
def test_chaque_page_est_valide_nommee_et_liee(settings, tmp_path: Path):
    settings.ROOT_URLCONF = "tests.pannes"
    visite = toutes(Peuple())
    assert {nom for nom in ATTENDU if not nom.startswith(("api_", "sante"))} - visite.vues - SANS_PAGE == {
        "api"
    }
    assert {page.statut for page in visite.pages} >= {
        200,
        400,
        401,
        403,
        404,
        405,
        409,
        410,
        413,
        422,
        500,
        503,
    }
    assert titres_en_double(visite.pages) == []
    assert [faute for page in visite.pages for faute in erreurs_sans_lien(page)] == []
    assert [faute for page in visite.pages for faute in obligations_tues(page)] == []
    for rang, page in enumerate([*visite.pages, Page("fautive", "", 200, FAUTIVE)]):
        (tmp_path / f"{rang:04}.html").write_text(page.html)
    constats = verifier(tmp_path)
    fautive = [c["message"] for c in constats if c["url"].endswith(f"{len(visite.pages):04}.html")]
    assert all(any(faute in message for message in fautive) for faute in ("hx-get", "Duplicate ID")), fautive
    constats = [c for c in constats if not c["url"].endswith(f"{len(visite.pages):04}.html")]
    assert [(visite.pages[int(c["url"][-9:-5])].nom, c["message"], c.get("extract")) for c in constats] == []
