"""Finding: words, places, filters, orders and pages, as spec'd for titulaires."""

import datetime as dt
from importlib import import_module
from itertools import pairwise

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.models import Offre
from edof.horloge import aujourd_hui, maintenant
from organismes.droits import Operation
from organismes.models import Adresse
from publication.en_ligne import en_ligne_le
from publication.fiches import ecrire_les_mots
from publication.models import MotsPublics
from publication.mouvements import etat_public
from publication.passages import publier
from recherche import lieux
from recherche.demande import FILTRES, RechercheForm
from recherche.facettes import compter, seulement_le_total
from recherche.models import Entretien, MotConnu, NombresGardes, Synonyme
from recherche.nombres import nombres
from recherche.passe import chercher_ces_jours
from recherche.resultats import chercher
from recherche.tasks import suivre_la_publication
from sessions_app.models import Session
from tests.recherche.conftest import formulaire, lire

DE_LOGISTIQUE = ["stocks", "tsmel", "cariste", "anglais"]


# --- Words ---


@pytest.mark.parametrize(
    "ecrit", ["logistque", "logistqe", "LOGISTIQUE", "logístique", "logistiq", "Logistiques", "logitsique"]
)
def test_une_faute_la_casse_les_accents_et_le_debut_du_mot(trouver, ecrit):
    assert trouver(ecrit)[:1] == trouver("logistique")[:1] and set(trouver(ecrit)) >= {"stocks", "tsmel"}


@pytest.mark.parametrize(
    "ecrit", ["(", '"', "'", "e" * 300, "😀", "« ", "%", "\\", "a:*", "&|!", "<->", "\x00x", "$$"]
)
def test_rien_de_ce_qu_on_ecrit_ne_casse(trouver, ecrit):
    assert isinstance(trouver(ecrit), list)


@pytest.mark.parametrize("ecrit", ["RNCP38413", "38413", "rncp 38413", "rncp38413"])
def test_un_code_exact_vient_d_abord(trouver, ecrit):
    assert trouver(ecrit)[0] == "tsmel"


def test_un_identifiant_exact_et_un_titre_exact_viennent_d_abord(trouver, pays):
    siret = pays.mondes[0].organisme.siret
    for ecrit in ("A-melun", "o-melun", f"{siret}_A-melun", f"{siret}_O-melun", "soudure inox"):
        assert trouver(ecrit)[0] == "melun", ecrit
    assert len(trouver(siret)) == 8


def test_un_titre_entier_vient_avant_ceux_qui_ont_d_autres_mots(pays, settings, trouver):
    pays.ajouter("entier", "Soudure", debuts=(dt.date(2027, 11, 8),))
    pays.publier(settings)
    assert trouver("soudure")[0] == trouver("SOUDURE")[0] == trouver("« soudure »")[0] == "entier"
    assert len(trouver("soudure")) == 6


def test_les_bandes_titre_puis_organisme_puis_textes(trouver):
    # In the title or the certification, then in the name of the organisme, then in the texts.
    trouves = trouver("logistique")
    assert set(trouves[:2]) == {"stocks", "tsmel"} and trouves[-1] == "anglais"
    assert "cariste" in trouves[2:-1]


def test_les_racines_et_les_mots_tous_ensemble(trouver):
    assert trouver("gestion du stock") == ["stocks"]
    assert trouver("habilitations électriques") == [] or trouver("habilitation electricite") == [
        "electricite"
    ]
    assert trouver("électricité") == trouver("electricite") == ["electricite"]
    assert trouver("soudure cariste") == []
    assert trouver("l'habilitation") == ["electricite"]
    assert trouver("formation soudure aluminium") == ["evry"], "« formation » ne dit rien de plus"


def test_entre_guillemets_les_mots_tels_qu_ils_sont(trouver):
    assert trouver('"gestion des stocks"') == ["stocks"] and trouver("« gestion des stocks »") == ["stocks"]
    assert trouver('"stock"') == [] and trouver("stock") == ["stocks"]
    assert trouver('"logistque"') == [], "tel quel"


def test_les_synonymes(trouver):
    assert trouver("caces") == ["cariste"]
    assert trouver("conduite de chariots") == ["cariste"]


def test_un_metier_trouve_son_domaine(trouver):
    assert trouver("électricien") == trouver("électriciens") == trouver("electricite") == ["electricite"]
    assert set(trouver("soudeurs")) == set(trouver("soudure")), "au pluriel aussi"
    assert lire("logisticiens").mots.corrections == {}


@pytest.mark.django_db
def test_les_metiers_laissent_ce_que_l_administration_a_ecrit():
    metiers = import_module("recherche.migrations.0006_metiers")
    metiers.enlever(apps, None)
    Synonyme.objects.create(expressions="Electricien, dépanneur")
    metiers.charger(apps, None)
    ecrites = set(Synonyme.objects.values_list("expressions", flat=True))
    assert "plomberie, plombier" in ecrites and not any("électricité" in dites for dites in ecrites)


def test_une_correction_se_dit_et_se_refuse(pays):
    lue = lire("logistque créteil").mots
    assert lue.corrections == {"logistque": "logistique"}
    assert lire("logistique").mots.corrections == {} and lire("transport").mots.corrections == {}
    assert lire("vocabulaire").mots.corrections == {}, "un mot des textes est connu"


# --- Places ---


def test_autour_de_chevilly_larue(trouver):
    pres = {"q": "soudure", "rayon": 10}
    for ou in ("94550", "chevilly", "Chevilly-Larue (94550)", "Chevilly Larue"):
        trouvees = chercher(lire("soudure", ou=ou, rayon=10, tri="distance")).trouvees
        assert [(t.ville, round(t.km, 1)) for t in trouvees] == [
            ("Villejuif Cedex", 3.3), ("Vitry sur Seine", 4.6), ("Ivry-sur-Seine", 6.2)
        ], ou  # fmt: skip
        assert all(t.environ for t in trouvees), "aucune adresse n'est située"
    assert pres and trouver("cariste", ou="94550", rayon=10) == ["cariste"]
    loin = chercher(lire("soudure", ou="94550", rayon=50, tri="distance")).trouvees
    assert [round(t.km, 1) for t in loin][3:] == [16.1, 33.0]


def test_un_departement_et_la_place_propre_de_l_adresse(trouver, pays):
    assert set(trouver("soudure", ou="94")) == {"villejuif", "vitry", "ivry"}
    assert set(trouver("soudure", ou="Val-de-Marne")) == set(trouver("soudure", ou="Val-de-Marne (94)"))
    assert trouver("électricité", ou="Paris", rayon=5) == ["electricite"], "« Paris 12e » est à Paris"


def test_la_distance_est_celle_du_lieu_quand_son_adresse_est_situee(pays, settings):
    def situer(ville, latitude, longitude):
        Adresse.objects.filter(ville=ville).update(
            latitude=latitude, longitude=longitude, modifie_le=maintenant()
        )
        pays.publier(settings)
        return {t.ville: t for t in chercher(lire("", ou="94550", rayon=10)).trouvees}

    # Two kilometres from the middle of its town.
    vitry = situer("Vitry sur Seine", "48.7800", "2.3700")["Vitry sur Seine"]
    assert round(vitry.km, 1) == 2.2 and not vitry.environ
    # Exchanged: they are not in the commune, whose place is told as before.
    vitry = situer("Vitry sur Seine", "2.370000", "48.780000")["Vitry sur Seine"]
    assert round(vitry.km, 1) == 4.6 and vitry.environ
    # « Environ » until its own place is known.
    pays.ajouter("zi", "Zinguerie", "Zone Silic", "94150")
    assert situer("Rien", None, None)["Zone Silic"].environ
    assert not situer("Zone Silic", "48.7600", "2.3600")["Zone Silic"].environ


def test_outre_mer_une_commune_sans_position_est_son_territoire(pays, settings, trouver):
    pays.ajouter("noumea", "Plongée", "Nouméa", "98800")
    pays.publier(settings)
    for ou in ("Nouméa", "noumea", "98800", "Nouméa (98800)", "988"):
        assert trouver("plongée", ou=ou) == ["noumea"], ou
    assert [str(e) for e in lieux.proposer("98")].count("Nouvelle-Calédonie (988)") <= 1
    assert [str(e) for e in lieux.proposer("noum")] == ["Nouvelle-Calédonie (988)"]


def test_le_code_d_un_cedex_est_celui_de_sa_commune(pays, settings):
    pays.ajouter("cedex", "Zinguerie", "VILLEJUIF CEDEX", "94806")
    pays.ajouter("corse", "Charpente", "Ajaccio Cedex 9", "20704")
    pays.publier(settings)
    (trouvee,) = chercher(lire("zinguerie", ou="94550", rayon=5)).trouvees
    assert round(trouvee.km, 1) == 3.3
    assert len(chercher(lire("charpente", ou="2A")).trouvees) == 1


@pytest.mark.parametrize(
    ("parametres", "champ", "phrase"),
    [
        ({"ou": "Trifouillis"}, "ou", "Nous ne connaissons pas de lieu"),
        ({"ou": "Saint-Denis"}, "ou", "Plusieurs lieux s'appellent"),
        ({"ou": "Créteil (75000)"}, "ou", "Nous ne connaissons pas"),
        ({"rayon": 10}, "rayon", "demande une commune"),
        ({"ou": "94", "rayon": 10}, "rayon", "demande une commune"),
        ({"ou": "94550", "rayon": 0}, "rayon", "nombre entier"),
        ({"ou": "94550", "distance": 1}, "distance", "n'a pas de lieu"),
        ({"tri": "distance"}, "tri", "demande une commune"),
        ({"tri": "note"}, "tri", "n'est pas un ordre"),
        ({"prix_max": "cher"}, "prix_max", "montant en euros"),
        ({"prix_max": 10, "prix_min": 20}, "prix_max", "au-dessous"),
        ({"du": "demain"}, "du", "pas lisible"),
        ({"du": "2027-02-30"}, "du", "pas lisible"),
        ({"du": "2027-03-02", "au": "2027-03-01"}, "au", "précède"),
        ({"duree_max": "-1"}, "duree_max", "nombre entier"),
        ({"modalite": "par la poste"}, "modalite", "presentiel"),
        ({"certification": "38413"}, "certification", "code de certification"),
        ({"organisme": "123"}, "organisme", "SIRET"),
        ({"garantie": "peut-être"}, "garantie", "vaut 1"),
        ({"page": 0}, "page", "nombre entier"),
        ({"page": "dernière"}, "page", "nombre entier"),
        ({"curseur": "n'importe quoi"}, "curseur", "pas lisible"),
        ({"curseur": "WzFd"}, "curseur", "pas lisible"),
        ({"couleur": "rouge"}, "__all__", "n'existe pas"),
        ({"prix_max": ["1", "2"]}, "prix_max", "plusieurs fois"),
    ],
)
def test_ce_qui_ne_peut_servir_est_refuse_en_toutes_lettres(communes, parametres, champ, phrase):
    form = formulaire(**parametres)
    assert not form.is_valid() and phrase in " ".join(form.errors[champ]), form.errors


def test_un_lien_d_ailleurs_s_ouvre(communes):
    assert formulaire(q="soudure", utm_source="lettre", fbclid="x").is_valid()


# --- Filters and numbers ---


def test_les_filtres(trouver, pays):
    assert set(trouver(du="2027-03-01", au="2027-03-31")) == {"tsmel", "cariste", "stocks", "anglais"}
    assert trouver(du="2027-04-01", garantie=1) == ["tsmel"], (
        "la session garantie est celle qui commence alors"
    )
    assert trouver(prix_max=2000) == ["cariste"] and "cariste" not in trouver(prix_min="2000,50")
    assert trouver(duree_max=70) == ["cariste"] and trouver(distance=1) == ["anglais"]
    assert (
        trouver(modalite="a_distance") == ["anglais"]
        and len(trouver(modalite=["presentiel", "a_distance"])) == 10
    )
    assert len(trouver(modalite="presentiel,a_distance")) == 10
    assert trouver(certification="rncp38413") == ["tsmel"] and trouver(entrees="permanentes") == []
    assert len(trouver(organisme=pays.mondes[1].organisme.siret)) == 2 and trouver(organisme="1" * 14) == []
    assert len(trouver(type="certifiante")) == 10 and trouver(type="vae") == []
    assert len(trouver(rythme="en_journee", langue="fr")) == 10 and trouver(langue="en") == []
    assert trouver(accessible=1) == [] and trouver(niveau="5") == []


def test_la_meme_session_commence_en_mars_et_est_garantie(pays, trouver, settings):
    mars, avril = dt.date(2027, 3, 8), dt.date(2027, 4, 12)
    action = pays.ajouter("deux", "Cuisine", debuts=(mars,), garantie=False)
    pays.mondes[0].session(
        "g", action=action, ouverte=True, date_debut=avril, date_fin=avril + dt.timedelta(5), garantie=True
    )
    pays.publier(settings)
    assert trouver("cuisine", garantie=1) == ["deux"]
    assert trouver("cuisine", garantie=1, du="2027-03-01", au="2027-03-31") == []
    assert trouver("cuisine", garantie=1, du="2027-04-01", au="2027-04-30") == ["deux"]
    comptes = compter(lire("cuisine", garantie=1))
    assert comptes.valeurs["debut"].get("2027-03", 0) == 0 and comptes.valeurs["debut"]["2027-04"] == 1


PAIRES = [
    {},
    {"prix_max": 2000},
    {"garantie": 1},
    {"du": "2027-03-01", "au": "2027-03-31"},
    {"garantie": 1, "du": "2027-03-01", "au": "2027-03-31"},
    {"modalite": "presentiel", "prix_max": 5000},
    {"ou": "94550", "rayon": 20},
    {"ou": "94550", "rayon": 20, "duree_max": 100, "modalite": "presentiel"},
    {"ou": "94", "type": "certifiante"},
    {"distance": 1},
]


@pytest.mark.parametrize("parametres", PAIRES)
@pytest.mark.parametrize("q", ["", "soudure", "logistique"])
def test_chaque_nombre_est_celui_que_donnerait_la_recherche(pays, q, parametres):
    """Each number beside a filter is what the search finds once its value is chosen, and no other."""
    comptes = compter(lire(q, **parametres))
    assert (
        comptes.total
        == seulement_le_total(lire(q, **parametres))
        == len(chercher(lire(q, **parametres)).trouvees)
    )
    sans = parametres
    for nom, valeurs in comptes.valeurs.items():
        for valeur, nombre in valeurs.items():
            autres = {n: p for n, p in sans.items() if n not in _parametres_de(nom)}
            choisi = autres | _choisir(nom, valeur, pays)
            assert seulement_le_total(lire(q, **choisi)) == nombre, (nom, valeur)
    for nom, nombre in comptes.sans.items():
        autres = {n: p for n, p in sans.items() if n not in _parametres_de(nom)}
        assert seulement_le_total(lire(q, **autres)) == nombre, nom
    if "ou" in parametres:
        ailleurs = {n: p for n, p in sans.items() if n not in {"ou", "rayon", "modalite"}}
        assert comptes.a_distance == seulement_le_total(lire(q, **ailleurs, distance=1))


def _parametres_de(nom):
    return {"debut": {"du", "au"}, "prix": {"prix_max", "prix_min"}, "duree": {"duree_max"}}.get(nom, {nom})


def _choisir(nom, valeur, pays):
    if not valeur:
        return {}
    if nom == "debut":
        annee, mois = map(int, valeur.split("-"))
        du = max(dt.date(annee, mois, 1), aujourd_hui() + dt.timedelta(1))
        fin = (du.replace(day=1) + dt.timedelta(32)).replace(day=1) - dt.timedelta(1)
        return {"du": du.isoformat(), "au": fin.isoformat()}
    if nom == "organisme":
        return {nom: next(m.organisme.siret for m in pays.mondes if str(m.organisme.pk) == valeur)}
    return {{"prix": "prix_max", "duree": "duree_max"}.get(nom, nom): valeur}


def test_une_fermeture_retire_la_carte_et_le_nombre_suit(pays, trouver):
    assert "cariste" in trouver("cariste")
    avant = compter(lire()).total
    session = Session.objects.get(action=pays.actions["cariste"])
    executer(session, Operation.FERMER, par=pays.mondes[0].gestionnaire)
    comptes = compter(lire())
    assert trouver("cariste") == [] and comptes.total == avant - 1
    assert comptes.valeurs["prix"]["2500"] == 0


def test_rien_d_un_brouillon_ni_d_une_session_validee(pays, trouver):
    monde = pays.mondes[0]
    monde.offre = monde.nouvelle_offre("O-cachee")
    executer(monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"intitule": "Plomberie"})
    monde.session("cachee", action=monde.nouvelle_action("cachee"))
    assert trouver("plomberie") == [] and trouver("cachee") == []


# --- Orders and pages ---


def test_les_ordres(pays):
    def lus(tri, **autres):
        return chercher(lire("", tri=tri, **autres)).trouvees

    prix = [t.contenu["total_ttc"] for t in lus("prix")]
    durees = [t.contenu["duree_totale"] for t in lus("duree")]
    dates = [t.sessions[0]["date_debut"] for t in lus("date")]
    kms = [t.km for t in lus("distance", ou="94550", rayon=100)]
    for liste in (prix, durees, dates, kms):
        assert len(liste) > 5 and liste == sorted(liste)


@pytest.mark.parametrize("tri", ["pertinence", "prix", "date", "distance", "duree"])
def test_les_pages_se_suivent_sans_trou_ni_doublon(pays, tri):
    autres = {"ou": "94550", "rayon": 100} if tri == "distance" else {}
    entiere = [t.action for t in chercher(lire("soudure", tri=tri, **autres)).trouvees]
    lues, suite = [], {}
    while True:
        page = chercher(lire("soudure", tri=tri, **autres, **suite), 2)
        lues += [t.action for t in page.trouvees]
        if not page.suivante:
            break
        suite = {"curseur": page.suivante}
    assert lues == entiere and len(lues) == 5
    deuxieme = [t.action for t in chercher(lire("soudure", tri=tri, page=2, **autres), 2).trouvees]
    assert deuxieme == entiere[2:4]


def test_deux_offres_pareilles_changent_de_place_d_un_jour_a_l_autre(pays, settings):
    for qui, nom in enumerate(("une", "autre")):
        pays.ajouter(nom, "Boulangerie", qui=qui, debuts=(dt.date(2027, 9, 6),))
    pays.publier(settings)
    premieres = []
    for jour in range(30):
        settings.EDOF_AUJOURDHUI = dt.date(2026, 12, 2) + dt.timedelta(jour)
        lues = [[t.action for t in chercher(lire("boulangerie")).trouvees] for _ in range(2)]
        assert lues[0] == lues[1] and len(lues[0]) == 2
        premieres.append(lues[0][0])
    assert 7 <= premieres.count(pays.actions["une"].pk) <= 23
    assert any(a != b for a, b in pairwise(premieres))


def test_les_requetes_ne_dependent_pas_des_lignes(pays):
    def mesurer(**parametres):
        demande = lire("soudure", **parametres)
        with CaptureQueriesContext(connection) as requetes:
            trouvees = chercher(demande).trouvees
        avec_comptes = len(requetes)
        with CaptureQueriesContext(connection) as requetes:
            compter(demande)
        return avec_comptes, len(requetes), len(trouvees)

    # The size of the whole is remembered for a minute.
    mesurer()
    assert mesurer(ou="94550", rayon=5)[:2] == mesurer(ou="94550", rayon=100)[:2] == (3, 2)


def test_tous_les_parametres_fixes_sont_la(communes):
    fixes = (
        "q ou rayon distance du au prix_max prix_min duree_max modalite entrees type certification niveau"
        " rythme langue garantie accessible organisme tri page"
    )
    form = RechercheForm(formulaire().data)
    assert set(fixes.split()) | {"curseur"} == set(form.fields) and set(FILTRES) < set(form.fields)


def test_l_annee_passe_et_rien_ne_reste(pays, settings, trouver):
    settings.EDOF_AUJOURDHUI = dt.date(2027, 6, 1)
    publier(aujourd_hui(), par="test")
    assert trouver() == [] and compter(lire()).total == 0


def test_ce_qui_etait_en_ligne_un_autre_jour_a_les_memes_mots(pays, settings, trouver):
    monde, jour = pays.mondes[0], aujourd_hui()
    offre = Offre.objects.get(identifiant="O-melun")
    executer(offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"intitule": "Chaudronnerie"})
    pays.publier(settings)
    parutions = {j: en_ligne_le(j, monde.organisme) for j in (jour, aujourd_hui())}
    for jour_lu, q, attendues in (
        (jour, "soudures inox", {"melun"}), (aujourd_hui(), "soudures inox", set()),
        (aujourd_hui(), "chaudronnerie", {"melun"}), (jour, "chaudronnerie", set()),
        (jour, "a-melun", {"melun"}),
    ):  # fmt: skip
        trouvees = chercher_ces_jours(parutions[jour_lu], q).values_list("action_id", flat=True)
        assert set(pays.noms(list(trouvees))) == attendues, (jour_lu, q)


def test_apres_chaque_publication_mots_et_lieux_sont_relus_une_fois(pays, settings):
    pays.ajouter("ailleurs", "Zinguerie", "Bourg sans nom", "94550")
    settings.EDOF_AUJOURDHUI = aujourd_hui() + dt.timedelta(1)
    publier(aujourd_hui(), par="test")
    assert not MotConnu.objects.filter(mot="zinguerie").exists()
    suivre_la_publication()
    assert MotConnu.objects.get(mot="zinguerie").nombre == 1 and Entretien.objects.get().jour == aujourd_hui()
    assert lire("zingerie").mots.corrections == {"zingerie": "zinguerie"}
    (trouvee,) = chercher(lire("zinguerie", ou="94550", rayon=5)).trouvees
    assert trouvee.environ and trouvee.km == 0, "le lieu est reconnu par son seul code postal"
    MotConnu.objects.filter(mot="zinguerie").delete()
    suivre_la_publication()
    assert not MotConnu.objects.filter(mot="zinguerie").exists(), "déjà fait pour ce jour"


@pytest.mark.django_db
def test_le_nom_d_un_lieu_est_fait_une_fois_meme_dans_une_requete_preparee():
    """Without values, PostgreSQL would otherwise fold the name again for each of the communes."""
    requete = lieux._LIRE.format(condition=lieux._PAR_NOM, ordre="")
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        curseur.execute("PREPARE lieu (text, int) AS " + requete % ("$1", "$2"))
        curseur.execute("EXPLAIN EXECUTE lieu ('0000', 20)")
        plan = "\n".join(ligne for (ligne,) in curseur.fetchall())
        curseur.execute("DEALLOCATE lieu")
    assert "CTE d" in plan and "on commune_par_nom" in plan, plan


def test_les_nombres_de_ce_qui_ne_demande_rien_sont_gardes_et_suivent_les_retraits(pays):
    cache.clear()
    suivre_la_publication()
    comptes = vars(compter(lire()))
    with CaptureQueriesContext(connection) as requetes:
        gardes = nombres(lire())
    assert vars(gardes) == comptes and len(requetes) == 2
    with CaptureQueriesContext(connection) as requetes:
        assert nombres(lire(tri="prix")).total == comptes["total"]
    assert len(requetes) == 1, "et le processus s'en souvient"
    session = Session.objects.get(action=pays.actions["cariste"])
    executer(session, Operation.FERMER, par=pays.mondes[0].gestionnaire)
    assert nombres(lire()).total == comptes["total"] - 1
    suivre_la_publication()
    assert NombresGardes.objects.get().nombres["total"] == comptes["total"] - 1


def test_les_nombres_d_une_recherche_tres_courante_sont_gardes_et_suivent_les_retraits(pays, monkeypatch):
    monkeypatch.setattr("recherche.nombres.COMPTES_AU_PLUS", 2)
    avant = nombres(lire("soudure"))
    assert avant.total > 2
    with CaptureQueriesContext(connection) as requetes:
        assert nombres(lire("soudure", tri="prix")) == avant
    assert not any("fichepublique" in requete["sql"] for requete in requetes)
    autres = [nombres(lire("soudure", garantie="1")), nombres(lire("soudure", ou="94")), nombres(lire(""))]
    assert all(autre != avant for autre in autres)
    session = Session.objects.filter(action__offre__intitule__icontains="soudure", ouverte=True).first()
    executer(session, Operation.FERMER, par=session.organisme.membres.first().utilisateur)
    assert nombres(lire("soudure")).total == avant.total - 1


def test_ce_qui_change_une_recherche_change_ce_que_demandent_les_caches(pays):
    """A page of results kept between a run and its words would otherwise stay right for a cache."""
    MotsPublics.objects.all().delete()
    avant = etat_public()
    ecrire_les_mots()
    ecrits = etat_public()
    assert MotsPublics.objects.exists() and ecrits.numero != avant.numero
    ecrire_les_mots()
    assert etat_public() == ecrits
    synonyme = Synonyme.objects.create(expressions="essai, épreuve")
    cree = etat_public()
    synonyme.delete()
    assert len({ecrits.numero, cree.numero, etat_public().numero}) == 3
