"""What goes out comes back: any catalogue that the forms can make, as tables, workbooks, archive."""

import json
import string
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalogue.models import Action, Offre
from echanges.choix import choix_du_champ
from echanges.cibles import FORMULAIRES
from echanges.exports import Demande, exporter
from echanges.lignes import Niveau
from echanges.models import Etat
from organismes.models import Adresse, Contact
from sessions_app.models import Session
from tests.conftest import Monde, quantite
from tests.echanges.monde import LE_JOUR
from tests.echanges.test_application import depot, faire
from tests.echanges.test_archive import champs

# What breaks tables: separators, quotes, formulas, line ends, rare letters, what looks like a date.
MORCEAUX = st.sampled_from(
    [";", ",", '"', "''", "=1+1", "+33", "-5", "@x", "é", "œ", "€", "’", "« x »", "<b>", "&amp;", "\n",
     "**gras**", "- liste", "01/02/2027", "0012", "1e5", "TRUE", "oui", "idem", "Total", "#N/A", "_x000D_",
     "😀", "|", "\t"]
)  # fmt: skip
MOTS = st.text(string.ascii_letters + string.digits, min_size=1, max_size=6)
# One for each example.
SIRETS = count(41234567800019)
# A cell that is only « idem », a quote or « #N/A » says something else than a text.
DEBUTS = st.one_of(MOTS, st.sampled_from(["=1+1", "+33", "-5", "@x", "- a", "'x", "<b>a", "=x;"]))
TEXTES = st.tuples(DEBUTS, st.lists(st.one_of(MORCEAUX, MOTS), max_size=5)).map(
    lambda dits: " ".join([dits[0], *dits[1]]).strip()
)
NOMS = st.builds(
    lambda debut, fin: f"{debut}{fin}", MOTS, st.sampled_from(["", "-é", " 2", "/4", "'1", ".0"])
)


def valeurs(tirage, niveau):
    """Draw a value for each field of a level, as the API writes it; the form will say what it takes."""
    dites = {}
    formulaire = FORMULAIRES[niveau]
    for nom in formulaire._meta.fields:
        colonne = formulaire._meta.model._meta.get_field(nom)
        genre = getattr(colonne, "genre", "texte")
        choix = sorted(set(choix_du_champ(niveau, nom).values()))
        if colonne.is_relation:
            continue
        if genre in {"oui_non", "case"}:
            dites[nom] = tirage(st.booleans())
        elif choix:
            un = st.sampled_from(choix)
            dites[nom] = tirage(st.lists(un, max_size=3, unique=True) if genre == "liste" else un)
        elif genre == "date":
            dites[nom] = tirage(st.sampled_from(["2027-03-01", "2027-04-30", "2028-02-29"]))
        elif genre == "dates":
            dites[nom] = tirage(st.lists(st.sampled_from(["2027-01-01", "2027-02-02"]), unique=True))
        elif genre == "entier":
            dites[nom] = str(tirage(st.integers(1, 900)))
        elif genre == "nombre":
            dites[nom] = tirage(st.sampled_from(["0", "12.5", "1200.50", "48.856614"]))
        elif genre == "texte" and tirage(st.booleans()):
            dites[nom] = tirage(TEXTES)
    return dites


@st.composite
def catalogues(draw):
    """Draw the lines of a small catalogue."""
    lignes = []
    for rang in range(2):
        contact = valeurs(draw, Niveau.CONTACT) | {
            "prenom": "Nadia", "nom": f"Roux{rang}", "courriel": f"n{rang}@x.example", "site": "",
            "telephone_fixe": "0149800012", "telephone_portable": "",
        }  # fmt: skip
        lignes.append(("contact", [f"c {rang}"], contact))
        adresse = valeurs(draw, Niveau.ADRESSE) | {
            "pays": "FR", "code_postal": "75019", "ville": "Paris", "denomination": "Institut",
            "numero_voie": "4", "libelle_voie": "des Lilas",
        }  # fmt: skip
        lignes.append(("adresse", [f"Site {rang}"], adresse))
    offre, action = draw(NOMS), draw(NOMS)
    lignes.append(("offre", [offre], valeurs(draw, Niveau.OFFRE) | {"intitule": draw(TEXTES)}))
    liens = {"lieu_de_formation": "Site 0", "contact_du_lieu": "c 0", "contact_information": "c 1"}
    lignes.append(("action", [offre, action], valeurs(draw, Niveau.ACTION) | liens))
    for session in draw(st.lists(NOMS, min_size=1, max_size=3, unique_by=str.lower)):
        liens = {
            "contact_inscription": draw(st.sampled_from(["c 0", "c 1"])),
            "adresse_inscription": "Site 1",
        }
        dites = valeurs(draw, Niveau.SESSION) | liens | {"pas_de_dates": False}
        lignes.append(("session", [offre, action, session], dites))
    return [json.dumps({"niveau": n, "chemin": c, "valeurs": v}, ensure_ascii=False) for n, c, v in lignes]


def exporte(monde, format_, niveau=Niveau.SESSION):
    """Return an export of the organisme."""
    return b"".join(exporter(monde.organisme, format_, Demande(niveau=niveau)).octets)


def vider():
    for modele in (Session, Action, Offre, Contact, Adresse):
        modele.objects.all().delete()


def relit_sans_changement(monde, contenu, nom):
    """Fail unless the file asks for nothing."""
    importation = depot(monde, contenu, nom)
    assert importation.etat == Etat.PLANIFIE, (nom, importation.refus)
    for ligne in importation.lignes.exclude(decision="inchangee"):
        pytest.fail(f"{nom}, {ligne.place} : {ligne.decision} {ligne.changements} {ligne.anomalies}")


@given(lignes=catalogues())
@settings(max_examples=quantite(60, 3), deadline=None, derandomize=True, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
def test_ce_qui_sort_revient(db, lignes, request):
    request.getfixturevalue("settings").EDOF_AUJOURDHUI = LE_JOUR
    monde = Monde(siret=str(next(SIRETS)))
    vider()
    # What the forms refuse of it is left out.
    faire(depot(monde, "\n".join(lignes), "l.jsonl"))
    avant = champs(monde.organisme)
    for niveau in Niveau.values:
        for format_ in ("csv", "xlsx"):
            if any(cle[0] == niveau for cle in avant):
                relit_sans_changement(monde, exporte(monde, format_, niveau), f"{niveau}.{format_}")
    classeur, archive = exporte(monde, "classeur"), exporte(monde, "archive")
    relit_sans_changement(monde, classeur, "tout.xlsx")
    relit_sans_changement(monde, archive, "tout.zip")
    for nom, contenu in (("tout.xlsx", classeur), ("tout.zip", archive)):
        vider()
        importation = faire(depot(monde, contenu, nom))
        assert not importation.bilan["refusees"], list(importation.lignes.values_list("anomalies", "phrase"))
        assert champs(monde.organisme) == avant
