"""« Importer »: from the drop of a file to its application and its undoing, without JavaScript."""

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from echanges.decisions import Decision
from echanges.lignes import Niveau
from echanges.modele import modele_xlsx
from echanges.models import Correspondance, Etat, Import, MotRetenu
from lots.models import Lot
from organismes.droits import Operation, Role
from organismes.models import Contact
from sessions_app.models import Session
from tests.echanges.edof_xml import SIRET, octets
from tests.echanges.monde import (
    FICHIERS,
    LE_JOUR,
    MondeDesFichiers,
    classeur_de_tout,
    en_octets,
    lecture,
)
from tests.outils import texte

ADRESSE = "/catalogue/importer/"
TITRES = "Action;Session;Du;Au;Garantie\n"
LIGNE = "88A-79-78490-XX;{};{};{};oui\n"


@pytest.fixture
def monde(db, settings):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    return MondeDesFichiers()


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


def deposer(client: Any, contenu: str | bytes, nom: str = "p.csv", **options: Any) -> Import:
    """Drop a file on the page, and return its import."""
    octets = contenu.encode() if isinstance(contenu, str) else contenu
    reponse = client.post(ADRESSE, {"fichier": SimpleUploadedFile(nom, octets), **options})
    assert reponse.status_code == 302, texte(reponse)
    return Import.objects.latest("pk")


def page(importation: Import) -> str:
    """Return the address of an import."""
    return f"{ADRESSE}{importation.pk}/"


def test_un_fichier_se_depose_se_repare_s_applique_et_s_annule(client_, monde):
    importation = deposer(client_, (FICHIERS / "02-excel-cp1252.csv").read_bytes(), "planning.csv")
    vue = texte(client_.get(page(importation)))
    assert "planning.csv" in vue and "Rien n'est encore écrit" in vue
    assert "Texte cp1252, séparateur « ; », titres à la ligne 1" in vue
    assert "Erreurs 5 " in vue and "Créations 5 " in vue and "Ignorées 2 " in vue
    assert "Appliquer 5 lignes" in vue and "Prendre 30/09/2027" in vue
    client_.post(page(importation), {"geste": "reparer", "c-8-date_debut": "01/03/2027", "voir": ""})
    ligne = importation.lignes.get(ligne=8)
    assert (ligne.decision, ligne.valeurs["date_debut"]) == (Decision.CREATION, "2027-03-01")
    assert "Réparée : la ligne sera créée" in texte(client_.get(page(importation)))
    client_.post(page(importation), {"remettre": "8:date_debut"})
    assert importation.lignes.get(ligne=8).decision == Decision.ERREUR
    assert not Session.objects.exists()
    client_.post(page(importation), {"geste": "appliquer", "mode": "valides"})
    assert Session.objects.count() == 5
    vue = texte(client_.get(page(importation)))
    assert "5 créations" in vue and "5 refusées" in vue and "Annuler l'import" in vue
    client_.post(page(importation), {"geste": "annuler"})
    assert "5 remises comme avant" in texte(client_.get(page(importation)))
    assert not Session.objects.exists()


def test_des_cellules_se_collent_pour_une_action(client_, monde):
    collage = (FICHIERS / "03-collage-tabulations.tsv").read_text()
    client_.post(ADRESSE, {"texte": collage, "action": monde.action_de_creteil.pk})
    importation = Import.objects.get()
    assert importation.nom == "Collage" and importation.decisions()[Decision.CREATION] == 4
    client_.post(page(importation), {"geste": "appliquer", "mode": "tout"})
    assert set(Session.objects.values_list("action", flat=True)) == {monde.action_de_creteil.pk}


def test_la_correspondance_se_corrige_et_se_retient(client_, monde):
    csv = "Action;Session;Quand;Jusqu'à;Garantie\n88A-79-78490-XX;{};01/02/2027;05/02/2027;oui\n"
    importation = deposer(client_, csv.format("S1"))
    vue = texte(client_.get(f"{page(importation)}colonnes/"))
    assert "Quand" in vue and "01/02/2027" in vue and "Ne pas reprendre" in vue
    champs = {
        "colonne-0": "action",
        "colonne-1": "session",
        "colonne-2": "date_debut",
        "colonne-4": "garantie",
    }
    doubles = client_.post(f"{page(importation)}colonnes/", {**champs, "colonne-3": "date_debut"})
    assert doubles.status_code == 422 and "une seule colonne par champ" in texte(doubles)
    client_.post(
        f"{page(importation)}colonnes/",
        {**champs, "colonne-3": "date_fin", "fixe-contact_inscription": "Nadia Roux"},
    )
    (ligne,) = importation.lignes.all()
    assert ligne.valeurs["date_fin"] == "2027-02-05" and ligne.valeurs["contact_inscription"] == "Nadia Roux"
    assert Correspondance.objects.count() == 1
    suivante = deposer(client_, csv.format("S2"))
    assert suivante.lignes.get().valeurs["date_debut"] == "2027-02-01"
    assert "comme la dernière fois" in texte(client_.get(page(suivante)))


def test_une_valeur_inconnue_se_dit_une_fois(client_, monde):
    csv = "Action;Session;Garantie;Contact\n88A-79-78490-XX;{};à confirmer;N. Roux\n"
    importation = deposer(client_, csv.format("S1") + csv.format("S2").partition("\n")[2])
    vue = texte(client_.get(page(importation)))
    assert "2 valeurs que nous ne connaissons pas" in vue and "2 lignes" in vue
    source = client_.get(page(importation)).content.decode()
    noms = {"garantie": "", "contact_inscription": ""}
    for rang in (0, 1):
        for champ in noms:
            if f'name="mot-{rang}-valeur" value="{champ}:' in source:
                noms[champ] = f"mot-{rang}"
    saisie = {
        "geste": "reparer",
        noms["garantie"]: "non", f"{noms['garantie']}-valeur": "garantie:à confirmer",
        noms["contact_inscription"]: "Nadia Roux",
        f"{noms['contact_inscription']}-valeur": "contact_inscription:N. Roux",
    }  # fmt: skip
    client_.post(page(importation), saisie)
    assert importation.decisions()[Decision.CREATION] == 2
    assert MotRetenu.objects.count() == 2
    assert deposer(client_, csv.format("S3")).decisions()[Decision.CREATION] == 1


def test_le_fichier_corrige_prend_la_place_du_premier(client_, monde):
    importation = deposer(client_, TITRES + LIGNE.format("S1", "31/02/2027", "05/03/2027"))
    client_.post(page(importation), {"geste": "reparer", "c-2-date_debut": "01/03/2027"})
    corrige = TITRES + LIGNE.format("S1", "02/03/2027", "05/03/2027")
    fichier = SimpleUploadedFile("p2.csv", corrige.encode())
    client_.post(page(importation), {"geste": "deposer", "fichier": fichier})
    importation.refresh_from_db()
    assert importation.nom == "p2.csv" and Import.objects.count() == 1
    # What the file says now wins over what was typed for the text of before.
    assert importation.lignes.get().valeurs["date_debut"] == "2027-03-02"


def test_les_lignes_decochees_restent_de_cote(client_, monde):
    importation = deposer(
        client_, TITRES + "".join(LIGNE.format(f"S{n}", "01/03/2027", f"0{n}/04/2027") for n in (1, 2))
    )
    saisie = {"geste": "appliquer", "mode": "valides", "montrees": ["2", "3"], "choisies": ["3"]}
    client_.post(page(importation), saisie)
    assert [session.identifiant for session in Session.objects.all()] == ["S2"]
    assert "1 laissée de côté" in texte(client_.get(page(importation)))


def test_une_fiche_changee_depuis_est_decochee_et_dite(client_, monde):
    session = monde.session("S1", action=monde.longue, garantie=False)
    importation = deposer(client_, "Action;Session;Garantie\n88A-79-78490-XX;S1;oui\n")
    executer(session, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"modalites_particulieres": "x"})
    refus = client_.post(page(importation), {"geste": "appliquer", "mode": "valides"})
    assert refus.status_code == 422 and "ont changé" in texte(refus)
    assert "Changée ici depuis votre dépôt" in texte(client_.get(page(importation)))
    assert not importation.lignes.get().choisie
    session.refresh_from_db()
    assert session.garantie is False


def test_tout_ou_rien_attend_qu_il_n_y_ait_plus_d_erreur(client_, monde):
    lignes = LIGNE.format("S1", "01/03/2027", "05/03/2027") + LIGNE.format("S2", "x", "05/03/2027")
    importation = deposer(client_, TITRES + lignes)
    refus = client_.post(page(importation), {"geste": "appliquer", "mode": "tout"})
    assert refus.status_code == 422 and "1 ligne est en erreur" in texte(refus)
    assert not Session.objects.exists()


def test_les_lignes_refusees_reviennent_telles_quelles(client_, monde):
    importation = deposer(client_, (FICHIERS / "02-excel-cp1252.csv").read_bytes(), "p.csv")
    client_.post(page(importation), {"geste": "appliquer", "mode": "valides"})
    reponse = client_.get(f"{page(importation)}refusees/")
    feuille = openpyxl.load_workbook(io.BytesIO(reponse.content)).active
    rangees = list(feuille.iter_rows(values_only=True))
    assert rangees[0][-1] == "Raison" and len(rangees) == 6 and "ce jour n'existe pas" in rangees[1][-1]
    encore = deposer(client_, reponse.content, "a-corriger.xlsx")
    # The double of L2-01 is now a change of the session that was created.
    assert encore.decisions()[Decision.ERREUR] == 4 and encore.decisions()[Decision.MODIFICATION] == 1
    csv = client_.get(f"{page(importation)}refusees/?format=csv").content
    assert csv.startswith(b"\xef\xbb\xbf") and deposer(client_, csv).nombre == 5


@pytest.mark.exigence("D-42")
def test_les_ouvertures_demandees_deviennent_un_lot(client_, monde):
    csv = "Action;Session;Du;Au;Garantie;Ouverte\n88A-79-78490-XX;S1;01/03/2027;05/03/2027;oui;oui\n"
    importation = deposer(client_, csv)
    vue = texte(client_.get(page(importation)))
    assert "Préparer aussi ce que le fichier demande : 1 ouverture" in vue
    client_.post(page(importation), {"geste": "appliquer", "mode": "valides", "demandes-montrees": "1"})
    assert not Session.objects.get().ouverte
    assert "Préparer 1 ouverture" in texte(client_.get(page(importation)))
    reponse = client_.post(page(importation), {"geste": "ouvrir"})
    lot = Lot.objects.get()
    assert reponse.url == f"/catalogue/lots/{lot.pk}/" and lot.operation == "ouvrir"
    assert "est demandée par votre fichier" in texte(client_.get(reponse.url))


def test_un_redacteur_importe_mais_n_ouvre_pas(connecter, monde):
    client = connecter(monde.personne("redacteur", Role.REDACTEUR))
    csv = "Action;Session;Du;Au;Garantie;Ouverte\n88A-79-78490-XX;S1;01/03/2027;05/03/2027;oui;oui\n"
    importation = deposer(client, csv)
    assert "Préparer aussi" not in texte(client.get(page(importation)))
    client.post(page(importation), {"geste": "appliquer", "mode": "valides"})
    assert Session.objects.count() == 1
    assert client.post(page(importation), {"geste": "ouvrir"}).status_code == 403


def test_un_fichier_refuse_dit_pourquoi_et_s_abandonne(client_, monde):
    importation = deposer(client_, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "planning.xls")
    vue = texte(client_.get(page(importation)))
    assert importation.etat == Etat.REFUSE and "ancien classeur" in vue and "Rien n'a été écrit" in vue
    client_.post(page(importation), {"geste": "abandonner"})
    assert not Import.objects.exists()
    vide = client_.post(ADRESSE, {"texte": "  "})
    assert vide.status_code == 422 and "Choisissez un fichier" in texte(vide)


def test_le_meme_fichier_dit_qu_il_est_deja_applique(client_, monde):
    csv = TITRES + LIGNE.format("S1", "01/03/2027", "05/03/2027")
    importation = deposer(client_, csv)
    client_.post(page(importation), {"geste": "appliquer", "mode": "valides"})
    vue = texte(client_.get(page(deposer(client_, csv))))
    assert "Ce fichier a déjà été appliqué" in vue and "1 ligne inchangée" in vue


@pytest.mark.parametrize("niveau", Niveau.values)
def test_le_modele_a_toutes_les_colonnes_et_se_relit(client_, monde, niveau):
    reponse = client_.get(f"{ADRESSE}modele/?niveau={niveau}")
    wb = openpyxl.load_workbook(io.BytesIO(reponse.content))
    titres = [cellule.value for cellule in wb.worksheets[0][1]]
    lue = lecture(modele_xlsx(monde.organisme, niveau), "modele.xlsx")
    assert lue.niveau == niveau
    assert [c.titre for c in lue.colonnes if c.champ] == titres
    assert client_.get(f"{ADRESSE}modele/?niveau={niveau}&format=csv").status_code == 200
    assert client_.get(f"{ADRESSE}modele/?niveau=rien").status_code == 404


def test_le_nombre_de_requetes_de_la_page_ne_depend_pas_des_lignes(client_, monde):
    comptes = []
    for nombre in (4, 40):
        sessions = [monde.session(f"m{nombre}-{n}", action=monde.longue) for n in range(nombre // 2)]
        lignes = "".join(
            LIGNE.format(nom, "01/03/2027", fin)
            for n in range(nombre)
            for nom, fin in ((f"c{nombre}-{n}", "05/03/2027"), (f"e{nombre}-{n}", "x"))
        )
        lignes += "".join(LIGNE.format(s.identifiant, "01/03/2027", "05/03/2027") for s in sessions)
        importation = deposer(client_, TITRES + lignes)
        with CaptureQueriesContext(connection) as requetes:
            client_.get(page(importation))
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]


def test_une_date_de_session_commencee_se_choisit(client_, monde):
    importation = deposer(client_, TITRES + LIGNE.format("S1", "01/11/2026", "05/03/2027"))
    assert "Sessions déjà commencées" in texte(client_.get(page(importation)))
    client_.post(page(importation), {"geste": "reparer", "commencees": "brouillon"})
    assert importation.lignes.get().decision == Decision.CREATION
    client_.post(page(importation), {"geste": "appliquer", "mode": "valides"})
    assert Session.objects.get().date_debut == dt.date(2026, 11, 1)


@pytest.mark.parametrize("signe", ["\x00", "\u202e", "é:-", "x" * 900])
def test_ce_qui_est_tape_n_importe_comment_ne_casse_rien(client_, monde, signe):
    importation = deposer(client_, TITRES + LIGNE.format("S1", "31/02/2027", "05/03/2027"))
    saisie = {
        "geste": "reparer", "c-2-date_debut": signe, f"c-2-{signe}": signe, "c-99999999999999999999-x": "1",
        "prendre": f"2:{signe}:{signe}", "remettre": f"2:{signe}", "voir": signe, "mot-0": signe,
        "mode": signe, "montrees": ["2", signe], "commencees": signe, "c-9223372036854775807-session": "x",
    }  # fmt: skip
    assert client_.post(page(importation), saisie).status_code == 302
    assert client_.get(page(importation)).status_code == 200
    assert client_.post(ADRESSE, {"texte": signe, "action": signe}).status_code in {302, 404, 422}
    assert client_.post(page(importation), {"geste": signe}).status_code == 404


def test_un_classeur_de_plusieurs_feuilles_s_importe_en_une_fois(client_, monde):
    charger = classeur_de_tout()
    charger["Contacts"].append(("Sans", "Courriel", "0149800013", "pas un courriel"))
    charger["Planning 2027"].append(("NEUVE-A", "N2", "31/02/2027", "05/03/2027", "oui", None, None))
    importation = deposer(client_, en_octets(charger), "tout.xlsx")
    vue = texte(client_.get(page(importation)))
    assert "Feuilles « Contacts » (4 colonnes sur 4)" in vue and "« Planning 2027 » (7" in vue
    assert "Ligne 3 Contacts" in vue and "Ligne 3 Planning 2027" in vue
    corriger = client_.get(f"{page(importation)}colonnes/")
    assert "Feuille « Lieux »" in texte(corriger) and 'value="Stagiaires"' in corriger.content.decode()
    fichier = client_.get(f"{page(importation)}refusees/").content
    assert openpyxl.load_workbook(io.BytesIO(fichier)).sheetnames == ["Contacts", "Planning 2027"]
    relu = deposer(client_, fichier, "a-corriger.xlsx")
    assert set(relu.lignes.values_list("decision", flat=True)) == {Decision.ERREUR}
    (fautive,) = importation.lignes.filter(niveau="session", decision=Decision.ERREUR)
    reparation = {"geste": "reparer", f"c-{fautive.repere}-date_debut": "01/03/2027"}
    client_.post(page(importation), reparation)
    client_.post(page(importation), {"geste": "appliquer", "mode": "valides"})
    importation.refresh_from_db()
    assert importation.bilan["creees"] == 6 and importation.bilan["refusees"] == 1
    session = Session.objects.get(identifiant="N1")
    assert session.contact_inscription.telephone_fixe == "0149800012"
    assert session.adresse_inscription.code_postal == "75019"
    assert session.action.offre.identifiant == "NEUVE"
    client_.post(page(importation), {"geste": "annuler"})
    assert not Session.objects.exists() and not Contact.objects.filter(nom="Neuf").exists()


def test_les_feuilles_lues_se_choisissent(client_, monde):
    importation = deposer(client_, en_octets(classeur_de_tout()), "tout.xlsx")
    page_ = client_.get(f"{page(importation)}colonnes/")
    champs = {champ.html_name: champ.value() or "" for form in page_.context["formulaires"] for champ in form}
    rien = client_.post(f"{page(importation)}colonnes/", champs)
    assert rien.status_code == 422 and "Cochez au moins une feuille" in texte(rien)
    client_.post(f"{page(importation)}colonnes/", {**champs, "feuilles": ["Contacts", "Lieux"]})
    assert sorted(importation.lignes.values_list("niveau", flat=True)) == ["adresse", "contact"]


def test_les_lignes_refusees_d_un_xml_se_telechargent(client_, monde):
    monde.organisme.siret = SIRET
    monde.organisme.save()
    importation = deposer(client_, octets("06"), "06.xml")
    fichier = client_.get(f"{page(importation)}refusees/").content
    feuilles = openpyxl.load_workbook(io.BytesIO(fichier))
    assert feuilles.sheetnames == ["Sessions"]
    rangees = list(feuilles.active.iter_rows(values_only=True))
    assert rangees[0][:3] == ("Offre", "Action", "Identifiant") and rangees[0][-1] == "Raison"
    assert {"D-30020", "D-FEV31"} <= {rangee[2] for rangee in rangees[1:]}


def test_ce_qui_serait_cree_se_lit_et_ce_qui_merite_un_regard_a_son_onglet(client_, monde):
    lignes = "\n".join(
        f"88A-79-78490-XX;S{n:02};{n:02}/03/2027;28/04/2027;oui;{'Annulée' if n == 15 else ''}"
        for n in range(1, 16)
    )
    importation = deposer(client_, f"Action;Session;Du;Au;Garantie;Etat\n{lignes}\n".encode(), "p.csv")
    assert "À vérifier 1 " in (vue := texte(client_.get(page(importation))))
    # The fifteenth line is not among the first ten.
    assert "1 à vérifier" in vue and "Annulée" not in vue
    assert "Du : 01/03/2027" in vue and "Garantie : Oui" in vue
    seule = texte(client_.get(page(importation), {"voir": "a-verifier"}))
    assert "S15" in seule and "La colonne « Etat » dit « Annulée »" in seule
    assert "S14" not in seule
    client_.post(
        page(importation), {"voir": "a-verifier", "montrees": "16", "geste": "appliquer", "mode": "valides"}
    )
    assert sorted(Session.objects.values_list("identifiant", flat=True)) == [f"S{n:02}" for n in range(1, 15)]


def test_deux_colonnes_du_meme_titre_se_choisissent_l_une_ou_l_autre(client_, monde):
    texte_ = "Action;Session;Du;Au;Du;\n88A-79-78490-XX;S1;01/03/2027;28/04/2027;08/03/2027;Nadia Roux\n"
    importation = deposer(client_, texte_.encode(), "p.csv")
    adresse = f"{page(importation)}colonnes/"
    form = client_.get(adresse).context["formulaires"][0]
    lues = {f"colonne-{c.rang}": c.champ for c in form.colonnes}
    client_.post(adresse, lues)
    # What was there is kept, and is not lost with the second column.
    assert importation.lignes.get().valeurs["date_debut"] == "2027-03-01"
    lues |= {"colonne-2": "", "colonne-4": "date_debut", "colonne-5": "contact_inscription"}
    client_.post(adresse, lues)
    ligne = importation.lignes.get()
    assert (ligne.valeurs["date_debut"], ligne.valeurs["contact_inscription"]) == ("2027-03-08", "Nadia Roux")


@pytest.mark.parametrize("format_", ["xlsx", "csv"])
@pytest.mark.parametrize(
    ("contenu", "code"),
    [
        (
            "Action,Session,Du,Au,Notes\n88A-79-78490-XX,S1,01/03/2027,28/04/2027,Café, croissants\n",
            "decalee",
        ),
        (
            "Action;Session;Du;Au;Notes;Garantie\n88A-79-78490-XX;S1;01/03/2027;28/04/2027;Deux\nlignes;oui\n",
            "decalee",
        ),
        # Without the second line, repaired and applied, the first one would be read the other way round.
        (
            "Action;Session;Du;Au\n88A-79-78490-XX;S1;03/01/2027;04/02/2027\n88A-79-78490-XX;S2;03/31/2027;\n",
            "mois-ou-jour",
        ),
        (
            "Action;Session;Dates\n88A-79-78490-XX;S1;03/01/2027 - 04/02/2027\n"
            "88A-79-78490-XX;S2;03/31/2027\n",
            "mois-ou-jour",
        ),
    ],
)
def test_une_ligne_refusee_ne_revient_pas_lue_de_travers(client_, monde, contenu, code, format_):
    importation = deposer(client_, contenu)
    importation.lignes.exclude(ligne=2).delete()
    assert code in {a["code"] for a in importation.lignes.get().anomalies}
    for _ in range(2):
        sortie = client_.get(f"{page(importation)}refusees/", {"format": format_})
        importation = deposer(client_, sortie.content, f"a-corriger.{format_}")
        assert importation.lignes.get().decision == Decision.ERREUR
    if code == "decalee":
        assert importation.lignes.get().temoins["en_trop"]
