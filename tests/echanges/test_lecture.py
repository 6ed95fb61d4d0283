"""What is read of a file: its encoding, its columns, its cells; and what is refused, with a sentence."""

import datetime as dt
import io
import time
import zipfile

import pytest

from echanges.fichiers import DEZIPPE_AU_PLUS, MEGA
from echanges.lignes import FichierRefuse, Gravite
from echanges.texte import decoder, separateur_de
from echanges.titres import Choix
from tests.echanges.monde import classeur, classeur_de_tout, en_octets, lecture
from tests.outils import trop_long

TITRES = ("Action", "Session", "Du", "Au", "Garantie")
LIGNE = ("A1", "S1", "01/02/2027", "05/02/2027", "oui")
CSV = "\r\n".join(";".join(ligne) for ligne in (TITRES, LIGNE))


def refus(octets, nom=""):
    """Return the sentence with which a file is refused, in about five seconds at most."""
    debut = time.process_time()
    with pytest.raises(FichierRefuse) as refuse:
        lecture(octets, nom)
    assert not trop_long(time.process_time() - debut, 5)
    return str(refuse.value)


@pytest.mark.parametrize(
    ("octets", "encodage", "debut"),
    [
        ("é".encode("utf-8-sig"), "utf-8 (BOM)", "é"),
        ("déjà".encode(), "utf-8", "déjà"),
        ("d’été €".encode("cp1252"), "cp1252", "d’été €"),
        ("Début;Fin".encode("utf-16"), "utf-16", "Début;Fin"),
        ("Debut;Fin;".encode("utf-16-le"), "utf-16", "Debut;Fin;"),
        ("Debut;Fin;".encode("utf-16-be"), "utf-16", "Debut;Fin;"),
        (b"\x81t\xe9", "cp1252", "\ufffdté"),
    ],
)
def test_l_encodage_suit_une_regle(octets, encodage, debut):
    texte, lu, remarques = decoder(octets)
    assert (lu, texte) == (encodage, debut)
    assert bool(remarques) is ("\ufffd" in debut)


@pytest.mark.parametrize(
    ("texte", "signe"),
    [
        ("a;b;c\n1,5;2;3\n", ";"),
        ("a\tb\n1, 2\t3\n", "\t"),
        ("a,b,c\n1,2,3\n", ","),
        ("a|b|c\n1|2,5|3\n", "|"),
        ('a;b\n"x, y, z";"1, 2"\n"x;;;";2\n', ";"),
        ("seule\n", ";"),
    ],
)
def test_le_separateur_est_le_plus_constant(texte, signe):
    assert separateur_de(texte) == signe


@pytest.mark.parametrize("extension", ["", "planning.csv", "planning.TXT"])
def test_un_csv_se_lit(extension):
    lue = lecture(CSV, extension)
    assert (lue.format, lue.encodage, lue.separateur, lue.ligne_de_titres) == ("csv", "utf-8", ";", 1)
    (ligne,) = lue.lignes
    assert ligne.chemin == ("", "A1", "S1")
    assert ligne.valeurs == {"date_debut": "2027-02-01", "date_fin": "2027-02-05", "garantie": True}


def test_une_cellule_sur_deux_lignes_garde_le_numero_de_sa_premiere_ligne():
    lue = lecture('Session;Du;Remarques\nS1;01/02/2027;"un\ndeux"\nS2;02/02/2027;\n')
    assert [ligne.ligne for ligne in lue.lignes] == [2, 4]
    assert lue.lignes[0].valeurs["modalites_particulieres"] == "un\ndeux"


def test_des_lignes_enfermees_dans_une_cellule_sont_rouvertes():
    lue = lecture('"Action;Session;Du"\n"A1;S1;""01/02/2027"""\n')
    assert lue.lignes[0].valeurs == {"date_debut": "2027-02-01"}
    assert "rouvertes" in " ".join(lue.remarques)


@pytest.mark.parametrize(
    ("titre", "champ"),
    [
        ("Date de début (jj/mm/aaaa) *", "date_debut"), ("DÉBUT", "date_debut"), ("Du", "date_debut"),
        ("Date de début de la formation", "date_debut"), ("Date de fin prévue", "date_fin"),
        ("Date limite d'inscription", ""), ("Heure de début", ""), ("Places", ""), ("Salle", ""),
        ("N° session", "session"), ("Réf.", "session"), ("Garantie ?", "garantie"),
        ("Contact d’inscription", "contact_inscription"), ("E-mail contact", "contact_inscription"),
        ("Lieu", "adresse_inscription"), ("Prix TTC", "prix"), ("Observations", "modalites_particulieres"),
    ],
)  # fmt: skip
def test_les_titres_que_les_gens_ecrivent(titre, champ):
    lue = lecture(f"{titre};Action;Pas de dates;Code formation\nx;A;non;O\n")
    assert lue.colonnes[0].champ == champ


def test_la_ligne_de_titres_se_cherche_et_ce_qui_est_au_dessus_est_dit():
    lue = lecture("Planning 2027;;;\n;;;\nAction;Session;Du;Au\nA;S;01/02/2027;02/02/2027\n")
    assert (lue.ligne_de_titres, len(lue.lignes)) == (3, 1)
    assert "au-dessus des titres" in lue.remarques[0]


@pytest.mark.parametrize(
    ("ecrit", "lu"),
    [
        ("1/3/27", "2027-03-01"), ("01.03.2027", "2027-03-01"), ("2027-03-01", "2027-03-01"),
        ("1er mars 2027", "2027-03-01"), ("1-mars-27", "2027-03-01"), ("lundi 1 mars 2027", "2027-03-01"),
        ("01/03/2027 09:00", "2027-03-01"), ("46447", "2027-03-01"),
    ],
)  # fmt: skip
def test_les_dates_que_les_gens_ecrivent(ecrit, lu):
    assert lecture(f"Session;Du;Au\nS;{ecrit};\n").lignes[0].valeurs["date_debut"] == lu


def test_un_mois_avant_le_jour_propose_la_bonne_date():
    (anomalie,) = lecture("Session;Du;Au\nS;09/31/2027;\n").lignes[0].anomalies
    assert (anomalie.gravite, anomalie.propositions) == (Gravite.BLOQUANTE, ["30/09/2027"])


def test_un_classeur_se_lit_avec_ses_types():
    wb = classeur(TITRES, ("A1", 702, dt.datetime(2027, 2, 1), dt.date(2027, 2, 5), True), (), ("TOTAL",))
    lue = lecture(en_octets(wb), "p.xlsx")
    assert (lue.format, lue.feuille, lue.encodage) == ("xlsx", "Sessions", "")
    premiere = lue.lignes[0]
    assert premiere.chemin == ("", "A1", "702")
    assert premiere.valeurs == {"date_debut": "2027-02-01", "date_fin": "2027-02-05", "garantie": True}
    assert lue.lignes[-1].ignoree == "Ligne de total."


def test_ce_qu_excel_cache_ou_fusionne_est_lu_et_dit():
    wb = classeur(TITRES, LIGNE, (None, "S2", "08/02/2027", "12/02/2027", "idem"))
    wb.active.merge_cells("A2:A3")
    wb.active.row_dimensions[3].hidden = True
    wb.active.column_dimensions["E"].hidden = True
    lue = lecture(en_octets(wb))
    assert lue.lignes[1].chemin == ("", "A1", "S2")
    assert lue.lignes[1].valeurs["garantie"] is True
    dites = " ".join(anomalie.phrase for anomalie in lue.lignes[1].anomalies)
    assert "A2:A3" in dites and "idem" in dites and "masquée" in dites
    assert "Garantie" in " ".join(lue.remarques)


def test_une_formule_sans_resultat_est_dite():
    wb = classeur(TITRES, ("A1", "S1", "=1+1", "05/02/2027", "oui"))
    (anomalie,) = lecture(en_octets(wb)).lignes[0].anomalies
    assert anomalie.champ == "date_debut" and "formule" in anomalie.phrase


def test_la_feuille_aux_titres_connus_est_proposee():
    wb = classeur(("Lisez-moi",), titre="Notice")
    feuille = wb.create_sheet("Planning")
    for rangee in (TITRES, LIGNE):
        feuille.append(rangee)
    wb.create_sheet("Ancien").append(TITRES)
    lue = lecture(en_octets(wb))
    assert (lue.feuille, lue.feuilles) == ("Planning", ["Planning", "Ancien"])
    assert lecture(en_octets(wb), choix=Choix(feuilles=["Ancien"])).feuille == "Ancien"


def test_ce_qui_est_choisi_l_emporte_sur_ce_qui_est_reconnu():
    choix = Choix(
        colonnes={"quand": "date_debut", "du": ""}, fixes={"garantie": "oui"}, mots={"action": {"a1": "A2"}}
    )
    lue = lecture("Action;Session;Quand;Du;Au\nA1;S;01/02/2027;x;\n", choix=choix)
    assert lue.lignes[0].chemin == ("", "A2", "S")
    assert lue.lignes[0].valeurs == {"date_debut": "2027-02-01", "date_fin": None, "garantie": True}
    assert not lue.lignes[0].anomalies


def bombe():
    """Return a workbook that would fill the memory once unzipped."""
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("xl/workbook.xml", "<workbook/>")
        z.writestr("xl/worksheets/sheet1.xml", b" " * ((DEZIPPE_AU_PLUS + 1) * MEGA))
    return sortie.getvalue()


def avec_doctype():
    """Return a workbook one part of which declares entities that grow."""
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w") as z:
        entites = '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]>'
        z.writestr("xl/workbook.xml", f"{entites}<workbook>&c;</workbook>")
    return sortie.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
HOSTILES = {
    "vide": (b"", "x.csv", "vide"),
    "blancs": (b"  \r\n \r\n", "x.csv", "vide"),
    "ancien classeur": (OLE, "planning.xls", ".xlsx"),
    "mot de passe": (OLE + "EncryptedPackage".encode("utf-16-le"), "planning.xlsx", "mot de passe"),
    "page web": (b"<html><table><tr><td>Session</td></tr></table></html>", "planning.xls", "page web"),
    "pdf": (b"%PDF-1.7", "x.csv", "PDF"),
    "binaire": (bytes(range(256)) * 20, "x.csv", "ni du texte"),
    "nuls": ((CSV + "\x00\x00").encode(), "x.csv", "ni du texte"),
    "csv nommé xlsx": (CSV.encode(), "planning.xlsx", "renommez"),
    "xlsx nommé csv": (en_octets(classeur(TITRES, LIGNE)), "planning.csv", "renommez"),
    "coupé": (en_octets(classeur(TITRES, LIGNE))[:2000], "x.xlsx", "abîmé"),
    "bombe": (bombe(), "x.xlsx", "décompressé"),
    "doctype": (avec_doctype(), "x.xlsx", "abîmé"),
    "archive": (b"PK\x05\x06" + b"\x00" * 18, "x.zip", "archive"),
    "25 Mo": (b"a;b\n" * 6_500_000, "x.csv", "Mo"),
    "trop de lignes": ((CSV + "\r\nA;S;;;" * 21_000).encode(), "x.csv", "20\u202f000"),
    "guillemet ouvert": ((CSV + '\r\nA1;"S2;01/01/2027;;\r\n;;;;').encode(), "x.csv", "guillemet"),
    "cellule démesurée": (("Action;Session;Du\n" + "x" * 300_000).encode(), "x.csv", "guillemet"),
    "sans titres": (b"1;2;3\n4;5;6\n", "x.csv", "ligne de titres"),
    "un seul mot": (b"bonjour", "x.csv", "ligne de titres"),
    "utf-8 coupé": ("Action;Session\nété;é".encode()[:-1], "x.csv", "coupé"),
}  # fmt: skip


@pytest.mark.parametrize("cas", HOSTILES)
def test_ce_qui_n_est_pas_un_tableau_est_refuse_avec_une_phrase(cas):
    octets, nom, mot = HOSTILES[cas]
    phrase = refus(octets, nom)
    assert mot in phrase and phrase.endswith((".", "?")) and len(phrase) > 25


def test_un_million_de_lignes_vides_n_empeche_rien():
    """The sheet declares rows down to the last one: those that hold something are read."""
    base = en_octets(classeur(TITRES, LIGNE))
    sortie = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(base)) as source, zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as z:
        for nom in source.namelist():
            piece = source.read(nom)
            if nom == "xl/worksheets/sheet1.xml":
                vides = "".join(f'<row r="{rang}" ht="15"/>' for rang in range(3, 1_000_000)).encode()
                piece = piece.replace(b"</sheetData>", vides + b"</sheetData>")
            z.writestr(nom, piece)
    debut = time.process_time()
    assert len(lecture(sortie.getvalue(), "x.xlsx").lignes) == 1
    assert not trop_long(time.process_time() - debut, 5)


def test_les_feuilles_qui_disent_leur_niveau_sont_lues_ensemble():
    lue = lecture(en_octets(classeur_de_tout()))
    assert [table.feuille for table in lue.tables] == [
        "Contacts", "Lieux", "Formations", "Actions", "Planning 2027"
    ]  # fmt: skip
    assert [ligne.niveau for ligne in lue.lignes] == ["contact", "adresse", "offre", "action", "session"]
    assert len({ligne.repere for ligne in lue.lignes}) == 5
    assert lue.lignes[3].place == "ligne 2 de la feuille « Actions »"
    assert "« Stagiaires »" in " ".join(lue.remarques)
    une = lecture(en_octets(classeur_de_tout()), choix=Choix(feuilles=["Stagiaires"]))
    assert [ligne.niveau for ligne in une.lignes] == ["contact"]


def test_un_nom_complet_dans_une_colonne():
    titres = "Contact;Courriel;Téléphone\n"
    sure, douteuse = lecture(
        f"{titres}Mme Claire Dupont;c@x.example;01 49 80 00 00\nClaire Dupont;d@x.example;0149800000\n"
    ).lignes
    assert (sure.valeurs["civilite"], sure.valeurs["prenom"], sure.valeurs["nom"]) == (
        "madame", "Claire", "Dupont",
    )  # fmt: skip
    assert [(dite.champ, dite.propositions) for dite in douteuse.anomalies] == [
        ("nom", ["Dupont", "Claire"]),
        ("prenom", ["Claire", "Dupont"]),
    ]


@pytest.mark.parametrize(
    ("titre", "nom"), [("Prénom Nom", "Claire Dupont"), ("Nom / Prénom", "Dupont Claire")]
)
def test_le_titre_dit_l_ordre_du_nom_complet(titre, nom):
    (ligne,) = lecture(f"{titre};Mail;Téléphone\n{nom};c@x.example;0149800000\n").lignes
    assert (ligne.valeurs["prenom"], ligne.valeurs["nom"]) == ("Claire", "Dupont")


def test_un_nom_seul_sans_colonne_de_prenom():
    entiere, seule = lecture(
        "Nom;Mail;Téléphone\nDUPONT Claire;c@x.example;1\nDe La Tour;d@x.example;1\n"
    ).lignes
    assert (entiere.valeurs["prenom"], entiere.valeurs["nom"]) == ("Claire", "DUPONT")
    assert (seule.valeurs.get("prenom"), seule.valeurs["nom"]) == (None, "De La Tour")


def test_des_titres_sur_deux_lignes():
    wb = classeur(
        ("PLANNING 2027",), ("Formation", None, "Session", "Dates", None, "Infos"),
        (None, "Code action", "N°", "Début", "Fin", "Garantie ?"),
        ("CARISTE", "A1", "S1", dt.date(2027, 3, 1), dt.date(2027, 3, 5), "☑"),
        ("TOTAL GÉNÉRAL", None, None, 1),
    )  # fmt: skip
    lue = lecture(en_octets(wb))
    assert lue.lignes[0].chemin == ("CARISTE", "A1", "S1")
    assert lue.lignes[0].valeurs == {"date_debut": "2027-03-01", "date_fin": "2027-03-05", "garantie": True}
    assert lue.lignes[1].ignoree == "Ligne de total."
    assert lue.remarques == ["Titres lus sur deux lignes.", "1\xa0ligne au-dessus des titres, non reprise."]


def test_une_date_qui_a_peut_etre_le_mois_d_abord_est_refusee():
    lignes = lecture(
        "Action,Session,Du,Au\nA1,S1,3/1/2027,3/5/2027\nA1,S2,3/14/2027,3/18/2027\nA1,S3,3/3/2027,\n"
    ).lignes
    assert [(a.champ, a.propositions) for a in lignes[0].anomalies] == [
        ("date_debut", ["01/03/2027"]),
        ("date_fin", ["05/03/2027"]),
    ]
    assert lignes[2].valeurs["date_debut"] == "2027-03-03"
    (periode, _) = lecture(
        "Action;Session;Dates\nA1;S1;3/1/2027 - 3/5/2027\nA1;S2;3/14/2027 - 3/18/2027\n"
    ).lignes
    assert [a.champ for a in periode.anomalies] == ["date_debut", "date_fin"]
    sures = lecture("Action;Session;Du;Au\nA1;S1;03/01/2027;31/01/2027\nA1;S2;3/14/2027;\n").lignes
    assert sures[0].valeurs["date_debut"] == "2027-01-03"


def test_un_tiret_ne_dit_rien_et_un_telephone_retrouve_son_zero():
    (ligne,) = lecture("Action;Session;Du;Garantie;Observations\nA1;S1;-;—;-\n").lignes
    assert (ligne.valeurs["date_debut"], ligne.valeurs["garantie"]) == (None, None)
    assert ligne.valeurs["modalites_particulieres"] == "-" and not ligne.anomalies
    (contact,) = lecture("Nom;Prénom;Tél\nRoux;Nadia;6.12 34-56 78\n").lignes
    assert contact.valeurs["telephone_fixe"] == "0612345678"
