"""Tests of the reading of EDOF's XML: the files of the data line by line, then each trap met in real ones."""

import re
from pathlib import Path

import pytest
from lxml import etree

from catalogue import nomenclatures
from echanges.edof_xml import codes as tables
from echanges.lignes import Demande, Niveau
from tests.echanges.edof_xml import FICHIERS, SCHEMA, SIRET, change, codes, lire_octets, octets, par_nom

CHAMPS = (Path(__file__).parents[2] / "docs" / "champs.md").read_text()
VIDE = b'<lheo xmlns="https://www.of.moncompteformation.gouv.fr"><offres>%s</offres></lheo>'


# --- The files of the data ---


def test_complet():
    lecture = lire_octets(octets("01"))
    assert (lecture.refus, lecture.siret, lecture.reparations, lecture.avertissements) == ("", SIRET, [], [])
    assert lecture.nombres == {
        Niveau.CONTACT: 2, Niveau.ADRESSE: 2, Niveau.OFFRE: 1, Niveau.ACTION: 2, Niveau.SESSION: 3,
    }  # fmt: skip
    assert [ligne.niveau for ligne in lecture.lignes()] == [
        *[Niveau.CONTACT] * 2, *[Niveau.ADRESSE] * 2, Niveau.OFFRE,
        *[Niveau.ACTION] * 2, *[Niveau.SESSION] * 3,
    ]  # fmt: skip
    lignes = par_nom(lecture)
    assert all(ligne.anomalies == [] for ligne in lignes.values())
    assert lignes["TSMEL-2027"].valeurs == {
        "intitule": "Technicien supérieur en méthodes et exploitation logistique",
        "objectif": "- Piloter un site\n- Encadrer une équipe",
        "resultats_attendus": "Titre professionnel de niveau 5",
        "contenu": "**Bloc 1**\n\nRéception, stockage, préparation",
        "type_parcours": "mixte",
        "objectif_general": "certification",
        "certification": "RNCP38413",
        "type_offre": "certifiante",
        "points_forts": "Un métier de terrain et de pilotage",
        "blocs": ["RNCP38413BC01", "RNCP38413BC02", "RNCP38413BC03"],
        "blocs_modifiables": True,
    }
    action = lignes["TSMEL-CHEVILLY"].valeurs
    assert action == {
        "niveau_entree_obligatoire": False, "modalites_enseignement": "presentiel",
        "conditions_specifiques": "Niveau 4 ou deux ans en entrepôt",
        "lieu_de_formation": "CHEVILLY", "contact_du_lieu": "NROUX",
        "modalites_entrees_sorties": "dates_fixes",
        "url_action": "https://ilvm.example/tsmel", "adresse_information": "BP",
        "dates_information": ["2027-01-15", "2027-02-12"],
        "restauration": "Self sur place", "hebergement": "Résidence à 500 m", "transport": "RER B, bus 131",
        "acces_handicapes": "Locaux accessibles", "langue": "fr",
        "modalites_recrutement": "Réunion puis entretien",
        "modalites_pedagogiques": "Ateliers et mises en situation",
        "perimetre_recrutement": "region", "infos_perimetre": "Île-de-France",
        "heures_centre": 490, "heures_entreprise": 210,
        "contact_information": "INFO", "modalites_handicap": "Aménagements sur demande au référent",
        "info_admission": "Dossier puis entretien", "gfe": "transport", "horaires": "fixes",
        "autres_services": "Prêt d’ordinateur", "frais_anpec": "150.00",
        "detail_frais_anpec": "Équipement de sécurité",
        "modalites_admission": ["dossier", "entretien"],
        "duree_totale": 700, "rythmes": ["en_journee", "temps_plein"], "frais_certif_inclus": "non_inclus",
        "ht_0": "3000.00", "ttc_0": "3000.00", "ht_5_5": "200.00", "ttc_5_5": "211.00", "ht_20": "1000.00",
        "ttc_20": "1200.00",
        "existence_prerequis": True,
    }  # fmt: skip
    session = lignes["TSMEL-CHE-2027-03"]
    assert (session.chemin, session.demande, session.ligne) == (
        ("TSMEL-2027", "TSMEL-CHEVILLY", "TSMEL-CHE-2027-03"),
        Demande.OUVRIR,
        5,
    )
    assert session.valeurs == {
        "pas_de_dates": False, "date_debut": "2027-03-01", "date_fin": "2027-11-26",
        "adresse_inscription": "CHEVILLY",
        "contact_inscription": "NROUX", "garantie": True, "modalites_particulieres": "Promotion de printemps",
    }  # fmt: skip
    assert lignes["TSMEL-CHE-2027-09"].demande == Demande.FERMER
    permanente = lignes["TSMEL-FOAD-PERM"].valeurs
    assert (permanente["pas_de_dates"], permanente["date_debut"]) == (True, None)
    assert lignes["INFO"].valeurs == {
        "nom": "Benali", "prenom": "Karim", "telephone_fixe": "0149800001",
        "telephone_portable": "+33612345678",
        "courriel": "info@ilvm.example", "fonction": "chargé d’information",
    }  # fmt: skip
    assert lignes["CHEVILLY"].valeurs == {
        "denomination": "Institut Logistique", "code_postal": "94550", "ville": "CHEVILLY LARUE",
        "latitude": "48.764760",
        "longitude": "2.350300", "numero_voie": "12", "indice_repetition": "B", "nature_voie": "RUE",
        "libelle_voie": "de la Logistique", "accessibilite_batimentaire": "rampe d'accès",
        "conformite_reglementaire": True,
    }  # fmt: skip
    assert (lignes["BP"].valeurs["ligne_5"], lignes["BP"].valeurs["conformite_reglementaire"]) == (
        "BP 42",
        False,
    )
    # The lines may be asked for again.
    assert len(list(lecture.lignes())) == 10


def test_minimal():
    lecture = lire_octets(octets("02"))
    assert [lecture.nombres[niveau] for niveau in Niveau] == [1, 2, 1, 1, 1]
    action = par_nom(lecture)["EXCEL-1-A"].valeurs
    assert action["frais_certif_inclus"] == "aucun"
    assert (action["ht_20"], action["ht_0"]) != (None, None)


def test_bilan_vae_permis():
    lignes = par_nom(lire_octets(octets("03")))
    assert {nom: lignes[nom].valeurs["type_offre"] for nom in ("BILAN-1", "VAE-LOG", "PERMIS-B")} == {
        "BILAN-1": "bilan",
        "VAE-LOG": "vae",
        "PERMIS-B": "permis",
    }
    assert codes(lignes["VAE-LOG"]) == {"objectif-inhabituel": "avertissement"}


def test_utf8_sous_une_etiquette_latin1():
    lecture = lire_octets(octets("04"))
    assert (lecture.encodage.declare, lecture.encodage.lu) == ("ISO-8859-1", "UTF-8")
    assert (lecture.encodage.avant, lecture.encodage.apres) == ("EXCEL-Ã‰", "EXCEL-É")
    assert "lu en UTF-8" in lecture.reparations[0]
    offre = par_nom(lecture)["EXCEL-É"]
    assert offre.valeurs["intitule"] == "Excel, les bases – spécial été « débutants »"


def test_ordre_elements_inconnus_et_code_certifinfo():
    lignes = par_nom(lire_octets(octets("05")))
    assert codes(lignes["BON-1"]) == codes(lignes["BON-1-A"]) == codes(lignes["BON-1-A-1"]) == {}
    assert codes(lignes["MAL-1-A"]) == {"ordre": "avertissement"}
    assert lignes["MAL-1-A"].valeurs["modalites_enseignement"] == "presentiel"
    [inconnu] = lignes["MAL-1-A-1"].anomalies
    assert (inconnu.code, inconnu.champ) == ("element-inconnu", "nb-places-total")
    assert "(ligne 26)" in inconnu.phrase
    assert codes(lignes["VIEUX-1"]) == {"certifinfo": "bloquante"}
    assert "Certif-Info" in lignes["VIEUX-1"].anomalies[0].phrase
    for dessous in ("VIEUX-1-A", "VIEUX-1-A-1"):
        assert codes(lignes[dessous]) == {"parent-en-erreur": "bloquante"}


def test_dates():
    lignes = par_nom(lire_octets(octets("06")))
    attendus = {
        "D-OK": {}, "D-30020": {"30020": "bloquante"}, "D-10133-A": {}, "D-SANS": {},
        "D-FEV31": {"date-inexistante": "bloquante"}, "D-ZERO": {"date-inconnue": "avertissement"},
        "D-UNJOUR": {},
        "D-PASSEE": {}, "D-DEMI": {}, "P-OK": {}, "P-DATEE": {},
    }  # fmt: skip
    assert {nom: codes(lignes[nom]) for nom in attendus} == attendus
    dates = {
        nom: (ligne.valeurs["pas_de_dates"], ligne.valeurs["date_debut"], ligne.valeurs["date_fin"])
        for nom, ligne in lignes.items()
        if ligne.niveau == Niveau.SESSION
    }
    assert dates["D-SANS"] == dates["D-ZERO"] == (False, None, None)
    assert dates["D-DEMI"][2] is None
    assert dates["P-OK"] == (True, None, None)
    assert dates["P-DATEE"][0] is False
    assert None not in dates["P-DATEE"]


def test_contacts_et_adresses():
    lignes = par_nom(lire_octets(octets("07")))
    assert codes(lignes["C-30022-1"]) == {"30022": "brouillon"}
    assert codes(lignes["C-30017"]) == {"30017": "brouillon"}
    assert codes(lignes["SANS-VOIE"]) == {"30013": "bloquante"}
    assert codes(lignes["C-30013"]) == {"30013": "brouillon"}
    assert "lieu_de_formation" not in lignes["C-30013"].valeurs
    assert lignes["TEL"].valeurs["telephone_fixe"] == "0149800002"
    assert codes(lignes["TEL"]) == codes(lignes["C-TEL-1"]) == {"telephone-repare": "repare"}
    assert codes(lignes["C-CONFLIT-1"]) == {
        "contact-en-conflit": "avertissement",
        "adresse-en-conflit": "avertissement",
    }
    phrases = " ".join(anomalie.phrase for anomalie in lignes["C-CONFLIT-1"].anomalies)
    for dit in ("ligne 64", "« 14 » au lieu de « 12 »", "ligne 66", "ancienne.adresse@ilvm.example"):
        assert dit in phrases
    assert lignes["NROUX"].valeurs["courriel"] == "nadia.roux@ilvm.example"
    assert codes(lignes["MAIL"]) == {"valeur-refusee": "bloquante"}
    assert codes(lignes["C-MAIL-1"]) == {"30022": "brouillon"}
    assert "contact_inscription" not in lignes["C-MAIL-1"].valeurs
    assert codes(lignes["C-BIDON-1"])["factice"] == "avertissement"


def test_doublons():
    lecture = lire_octets(octets("08"))
    offres = {ligne.chemin[-1]: ligne for ligne in lecture.lignes() if ligne.niveau == Niveau.OFFRE}
    assert codes(offres["DOUBLON"]) == {}
    assert codes(offres["doublon"]) == {"numero-double": "bloquante"}
    assert codes(par_nom(lecture)["ID-9"]) == {"parent-en-erreur": "bloquante"}
    assert codes(offres["BLOCS"]) == {"30070": "repare", "bloc-etranger": "avertissement"}
    assert offres["BLOCS"].valeurs["blocs"] == ["RNCP38413BC01"]
    assert "30077" not in codes(offres["VAE-A"])
    assert codes(offres["VAE-B"])["30077"] == "brouillon"
    assert sum(ligne.chemin[-1] == "S1" for ligne in lecture.lignes()) == 8


def test_le_schema_dit_ce_que_les_donnees_attendent():
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    valides = {fichier.name[:2] for fichier in FICHIERS if schema.validate(etree.parse(fichier))}
    assert valides == {"01", "02", "03", "04", "06", "08"}


def test_les_codes_sont_ceux_de_la_page_des_champs():
    ecrits = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\w+)", CHAMPS, re.M)
    noms = {
        "TypeParcours": "TYPE_PARCOURS", "ObjectifGeneral": "OBJECTIF_GENERAL",
        "EntreesSorties": "ENTREES_SORTIES",
        "Enseignement": "ENSEIGNEMENT", "Admission": "ADMISSION", "Rythme": "RYTHME", "Horaires": "HORAIRES",
        "FraisCertification": "FRAIS_CERTIFICATION", "ConstructionTarifaire": "CONSTRUCTION_TARIFAIRE",
        "PerimetreRecrutement": "PERIMETRE", "GroupeFormationEmploi": "GFE",
    }  # fmt: skip
    assert {table for table, _, _ in ecrits} == set(noms)
    for table, slug, code in ecrits:
        valeur = getattr(nomenclatures, table)(slug)
        assert getattr(tables, noms[table]).get(valeur) == (None if code == "none" else code)


# --- The whole file ---


@pytest.mark.parametrize(
    ("contenu", "dit"),
    [
        (b"", "vide"),
        (b"\x00\x00 \n", "vide"),
        (b"PK\x03\x04xl/workbook.xml", "classeur"),
        (b"%PDF-1.7", "PDF"),
        (b"Session;Du;Au\nS1;01/09/2027;02/09/2027\n", "pas un fichier XML"),
        (b"<!DOCTYPE html><html><body/></html>", "DOCTYPE"),
        (b"<html><body>Catalogue</body></html>", "page web"),
        (b'<?xml version="1.0"?><!-- a --><!DOCTYPE lheo [<!ENTITY a "b">]><lheo/>', "DOCTYPE"),
        ('<!DOCTYPE lheo SYSTEM "file:///etc/passwd"><lheo/>'.encode("utf-16"), "DOCTYPE"),
        (b"<lheo><offres><formation/></offres></lheo>", "espace de noms"),
        (b'<lheo xmlns="https://x}y"><offres/></lheo>', "espace de noms de ce fichier est « https://x}y »"),
        (b'<lheo xmlns="http://www.lheo.org/2.2"><offres/></lheo>', "www.lheo.org/2.2"),
        (b'<formation xmlns="https://www.of.moncompteformation.gouv.fr"/>', "« formation »"),
        (VIDE % b"", "aucune formation"),
        (VIDE % (b"<x/>" * 3_000_000), "plus de 2 Mo"),
        (b"<?xml version='1.0'?><lheo", "pas un fichier XML"),
        (b"<!-- " * 100_000, "pas un fichier XML"),
    ],
)
def test_ce_qui_est_refuse_tout_entier(contenu, dit):
    lecture = lire_octets(contenu)
    assert dit in lecture.refus
    assert list(lecture.lignes()) == []


def test_un_seul_siret_le_notre():
    autre = lire_octets(octets("01"), "73282932000074")
    assert SIRET in autre.refus
    assert "73282932000074" in autre.refus
    contenu = octets("05")
    rang = contenu.rindex(SIRET.encode())
    deux = lire_octets(contenu[:rang] + b"73282932000074" + contenu[rang + 14 :], "")
    assert "deux SIRET" in deux.refus
    assert list(deux.lignes()) == []


def test_un_fichier_coupe_garde_ce_qui_precede():
    contenu = octets("05")
    lecture = lire_octets(contenu[: contenu.rindex(b"</formation>")])
    lignes = par_nom(lecture)
    assert codes(lignes["BON-1"]) == {}
    assert codes(lignes["VIEUX-1"]) == {"illisible": "bloquante"}
    assert "s'arrête avant la fin" in lignes["VIEUX-1"].anomalies[0].phrase


def test_une_faute_de_xml_coute_sa_formation():
    contenu = octets("05").replace(b"<intitule-formation>Ordre", b"<intitule-formation>Ordre <b>")
    lecture = lire_octets(contenu)
    lignes = par_nom(lecture)
    assert codes(lignes["MAL-1"]) == {"illisible": "bloquante"}
    assert "une balise est fermée par une autre" in lignes["MAL-1"].anomalies[0].phrase
    assert codes(lignes["BON-1-A-1"]) == {}
    assert codes(lignes["VIEUX-1"]) == {"certifinfo": "bloquante"}
    # Lines are those of the file, also after it was resumed.
    assert lignes["VIEUX-1-A-1"].ligne == par_nom(lire_octets(octets("05")))["VIEUX-1-A-1"].ligne


def test_les_prefixes_ne_comptent_pas():
    contenu = octets("02").replace(b"<lheo xmlns=", b"<e:lheo xmlns:e=").replace(b"</", b"</e:")
    contenu = re.sub(rb"<(?=[a-zA-Z])(?!e:)", b"<e:", contenu)
    assert [lire_octets(contenu).nombres[niveau] for niveau in Niveau] == [1, 2, 1, 1, 1]


def test_trop_profond():
    creux = "<extras>" * 60 + "</extras>" * 60
    lignes = par_nom(change("02", ('<extras info="formation">', f'<extras info="formation">{creux}')))
    assert codes(lignes["EXCEL-1"]) == {"trop-profond": "bloquante"}
    assert codes(lignes["EXCEL-1-A-1"]) == {"parent-en-erreur": "bloquante"}
    creux = "<extras>" * 5000 + "</extras>" * 5000
    lignes = par_nom(change("02", ('<extras info="formation">', f'<extras info="formation">{creux}')))
    assert codes(lignes["EXCEL-1"]) == {"illisible": "bloquante"}


# --- Encodings ---


def _encode(texte: str, codec: str, declaration: str = "") -> bytes:
    contenu = octets("02").decode("latin-1").replace("Excel, les bases", texte, 1)
    return re.sub(r"<\?xml.*?\?>", declaration, contenu).encode(codec)


@pytest.mark.parametrize(
    ("codec", "declaration", "lu", "dit"),
    [
        ("utf-8", '<?xml version="1.0" encoding="UTF-8"?>', "UTF-8", False),
        ("utf-8", "", "UTF-8", False),
        ("utf-8-sig", '<?xml version="1.0" encoding="ISO-8859-1"?>', "UTF-8", False),
        ("utf-16", '<?xml version="1.0" encoding="UTF-16"?>', "UTF-16", False),
        ("utf-16-le", "", "UTF-16", False),
        ("cp1252", '<?xml version="1.0" encoding="windows-1252"?>', "windows-1252", False),
        ("cp1252", '<?xml version="1.0" encoding="ISO-8859-1"?>', "windows-1252", True),
        ("cp1252", '<?xml version="1.0" encoding="UTF-8"?>', "windows-1252", True),
        ("cp1252", "", "windows-1252", True),
        ("cp1252", '<?xml version="1.0" encoding="pas-un-encodage"?>', "windows-1252", True),
        ("utf-8", '<?xml version="1.0" encoding="ISO-8859-1"?>', "UTF-8", True),
    ],
)
def test_les_encodages(codec, declaration, lu, dit):
    lecture = lire_octets(_encode("L’été « cœur » – 5 €…", codec, declaration))
    assert par_nom(lecture)["EXCEL-1"].valeurs["intitule"] == "L’été « cœur » – 5 €…"
    assert (lecture.encodage.lu, bool(lecture.encodage.phrase)) == (lu, dit)
    if dit:
        assert lecture.encodage.avant != lecture.encodage.apres
        assert "’" in lecture.encodage.apres


def test_les_caracteres_que_le_xml_refuse():
    lecture = change(
        "02", ("Excel, les bases", "A\x01&#2;B &#146; C&D &eacute; E &unknown; x=1&y=2 &#xD800;&#0;F")
    )
    assert lecture.refus == ""
    assert par_nom(lecture)["EXCEL-1"].valeurs["intitule"] == "AB ’ C&D é E &unknown; x=1&y=2 F"
    assert "&amp;" in lecture.reparations[0]


# --- Values ---


@pytest.mark.parametrize(
    ("brut", "lu", "dits"),
    [
        ("<![CDATA[<p>Un</p><p>Deux</p>]]>", "Un\n\nDeux", {}),
        ("&lt;p&gt;Un&lt;/p&gt;&lt;ul&gt;&lt;li&gt;a&lt;/li&gt;&lt;/ul&gt;", "Un\n\n- a", {}),
        ("<p>Un</p><p>Deux &amp; trois</p>", "Un\n\nDeux & trois", {}),
        ("<![CDATA[L&#8217;&eacute t&eacute; de l&acute;eau]]>", "L’é té de l'eau", {"entites": "repare"}),
        (
            '<![CDATA[<p style="x"><font color="red">a</font> <a href="x">b</a><img src="y"></p>]]>',
            "a b",
            {"mise-en-forme": "avertissement"},
        ),
        ("\n   Texte simple\n   ", "Texte simple", {}),
        ("5 < 6", "5 < 6", {}),
    ],
)
def test_les_longs_textes(brut, lu, dits):
    brut = brut.replace("5 < 6", "5 &lt; 6")
    offre = par_nom(change("02", ("Tenir un tableau simple.", brut)))["EXCEL-1"]
    assert offre.valeurs["objectif"] == lu
    assert codes(offre) == dits


def test_une_espace_tapee_reste_une_espace_insecable():
    offre = par_nom(
        change("02", ("Tenir un tableau simple.", "<![CDATA[<p>\xab\xa0a\xa0\xbb&nbsp;b</p>]]>"))
    )["EXCEL-1"]
    assert offre.valeurs["objectif"] == "«\xa0a\xa0» b"


@pytest.mark.parametrize(
    ("avant", "apres", "nom", "champ", "valeur", "dits"),
    [
        ("<objectif-general-formation>6", "<objectif-general-formation>1", "EXCEL-1", "objectif_general", "",
         {"code-obsolete": "avertissement"}),
        ("<objectif-general-formation>6", "<objectif-general-formation>3", "EXCEL-1", "objectif_general", "",
         {"code-obsolete": "avertissement"}),
        ("<parcours-de-formation>2", "<parcours-de-formation> 4\n", "EXCEL-1", "type_parcours", "mixte", {}),
        ("<parcours-de-formation>2", "<parcours-de-formation>9", "EXCEL-1", "type_parcours", "",
         {"code-inconnu": "brouillon"}),
        ("<code-RS>RS6289", "<code-RS> rs6289 ", "EXCEL-1", "certification", "RS6289",
         {"code-repare": "repare"}),
        ("<code-RS>RS6289", "<code-RS>6289", "EXCEL-1", "certification", "RS6289", {"code-repare": "repare"}),
        ("<langue-formation>FR", "<langue-formation>xx", "EXCEL-1-A", "langue", "",
         {"code-inconnu": "brouillon"}),
        ("<langue-formation>FR", "<langue-formation>en", "EXCEL-1-A", "langue", "en", {}),
        ("</langue-formation>",
         "</langue-formation><code-perimetre-recrutement>7</code-perimetre-recrutement>",
         "EXCEL-1-A", "perimetre_recrutement", "autres", {"perimetre-7": "avertissement"}),
        ("</langue-formation>", "</langue-formation><nombre-heures-centre> 021 </nombre-heures-centre>",
         "EXCEL-1-A", "heures_centre", 21, {}),
        ("</langue-formation>", "</langue-formation><nombre-heures-centre>-3</nombre-heures-centre>",
         "EXCEL-1-A",
         "heures_centre", -3, {}),
        ("</langue-formation>", "</langue-formation><nombre-heures-centre>20.5</nombre-heures-centre>",
         "EXCEL-1-A", "heures_centre", None, {"nombre-illisible": "avertissement"}),
        ("<acces-handicapes>Locaux accessibles",
         "<acces-handicapes> ", "EXCEL-1-A", "acces_handicapes", "", {}),
        ("<acces-handicapes>Locaux accessibles",
         "<acces-handicapes>0", "EXCEL-1-A", "acces_handicapes", "0", {}),
        ("<acces-handicapes>Locaux accessibles",
         "<acces-handicapes>nan", "EXCEL-1-A", "acces_handicapes", "",
         {"rien": "avertissement"}),
        ("<etat-recrutement>2", "<etat-recrutement>3", "EXCEL-1-A-1", "garantie", False,
         {"etat-3": "avertissement"}),
        ('<extra info="code-modalites-admission">92002</extra>', "",
         "EXCEL-1-A", "modalites_admission", [], {}),
    ],
)  # fmt: skip
def test_les_valeurs(avant, apres, nom, champ, valeur, dits):
    ligne = par_nom(change("02", (avant, apres)))[nom]
    assert ligne.valeurs.get(champ, []) == valeur
    assert codes(ligne) == dits


@pytest.mark.parametrize(
    ("ecrite", "lue", "dits"),
    [
        (" 20270301\n", "2027-03-01", {}),
        ("2027-03-01", "2027-03-01", {"date-reparee": "repare"}),
        ("01/03/2027", "2027-03-01", {"date-reparee": "repare"}),
        ("20270300", None, {"date-inconnue": "avertissement"}),
        ("20271399", None, {"date-inexistante": "bloquante"}),
        ("bient\xf4t", None, {"date-illisible": "bloquante"}),
        ("", None, {}),
    ],
)
def test_les_dates_comme_on_les_ecrit(ecrite, lue, dits):
    session = par_nom(change("06", ("<debut>20270301<", f"<debut>{ecrite}<")))["D-OK"]
    assert (session.valeurs["date_debut"], codes(session)) == (lue, dits)


def _prix(*lignes: str) -> dict[str, str]:
    contenu = octets("02").decode("latin-1")
    contenu = re.sub(r'<extras info="frais-pedagogiques">.*?</extras>', "".join(lignes), contenu, flags=re.S)
    action = par_nom(lire_octets(contenu.encode("latin-1")))["EXCEL-1-A"]
    return {**action.valeurs, **codes(action)}


def _ligne(taux: str, ht: str, ttc: str, groupe: str = "extras") -> str:
    noms = zip(("taux-tva", "frais-ht", "frais-ttc"), (taux, ht, ttc), strict=True)
    dedans = "".join(f'<extra info="{nom}">{valeur}</extra>' for nom, valeur in noms)
    return f'<{groupe} info="frais-pedagogiques">{dedans}</{groupe}>' if groupe else dedans


def test_les_prix():
    assert _prix(_ligne("20", "1000", "1200"))["ttc_20"] == "1200.00"
    assert _prix(_ligne("5,5", "600,6", "633.63"))["ht_5_5"] == "600.60"
    assert _prix(_ligne("5,5", "600,6", "633.63"))["montant-repare"] == "repare"
    assert _prix(_ligne("20.0", "1.042", "1.250"))["montant-a-verifier"] == "avertissement"
    assert "montant-a-verifier" not in _prix(_ligne("20.0", "300.000", "360.000"))
    assert _prix(_ligne("0.0", "5", "5", "extra"))["ttc_0"] == "5.00"
    seuls = _prix(_ligne("0.0", "5", "5", ""), _ligne("20.0", "10", "12", ""))
    assert (seuls["ttc_0"], seuls["ttc_20"]) == ("5.00", "12.00")
    assert _prix(_ligne("10", "100", "110"))["taux-inconnu"] == "bloquante"
    assert _prix(_ligne("20", "100", "120"), _ligne("20.0", "50", "60"))["taux-double"] == "bloquante"
    assert "taux-double" not in _prix(_ligne("20", "100", "120"), _ligne("20.0", "100", "120"))
    assert _prix(_ligne("20", "nan", "120"))["ht_20"] is None
    # The price is one value: a rate that the file does not give is emptied.
    assert _prix(_ligne("20", "100", "120"))["ttc_0"] is None
    # Without any line, the price is not touched (D-41).
    assert "ttc_20" not in _prix()


def test_les_listes_de_2019():
    lecture = change(
        "02",
        ('<extras info="codes-rythme-formation"><extra info="code-rythme-formation">1</extra></extras>',
         '<extra info="code-rythme-formation">1</extra><extra info="code-rythme-formation">5</extra>'),
        ('<extras info="codes-modalites-admission">'
         '<extra info="code-modalites-admission">92002</extra></extras>',
         '<extra info="codes-modalites-admission">92002, 92005</extra><extra info="code-gfe">GFE01</extra>'
         '<extra info="code-modele-economique">2</extra><extra info="individuelle-collective">1</extra>'),
    )  # fmt: skip
    action = par_nom(lecture)["EXCEL-1-A"]
    assert action.valeurs["rythmes"] == ["en_journee", "temps_plein"]
    assert action.valeurs["modalites_admission"] == ["dossier", "entretien"]
    assert (action.valeurs["gfe"], action.valeurs["construction_tarifaire"]) == ("agriculture", "forfait")
    assert codes(action) == {"code-repare": "repare", "element-ancien": "avertissement"}


def _adresse(**extras: str) -> dict[str, str]:
    dedans = "".join(
        f'<extra info="{nom.replace("_", "-")}">{valeur}</extra>' for nom, valeur in extras.items()
    )
    contenu = octets("06").decode("latin-1")
    contenu = re.sub(r'(<extras info="adresse">).*?</extras>', rf"\1{dedans}</extras>", contenu, flags=re.S)
    adresse = par_nom(lire_octets(contenu.encode("latin-1")))["CHEVILLY"]
    return {**adresse.valeurs, **codes(adresse)}


def test_les_voies():
    lue = _adresse(libelle_voie="12 bis rue de la Gare", conformite_reglementaire="1")
    assert [lue[nom] for nom in ("numero_voie", "indice_repetition", "nature_voie", "libelle_voie")] == [
        "12", "B", "RUE", "de la Gare",
    ]  # fmt: skip
    assert lue["voie-decoupee"] == "repare"
    lue = _adresse(numero_voie="3", code_nature_voie="PL", libelle_voie="Place Du Vieux March\xe9")
    assert (lue["nature_voie"], lue["libelle_voie"]) == ("PL", "Du Vieux Marché")
    assert lue["conformite-absente"] == "avertissement"
    lue = _adresse(numero_voie="8", code_nature_voie="Rue", libelle_voie="de la Gare")
    assert (lue["nature_voie"], lue["libelle_voie"]) == ("RUE", "de la Gare")
    lue = _adresse(numero_voie="12-14", code_nature_voie="RUE", libelle_voie="de la Gare")
    assert lue["ligne_5"] == "12-14 rue de la Gare"
    lue = _adresse(code_nature_voie="RUE", libelle_voie="11 Novembre", conformite_reglementaire="0")
    assert (lue["nature_voie"], lue["libelle_voie"]) == ("RUE", "11 Novembre")
    assert "voie-decoupee" not in lue
    assert (
        _adresse(numero_voie="8", code_nature_voie="ZZZ", libelle_voie="x")["code-inconnu"] == "avertissement"
    )


def test_un_contact_complete_par_une_autre_description():
    deux = (
        "<telfixe><numtel>0149800000</numtel></telfixe>",
        "<telfixe><numtel>01.49.80.00.00</numtel></telfixe>",
    )
    lignes = par_nom(change("06", deux))
    assert lignes["NROUX"].valeurs["telephone_fixe"] == "0149800000"
    contenu = octets("06").replace(b"</coordonnees>", b'<extras info="coordonnees"><extra info="fonction">'
                                   b"Accueil</extra></extras></coordonnees>", 2)  # fmt: skip
    lignes = par_nom(lire_octets(contenu))
    assert lignes["NROUX"].valeurs["fonction"] == "Accueil"
    assert all("contact-en-conflit" not in codes(ligne) for ligne in lignes.values())


def test_sans_numero():
    contenu = octets("02").replace(b'<session numero="EXCEL-1-A-1"', b"<session")
    assert codes(par_nom(lire_octets(contenu))[""]) == {"sans-numero": "bloquante"}
    contenu = octets("02").replace(b'<coordonnees numero="NROUX"', b"<coordonnees")
    lignes = par_nom(lire_octets(contenu))
    assert lignes["Nadia Roux"].niveau == Niveau.CONTACT
    assert lignes["EXCEL-1-A-1"].valeurs["contact_inscription"] == "Nadia Roux"
