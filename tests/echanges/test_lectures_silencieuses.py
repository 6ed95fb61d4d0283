"""What files of other organisations say, and that would be read wrong without a word."""

import datetime as dt

import pytest
from openpyxl.styles import Font

from echanges.lignes import Gravite
from echanges.titres import Choix, empreinte_de
from tests.echanges.monde import LE_JOUR, MondeDesFichiers, classeur, en_octets, lecture, phrases

TITRES = ("Action", "Session", "Du", "Au")


def lignes(*rangees, formats=None, barrees=()):
    """Return the lines of a workbook with these rows under the usual titles."""
    wb = classeur(TITRES, *rangees)
    for cellule, code in (formats or {}).items():
        wb.active[cellule].number_format = code
    for cellule in barrees:
        wb.active[cellule].font = Font(strike=True)
    return lecture(en_octets(wb)).lignes


def dites(ligne):
    """Return the gravity and the field of what is said of a line."""
    return [(anomalie.gravite, anomalie.champ) for anomalie in ligne.anomalies]


# --- Titles ---


def test_les_dates_d_inscription_ne_sont_pas_celles_de_la_session():
    inscriptions, session = (
        (dt.date(2026, 12, 15), dt.date(2027, 2, 15)),
        (dt.date(2027, 3, 1), dt.date(2027, 3, 5)),
    )
    wb = classeur(
        (None, None, "Inscriptions", None, "Session", None),
        ("Code action", "Réf.", "Début", "Fin", "Début", "Fin"),
        ("A", "S", *inscriptions, *session),
    )
    wb.active.merge_cells("C1:D1")
    wb.active.merge_cells("E1:F1")
    lue = lecture(en_octets(wb))
    assert lue.lignes[0].valeurs == {"date_debut": "2027-03-01", "date_fin": "2027-03-05"}
    assert lue.colonnes[2].titre == "Inscriptions Début"
    # The same in a text, where nothing is merged; and titles on one row.
    texte = (
        "N° action;N° session;Inscriptions;;Session;\nAction;Réf.;Début;Fin;Début;Fin\n"
        "A;S;1/1/27;2/1/27;1/3/27;5/3/27\n"
    )
    assert lecture(texte).lignes[0].valeurs == {"date_debut": "2027-03-01", "date_fin": "2027-03-05"}
    un_rang = "Action;Session;Date début inscriptions;Date début;Date fin\nA;S;1/1/27;1/3/27;5/3/27\n"
    assert lecture(un_rang).lignes[0].valeurs["date_debut"] == "2027-03-01"


def test_un_titre_au_dessus_de_tout_n_ecarte_aucune_date():
    wb = classeur(
        ("Calendrier des inscriptions",), TITRES, ("A", "S", dt.date(2027, 3, 1), dt.date(2027, 3, 5))
    )
    wb.active.merge_cells("A1:D1")
    assert lecture(en_octets(wb)).lignes[0].valeurs["date_debut"] == "2027-03-01"


@pytest.mark.parametrize("titre", ["Date de début du stage", "Jours", "Période"])
def test_un_titre_moins_clair_laisse_son_champ(titre):
    lue = lecture(f"Action;Session;{titre};Date de début;Date de fin\nA;S;5;1/3/27;5/3/27\n")
    assert lue.lignes[0].valeurs == {"date_debut": "2027-03-01", "date_fin": "2027-03-05"}
    assert not lue.lignes[0].anomalies


def test_une_colonne_double_se_dit_et_se_choisit():
    texte = "Session;Du;Au;Session;Du;Au\nJ1;1/3/27;5/3/27;F1;1/4/27;5/4/27\n"
    lue = lecture(texte)
    assert [c.champ for c in lue.colonnes] == ["session", "date_debut", "date_fin", "", "", ""]
    assert sum("une autre a le même titre" in remarque for remarque in lue.remarques) == 3
    assert len({c.cle for c in lue.colonnes}) == 6
    dites_ = {"du": "", "du (2)": "date_debut"}
    choix = Choix(tables={empreinte_de([c.titre for c in lue.colonnes]): (dites_, {})})
    assert lecture(texte, choix=choix).lignes[0].valeurs["date_debut"] == "2027-04-01"


def test_une_colonne_sans_titre_se_dit_et_se_choisit():
    texte = "Action;Session;Du;Au\nA;S;1/3/27;5/3/27;Nadia Roux\n"
    lue = lecture(texte)
    assert "Une colonne sans titre n'est pas reprise : « Nadia Roux »…" in lue.remarques
    assert lue.lignes[0].anomalies == []
    choix = Choix(colonnes={lue.colonnes[-1].cle: "contact_inscription"})
    assert lecture(texte, choix=choix).lignes[0].valeurs["contact_inscription"] == "Nadia Roux"


def test_une_virgule_de_trop_decale_la_ligne_et_la_bloque():
    lue = lecture(
        "Action,Session,Du,Au,Notes\nA,S1,1/3/27,5/3/27,Café, croissants\nA,S2,1/3/27,5/3/27,Rien\n"
    )
    assert [dites(ligne) for ligne in lue.lignes] == [[(Gravite.BLOQUANTE, "")], []]
    assert "guillemets" in lue.lignes[0].anomalies[0].phrase


def test_un_retour_a_la_ligne_coupe_la_ligne_et_bloque_ses_moities():
    texte = "Action;Session;Du;Notes;Garantie\nA;S1;1/3/27;Deux\nlignes;oui\nA;S2;1/3/27;Une;oui\n"
    haut, bas, suivante = lecture(texte).lignes
    for moitie in (haut, bas):
        assert "coupée en deux" in moitie.anomalies[0].phrase
        assert moitie.temoins["en_trop"] == ["lignes", "oui"]
    assert not suivante.anomalies
    # Where rows stop at their last value, two short ones mean nothing.
    courtes = lecture("Action;Session;Du;Notes;Garantie\nA;S1;1/3/27\nA;S2;1/3/27\nA;S3\n").lignes
    assert not any(ligne.anomalies for ligne in courtes)


def test_une_colonne_trop_loin_se_dit():
    titres, valeurs = ("Session", "Du", *[""] * 60, "Garantie"), ("S", "1/3/27", *[""] * 60, "oui")
    for contenu in (en_octets(classeur(titres, valeurs)), "\n".join(map(";".join, (titres, valeurs)))):
        assert any("60e" in remarque for remarque in lecture(contenu).remarques)
    assert not any("60e" in remarque for remarque in lecture("Session;Du\nS;1/3/27\n").remarques)


# --- Cells of workbooks ---


def test_une_date_montree_sans_jour_ou_sans_annee_est_a_verifier():
    debut, fin = dt.date(2027, 3, 1), dt.date(2027, 3, 5)
    une, deux, trois = lignes(
        *[("A", nom, debut, fin) for nom in ("S1", "S2", "S3")],
        formats={
            "C2": "mmm-yy",
            "C3": "[$-40C]d mmmm",
            "C4": "[$-F800]dddd, mmmm dd, yyyy",
            "D4": "dd/mm/yy;@",
        },
    )
    assert dites(une) == dites(deux) == [(Gravite.AVERTISSEMENT, "date_debut")]
    assert "le jour" in une.anomalies[0].phrase and "l'année" in deux.anomalies[0].phrase
    assert trois.anomalies == [] and trois.valeurs["date_debut"] == "2027-03-01"


def test_un_nombre_montre_en_date_n_en_est_pas_une():
    (ligne,) = lignes(("A", "S", 5, dt.date(2027, 3, 5)), formats={"C2": "dd/mm/yyyy"})
    assert dites(ligne) == [(Gravite.BLOQUANTE, "date_debut")]


def test_un_code_a_les_zeros_que_le_classeur_montre():
    un, deux = lignes(("A", 123, None, None), ("A", 42, None, None), formats={"B2": "00000", "B3": '"S-"000'})
    assert (un.chemin[-1], deux.chemin[-1]) == ("00123", "S-042")
    assert lignes(("A", 123, None, None))[0].chemin[-1] == "123"


def test_un_numero_qu_un_tableur_a_abrege_n_est_pas_un_code():
    (ligne,) = lecture("Action;Session;Du\nA;1,23457E+11;1/3/27\n").lignes
    assert dites(ligne) == [(Gravite.BLOQUANTE, "session")]
    assert lecture("Action;Session;Du\nA;12E3;1/3/27\n").lignes[0].chemin[-1] == "12E3"
    (longue,) = lignes(("A", 20270301000012345, None, None))
    assert dites(longue) == [(Gravite.AVERTISSEMENT, "session")]


def test_une_session_annulee_se_dit():
    jours = (dt.date(2027, 3, 1), dt.date(2027, 3, 5))
    barree, non = lignes(("A", "S1", *jours), ("A", "S2", *jours), barrees=["B2"])
    assert "barrées" in barree.anomalies[0].phrase and not non.anomalies
    annulee, reportee, non = lecture(
        "Session;Du;Etat;Notes\nS1;1/3/27;ANNULÉE;\nS2;1/3/27;;Session reportée en mai\n"
        "S3;1/3/27;;Annulation gratuite\n"
    ).lignes
    assert "« Etat » dit « ANNULÉE »" in annulee.anomalies[0].phrase
    assert "décochez" in reportee.anomalies[0].phrase and not non.anomalies


def test_une_duree_est_un_nombre_d_heures():
    wb = classeur(
        ("Offre", "Code action", "Durée"), ("O", "A1", dt.timedelta(hours=35)), ("O", "A2", "35h00"),
        ("O", "A3", "14h30"), titre="Actions",
    )  # fmt: skip
    wb.active["C2"].number_format = "[h]:mm"
    lues = lecture(en_octets(wb)).lignes
    assert [ligne.valeurs["duree_totale"] for ligne in lues] == [35, 35, "14h30"]


# --- Prices ---


@pytest.mark.parametrize(
    ("ecrit", "lu"),
    [
        ("1.250", "1250"),
        ("1 250,00 € TTC", "1250.00"),
        ("1,250.00", "1250.00"),
        ("5 000 € net de TVA", "5000"),
        ("12.50", "12.50"),
    ],
)
def test_les_prix_que_les_gens_ecrivent(ecrit, lu):
    (ligne,) = lecture(f"Session;Du;Prix\nS;1/3/27;{ecrit}\n").lignes
    assert ligne.temoins["prix"] == lu


@pytest.mark.parametrize("ecrit", ["gratuit", "sur devis", "1 250 € HT", "de 500 à 1 000 €"])
def test_un_prix_qui_ne_se_compare_pas_se_dit(ecrit):
    (ligne,) = lecture(f"Session;Du;Prix\nS;1/3/27;{ecrit}\n").lignes
    assert dites(ligne) == [(Gravite.AVERTISSEMENT, "prix")]


def test_un_prix_d_action_qui_n_en_est_pas_un_est_refuse_a_sa_cellule():
    (ligne,) = lecture("Offre;Code action;Durée;TTC à 20 %\nO;A;35;gratuit\n").lignes
    assert dites(ligne) == [(Gravite.BLOQUANTE, "ttc_20")]


def test_un_choix_refuse_dit_les_autres():
    un, deux = lecture("Offre;Code action;Modalité;Durée\nO;A;Distanciel;3\nO;B;Ailleurs;3\n").lignes
    assert un.valeurs["modalites_enseignement"] == "a_distance"
    assert deux.anomalies[0].phrase.endswith(": Présentiel, Mixte, À distance.")


# --- Encodings ---

ACCENTS = "Session;Début;Fin;Remarques\nS;1/3/27;5/3/27;Café d'accueil à 8 h, pièce d'identité exigée\n"


@pytest.mark.parametrize("codage", ["mac_roman", "cp850", "cp1252", "utf-8"])
def test_les_accents_de_chaque_systeme(codage):
    lue = lecture(ACCENTS.encode(codage))
    assert lue.lignes[0].valeurs["modalites_particulieres"].startswith("Café d'accueil à 8 h, pièce")
    assert lue.lignes[0].valeurs["date_debut"] == "2027-03-01"
    assert any("accentuées" in remarque for remarque in lue.remarques) is (codage in {"mac_roman", "cp850"})


@pytest.mark.parametrize("texte", ["L’école", "« – … € »", "Œuvre", "Ÿ", "Straße", "Übung"])
def test_un_texte_de_windows_le_reste(texte):
    lue = lecture(f"Session;Du;Remarques\nS;1/3/27;{texte}\n".encode("cp1252"))
    assert lue.lignes[0].valeurs["modalites_particulieres"] == texte


def test_un_texte_encode_deux_fois_est_retabli():
    abime = ACCENTS.replace("Café", "Café à l’École").encode().decode("latin-1").encode()
    lue = lecture(abime)
    assert lue.lignes[0].valeurs["modalites_particulieres"].startswith("Café à l’École")
    assert "rétablies" in " ".join(lue.remarques)


# --- Through the plan ---


def test_une_ligne_decalee_ne_s_applique_pas(db, settings):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    plan = MondeDesFichiers().plan(
        "Action,Session,Du,Au,Observations\nCARISTE-CRETEIL,V1,1/3/2027,5/3/2027,Café, croissants\n"
    )
    assert plan.bilan["erreurs"] == 1
    assert "plus de cellules" in phrases(plan.lignes[0])
