"""Tests of the reference table of certifications: which ones suit an offre, and how to find them."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F, Q
from django.test.utils import CaptureQueriesContext

from catalogue.models import Certification, Offre
from catalogue.models.certification import CERTIFICATIONS_DU_TYPE
from catalogue.nomenclatures import CODES_CPF, TypeOffre
from catalogue.regles import prefixer, verifie
from demo.certifications import charger_certifications
from edof.horloge import aujourd_hui

pytestmark = pytest.mark.django_db


def certification(code: str, intitule: str, **champs) -> Certification:
    """Create a certification of the register that its code names."""
    registre = code.rstrip("0123456789").lower()
    return Certification.objects.create(code=code, intitule=intitule, type_certification=registre, **champs)


def codes(q: str, type_offre: str = "certifiante") -> list[str]:
    """Return the codes that the form proposes."""
    return [c.code for c in Certification.objects.propositions(q, type_offre)]


# --- Table ---


def test_les_codes_cpf_sont_la_sans_importer():
    assert (
        dict(Certification.objects.filter(type_certification="cpf").values_list("code", "intitule"))
        == CODES_CPF
    )
    assert len(CODES_CPF) == 16 and "CPF204" not in CODES_CPF


def test_le_code_dit_le_registre():
    for code, registre in (
        ("RNCP1A", "rncp"),
        ("RNCP123456789", "rncp"),
        ("RS12", "rncp"),
        ("12", "rs"),
        ("RS 1 A", "rs"),
    ):
        with pytest.raises(ValidationError):
            Certification(code=code, type_certification=registre, intitule="X").full_clean()
    Certification(code="RS12", type_certification="rs", intitule="X").full_clean()


def test_la_demo_apporte_des_blocs_et_des_thematiques_et_se_recharge():
    charger_certifications()
    avant = list(Certification.objects.values())
    charger_certifications()
    assert list(Certification.objects.values()) == avant
    assert [bloc["code"] for bloc in Certification.objects.get(code="RNCP38413").blocs] == [
        f"RNCP38413BC0{n}" for n in (1, 2, 3)
    ]
    assert Certification.objects.pour_type("elu").count() == 4


def test_l_historique_suit_les_nouveaux_champs():
    c = certification(
        "RNCP7", "Titre", blocs=[{"code": "RNCP7BC01", "libelle": "Un"}], certificateurs=["Ministère"]
    )
    assert c.events.get().blocs == c.blocs and c.events.get().certificateurs == ["Ministère"]


# --- Certifications by type of offre ---


def test_chaque_type_d_offre_a_ses_certifications():
    charger_certifications()
    assert set(CERTIFICATIONS_DU_TYPE) == set(TypeOffre.values)
    par_type = {
        nom: set(Certification.objects.pour_type(nom).values_list("code", flat=True))
        for nom in TypeOffre.values
    }
    assert {nom: par_type[nom] for nom in ("bilan", "vae", "creation")} == {
        "bilan": {"CPF202"},
        "vae": {"CPF200"},
        "creation": {"CPF203"},
    }
    assert len(par_type["permis"]) == 13 and all(
        c.startswith(("RNCP", "RS")) for c in par_type["certifiante"]
    )
    assert sum(map(len, par_type.values())) == Certification.objects.count(), (
        "chaque certification convient à un type et un seul"
    )
    assert (
        not Certification.objects.pour_type("inconnu")
        and Certification.objects.pour_type("").count() == Certification.objects.count()
    )
    imposees = {nom: Certification.objects.imposee(nom) for nom in (*TypeOffre.values, "")}
    assert {nom: c.code for nom, c in imposees.items() if c} == {
        "bilan": "CPF202",
        "vae": "CPF200",
        "creation": "CPF203",
    }


def test_la_regle_se_lit_aussi_depuis_l_offre(monde):
    for q in CERTIFICATIONS_DU_TYPE.values():
        depuis_l_offre = prefixer(q, "certification__")
        assert (
            Offre.objects.filter(depuis_l_offre).exists()
            is verifie(depuis_l_offre, monde.offre)
            is verifie(q, monde.certification)
        )


def test_prefixer_garde_la_forme():
    q = ~(Q(a=1) | Q(b__in=[2]) & ~Q(c__gt=F("d")))
    assert prefixer(q, "x__") == ~(Q(x__a=1) | Q(x__b__in=[2]) & ~Q(x__c__gt=F("x__d")))
    assert prefixer(Q(), "x__") == Q()


# --- Search ---


@pytest.fixture
def registre(db):
    certification("RNCP38413", "Technicien supérieur en méthodes et exploitation logistique", abrege="TP")
    certification("RNCP384", "Œnologue")
    certification("RNCP3841", "L'accompagnement d'élèves « à besoins »")
    certification("RS384", "Anglais technique")
    certification("RS5", "Responsable logistique", abrege="BTS")
    certification("RS6", "Logistique : les techniques de base")


@pytest.mark.parametrize(
    ("q", "attendus"),
    [
        ("RNCP384", ["RNCP384", "RNCP3841", "RNCP38413"]),
        ("rncp 384", ["RNCP384", "RNCP3841", "RNCP38413"]),
        ("38413", ["RNCP38413"]),
        ("384", ["RS384", "RNCP384", "RNCP3841", "RNCP38413"]),
        ("SUPERIEUR methode", ["RNCP38413"]),
        ("tp logist", ["RNCP38413"]),
        ("logistique", ["RS6", "RS5", "RNCP38413"]),
        ("oenolog", ["RNCP384"]),
        ("ŒNO", ["RNCP384"]),
        ("l'eleve", ["RNCP3841"]),
        ("l’élève", ["RNCP3841"]),
        ("ogistique", []),
        ("technicien anglais", []),
        ("a'b | c & !d:*", []),
        ("%", []),
        ("", []),
        ("\x00", []),
    ],
)
def test_le_code_ou_les_mots_du_titre_le_meilleur_d_abord(registre, q, attendus):
    assert codes(q) == attendus


def test_seulement_ce_qui_est_en_vigueur_et_du_bon_type(registre):
    hier, jour = aujourd_hui() - dt.timedelta(1), aujourd_hui()
    certification("RNCP90", "Fini", date_fin_enregistrement=hier)
    certification("RNCP91", "Fini", active=False)
    certification("RNCP92", "Fini ce soir", date_fin_enregistrement=jour)
    assert codes("fini") == ["RNCP92"]
    assert codes("logistique", "permis") == codes("bilan", "certifiante") == []
    assert codes("bilan", "bilan") == codes("", "bilan") == ["CPF202"]
    assert codes("permis b", "permis") == ["CPF206", "CPF221", "CPF222"]
    assert codes("bilan", "") == ["CPF202"]


def test_treize_au_plus_et_une_seule_requete(django_assert_num_queries):
    Certification.objects.bulk_create(
        Certification(code=f"RS{n}", type_certification="rs", intitule=f"Langue {n:03}")
        for n in range(100, 130)
    )
    with django_assert_num_queries(1):
        assert codes("langue") == [f"RS{n}" for n in range(100, 113)]


def test_la_recherche_passe_par_l_index():
    with connection.cursor() as curseur:
        curseur.execute(
            "INSERT INTO catalogue_certification (code, type_certification, intitule, abrege, blocs,"
            " certificateurs, active, modifie_le) SELECT 'RNCP' || n, 'rncp', 'Métier numéro ' || n, 'TP',"
            " '[]', '[]', true, now() FROM generate_series(1, 3000) n"
        )
        curseur.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as requetes:
        assert codes("métier 299") == ["RNCP299", *(f"RNCP299{n}" for n in range(10))]
    with connection.cursor() as curseur:
        curseur.execute(f"EXPLAIN {requetes[0]['sql']}")
        assert "certification_par_mots" in str(curseur.fetchall())


# --- Fragment ---


def test_le_fragment_propose_des_boutons(monde, connecter):
    certification(
        "RNCP38413", "Technicien <supérieur>", abrege="TP", niveau=5, certificateurs=["Ministère du travail"]
    )
    reponse = connecter(monde.gestionnaire).get(
        "/catalogue/certifications/", {"q": "rncp38413", "type": "certifiante"}
    )
    page = reponse.content.decode()
    assert (
        f'value="choisir_certification:{Certification.objects.get(code="RNCP38413").pk}"' in page
        and page.count("<button") == 1
    )
    for morceau in (
        "Technicien &lt;supérieur&gt;",
        "RNCP38413",
        "TP",
        "niveau 5",
        "Ministère du travail",
        "1\u00a0certification trouvée",
    ):
        assert morceau in page
    assert "<html" not in page


def test_le_fragment_dit_quand_il_n_y_a_rien_ou_trop(monde, connecter):
    client = connecter(monde.gestionnaire)
    rien = client.get(
        "/catalogue/certifications/", {"recherche": "<b>zzz", "type_offre": "certifiante"}
    ).content.decode()
    assert "Aucune certification ne correspond à « &lt;b&gt;zzz »" in rien and "<button" not in rien
    permis = client.get("/catalogue/certifications/", {"q": "permis", "type": "permis"}).content.decode()
    assert permis.count("<button") == 12 and "Plus de 12 certifications" in permis
    assert client.get("/catalogue/certifications/").content.decode().strip() == ""


@pytest.mark.parametrize("q", ["\x00", "a" * 5000, "é' OR 1=1 --", "%F0%28%8C%28", "²", "中文", "9" * 400])
def test_aucune_saisie_ne_casse_le_fragment(monde, connecter, q):
    client = connecter(monde.gestionnaire)
    assert client.get("/catalogue/certifications/", {"q": q, "type": q}).status_code == 200
    assert client.get("/catalogue/certifications/?q=%FF%FE&type=certifiante").status_code == 200
    assert client.post("/catalogue/certifications/").status_code == 405
