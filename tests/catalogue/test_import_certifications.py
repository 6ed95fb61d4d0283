"""Tests of the import of France compétences' export: real formats are read, only differences are written."""

import csv
import io
import re
import time
import tracemalloc
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue import import_certifications
from catalogue.import_certifications import Bilan, ImportImpossible, importer
from catalogue.models import Certification
from organismes.models import Utilisateur
from tests.outils import trop_long

pytestmark = pytest.mark.django_db

ENTETES = [
    "Id_Fiche", "Numero_Fiche", "Intitule", "Abrege_Libelle", "Abrege_Intitule", "Nomenclature_Europe_Niveau",
    "Date_Fin_Enregistrement", "Type_Enregistrement", "Actif",
]  # fmt: skip
BLOCS = "export_fiches_CSV_Blocs_De_Compétences_2026_11_23.csv"
STANDARD = "export_fiches_CSV_Standard_2026_11_23.csv"
CERTIFICATEURS = "export_fiches_CSV_Certificateurs_2026_11_23.csv"


def fiche(
    code: str,
    intitule: str = "Titre",
    niveau: str = "NIV5",
    fin: str = "31/12/2030",
    actif: str = "ACTIVE",
    abrege: str = "TP",
):
    """Return a row of the file « Standard »."""
    return ["1", code, intitule, abrege, "Titre professionnel", niveau, fin, "Sur demande", actif]


def texte(*lignes: list[str]) -> bytes:
    """Return a CSV in the format of the export: every value quoted, with a BOM."""
    flux = io.StringIO()
    csv.writer(flux, delimiter=";", quoting=csv.QUOTE_ALL).writerows(lignes)
    return flux.getvalue().encode("utf-8-sig")


def archive(*fiches: list[str], blocs: Any = (), certificateurs: Any = (), **autres: bytes) -> io.BytesIO:
    """Return the ZIP of the export. `autres` are files by name, which replace or complete the three files."""
    fichiers: dict[str, bytes] = {
        STANDARD: texte(ENTETES, *fiches),
        BLOCS: texte(["Numero_Fiche", "Bloc_Competences_Code", "Bloc_Competences_Libelle"], *blocs),
        CERTIFICATEURS: texte(["Numero_Fiche", "Siret_Certificateur", "Nom_Certificateur"], *certificateurs),
        "export_fiches_CSV_Rome_2026_11_23.csv": b"\xff illisible et inutile",
        **autres,
    }
    return zipper({nom: contenu for nom, contenu in fichiers.items() if contenu})


def zipper(fichiers: dict[str, bytes], **options: Any) -> io.BytesIO:
    """Return a ZIP in memory."""
    flux = io.BytesIO()
    with zipfile.ZipFile(flux, "w", **{"compression": zipfile.ZIP_DEFLATED, **options}) as zip_:
        for nom, contenu in fichiers.items():
            zip_.writestr(nom, contenu)
    flux.seek(0)
    return flux


def nombres(bilan: Bilan) -> tuple[int, int, int, int]:
    """Return the numbers of created, modified, unchanged and refused certifications."""
    return bilan.creees, bilan.modifiees, bilan.inchangees, bilan.refusees


# --- Reading ---


def test_une_fiche_entiere():
    blocs = [["RNCP1", f"RNCP1BC{n}", f"Bloc {n}"] for n in ("10", "02", "01", "02")]
    certificateurs = [
        ["RNCP1", "\t11000007200014", " Ministère  du travail"],
        ["RNCP1", "\t1", "AFPA"],
        ["RNCP1", "\t2", "AFPA"],
    ]
    bilan = importer(
        archive(
            fiche("RNCP1", "Agent « A »"),
            fiche("RS2", niveau="", abrege=""),
            blocs=blocs,
            certificateurs=certificateurs,
        )
    )
    assert nombres(bilan) == (2, 0, 0, 0)
    c = Certification.objects.get(code="RNCP1")
    assert (c.type_certification, c.intitule, c.abrege, c.niveau, c.active) == (
        "rncp",
        "Agent « A »",
        "TP",
        5,
        True,
    )
    assert f"{c.date_fin_enregistrement:%d/%m/%Y}" == "31/12/2030"
    assert c.blocs == [{"code": f"RNCP1BC{n}", "libelle": f"Bloc {n}"} for n in ("01", "02", "10")]
    assert c.certificateurs == ["Ministère du travail", "AFPA"]
    rs = Certification.objects.get(code="RS2")
    assert (rs.type_certification, rs.niveau, rs.abrege, rs.blocs, rs.certificateurs) == (
        "rs",
        None,
        "",
        [],
        [],
    )


def test_les_bizarreries_de_l_export():
    bilan = importer(
        archive(
            fiche(" RNCP\u00a01\u200b ", 'Chef\nde "projet"\t; digital  '),
            fiche("rncp2", niveau="REPRISE", fin=""),
            fiche("RNCP3", actif=" INACTIVE "),
            blocs=[["RNCP-1", "RNCP1 BC01", ""], ["RNCP9", "RNCP9BC01", "Orpheline"], ["", "", ""]],
            certificateurs=[["RNCP2", "", ""]],
        )
    )
    assert nombres(bilan) == (3, 0, 0, 2) and bilan.orphelines == 1
    premiere = Certification.objects.get(code="RNCP1")
    assert premiere.intitule == 'Chef de "projet" ; digital' and premiere.blocs == [
        {"code": "RNCP1BC01", "libelle": ""}
    ]
    assert list(Certification.objects.filter(code__in=["RNCP2", "RNCP3"]).values_list("niveau",
    "date_fin_enregistrement", "active"))[0] == (
        None, None, True,
    )  # fmt: skip
    assert not Certification.objects.get(code="RNCP3").active


def test_colonnes_en_plus_dans_un_autre_ordre_et_nom_de_fichier_mal_code():
    standard = texte(["Nouvelle", *reversed(ENTETES)], ["x", *reversed(fiche("RNCP1", "Titre à l'envers"))])
    blocs = texte(
        ["Bloc_Competences_Libelle", "Numero_Fiche", "Bloc_Competences_Code"], ["Un", "RNCP1", "RNCP1BC01"]
    )
    bilan = importer(
        archive(
            **{
                STANDARD: standard,
                BLOCS: b"",
                "dossier/export_fiches_CSV_Blocs_De_Comp+®tences_2026_11_23.csv": blocs,
            }
        )
    )
    c = Certification.objects.get(code="RNCP1")
    assert (
        nombres(bilan) == (1, 0, 0, 0)
        and c.intitule == "Titre à l'envers"
        and c.blocs == [{"code": "RNCP1BC01", "libelle": "Un"}]
    )


def test_de_deux_exports_le_plus_recent():
    ancien = texte(ENTETES, fiche("RNCP1", "Ancien"))
    importer(archive(fiche("RNCP1", "Nouveau"), **{"export_fiches_CSV_Standard_2025_12_31.csv": ancien}))
    assert Certification.objects.get(code="RNCP1").intitule == "Nouveau"


@pytest.mark.parametrize(
    ("mauvaise", "raison"),
    [
        (fiche("RNCP123456789"), "« RNCP123456789 » n'est pas un numéro de fiche"),
        (fiche("CPF202", "Faux bilan"), "« CPF202 » n'est pas un numéro de fiche"),
        (fiche(""), "n'est pas un numéro de fiche"),
        (fiche("RNCP٣"), "n'est pas un numéro de fiche"),
        (fiche("RNCP2", ""), "RNCP2 n'a pas d'intitulé"),
        (fiche("RNCP2", "x" * 1001), "l'intitulé de RNCP2 dépasse 1000 caractères"),
        (fiche("RNCP2", abrege="x" * 256), "l'abrégé de RNCP2 dépasse 255 caractères"),
        (fiche("RNCP2", niveau="NIV9"), "le niveau « NIV9 » de RNCP2 est inconnu"),
        (fiche("RNCP2", fin="2030-12-31"), "« 2030-12-31 » de RNCP2 n'est pas une date jj/mm/aaaa"),
        (fiche("RNCP2", fin="31/02/2030"), "n'est pas une date"),
        (fiche("RNCP2", actif="OUI"), "ne dit pas si RNCP2 est ACTIVE ou INACTIVE"),
        (["1", "RNCP2"], "2 colonnes au lieu de 9"),
        (fiche("RNCP1", "Doublon"), "la fiche RNCP1 est déjà à la ligne 2"),
    ],
)
def test_une_ligne_refusee_n_arrete_pas_les_autres(mauvaise, raison):
    bilan = importer(archive(fiche("RNCP1", "Bon\ntitre"), mauvaise, fiche("RNCP3")))
    assert nombres(bilan) == (2, 0, 0, 1)
    [ligne] = bilan.lignes_refusees()
    assert ligne.startswith("Standard, ligne 4 : ") and raison in ligne
    assert Certification.objects.get(code="RNCP1").intitule == "Bon titre"
    assert Certification.objects.get(code="CPF202").intitule == "Bilan de compétences"


def test_un_fichier_coupe_dans_un_guillemet():
    entier = texte(ENTETES, fiche("RNCP1"), fiche("RNCP2"), fiche("RNCP3", "Titre coupé"))
    bilan = importer(archive(**{STANDARD: entier[: entier.index("coupé".encode())]}))
    assert nombres(bilan) == (2, 0, 0, 1) and "guillemet" in bilan.lignes_refusees()[0]


def test_le_rapport_decrit_cent_refus_et_les_compte_tous():
    bilan = importer(archive(fiche("RNCP1"), *[fiche(f"X{n}") for n in range(150)], *[fiche("RNCP1")] * 150))
    lignes = bilan.lignes_refusees()
    assert bilan.refusees == 300 and len(lignes) == 101 and lignes[-1] == "... et 200 de plus."


# --- Writing ---


def test_une_seconde_fois_ne_change_rien_et_le_dit():
    contenu = archive(
        fiche("RNCP1"),
        fiche("RS2"),
        blocs=[["RNCP1", "RNCP1BC01", "Un"]],
        certificateurs=[["RS2", "1", "Moi"]],
    )
    importer(contenu)
    avant = list(Certification.objects.values()), Certification.pgh_event_model.objects.count()
    bilan = importer(contenu)
    assert nombres(bilan) == (0, 0, 2, 0) and "Rien n'a changé : la table était à jour." in bilan.phrases()
    assert (list(Certification.objects.values()), Certification.pgh_event_model.objects.count()) == avant


def test_seules_les_differences_sont_ecrites():
    par = Utilisateur.objects.create_superuser("admin@test.example", "x")
    importer(archive(fiche("RNCP1"), fiche("RNCP2"), fiche("RNCP3"), blocs=[["RNCP3", "RNCP3BC01", "Un"]]))
    ailleurs = Certification.objects.create(
        code="RNCP8", type_certification="rncp", intitule="Hors du fichier"
    )
    pks = dict(Certification.objects.values_list("code", "pk"))
    suite = archive(
        fiche("RNCP1"),
        fiche("RNCP2", actif="INACTIVE"),
        fiche("RNCP3"),
        fiche("RNCP4"),
        blocs=[["RNCP3", "RNCP3BC01", "Deux"]],
    )
    bilan = importer(suite, par=par.pk)
    assert nombres(bilan) == (1, 2, 1, 0) and (bilan.desactivees, bilan.absentes) == (1, 1)
    assert bilan.phrases() == [
        "1 certification créée, 2 modifiées, 1 inchangée.",
        "Parmi elles, 1 a été désactivée.",
        "1 certification hors du fichier : rien n'y a changé.",
    ]
    assert {code: pk for code, pk in Certification.objects.values_list("code", "pk") if code in pks} == pks
    ailleurs.refresh_from_db()
    assert ailleurs.active and ailleurs.events.count() == 1
    evenement = Certification.objects.get(code="RNCP2").events.latest("pgh_id")
    assert not evenement.active and evenement.pgh_context.metadata["operation"] == "importer_certifications"
    assert evenement.pgh_context.metadata["utilisateur"] == par.pk


def test_sans_blocs_ni_certificateurs_ceux_de_la_table_restent():
    importer(
        archive(fiche("RNCP1"), blocs=[["RNCP1", "RNCP1BC01", "Un"]], certificateurs=[["RNCP1", "1", "Moi"]])
    )
    bilan = importer(archive(fiche("RNCP1", "Autre"), **{BLOCS: b"", CERTIFICATEURS: b""}))
    c = Certification.objects.get(code="RNCP1")
    assert nombres(bilan) == (0, 1, 0, 0) and c.blocs and c.certificateurs == ["Moi"]
    assert len([phrase for phrase in bilan.phrases() if phrase.startswith("L'archive ne contient pas")]) == 2


def test_le_nombre_de_requetes_et_la_memoire_ne_suivent_pas_les_fiches():
    import tracemalloc

    def mesurer(nombre):
        contenu = archive(*(fiche(f"RNCP{n}", "Titre assez long " * 10) for n in range(nombre)))
        with CaptureQueriesContext(connection) as requetes:
            tracemalloc.start()
            importer(contenu)
            memoire = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return len(requetes), memoire

    mesurer(10)
    (peu, memoire), (beaucoup, grande) = mesurer(10), mesurer(3000)
    assert peu == beaucoup and grande < memoire + 500_000


# --- Files refused as a whole ---


def couper(flux: io.BytesIO) -> io.BytesIO:
    """Return the first half of a file."""
    return io.BytesIO(flux.getvalue()[: len(flux.getvalue()) // 2])


def abimer(flux: io.BytesIO) -> io.BytesIO:
    """Return a ZIP whose index is intact and whose content is damaged."""
    octets = bytearray(flux.getvalue())
    octets[60:90] = bytes(30)
    return io.BytesIO(octets)


@pytest.mark.parametrize(
    ("fabriquer", "message"),
    [
        (lambda: io.BytesIO(b"pas un zip"), "n'est pas une archive ZIP"),
        (lambda: io.BytesIO(b""), "n'est pas une archive ZIP"),
        (lambda: couper(archive(fiche("RNCP1"))), "n'est pas une archive ZIP"),
        (lambda: abimer(archive(fiche("RNCP1"))), "incomplet"),
        (lambda: zipper({"lisez-moi.txt": b""}), "export_fiches_CSV_Standard_AAAA_MM_JJ.csv"),
        (lambda: archive(), "ne contient aucune fiche lisible"),
        (lambda: archive(fiche("X1"), fiche("X2")), "ligne 2 : « X1 » n'est pas un numéro de fiche"),
        (lambda: archive(**{STANDARD: b"Numero_Fiche,Intitule\r\nRNCP1,Titre\r\n"}), "points-virgules"),
        (lambda: archive(**{STANDARD: texte(ENTETES[:-1])}), "n'a pas la colonne « actif »"),
        (
            lambda: archive(
                **{STANDARD: texte(ENTETES, fiche("RNCP1", "été")).decode("utf-8-sig").encode("latin-1")}
            ),
            "n'est pas en UTF-8",
        ),
        (lambda: zipper({STANDARD: texte(ENTETES)}, compression=zipfile.ZIP_BZIP2), "compressé d'une façon"),
    ],
)
def test_un_fichier_illisible_est_refuse_en_clair_et_rien_ne_change(fabriquer, message):
    avant = Certification.objects.count()
    with pytest.raises(ImportImpossible, match=re.escape(message)):
        importer(fabriquer())
    assert Certification.objects.count() == avant


def test_une_bombe_est_refusee_avant_d_etre_lue(monkeypatch):
    monkeypatch.setattr(import_certifications, "OCTETS_AU_PLUS", 1_000_000)
    bombe = archive(**{BLOCS: bytes(2_000_000)})
    assert len(bombe.getvalue()) < 10_000
    with pytest.raises(ImportImpossible, match="pèse plus de 1 Mo une fois décompressée"):
        importer(bombe)
    # A ZIP bomb that declares a smaller size is cut at that size, and its checksum is then wrong.
    menteur = bytearray(bombe.getvalue())
    for position in [m.start() for m in re.finditer(re.escape((2_000_000).to_bytes(4, "little")), menteur)]:
        menteur[position : position + 4] = (1000).to_bytes(4, "little")
    with pytest.raises(ImportImpossible, match="incomplet"):
        importer(io.BytesIO(menteur))


SANS_FIN = [
    ("une ligne sans fin", b"a" * 30_000_000, "ligne de plus de 1\u202f000\u202f000 caractères"),
    (
        "un guillemet sans fin",
        (b'"' + b"a" * 90 + b'\n";') * 200_000,
        "ligne de plus de 1\u202f000\u202f000 caractères",
    ),
    (
        "des lignes d'autre chose",
        b"a\n" * 5_000_000,
        "Plus de 20\u202f000 lignes refusées : ce n'est pas l'export attendu. Standard, ligne 2",
    ),
    ("des lignes vides", b"\n" * 300_000, "plus de 200\u202f000 lignes"),
]


@pytest.mark.parametrize(
    ("contenu", "message"), [cas[1:] for cas in SANS_FIN], ids=[cas[0] for cas in SANS_FIN]
)
def test_une_archive_sans_fin_ne_prend_ni_la_memoire_ni_le_temps(monkeypatch, contenu, message):
    monkeypatch.setattr(import_certifications, "LIGNES_AU_PLUS", 200_000)
    envoi = archive(**{STANDARD: texte(ENTETES) + contenu})
    debut = time.thread_time()
    tracemalloc.start()
    try:
        with pytest.raises(ImportImpossible, match=re.escape(message)):
            importer(envoi)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
    assert not trop_long(time.thread_time() - debut, 40)


# --- Command ---


def test_la_commande(tmp_path, capsys):
    chemin = tmp_path / "export.zip"
    chemin.write_bytes(archive(fiche("RNCP1"), fiche("X")).getvalue())
    call_command("importer_certifications", str(chemin))
    dit = capsys.readouterr().out
    assert (
        "1 certification créée, 0 modifiée, 0 inchangée." in dit
        and "1 ligne refusée." in dit
        and "Standard, ligne 3 : « X »" in dit
    )
    with pytest.raises(CommandError, match="n'existe pas"):
        call_command("importer_certifications", str(tmp_path / "absent.zip"))
    with pytest.raises(CommandError, match="ne peut pas être lu"):
        call_command("importer_certifications", str(tmp_path))


# --- Django admin ---

ADRESSE = "/admin/catalogue/certification/importer/"


def envoyer(client, flux: io.BytesIO):
    return client.post(ADRESSE, {"fichier": SimpleUploadedFile("export.zip", flux.getvalue())})


def test_l_administrateur_importe_et_lit_le_rapport(connecter):
    client = connecter(Utilisateur.objects.create_superuser("admin@test.example", "x"))
    assert "Importer l'export de France compétences" in client.get(
        "/admin/catalogue/certification/"
    ).content.decode().replace("&#x27;", "'")
    page = client.get(ADRESSE)
    assert page.status_code == 200 and 'enctype="multipart/form-data"' in page.content.decode()
    assert "style=" not in page.content.decode() and "<style" not in page.content.decode()
    rapport = envoyer(client, archive(fiche("RNCP1"), fiche("<b>"))).content.decode()
    assert "1 certification créée" in rapport and "« &lt;b&gt; »" in rapport
    refuse = envoyer(client, io.BytesIO(b"non"))
    assert refuse.status_code == 422 and "est pas une archive ZIP" in refuse.content.decode()
    for envoi in ({}, {"fichier": "texte"}, {"fichier": SimpleUploadedFile("vide.zip", b"")}):
        assert client.post(ADRESSE, envoi).status_code == 422
    assert (
        Certification.objects.get(code="RNCP1").events.get().pgh_context.metadata["operation"]
        == "importer_certifications"
    )


def test_seul_qui_peut_modifier_les_certifications_importe(connecter, monde):
    assert connecter(monde.gestionnaire).get(ADRESSE).status_code == 403
    equipe = Utilisateur.objects.create_user("equipe@test.example", "x", is_staff=True)
    equipe.user_permissions.add(Permission.objects.get(codename="view_certification"))
    client = connecter(equipe)
    assert "importer/" not in client.get("/admin/catalogue/certification/").content.decode()
    assert client.get(ADRESSE).status_code == envoyer(client, archive(fiche("RNCP77"))).status_code == 403
    equipe.user_permissions.add(Permission.objects.get(codename="change_certification"))
    client = connecter(Utilisateur.objects.get(pk=equipe.pk))
    assert client.get(ADRESSE).status_code == 200
    assert "importer/" in client.get("/admin/catalogue/certification/").content.decode()
    assert not Certification.objects.filter(code="RNCP77").exists()


def test_l_import_veut_la_preuve_du_formulaire(django_user_model):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(
        Utilisateur.objects.create_superuser("admin@test.example", "x"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert envoyer(client, archive(fiche("RNCP1"))).status_code == 403


def test_une_certification_se_consulte_et_se_cherche_dans_l_admin(connecter):
    client = connecter(Utilisateur.objects.create_superuser("admin@test.example", "x"))
    importer(
        archive(
            fiche("RNCP1", "Œnologue"),
            blocs=[["RNCP1", "RNCP1BC01", "<i>Un"]],
            certificateurs=[["RNCP1", "1", "Moi"]],
        )
    )
    c = Certification.objects.get(code="RNCP1")
    page = client.get(f"/admin/catalogue/certification/{c.pk}/change/").content.decode()
    assert "RNCP1BC01 &lt;i&gt;Un" in page and "Moi" in page and 'name="code"' not in page
    assert "Œnologue" in client.get("/admin/catalogue/certification/?q=oenol").content.decode()
    assert "Œnologue" not in client.get("/admin/catalogue/certification/?q=zz").content.decode()
    ajout = {"code": "ELU9", "type_certification": "rs", "intitule": "Thème", "active": "on"}
    assert (
        "est pas celui que dit le code"
        in client.post("/admin/catalogue/certification/add/", ajout).content.decode()
    )
    assert (
        client.post("/admin/catalogue/certification/add/", {**ajout, "type_certification": "elu"}).status_code
        == 302
    )
    assert Certification.objects.get(code="ELU9").blocs == []
