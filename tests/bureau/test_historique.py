"""Tests of « Historique »: the entries written by the database triggers, comparison and restoration."""

import html
import re
from collections.abc import Callable
from typing import Any

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalogue.annulation import annuler
from catalogue.comparaison import champs, difference
from catalogue.cycle_de_vie import Origine, executer
from catalogue.historique import Entree, Historique
from catalogue.models import Action, Fiche, Offre
from organismes.droits import Operation, Role
from organismes.models import Contact
from sessions_app.models import Session
from tests.conftest import Monde

pytestmark = pytest.mark.django_db


def entrees(fiche: Fiche, **options: Any) -> list[Entree]:
    """Return all the entries."""
    return Historique(fiche, **options)[0:1000]


def changes(entree: Entree) -> dict[str, tuple[str, str]]:
    """Return the (former, new) values of each field in the entry, by label."""
    return {c.libelle: (c.avant, c.apres) for c in entree.changements or []}


def modifier(fiche: Fiche, monde: Monde, **valeurs: Any) -> Fiche:
    """Modify a record through `executer`."""
    return executer(fiche, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)


def sans_contexte() -> None:
    """Reset the context of the history, as a new transaction would. A test is a single transaction."""
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT set_config('pghistory.context_id', '', true), set_config('pghistory.context_metadata',"
            " '', true)"
        )


def sql(requete: str, *parametres: Any) -> None:
    """Execute a statement directly in the database, outside any operation of the program."""
    sans_contexte()
    with connection.cursor() as curseur:
        curseur.execute(requete, parametres)


def reculer(fiche: Fiche, version: int, duree: str) -> None:
    """Make this version and the previous ones older by `duree`."""
    table = type(fiche).pgh_event_model._meta.db_table
    with connection.cursor() as curseur:
        curseur.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        curseur.execute(
            f"UPDATE {table} SET pgh_created_at = pgh_created_at - %s::interval WHERE pgh_obj_id = %s AND"
            " version <= %s",
            [duree, fiche.pk, version],
        )
        curseur.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def texte(reponse: Any) -> str:
    """Return the text of the page, with white space reduced."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", reponse.content.decode()))).replace(
        "\xa0", " "
    )


@pytest.fixture
def gestionnaire(monde: Monde, connecter: Callable[..., Client]) -> Client:
    """Return a client signed in as the gestionnaire of the world."""
    return connecter(monde.gestionnaire)


# --- Entries ---


def test_une_modification_dit_qui_quand_quoi_et_d_ou(monde, gestionnaire):
    monde.gestionnaire.prenom, monde.gestionnaire.nom = "Jeanne", "Martin"
    monde.gestionnaire.save()
    modifier(monde.offre, monde, intitule="Conducteur de chariot", type_parcours="collectif")
    derniere, premiere = entrees(monde.offre)
    assert (derniere.qui, derniere.operation, derniere.origine) == ("Jeanne Martin", "Modifier", "Formulaire")
    assert changes(derniere) == {
        "Intitulé de la formation": ("Texte", "Conducteur de chariot"),
        "Type de parcours": ("Mixte", "En groupe (non personnalisable)"),
    }
    assert (premiere.operation, premiere.version, changes(premiere)["Statut"]) == (
        "Création",
        1,
        ("Brouillon", "Validée"),
    )
    page = texte(gestionnaire.get(f"/catalogue/offres/{monde.offre.pk}/historique/"))
    assert "Jeanne Martin · Formulaire" in page
    assert re.search(r"\d{1,2}(er)? \w+ \d{4} à \d{1,2} h \d\d \(heure de Paris\)", page)
    assert "retiré : Texte" in page and "ajouté : Conducteur de chariot" in page


def test_l_heure_est_celle_de_paris(monde):
    import datetime as dt

    from edof.templatetags.affichage import instant

    assert (
        instant(dt.datetime(2027, 9, 14, 8, 42, tzinfo=dt.UTC)).replace("\xa0", " ")
        == "14 septembre 2027 à 10 h 42 (heure de Paris)"
    )


def test_l_admin_une_tache_et_un_compte_supprime(monde):
    sans_contexte()
    executer(
        monde.offre,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        origine=Origine.ADMIN,
        valeurs={"intitule": "Par l'admin"},
    )
    with pghistory.context(operation="modifier", origine=str(Origine.TACHE)):
        Offre.objects.filter(pk=monde.offre.pk).update(intitule="Par une tâche")
    partie = monde.personne("partie", Role.REDACTEUR)
    executer(
        Offre.objects.get(pk=monde.offre.pk),
        Operation.MODIFIER,
        par=partie,
        valeurs={"intitule": "Par quelqu'un"},
    )
    partie.delete()
    trois = entrees(monde.offre)[:3]
    assert [(e.qui, e.origine) for e in trois] == [
        ("Un ancien compte", "Formulaire"),
        ("Le programme", "Tâche programmée"),
        (monde.gestionnaire.courriel, "Administration"),
    ]
    assert changes(trois[0]) == {"Intitulé de la formation": ("Par une tâche", "Par quelqu'un")}


def test_update_et_sql_y_sont_aussi(monde):
    sans_contexte()
    Offre.objects.filter(pk=monde.offre.pk).update(intitule="Par update")
    sql("UPDATE catalogue_offre SET intitule = %s WHERE id = %s", "Par SQL", monde.offre.pk)
    par_sql, par_update, _ = entrees(monde.offre)
    for entree in (par_sql, par_update):
        assert (entree.qui, entree.operation, entree.origine) == (
            "Auteur inconnu",
            "Modifier",
            "Directement en base de données",
        )
    assert changes(par_sql) == {"Intitulé de la formation": ("Par update", "Par SQL")}


def test_les_colonnes_techniques_sont_tues(monde):
    sql(
        "UPDATE catalogue_offre SET modifie_le = now(), a_ete_active = true, cle_de_creation ="
        " gen_random_uuid() WHERE id = %s",
        monde.offre.pk,
    )
    assert changes(entrees(monde.offre)[0]) == {}


@pytest.mark.parametrize("modele", [Offre, Action, Session])
def test_aucun_champ_de_fond_n_est_oublie(modele):
    saisis = {champ.name for champ in modele._meta.concrete_fields if champ.editable} - {
        "id",
        "organisme",
        modele.PARENT,
    }
    assert set(champs(modele)) - {"ouverte"} == saisis


def test_les_modifications_rapprochees_d_une_personne_font_une_entree(monde):
    offre = monde.offre
    for lettre in "abc":
        offre = executer(
            offre,
            Operation.MODIFIER,
            par=monde.gestionnaire,
            origine=Origine.AUTOMATIQUE,
            valeurs={"intitule": f"Titre {lettre}"},
        )
    groupe, creation = entrees(offre)
    assert (groupe.nombre, groupe.origine, groupe.version) == (3, "Enregistrement automatique", 4)
    assert changes(groupe) == {"Intitulé de la formation": ("Texte", "Titre c")}
    assert [changes(etape)["Intitulé de la formation"] for etape in groupe.etapes] == [
        ("Titre b", "Titre c"),
        ("Titre a", "Titre b"),
        ("Texte", "Titre a"),
    ]
    assert creation.operation == "Création"
    # Another user, another operation, or more than ten minutes give separate entries.
    autre = monde.personne("autre", Role.REDACTEUR)
    offre = executer(offre, Operation.MODIFIER, par=autre, valeurs={"intitule": "Autre"})
    offre = executer(offre, Operation.VALIDER, par=autre, valeurs={"intitule": "Validée"})
    assert [e.nombre for e in entrees(offre)] == [1, 1, 3, 1]
    reculer(offre, 3, "9 minutes 59 seconds")
    assert [e.nombre for e in entrees(offre)] == [1, 1, 3, 1]
    reculer(offre, 3, "1 second")
    assert [(e.nombre, e.version) for e in entrees(offre)] == [(1, 6), (1, 5), (1, 4), (2, 3), (1, 1)]


def test_un_long_groupe_ne_montre_que_ses_dernieres_etapes(monde, gestionnaire):
    offre = monde.offre
    for n in range(15):
        offre = modifier(offre, monde, intitule=f"Titre {n}")
    groupe = entrees(offre)[0]
    assert (groupe.nombre, len(groupe.etapes), groupe.autres) == (15, 10, 5)
    assert changes(groupe) == {"Intitulé de la formation": ("Texte", "Titre 14")}
    assert changes(groupe.etapes[-1]) == {"Intitulé de la formation": ("Titre 4", "Titre 5")}
    page = texte(gestionnaire.get(f"/catalogue/offres/{offre.pk}/historique/"))
    assert "15 enregistrements à la suite" in page and "5 enregistrements plus anciens" in page


def test_ouvrir_archiver_annuler(monde):
    session = monde.session("s1", ouverte=True)
    archive = executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire)
    sans_contexte()
    annuler(archive.contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)
    annulee, archivee, ouverte, _ = entrees(session)
    assert [e.operation for e in (annulee, archivee, ouverte)] == [
        "Annulation",
        "Archiver",
        "Ouvrir à l'inscription",
    ]
    assert changes(ouverte) == {"Statut": ("Validée", "Active"), "Ouverte à l'inscription": ("Non", "Oui")}
    assert changes(archivee) == {"Statut": ("Active", "Archivée"), "Ouverte à l'inscription": ("Oui", "Non")}
    assert changes(annulee) == {"Statut": ("Archivée", "Active"), "Ouverte à l'inscription": ("Non", "Oui")}


def test_une_suppression_annulee_reste_dans_l_historique(monde):
    session = monde.session("s1")
    sans_contexte()
    supprimee = executer(session, Operation.SUPPRIMER, par=monde.gestionnaire)
    sans_contexte()
    annuler(supprimee.contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)
    assert [e.operation for e in entrees(Session.objects.get())] == ["Annulation", "Supprimer", "Création"]
    assert changes(entrees(Session.objects.get())[0]) == {}


def test_un_contact_supprime_garde_son_nom(monde):
    ancien = Contact.objects.create(
        organisme=monde.organisme,
        prenom="Paul",
        nom="Parti",
        telephone_fixe="0149800000",
        courriel="p@x.example",
    )
    session = monde.session("s1", contact_inscription=ancien)
    session = modifier(session, monde, contact_inscription=monde.contact)
    ancien.delete()
    assert changes(entrees(session)[0]) == {
        "Contact d'inscription": ("Paul Parti - p@x.example", str(monde.contact))
    }


def test_les_blocs_et_les_listes_sont_lisibles(monde):
    monde.certification.blocs = [{"code": "RNCP1BC01", "libelle": "Piloter des flux"}]
    monde.certification.save()
    offre = modifier(monde.offre, monde, blocs=["RNCP1BC01"], blocs_modifiables=False)
    assert changes(entrees(offre)[0])["Blocs de compétences"] == ("", "RNCP1BC01 - Piloter des flux")
    action = modifier(monde.action, monde, rythmes=["en_journee", "en_soiree"], heures_centre=400)
    assert changes(entrees(action)[0])["Rythme de la formation"][0] == "En journée"


def test_les_textes_longs_montrent_les_mots(monde, gestionnaire):
    avant = "Préparer les **commandes** des clients, " * 20 + "\n- fin <b>."
    modifier(monde.offre, monde, contenu=avant)
    modifier(Offre.objects.get(pk=monde.offre.pk), monde, contenu=avant.replace("- fin", "- suite"))
    page = gestionnaire.get(
        f"/catalogue/offres/{monde.offre.pk}/historique/comparer/?de=2&a=3"
    ).content.decode()
    assert '<del><span class="visually-hidden">retiré : </span>fin</del>' in page
    assert '<ins><span class="visually-hidden">ajouté : </span>suite</ins>' in page
    assert "[…]" in page and "&lt;b&gt;" in page and "<b>" not in page


@pytest.mark.parametrize(
    ("avant", "apres", "attendu"),
    [
        (
            "un deux trois",
            "un quatre trois",
            [
                ("egal", "un "),
                ("retire", "deux"),
                ("egal", " "),
                ("ajoute", "quatre"),
                ("egal", " "),
                ("egal", "trois"),
            ],
        ),
        ("un", "un deux", [("egal", "un "), ("ajoute", "deux")]),
        ("", "un", [("ajoute", "un")]),
        ("un", "", [("retire", "un")]),
        ("un", "un\n- deux", [("egal", "un"), ("egal", "\n"), ("ajoute", "- deux")]),
    ],
)
def test_la_difference_mot_a_mot(avant, apres, attendu):
    assert list(difference(avant, apres)) == attendu


# --- Children, pages, permissions ---


def test_l_historique_des_enfants_vient_a_la_demande(monde, gestionnaire):
    session, perdue = monde.session("s1"), monde.session("s2")
    executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire)
    executer(perdue, Operation.SUPPRIMER, par=monde.gestionnaire)
    assert {e.fiche.identifiant for e in entrees(monde.offre)} == {"OFFRE-1"}
    toutes = entrees(monde.offre, enfants=True)
    assert {(e.operation, e.fiche.identifiant) for e in toutes} >= {
        ("Archiver", "OFFRE-1"), ("Archiver", "ACTION-1"), ("Archiver", "s1"), ("Supprimer", "s2"),
        ("Création", "s2"),
    }  # fmt: skip
    assert {e.fiche.identifiant for e in entrees(monde.action, enfants=True)} == {"ACTION-1", "s1", "s2"}
    page = gestionnaire.get(f"/catalogue/offres/{monde.offre.pk}/historique/?enfants=1")
    assert f'href="/catalogue/sessions/{session.pk}/historique/"' in page.content.decode()
    assert f"/catalogue/sessions/{perdue.pk}/" not in page.content.decode()
    assert "s2 (supprimée)" in texte(page)


def test_les_pages_de_cinquante_et_un_nombre_constant_de_requetes(monde, gestionnaire):
    adresse = f"/catalogue/offres/{monde.offre.pk}/historique/?enfants=1"

    def requetes() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captees:
            assert gestionnaire.get(adresse).status_code == 200
        return len(captees)

    monde.session("s0")
    modifier(monde.offre, monde, intitule="Premier")
    peu = requetes()
    qui = monde.personne("autre", Role.GESTIONNAIRE)
    for n in range(30):
        executer(monde.session(f"x{n}"), Operation.MODIFIER, par=qui, valeurs={"garantie": False})
    assert requetes() <= peu
    deuxieme = gestionnaire.get(f"{adresse}&page=2")
    assert len(deuxieme.context["page"].object_list) == len(Historique(monde.offre, enfants=True)) - 50
    assert "Page 2 sur 2" in texte(deuxieme) and "enfants=1&amp;page=1" in deuxieme.content.decode()
    for page in ("99", "-1", "x", "%00", ""):
        assert gestionnaire.get(f"{adresse}&page={page}").status_code == 200


def test_une_fiche_supprimee_ou_d_un_autre_organisme_est_introuvable(monde, gestionnaire):
    session = monde.session("s1")
    executer(session, Operation.SUPPRIMER, par=monde.gestionnaire)
    autre = Monde("Autre", "52345678900017").offre
    for adresse in (f"sessions/{session.pk}", f"offres/{autre.pk}", "lots/1", f"offres/{10**30}"):
        for suite in ("", "comparer/", "1/restaurer/"):
            assert gestionnaire.get(f"/catalogue/{adresse}/historique/{suite}").status_code == 404


def test_consulter_mene_a_l_historique(monde, gestionnaire):
    session = monde.session("s1")
    for chemin in (f"offres/{monde.offre.pk}", f"actions/{monde.action.pk}", f"sessions/{session.pk}"):
        assert (
            f'href="/catalogue/{chemin}/historique/"'
            in gestionnaire.get(f"/catalogue/{chemin}/").content.decode()
        )


def test_un_lecteur_lit_et_ne_restaure_pas(monde, connecter):
    modifier(monde.offre, monde, intitule="Autre")
    lecteur = connecter(monde.personne("lecteur", Role.LECTEUR))
    racine = f"/catalogue/offres/{monde.offre.pk}/historique/"
    for suite in ("", "comparer/"):
        assert "restaurer/" not in lecteur.get(racine + suite).content.decode()
    assert lecteur.post(f"{racine}1/restaurer/", {"version": 2}).status_code == 403


# --- Comparison ---


def test_deux_versions_quelconques_se_comparent(monde, gestionnaire):
    offre = monde.offre
    for titre in ("Deux", "Trois", "Quatre"):
        offre = modifier(offre, monde, intitule=titre)
    racine = f"/catalogue/offres/{offre.pk}/historique/comparer/"
    assert "retiré : Texte ajouté : Trois" in re.sub(
        r" +", " ", texte(gestionnaire.get(f"{racine}?de=1&a=3"))
    )
    assert "retiré : Quatre ajouté : Deux" in texte(gestionnaire.get(f"{racine}?de=4&a=2"))
    assert "retiré : Trois ajouté : Quatre" in texte(gestionnaire.get(racine))
    assert "disent la même chose" in texte(gestionnaire.get(f"{racine}?de=2&a=2"))


@pytest.mark.parametrize(
    "requete", ["de=0", "de=9", "a=x", "de=%00", "a=-1", "de=99999999999999999999", "a=²", "de=1.5", "a=%FF"]
)
def test_une_version_qui_n_existe_pas_est_dite_pres_du_champ(monde, gestionnaire, requete):
    reponse = gestionnaire.get(f"/catalogue/offres/{monde.offre.pk}/historique/comparer/?{requete}")
    assert reponse.status_code == 422
    assert "Cette version n'existe pas : indiquez un numéro de 1 à 1." in texte(reponse)


# --- Restoration ---


def restaurer(client: Client, fiche: Fiche, version: int, lue: int | None = None, **options: Any) -> Any:
    """Send the request of the restore button of the page."""
    adresse = f"/catalogue/{fiche._meta.model_name}s/{fiche.pk}/historique/{version}/restaurer/"
    return client.post(adresse, {"version": fiche.version if lue is None else lue}, **options)


def test_une_version_restauree_est_une_nouvelle_modification(monde, gestionnaire):
    offre = modifier(monde.offre, monde, intitule="Autre", contenu="Autre contenu", identifiant="AUTRE")
    page = gestionnaire.get(f"/catalogue/offres/{offre.pk}/historique/1/restaurer/")
    assert "Ce qui changerait" in texte(page) and "retiré : Autre contenu ajouté : Texte" in texte(page)
    reponse = restaurer(gestionnaire, offre, 1, follow=True)
    assert "La version 1 est restaurée : c'est la nouvelle version 3." in texte(reponse)
    restauree = Offre.objects.get(pk=offre.pk)
    assert (restauree.intitule, restauree.contenu, restauree.identifiant, restauree.statut) == (
        "Texte",
        "Texte",
        "OFFRE-1",
        "validee",
    )
    derniere, modifiee, _ = entrees(restauree)
    assert (derniere.operation, modifiee.operation) == ("Restauration d'une version", "Modifier")
    assert restaurer(gestionnaire, restauree, 1, follow=True).context["page"].paginator.count == 3


def test_une_action_restauree_retrouve_prix_et_contacts(monde, gestionnaire):
    action = modifier(monde.action, monde, ttc_20=6000, ht_20=None, rythmes=[], contact_information=None)
    assert action.statut == "brouillon"
    restaurer(gestionnaire, action, 1)
    action = Action.objects.get(pk=action.pk)
    assert (action.total_ttc, action.rythmes, action.contact_information) == (
        5000,
        ["en_journee"],
        monde.contact,
    )


def test_une_version_incomplete_fait_repasser_en_brouillon_et_le_dit(monde, gestionnaire):
    action = modifier(monde.action, monde, langue="")
    action = executer(action, Operation.VALIDER, par=monde.gestionnaire, valeurs={"langue": "fr"})
    reponse = restaurer(gestionnaire, action, 2, follow=True)
    assert "n'est plus complète : elle repasse en brouillon" in texte(reponse)
    assert Action.objects.get(pk=action.pk).statut == "brouillon"


def test_ce_qui_a_ete_supprime_depuis_garde_la_valeur_actuelle(monde, gestionnaire):
    ancien = Contact.objects.create(
        organisme=monde.organisme,
        prenom="Paul",
        nom="Parti",
        telephone_fixe="0149800000",
        courriel="p@x.example",
    )
    session = monde.session("s1", contact_inscription=ancien, garantie=False)
    session = modifier(session, monde, contact_inscription=monde.contact, garantie=True)
    ancien.delete()
    page = gestionnaire.get(f"/catalogue/sessions/{session.pk}/historique/1/restaurer/")
    assert (
        "Contact d'inscription : « Paul Parti - p@x.example » n'existe plus, la valeur actuelle est gardée."
        in texte(page)
    )
    restaurer(gestionnaire, session, 1)
    session = Session.objects.get(pk=session.pk)
    assert (session.garantie, session.contact_inscription) == (False, monde.contact)


def test_une_fiche_modifiee_entre_temps_se_relit_avant_de_confirmer(monde, gestionnaire):
    offre = modifier(monde.offre, monde, intitule="Autre")
    modifier(offre, monde, points_forts="Ajoutés entre-temps")
    for lue in (2, "", "x", 10**12):
        reponse = restaurer(gestionnaire, offre, 1, lue=lue)
        assert reponse.status_code == 409
        assert "La fiche a été modifiée entre-temps" in texte(
            reponse
        ) and "retiré : Ajoutés entre-temps" in texte(reponse)
    assert Offre.objects.get(pk=offre.pk).intitule == "Autre"


def test_la_porte_dit_pourquoi_elle_refuse(monde, gestionnaire):
    offre = modifier(monde.offre, monde, identifiant="AUTRE")
    monde.nouvelle_offre("OFFRE-1")
    reponse = restaurer(gestionnaire, offre, 1)
    assert reponse.status_code == 422
    assert "Cet identifiant est déjà utilisé par une autre offre de votre catalogue." in texte(reponse)
    archivee = executer(Offre.objects.get(pk=offre.pk), Operation.ARCHIVER, par=monde.gestionnaire)
    page = gestionnaire.get(f"/catalogue/offres/{offre.pk}/historique/1/restaurer/")
    assert "est archivée : désarchivez-la pour la modifier." in texte(
        page
    ) and "Restaurer cette version" not in texte(page)
    reponse = restaurer(gestionnaire, archivee, 1)
    assert reponse.status_code == 422 and "est archivée : désarchivez-la" in texte(reponse)


def test_une_fiche_active_doit_rester_complete(monde, gestionnaire):
    session = monde.session("s1")
    session = modifier(session, monde, garantie=None)
    session = executer(session, Operation.VALIDER, par=monde.gestionnaire, valeurs={"garantie": False})
    session = executer(session, Operation.OUVRIR, par=monde.gestionnaire)
    reponse = restaurer(gestionnaire, session, 2)
    assert reponse.status_code == 422 and Session.objects.get(pk=session.pk).garantie is False
    reponse = restaurer(gestionnaire, session, 1, follow=True)
    assert "Le public verra le changement le" in texte(reponse)
    session = Session.objects.get(pk=session.pk)
    assert (session.garantie, session.statut, session.ouverte) == (True, "active", True)


def test_une_version_inconnue_ne_se_restaure_pas(monde, gestionnaire):
    for version in (0, 9, 10**12, 10**30):
        assert (
            gestionnaire.get(
                f"/catalogue/offres/{monde.offre.pk}/historique/{version}/restaurer/"
            ).status_code
            == 404
        )
