"""Tests of the response to every URL for every kind of user. A URL without a line makes the test fail."""

import re
from copy import deepcopy

import pytest
from django.contrib import admin
from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, get_resolver, include, path, reverse
from django.urls.resolvers import RegexPattern, URLResolver

from bureau.aide import aide_navigateurs
from catalogue.cycle_de_vie import executer
from echanges.models import Import
from echanges.preparation import deposer, preparer
from edof.horloge import a_l_instant, aujourd_hui, demain, minuit
from organismes.droits import Operation, Role
from organismes.equipe import inviter
from organismes.models import Utilisateur, Vue
from publication.models import Parution
from publication.passages import publier
from sessions_app.models import Fermeture, Session
from tests.api.client import jeton_de
from tests.conftest import Monde
from tests.crochets.recepteur import abonner
from tests.lots.monde import nouveau_lot

PERSONNES = ("anonyme", "autre", "lecteur", "redacteur", "gestionnaire", "administrateur")
CONNEXION = "connexion"
# URL name: (method, response for each user of PERSONNES).
ATTENDU = {
    "accueil": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "catalogue": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "certifications": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "a_faire": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "bravo": ("POST", (CONNEXION, 302, 302, 302, 302, 302)),
    "aide": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "aide_visibilite": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "aide_guides": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "aide_navigateurs": ("GET", (200, 200, 200, 200, 200, 200)),
    "offre_consulter": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "action_consulter": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "offre_ajouter": ("GET", (CONNEXION, 200, 403, 200, 200, 404)),
    "offre_modifier": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "action_ajouter": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "action_modifier": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "session_consulter": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "visibilite": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "session_ajouter": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "sessions": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "lots": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "lot": ("GET", (CONNEXION, 404, 403, 403, 200, 404)),
    "lot_compte_rendu": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "importer": ("GET", (CONNEXION, 200, 403, 200, 200, 403)),
    "import_guide": ("GET", (CONNEXION, 200, 403, 200, 200, 403)),
    "import_modele": ("GET", (CONNEXION, 200, 403, 200, 200, 403)),
    "import": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "import_colonnes": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "import_refusees": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "exporter": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    # Without a type there is nothing to send: tests/bureau/test_exporter.py has the files.
    "export_fichier": ("GET", (CONNEXION, 404, 404, 404, 404, 302)),
    "sessions_exporter": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "sessions_colonnes": ("POST", (CONNEXION, 302, 302, 302, 302, 302)),
    "session_operations": ("GET", (CONNEXION, 404, 302, 302, 302, 404)),
    "vue_ajouter": ("GET", (CONNEXION, 302, 302, 302, 302, 302)),
    # The view is the gestionnaire's: nobody else finds it.
    "vue_modifier": ("GET", (CONNEXION, 404, 404, 404, 200, 404)),
    "vue_supprimer": ("POST", (CONNEXION, 404, 404, 404, 302, 404)),
    "serie_creer": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "sessions_reconduire": ("GET", (CONNEXION, 404, 403, 404, 404, 403)),
    "habitudes": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "organisme": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "organisme_modifier": ("GET", (CONNEXION, 200, 403, 403, 200, 403)),
    "fermeture_ajouter": ("GET", (CONNEXION, 200, 403, 403, 200, 403)),
    "fermeture_modifier": ("GET", (CONNEXION, 404, 403, 403, 200, 404)),
    "fermeture_supprimer": ("POST", (CONNEXION, 404, 403, 403, 302, 404)),
    "tableau_de_l_action": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    # Without a key there is nothing to show; with keys: tests/bureau/test_tableau.py.
    "tableau_des_sessions": ("GET", (CONNEXION, 404, 403, 404, 404, 404)),
    "session_modifier": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "historique": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "historique_comparer": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "historique_restaurer": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "session_programmer": ("GET", (CONNEXION, 404, 403, 403, 200, 404)),
    "operation": ("POST", (CONNEXION, 404, 403, 403, 302, 404)),
    "corbeille": ("GET", (CONNEXION, 200, 403, 403, 200, 403)),
    "annuler": ("POST", (CONNEXION, 404, 403, 403, 302, 404)),
    "carnet": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "contact_ajouter": ("GET", (CONNEXION, 200, 403, 200, 200, 403)),
    "contact_consulter": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "contact_modifier": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "contact_remplacer": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "contact_supprimer": ("GET", (CONNEXION, 404, 403, 403, 200, 404)),
    "adresse_ajouter": ("GET", (CONNEXION, 200, 403, 200, 200, 403)),
    "adresse_consulter": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "adresse_modifier": ("POST", (CONNEXION, 404, 403, 422, 422, 404)),
    "adresse_remplacer": ("POST", (CONNEXION, 404, 403, 422, 422, 404)),
    "adresse_supprimer": ("POST", (CONNEXION, 404, 403, 403, 302, 404)),
    "equipe": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "equipe_historique": ("GET", (CONNEXION, 200, 403, 403, 200, 403)),
    "inviter": ("GET", (CONNEXION, 200, 403, 403, 200, 403)),
    "invitation_renouveler": ("POST", (CONNEXION, 404, 403, 403, 302, 404)),
    "invitation_annuler": ("POST", (CONNEXION, 404, 403, 403, 302, 404)),
    "membre_role": ("GET", (CONNEXION, 404, 403, 403, 200, 404)),
    "membre_retirer": ("GET", (CONNEXION, 404, 403, 403, 200, 404)),
    "messages": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "visite_quitter": ("POST", (CONNEXION, 302, 302, 302, 302, 302)),
    "choisir_organisme": ("POST", (CONNEXION, 302, 302, 302, 302, 302)),
    "invitation": ("GET", (410, 410, 410, 410, 410, 410)),
    "bulletin_arreter": ("GET", (410,) * 6),
    "agenda_organisme": ("GET", (200,) * 6),
    "agenda_formation": ("GET", (404,) * 6),
    "donnees": ("GET", (200,) * 6),
    "donnees_retraits": ("GET", (200,) * 6),
    **dict.fromkeys(("donnees_derniere", "donnees_fichier"), ("GET", (404,) * 6)),
    "agenda_prive": ("GET", (410,) * 6),
    "agenda_creer": ("POST", (CONNEXION, 302, 302, 302, 302, 302)),
    "agenda_revoquer": ("POST", (CONNEXION, 302, 302, 302, 302, 302)),
    "compte": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "compte_donnees": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "second_facteur": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "facteur_application": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "facteur_cle": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    # Nobody of these has a second factor, nor a key.
    "facteur_cle_retirer": ("POST", (CONNEXION, 302, 302, 302, 302, 302)),
    "facteur_codes": ("GET", (CONNEXION, 302, 302, 302, 302, 302)),
    "facteur_retirer": ("GET", (CONNEXION, 302, 302, 302, 302, 302)),
    "appareil_fermer": ("POST", (CONNEXION, 302, 302, 302, 302, 302)),
    "connexion_confirmer": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "connexion_code": ("GET", (302, 302, 302, 302, 302, 302)),
    "equipe_second_facteur": ("POST", (CONNEXION, 302, 403, 403, 302, 403)),
    "membre_second_facteur": ("GET", (CONNEXION, 404, 403, 403, 302, 404)),
    "adresse_confirmer": ("GET", (CONNEXION, 410, 410, 410, 410, 410)),
    "mot_de_passe_oublie": ("GET", (200, 200, 200, 200, 200, 200)),
    "mot_de_passe_envoye": ("GET", (200, 200, 200, 200, 200, 200)),
    "mot_de_passe_choisir": ("GET", (410, 410, 410, 410, 410, 410)),
    "bac_a_sable": ("GET", (CONNEXION, 200, 200, 200, 200, 200)),
    "bac_creer": ("POST", (CONNEXION, 302, 302, 302, 302, 302)),
    # Nobody of these works in a sandbox, nor has one: tests/bureau/test_bac_a_sable.py.
    "bac_avancer": ("POST", (CONNEXION, 404, 404, 404, 404, 404)),
    "bac_supprimer": ("GET", (CONNEXION, 404, 404, 404, 404, 404)),
    "jetons": ("GET", (CONNEXION, 200, 403, 403, 200, 403)),
    "jeton_creer": ("GET", (CONNEXION, 200, 403, 403, 200, 403)),
    "webhook_creer": ("GET", (CONNEXION, 200, 403, 403, 200, 403)),
    **dict.fromkeys(
        ("webhook", "webhook_modifier", "webhook_renouveler", "webhook_supprimer", "webhook_livraison"),
        ("GET", (CONNEXION, 404, 403, 403, 200, 404)),
    ),
    # Without a gesture there is nothing to do.
    "webhook_geste": ("POST", (CONNEXION, 404, 403, 403, 404, 404)),
    "jeton_revoquer": ("POST", (CONNEXION, 404, 403, 403, 302, 404)),
    "formations": ("GET", (200, 200, 200, 200, 200, 200)),
    "formation": ("GET", (404, 404, 404, 404, 404, 404)),
    "formation_par_numero": ("GET", (404, 404, 404, 404, 404, 404)),
    "apercu": ("GET", (404, 404, 404, 404, 404, 404)),
    "robots": ("GET", (200, 200, 200, 200, 200, 200)),
    "securite_txt": ("GET", (404,) * 6),
    "rapport_csp": ("POST", (400,) * 6),
    "plan_du_site": ("GET", (200, 200, 200, 200, 200, 200)),
    "plan_partie": ("GET", (404, 404, 404, 404, 404, 404)),
    "apercus": ("GET", (CONNEXION, 404, 403, 200, 200, 404)),
    "apercu_revoquer": ("POST", (CONNEXION, 404, 403, 404, 404, 404)),
    "verifier": ("GET", (200, 200, 200, 200, 200, 200)),
    **dict.fromkeys(("lieux", "classement"), ("GET", (200,) * 6)),
    **dict.fromkeys(
        ("mentions_legales", "donnees_personnelles", "accessibilite", "plan"), ("GET", (200,) * 6)
    ),
    "en_ligne": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "en_ligne_formation": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "en_ligne_comparer": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "preuve": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "preuve_fichier": ("GET", (CONNEXION, 404, 200, 200, 200, 404)),
    "publication_demain": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "publications": ("GET", (CONNEXION, 200, 200, 200, 200, 302)),
    "publication_du_jour": ("GET", (CONNEXION, 404, 404, 404, 404, 302)),
    # A future day has been published in this test, which the health check reports to everybody.
    "sante": ("GET", (503,) * 6),
    "connexion_reste": ("GET", (200,) * 6),
    "sante_vivant": ("GET", (200,) * 6),
    "sante_pret": ("GET", (200,) * 6),
    "sante_metriques": ("GET", (200,) * 6),
    "connexion": ("GET", (200, 302, 302, 302, 302, 302)),
    "deconnexion": ("POST", (302, 302, 302, 302, 302, 302)),
    # Public.
    **dict.fromkeys(("api", "api_schema", "api_documentation", "api_formations"), ("GET", (200,) * 6)),
    **dict.fromkeys(("api_versions", "api_erreur"), ("GET", (200,) * 6)),
    **dict.fromkeys(("api_formation", "api_introuvable"), ("GET", (404,) * 6)),
    # These require a token and refuse a session. The rights of each token are tested in
    # tests/api/test_fiches.py.
    **dict.fromkeys(
        (
            "api_organismes", "api_organisme", "api_certifications", "api_certification", "api_publications",
            "api_changements", "api_bac_a_sable",
            "api_exports", "api_imports", "api_import", "api_import_lignes",
            "api_lots", "api_lot", "api_lot_lignes",
            "api_session_visibilite", "api_session_programmation",
            "api_contacts", "api_contact", "api_contact_par_identifiant", "api_adresses", "api_adresse",
            "api_adresse_par_identifiant",
            "api_offres", "api_offre", "api_offre_par_identifiant", "api_offre_historique",
            "api_actions", "api_action", "api_action_par_identifiant", "api_action_historique",
            "api_sessions", "api_session", "api_session_par_identifiant", "api_session_historique",
            "api_webhooks", "api_webhook", "api_webhook_livraisons",
        ),
        ("GET", (401,) * 6),
    ),
    **dict.fromkeys(
        (
            "api_offre_valider", "api_offre_archiver", "api_offre_desarchiver", "api_action_valider",
            "api_action_archiver",
            "api_action_desarchiver", "api_session_valider", "api_session_archiver",
            "api_session_desarchiver", "api_session_ouvrir",
            "api_session_fermer", "api_import_appliquer", "api_import_annuler",
            "api_webhook_renouveler", "api_webhook_tester", "api_livraison_rejouer",
            "api_lot_arreter", "api_lot_reprendre", "api_lot_annuler", "api_action_serie",
        ),
        ("POST", (401,) * 6),
    ),
    "api_bac_a_sable_avancer": ("POST", (401,) * 6),
}  # fmt: skip


def adresses(resolveur: URLResolver | None = None) -> list[str]:
    """Return the names of the project's own URLs, without those of the administration, tested below."""
    noms = []
    for motif in (resolveur or get_resolver()).url_patterns:
        if isinstance(motif, URLPattern):
            noms.append(motif.name)
        elif motif.namespace != "admin":
            noms += adresses(motif)
    return noms


def test_chaque_adresse_a_sa_ligne():
    assert sorted(adresses()) == sorted(ATTENDU)


@pytest.mark.parametrize("nom", ["nouvelle", None])
def test_une_adresse_ajoutee_sans_ligne_serait_vue(nom):
    """Check that a new URL is detected, named or not, at the first level or in an included module."""
    nouvelle = path("nouvelle/", aide_navigateurs, name=nom)
    for ajoutees in ([nouvelle], [path("plus/", include([nouvelle]))]):
        resolveur = URLResolver(RegexPattern(r"^/"), [*get_resolver().url_patterns, *ajoutees])
        assert sorted(map(str, adresses(resolveur))) != sorted(ATTENDU)
        assert sorted(map(str, {*adresses(resolveur)} - {*ATTENDU})) == [str(nom)]


def parution_d_une_autre_action(monde: Monde) -> Parution:
    """Return the parution, published tomorrow, of an action that the public does not read today."""
    monde.session("autre", action=monde.nouvelle_action("AUTRE"), ouverte=True)
    with a_l_instant(minuit(demain())):
        publier(aujourd_hui(), par="test")
    return Parution.objects.get()


def comme_get(tete: HttpResponse, get: HttpResponse) -> bool:
    """Tell whether HEAD responds like GET: same status, same header names, no body."""
    corps = b"".join(tete)
    return (tete.status_code, tete.headers.keys(), corps) == (get.status_code, get.headers.keys(), b"")


@pytest.mark.parametrize("personne", PERSONNES)
def test_qui_obtient_quoi(client, monde, personne):
    session, parution = monde.session(), parution_d_une_autre_action(monde)
    membre = monde.gestionnaire.membres.get()
    vue = Vue.objects.create(membre=membre, nom="Sans contact", parametres="contact=sans")
    fermeture = Fermeture.objects.create(
        genre="propre", organisme=monde.organisme, nom="Été", du=demain(), au=demain()
    )
    invitation, _ = inviter(monde.organisme, "invitee@test.example", Role.LECTEUR, par=monde.gestionnaire)
    lot = nouveau_lot(monde, "ouvrir", Session.objects.filter(pk=session.pk))
    importation = Import(organisme=monde.organisme, par=monde.gestionnaire, nom="p.csv")
    preparer(deposer(importation, [b"Action;Session;Du\nACTION-1;i1;01/02/2099\n"]))
    abonnement = abonner(monde.organisme, "https://planning.example/", "session.ouverte")
    livraison = abonnement.essayer(monde.gestionnaire)
    contexte = executer(monde.session("s2"), Operation.ARCHIVER, par=monde.gestionnaire).contexte
    qui = {
        "anonyme": lambda: None,
        "autre": lambda: Monde("Autre", "52345678900017").gestionnaire,
        "lecteur": lambda: monde.personne("lecteur", Role.LECTEUR),
        "redacteur": lambda: monde.personne("redacteur", Role.REDACTEUR),
        "gestionnaire": lambda: monde.gestionnaire,
        "administrateur": lambda: Utilisateur.objects.create_superuser("admin@test.example", "x"),
    }[personne]()
    arguments = {
        "offre_modifier": [monde.offre.pk], "action_ajouter": [monde.offre.pk],
        "action_modifier": [monde.action.pk],
        "offre_consulter": [monde.offre.pk], "action_consulter": [monde.action.pk],
        "session_ajouter": [monde.action.pk], "serie_creer": [monde.action.pk],
        **dict.fromkeys(("lot", "lot_compte_rendu", "api_lot_lignes"), [lot.pk]),
        **dict.fromkeys(("import", "import_colonnes", "import_refusees"), [importation.pk]),
        **dict.fromkeys(
            ("api_import", "api_import_lignes", "api_import_appliquer", "api_import_annuler"),
            [importation.pk],
        ),
        "session_operations": [session.pk], "vue_modifier": [vue.pk], "vue_supprimer": [vue.pk],
        "habitudes": [monde.action.pk],
        **{nom: [abonnement.pk] for nom in ATTENDU if nom.startswith("webhook") and nom != "webhook_creer"},
        "webhook_livraison": [abonnement.pk, livraison.pk],
        "api_webhook_livraisons": [abonnement.pk],
        "fermeture_modifier": [fermeture.pk], "fermeture_supprimer": [fermeture.pk],
        "tableau_de_l_action": [monde.action.pk],
        "session_consulter": [session.pk], "visibilite": ["session", session.pk],
        "session_modifier": [session.pk], "session_programmer": [session.pk],
        "historique": ["offre", monde.offre.pk], "historique_comparer": ["action", monde.action.pk],
        "historique_restaurer": ["session", session.pk, 1], "operation": ["session", session.pk, "ouvrir"],
        "invitation_renouveler": [invitation.pk], "invitation_annuler": [invitation.pk],
        "invitation": ["faux"], "bulletin_arreter": ["faux"], "agenda_prive": ["faux"],
        "donnees_derniere": ["autre"], "donnees_fichier": ["2026-01-01", "manifest.json"],
        "agenda_organisme": [monde.organisme.siret], "agenda_formation": [monde.action.pk],
        "membre_role": [monde.gestionnaire.membres.get().pk],
        "membre_retirer": [monde.gestionnaire.membres.get().pk],
        "membre_second_facteur": [monde.gestionnaire.membres.get().pk],
        "facteur_cle_retirer": [1],
        "adresse_confirmer": ["faux"], "mot_de_passe_choisir": ["MQ", "faux"],
        "en_ligne_formation": [parution.action_id], "en_ligne_comparer": [parution.action_id],
        "preuve": [parution.pk], "preuve_fichier": [parution.pk],
        "formation": ["41234567800019_OFFRE-1", "41234567800019_ACTION-1"],
        "formation_par_numero": [monde.action.pk], "apercu": ["faux"], "plan_partie": [7],
        "apercus": [monde.action.pk], "apercu_revoquer": [monde.action.pk, 1],
        "a_faire": ["non_visibles"], "publication_du_jour": ["2026-01-01"], "annuler": [contexte],
    }  # fmt: skip
    for genre, entree in (("contact", monde.contact), ("adresse", monde.lieu)):
        arguments |= {
            nom: [entree.pk] for nom in ATTENDU if nom.startswith(f"{genre}_") and nom != f"{genre}_ajouter"
        }
    sans_cle = ("s", "schema", "documentation", "par_identifiant", "introuvable", "erreur", "bac_a_sable")
    arguments |= {
        nom: [session.pk] for nom in ATTENDU if nom.startswith("api_") and not nom.endswith(sans_cle)
    }
    arguments |= {
        "jeton_revoquer": [jeton_de(monde)[0].pk],
        "api_introuvable": ["rien"],
        "api_bac_a_sable_avancer": [],
        "api_erreur": ["validation"],
    }
    if qui:
        client.force_login(qui, backend="django.contrib.auth.backends.ModelBackend")
    rang, fautes, arrivee = PERSONNES.index(personne), [], client.cookies
    for nom, (methode, attendus) in ATTENDU.items():
        # Each URL is requested in the same state of the database, by a user who has just signed in.
        avant, client.cookies = transaction.savepoint(), deepcopy(arrivee)
        adresse = reverse(nom, args=arguments.get(nom, []))
        reponse = client.get(adresse) if methode == "GET" else client.post(adresse)
        vers = reponse.url if reponse.status_code == 302 else ""
        obtenu = (
            CONNEXION
            if attendus[rang] == CONNEXION and vers.startswith("/connexion/?next=")
            else reponse.status_code
        )
        session.refresh_from_db()
        if obtenu != attendus[rang] or session.ouverte is not (
            nom == "operation" and personne == "gestionnaire"
        ):
            fautes.append((nom, attendus[rang], obtenu, session.ouverte))
        if methode == "GET" and personne == "gestionnaire" and not comme_get(client.head(adresse), reponse):
            fautes.append((nom, "HEAD"))
        transaction.savepoint_rollback(avant)
    assert fautes == []


def adresses_de_l_administration(resolveur: URLResolver | None = None) -> list[str]:
    """Return the paths of the administration, with the key 1 wherever one is required."""
    if resolveur is None:
        resolveur = next(
            motif for motif in get_resolver().url_patterns if getattr(motif, "namespace", None) == "admin"
        )
    chemins = []
    for motif in resolveur.url_patterns:
        debut = re.sub(r"<[^>]+>", "1", str(motif.pattern)).replace(r"^(?P1app_label>", "").replace("^", "")
        if isinstance(motif, URLResolver):
            chemins += [debut + suite for suite in adresses_de_l_administration(motif)]
        elif motif.name == "app_list":
            chemins += [f"{app}/" for app in {modele._meta.app_label for modele in admin.site._registry}]
        elif motif.name is not None:
            chemins.append(debut)
    return chemins


def autres_reponses() -> dict[str, int]:
    """Return the paths that an administrator does not get with status 200, with their status.

    They are the additions that the administration does not allow, and the pages that redirect or need
    parameters.
    """
    demande = type("Demande", (), {"user": Utilisateur(is_superuser=True)})()
    autres = {"login/": 302, "logout/": 405, "autocomplete/": 403, "organismes/organisme/suspension/": 404}
    for modele, page in admin.site._registry.items():
        chemin = f"{modele._meta.app_label}/{modele._meta.model_name}"
        autres |= {} if page.has_add_permission(demande) else {f"{chemin}/add/": 403}
    return autres


@pytest.mark.parametrize("personne", PERSONNES)
def test_qui_entre_dans_l_administration(client, monde, personne):
    qui = {
        "anonyme": lambda: None,
        "autre": lambda: Monde("Autre", "52345678900017").gestionnaire,
        "administrateur": lambda: Utilisateur.objects.create_superuser("admin@test.example", "x"),
    }.get(personne, lambda: monde.personne("quelqu-un", personne))()
    if qui:
        client.force_login(qui, backend="django.contrib.auth.backends.ModelBackend")
    chemins = adresses_de_l_administration()
    assert len(chemins) > 80
    fautes = []
    for chemin in chemins:
        reponse = client.get(f"/admin/{chemin}", follow=personne == "anonyme")
        if personne == "anonyme":
            bien = reponse.redirect_chain[-1][0].startswith("/connexion/?next=/admin/")
        elif personne == "administrateur":
            # For a record that does not exist or cannot be deleted, the status depends on the page.
            bien = (
                reponse.status_code == autres_reponses().get(chemin, 200)
                or "/1/" in chemin
                and reponse.status_code in {302, 403, 404}
            )
        else:
            bien = reponse.status_code == 403 and client.post(f"/admin/{chemin}").status_code == 403
        if personne == "administrateur":
            bien = bien and comme_get(client.head(f"/admin/{chemin}"), reponse)
        if not bien:
            fautes.append((chemin, reponse.status_code))
    assert fautes == []
