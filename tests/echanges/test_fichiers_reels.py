"""Tables as people keep them: what is understood, and what is refused in words. Nothing asks the database."""

import datetime as dt
import unicodedata

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from echanges.lignes import FichierRefuse
from tests.echanges.monde import classeur, en_octets, lecture

TITRES = "Action;Session;Du;Au\n"
MARS = {"date_debut": "2027-03-01", "date_fin": "2027-03-05"}


def lu(texte):
    """Return the values of the first line that is not ignored, and what is said of it."""
    ligne = next(ligne for ligne in lecture(texte).lignes if not ligne.ignoree)
    return ligne.valeurs, " ".join(anomalie.phrase for anomalie in ligne.anomalies)


@pytest.mark.parametrize(
    ("ecrit", "debut", "fin"),
    [
        ("du 3 au 7 mars 2027", "2027-03-03", "2027-03-07"),
        ("du lundi 1er au vendredi 5 mars 2027", "2027-03-01", "2027-03-05"),
        ("du 28 février au 4 mars 2027", "2027-02-28", "2027-03-04"),
        ("28 au 4 mars 2027", "2027-02-28", "2027-03-04"),
        ("du 29 décembre au 3 janvier 2028", "2027-12-29", "2028-01-03"),
        ("03/03/2027 - 07/03/2027", "2027-03-03", "2027-03-07"),
        ("du 03/03 au 07/03/27", "2027-03-03", "2027-03-07"),
        ("3-7 mars 2027", "2027-03-03", "2027-03-07"),
        ("3 et 4 mars 2027", "2027-03-03", "2027-03-04"),
        ("03/03/2027 → 07/03/2027", "2027-03-03", "2027-03-07"),
        ("3 mars 2027", "2027-03-03", "2027-03-03"),
    ],
)
def test_une_colonne_donne_les_deux_dates(ecrit, debut, fin):
    valeurs, _ = lu(f"Action;Session;Dates\nA1;S1;{ecrit}\n")
    assert valeurs == {"date_debut": debut, "date_fin": fin}


@pytest.mark.parametrize(
    ("ecrit", "dit"),
    [
        ("mars 2027", "il manque le jour"), ("à définir", "ce n'est pas une date"),
        ("du 30 au 31 février 2027", "ce n'est pas une date"),
    ],
)  # fmt: skip
def test_des_dates_illisibles_manquent_toutes_les_deux(ecrit, dit):
    (ligne,) = lecture(f"Action;Session;Dates\nA1;S1;{ecrit}\n").lignes
    assert [anomalie.champ for anomalie in ligne.anomalies] == ["date_debut", "date_fin"]
    assert all(dit in anomalie.phrase for anomalie in ligne.anomalies)


def test_deux_dates_dans_la_colonne_du_se_proposent():
    (ligne,) = lecture("Action;Session;Du;Au\nA1;S1;du 3 au 7 mars 2027;du 3 au 7 mars 2027\n").lignes
    assert [a.propositions for a in ligne.anomalies] == [["03/03/2027"], ["07/03/2027"]]
    assert "titrez la colonne « Dates »" in ligne.anomalies[0].phrase


def test_date_a_cote_de_fin_est_le_debut():
    assert lu("Action;Session;Date;Fin\nA1;S1;01/03/2027;05/03/2027\n")[0] == MARS


@pytest.mark.parametrize(
    ("debut", "fin"),
    [
        ("lundi 1 mars 2027", "vendredi 5 mars 2027"), ("lun. 1 mars 2027", "ven 5 mars 27"),
        ("20270301", "20270305"), ("1er mars 2027 (matin)", "5 mars 2027 (17h)"), ("46447", "46451"),
        ("1 MARS 2027", "05.03.27"), ("\xa01er\u202fmars 2027", "5 mars\xa02027"),
        ("2027-03-01T00:00:00", "2027-03-05 00:00:00"),
    ],
)  # fmt: skip
def test_les_dates_des_gens(debut, fin):
    assert lu(f"{TITRES}A1;S1;{debut};{fin}\n")[0] == MARS


def test_un_planning_de_bureau():
    """A title over the table, a line of groups, a subtotal, the name of a month, the titles again."""
    texte = (
        "PLANNING DES FORMATIONS 2027;;;;\n;;;;\n;;Dates;;\nCode action;N° session;Début;Fin;Garantie ?\n"
        "MARS 2027;;;;\nA1;S1;01/03/2027;05/03/2027;x\nSous-total;1;;;\n;;;;\n"
        "Code action;N° session;Début;Fin;Garantie ?\nAvril;;;;\nA1;S2;;;O\nTOTAL;2;;;\n"
    )
    lignes = lecture(texte.encode("cp1252"), "planning.csv").lignes
    assert [ligne.ignoree for ligne in lignes] == [
        "Titre d'un mois.", "", "Ligne de total.", "Ligne vide.", "Titres répétés.", "Titre d'un mois.", "",
        "Ligne de total.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "note",
    [
        "* sous réserve d'un nombre suffisant d'inscrits;;;",
        ";;NB : les sessions de mai peuvent être reportées;",
        "Mise à jour le 12/03/2027;;;",
        "Page 2 sur 3;;;",
        "Les dates d'été seront confirmées en avril;;;",
        ";;;Légende : x = garantie",
    ],
)
def test_une_note_sous_le_tableau_n_est_pas_une_session(note):
    lignes = lecture(f"{TITRES}A1;S1;01/03/2027;05/03/2027\n{note}\n".encode()).lignes
    assert [ligne.ignoree for ligne in lignes] == ["", "Note autour du tableau."]


@pytest.mark.parametrize("ligne", ["A1;;;", ";S2 groupe du soir;;", ";;du 1er au 5 mars 2027;", "A2;* S3;;"])
def test_une_ligne_incomplete_n_est_pas_une_note(ligne):
    lignes = lecture(f"{TITRES}A1;S1;01/03/2027;05/03/2027\n{ligne}\n".encode()).lignes
    assert not lignes[1].ignoree


def test_un_classeur_avec_des_bords_vides_et_le_calendrier_de_1904():
    wb = classeur(
        (), (None, None, "Planning"), (), (None, "Action", "Session", "Du", "Au"),
        (None, "A1", "S1", dt.datetime(2027, 3, 1, 9), dt.date(2027, 3, 5)),
    )  # fmt: skip
    wb.epoch = CALENDAR_MAC_1904
    assert lecture(en_octets(wb)).lignes[0].valeurs == MARS


@pytest.mark.parametrize(
    "octets",
    [
        unicodedata.normalize("NFD", "Action;Session;Début;Début;Fin\nA1;S1;01/03/2027;x;05/03/2027\n"),
        "sep=;\nAction;Session;Du;Au\nA1;S1;01/03/2027;05/03/2027\n",
        "Action\tSession\tDu\tAu\r\nA1\tS1\t01/03/2027\t05/03/2027\r\n".encode("utf-16"),
        b"Action;Session;Du;Au\rA1;S1;01/03/2027;05/03/2027\r",
        "Action;;Session;Du;Au;\nA1;é;S1;01/03/2027;05/03/2027;\xa0\n".encode("cp1252"),
        "Action,Session,Du,Au,Autre\nA1,S1,2027-03-01,2027-03-05,\"un, deux ; trois\"\n",
        'Action;Session;Du;Au;Salle\nA1;S1;01/03/2027;05/03/2027;écran 15"\n',
    ],
    ids=["accents décomposés", "sep=", "utf-16", "mac", "sans titre", "virgules", "pouces"],
)  # fmt: skip
def test_les_textes_des_gens(octets):
    assert lu(octets)[0] == MARS


def test_un_guillemet_jamais_referme_est_dit():
    with pytest.raises(FichierRefuse, match="guillemet"):
        lecture(f'{TITRES}A1;"S1;01/03/2027;05/03/2027\n')


def test_le_zero_perdu_d_un_telephone_et_d_un_code_postal_revient():
    valeurs, dit = lu("Nom;Prénom;Tél.;Mail\nRoux;Nadia;149800012;n@x.example\n")
    assert valeurs["telephone_fixe"] == "0149800012" and "zéro de tête" in dit
    wb = classeur(("Titre", "CP", "Ville", "Voie"), ("Bourg", 1000, "Bourg-en-Bresse", "4 rue X"))
    assert lecture(en_octets(wb)).lignes[0].valeurs["code_postal"] == "01000"


def test_une_colonne_adresse_est_decoupee():
    valeurs, _ = lu("Nom du lieu;Adresse;CP;Ville\nCréteil;12 bis rue des Lilas;94000;Créteil\n")
    assert valeurs == {
        "numero_voie": "12", "indice_repetition": "B", "nature_voie": "RUE", "libelle_voie": "des Lilas",
        "code_postal": "94000", "ville": "Créteil",
    }  # fmt: skip
    valeurs, _ = lu("Titre;Adresse complète;CP\nCréteil;12 rue des Lilas, 94000 Créteil;\n")
    assert (valeurs["code_postal"], valeurs["ville"]) == ("94000", "Créteil")


def test_un_prix_hors_taxes_ne_passe_pas_pour_un_prix_ttc():
    table = "Offre;Action;TTC, net de TVA;HT à 20 %\nO;A;{};{}\n"
    valeurs, dit = lu(table.format("1 200,50 € TTC", "1.000,00 € HT"))
    assert (valeurs["ttc_0"], valeurs["ht_20"], dit) == ("1200.50", "1000.00", "")
    assert "hors taxes" in lu(table.format("1 200,50 € HT", ""))[1]
