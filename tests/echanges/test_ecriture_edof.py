"""Tests of the writing of EDOF's XML: valid, in ISO-8859-1, and read back field by field."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre
from catalogue.nomenclatures import (
    Admission,
    ConstructionTarifaire,
    GroupeFormationEmploi,
    Horaires,
    Langue,
    PerimetreRecrutement,
    Rythme,
)  # fmt: skip
from echanges.ecriture_edof import ecrire, nom_du_fichier
from echanges.edof_xml import textes
from echanges.edof_xml.valeurs import RIEN, Recueil, long
from echanges.exportables import Choix
from echanges.lecture_edof import lire
from echanges.lignes import Demande, Niveau
from edof.texte_leger import longueur_pour_edof, reduire
from edof.textes import valider_texte
from organismes.droits import Operation
from organismes.models import Adresse, Contact
from sessions_app.models import Session
from tests.echanges.edof_xml import SCHEMA
from tests.echanges.test_application import depot

XSD = etree.XMLSchema(etree.parse(SCHEMA))
MODELES = {
    Niveau.CONTACT: Contact, Niveau.ADRESSE: Adresse, Niveau.OFFRE: Offre, Niveau.ACTION: Action,
    Niveau.SESSION: Session,
}  # fmt: skip
PARENTS = {Niveau.ACTION: ("offre",), Niveau.SESSION: ("action__offre", "action")}
# Columns that the format does not have, or that follow from others.
ABSENTES = {
    "id", "organisme", "offre", "action", "identifiant", "titre", "identifiant_normalise", "statut",
    "a_ete_active", "cle_de_creation", "cree_le", "modifie_le", "version", "dates_saisies_le", "ouverte",
    "ouverte_depuis", "fermee_le", "serie", "total_ht", "total_ttc", "cout_horaire_ht", "civilite", "site",
}  # fmt: skip


def exporter(organisme, choix=None):
    contenu = b"".join(ecrire(organisme, choix))
    if b"<formation" in contenu:
        assert XSD.validate(etree.parse(io.BytesIO(contenu))), XSD.error_log
    contenu.decode("iso-8859-1")
    lecture = lire(io.BytesIO(contenu), organisme.siret)
    assert (lecture.reparations, lecture.avertissements) == ([], [])
    return contenu, lecture


def valeur(fiche, champ):
    """Return the value of a column as the API writes it."""
    lue = getattr(fiche, champ.name)
    if champ.is_relation:
        return lue and getattr(lue, getattr(lue, "CHAMP_IDENTIFIANT", "code"))
    if isinstance(lue, Decimal):
        return f"{lue:f}"
    if isinstance(lue, dt.date):
        return lue.isoformat()
    if isinstance(lue, list):
        return [jour.isoformat() if isinstance(jour, dt.date) else jour for jour in lue]
    return lue


def relire(organisme, choix=None):
    """Check that each line says what the record is, and that nothing of the record is forgotten."""
    contenu, lecture = exporter(organisme, choix)
    assert lecture.refus == ""
    for ligne in lecture.lignes():
        modele = MODELES[ligne.niveau]
        parents = {Niveau.ACTION: ("offre",), Niveau.SESSION: ("action__offre", "action")}.get(
            ligne.niveau, ()
        )
        noms = [
            *(f"{parent}__identifiant" for parent in parents),
            getattr(modele, "CHAMP_IDENTIFIANT", "identifiant"),
        ]
        fiche = modele.objects.pour_organisme(organisme).get(**dict(zip(noms, ligne.chemin, strict=True)))
        for champ in modele._meta.concrete_fields:
            if champ.name in ABSENTES:
                continue
            attendue = valeur(fiche, champ)
            if champ.name not in ligne.valeurs and attendue in ("", None, []):
                continue
            if champ.name == "pays" and attendue == "FR":
                continue
            lue = ligne.valeurs[champ.name]
            if champ.name == "ville":
                attendue = attendue.upper()
            assert lue == attendue, (ligne.chemin, champ.name)
        assert [a for a in ligne.anomalies if a.gravite != "avertissement"] == []
        if ligne.niveau == Niveau.SESSION:
            assert ligne.demande == (Demande.OUVRIR if fiche.ouverte else Demande.FERMER)
    return contenu, lecture


@pytest.fixture
def complet(monde):
    """Return an organisme whose action, session, contact and address have every field filled."""
    autre = Certification.objects.create(
        code="RNCP38413", type_certification="rncp", intitule="Autre",
        blocs=[{"code": f"RNCP38413BC0{n}", "libelle": "Bloc"} for n in (1, 2)],
    )  # fmt: skip
    offre = executer(
        Offre(organisme=monde.organisme), Operation.VALIDER, par=monde.gestionnaire,
        valeurs={
            "identifiant": "Été « 1 » & <2>", "type_offre": "certifiante", "certification": autre,
            "blocs": ["RNCP38413BC02"], "blocs_modifiables": False,
            "intitule": "L’été : 5 < 6 & « cœur » – €",
            "points_forts": "Œuvre", "objectif": "- un\n- **deux** « œ »\n\nfin\xa0!",
            "resultats_attendus": "Une ligne", "contenu": "a\nb\n\nc & d < e", "type_parcours": "modulaire",
            "objectif_general": "professionnalisation",
        },
    )  # fmt: skip
    contact = Contact.objects.create(
        organisme=monde.organisme, prenom="Zoé", nom="N’Diaye", fonction="Chargée d’accueil",
        telephone_fixe="0149800001", telephone_portable="+33612345678", courriel="zoe@ilvm.example",
    )  # fmt: skip
    adresse = Adresse.objects.create(
        organisme=monde.organisme, titre="Annexe", denomination="ILVM", denomination_2="Bâtiment B",
        denomination_3="Étage 2", numero_voie="12", indice_repetition="B", nature_voie="RUE",
        libelle_voie="de la Gare", ligne_5="BP 42", code_postal="94550", ville="Chevilly Larue",
        latitude=Decimal("48.764760"), longitude=Decimal("2.350300"), conformite_reglementaire=True,
        accessibilite_batimentaire="Rampe\nAscenseur",
    )  # fmt: skip
    valeurs = {
        "identifiant": "ACTION-1", "modalites_entrees_sorties": "dates_fixes",
        "modalites_enseignement": "mixte", "modalites_pedagogiques": "Ateliers", "langue": Langue.ANGLAIS,
        "duree_totale": 70, "heures_centre": 50, "heures_entreprise": 20, "rythmes": list(Rythme.values),
        "horaires": Horaires.MIXTES, "gfe": GroupeFormationEmploi.SANTE, "niveau_entree_obligatoire": True,
        "existence_prerequis": True, "conditions_specifiques": "Le **bac**", "info_admission": "Dossier",
        "modalites_admission": list(Admission.values), "modalites_recrutement": "Réunion\n\nPuis entretien",
        "perimetre_recrutement": PerimetreRecrutement.AUTRES, "infos_perimetre": "Île-de-France",
        "acces_handicapes": "0", "modalites_handicap": "- Sur demande", "ht_0": Decimal("10.00"),
        "ttc_0": Decimal("10.00"), "ttc_5_5": Decimal("105.50"), "ttc_20": Decimal("1200.10"),
        "frais_certif_inclus": "aucun", "frais_anpec": Decimal("15.50"), "detail_frais_anpec": "Blouse",
        "construction_tarifaire": ConstructionTarifaire.FORFAIT, "lieu_de_formation": adresse,
        "contact_du_lieu": contact, "contact_information": contact, "adresse_information": monde.lieu,
        "dates_information": [dt.date(2027, 1, 5), dt.date(2027, 2, 5)], "restauration": "Self",
        "hebergement": "Résidence", "transport": "RER B", "autres_services": "Prêt d’ordinateur",
        "url_action": "https://ilvm.example/a?b=1&c=2",
    }  # fmt: skip
    monde.complete = executer(
        Action(organisme=monde.organisme, offre=offre),
        Operation.VALIDER,
        par=monde.gestionnaire,
        valeurs=valeurs,
    )
    monde.session(
        "S 1", action=monde.complete, ouverte=True, contact_inscription=contact, adresse_inscription=adresse,
        garantie=False, modalites_particulieres="Le **samedi**\n\n- matin\n- soir",
    )  # fmt: skip
    return monde


def test_tout_se_relit(complet):
    contenu, lecture = relire(complet.organisme)
    assert [lecture.nombres[niveau] for niveau in Niveau] == [1, 2, 1, 1, 1]
    assert b"<![CDATA[<p>a<br>b</p><p>c &amp; d &lt; e</p>]]>" in contenu
    assert (
        "L&#8217;\xe9t\xe9 : 5 &lt; 6 &amp; \xab c&#339;ur \xbb &#8211; &#8364;".encode("latin-1") in contenu
    )
    # References mean nothing in CDATA.
    assert b"&lt;li&gt;&lt;strong&gt;deux&lt;/strong&gt; \xab &#339;" in contenu
    assert contenu.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<lheo xmlns=')
    assert b"\r" not in contenu
    assert b"<pays>" not in contenu
    assert b"frais-certif" not in contenu


def test_le_plus_simple_et_les_sessions_permanentes(monde):
    monde.session("s1")
    permanente = monde.nouvelle_action("PERM", "permanentes")
    monde.session("p1", action=permanente, date_debut=None, date_fin=None, pas_de_dates=True)
    contenu, lecture = relire(monde.organisme)
    assert lecture.nombres[Niveau.SESSION] == 2
    assert contenu.count(b"<periode>") == 1
    assert nom_du_fichier(monde.organisme).startswith(f"{monde.organisme.siret}_catalogue_")


def test_ce_qui_n_est_pas_complet_ne_part_pas(monde):
    monde.session("s1")
    Session.objects.create(organisme=monde.organisme, action=monde.action, identifiant="brouillon")
    vide = monde.nouvelle_action("SANS-SESSION")
    offre = monde.nouvelle_offre("SANS-ACTION")
    archivee = monde.session("archivee", date_debut=dt.date(2030, 1, 1), date_fin=dt.date(2030, 2, 1))
    executer(archivee, Operation.ARCHIVER, par=monde.gestionnaire)
    noms = {ligne.chemin[-1] for ligne in relire(monde.organisme)[1].lignes()}
    assert noms & {"brouillon", vide.identifiant, offre.identifiant, "archivee"} == set()
    assert "s1" in noms


def test_un_contact_que_edof_refuserait_retient_ce_qui_s_en_sert(complet):
    Contact.objects.filter(pk=complet.contact.pk).update(telephone_fixe="+123456789012345")
    complet.session("retenue")
    noms = {ligne.chemin[-1] for ligne in relire(complet.organisme)[1].lignes()}
    assert "S 1" in noms
    assert noms & {"retenue", "ACTION-1 bis"} == set()


def test_un_choix_d_offres_et_de_statuts(complet):
    complet.session("validee")
    toutes = relire(complet.organisme)[1]
    assert toutes.nombres[Niveau.OFFRE] == 2
    une = relire(complet.organisme, Choix(offres=frozenset({complet.offre.pk})))[1]
    assert [ligne.chemin[0] for ligne in une.lignes() if ligne.niveau == Niveau.OFFRE] == ["OFFRE-1"]
    actives = relire(complet.organisme, Choix(statuts=("active",)))[1]
    assert [ligne.chemin[-1] for ligne in actives.lignes() if ligne.niveau == Niveau.SESSION] == ["S 1"]


def test_rien_a_exporter(monde):
    contenu, lecture = exporter(monde.organisme)
    assert contenu.endswith(b"<offres>\n</offres></lheo>\n")
    assert "aucune formation" in lecture.refus


def test_autant_de_requetes_pour_dix_sessions_que_pour_une(monde):
    monde.session("s1")
    with CaptureQueriesContext(
        connection,
    ) as une:
        relire_seul = b"".join(ecrire(monde.organisme))
    for rang in range(9):
        monde.session(f"t{rang}", action=monde.nouvelle_action(f"A{rang}"))
    with CaptureQueriesContext(connection) as dix:
        assert len(b"".join(ecrire(monde.organisme))) > len(relire_seul)
    assert len(dix) == len(une) == 9


def test_la_longueur_de_ce_qui_est_ecrit():
    texte = "\n".join(f"- Point {rang} du programme" for rang in range(110))
    assert len(texte) < 3000 < longueur_pour_edof(texte)
    # Too long once formatted: written as it is.
    assert textes.ecrire(texte) == texte
    assert longueur_pour_edof("x" * 3000) == 3000


def _valable(texte):
    try:
        valider_texte(texte)
    except Exception:
        return False
    return True


TEXTES = st.text(
    st.one_of(
        st.sampled_from("ab*-&<>;é’œ€ \n\xa0\u202f.1#"),
        st.characters(codec="utf-8", exclude_categories=["Cs"]),
    ),
    max_size=60,
).filter(_valable)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(TEXTES)
def test_tout_long_texte_se_relit(texte):
    """What the column would keep comes back, but for the blanks around it."""
    texte = reduire(texte).strip()
    contenu = textes.ecrire(texte).encode("iso-8859-1", "xmlcharrefreplace")
    element = etree.fromstring(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>" + contenu + b"</a>")
    recueil = Recueil(element)
    long(element, recueil, "objectif")
    assert recueil.valeurs["objectif"] == texte


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_tout_catalogue_se_relit(complet, data):
    # What programs write for nothing is read as nothing, whoever wrote it.
    lignes = TEXTES.map(lambda texte: " ".join(texte.split())[:50]).filter(
        lambda texte: texte.lower() not in RIEN
    )
    complet.complete.restauration = data.draw(lignes)
    complet.complete.info_admission = data.draw(lignes)
    complet.complete.modalites_pedagogiques = data.draw(lignes)
    complet.complete.acces_handicapes = data.draw(lignes) or "x"
    complet.complete.modalites_recrutement = reduire(data.draw(TEXTES)).strip()
    complet.complete.detail_frais_anpec = reduire(data.draw(TEXTES)).strip()
    complet.complete.gfe = data.draw(st.sampled_from(["", *GroupeFormationEmploi.values]))
    complet.complete.langue = data.draw(st.sampled_from(Langue.values))
    complet.complete.heures_centre = data.draw(st.one_of(st.none(), st.integers(0, 99_999)))
    complet.complete.save()
    contenu, _ = relire(complet.organisme)
    # Into itself, it asks for nothing.
    lignes = depot(complet, contenu, "catalogue.xml").lignes
    assert lignes.count() >= 5 and set(lignes.values_list("decision", flat=True)) == {"inchangee"}
