"""URLs of the back-office."""

from django.urls import path

from bureau import agenda, aide, bac_a_sable, corbeille, historique
from bureau.accueil import views as accueil
from bureau.assistant import saisie
from bureau.assistant.certifications import certifications
from bureau.carnet import remplacement
from bureau.carnet import views as carnet
from bureau.carnet.genres import GENRES
from bureau.catalogue import views as catalogue
from bureau.exporter import views as exporter
from bureau.fiche import consulter, operations, programmer, session
from bureau.importer import colonnes as colonnes_d_import
from bureau.importer import fichiers as fichiers_d_import
from bureau.importer import views as importer
from bureau.lots import views as lots
from bureau.organisme import fermetures
from bureau.organisme import views as organisme
from bureau.publication import apercus, en_ligne, pourquoi, registre
from bureau.series import views as series
from bureau.sessions import views as sessions
from bureau.sessions import vues
from bureau.tableau import views as tableau
from bureau.webhooks import views as webhooks

urlpatterns = [
    path("", accueil.accueil, name="accueil"),
    path("a-faire/<str:slug>/", accueil.a_faire, name="a_faire"),
    path("bravo/", accueil.bravo, name="bravo"),
    path("aide/", aide.aide, name="aide"),
    path("aide/visibilite/", aide.aide_visibilite, name="aide_visibilite"),
    path("aide/guides/", aide.aide_guides, name="aide_guides"),
    path("aide/navigateurs/", aide.aide_navigateurs, name="aide_navigateurs"),
    path("en-ligne/", en_ligne.liste, name="en_ligne"),
    path("en-ligne/<int:pk>/", en_ligne.formation, name="en_ligne_formation"),
    path("en-ligne/<int:pk>/comparer/", en_ligne.comparer, name="en_ligne_comparer"),
    path("en-ligne/preuves/<int:pk>/", en_ligne.lire_la_preuve, name="preuve"),
    path("en-ligne/preuves/<int:pk>/fichier/", en_ligne.telecharger_la_preuve, name="preuve_fichier"),
    path("publications/demain/", registre.demain, name="publication_demain"),
    path("publications/", registre.registre, name="publications"),
    path("publications/<str:jour>/", registre.passage, name="publication_du_jour"),
    path("carnet/", carnet.carnet, name="carnet"),
    path("agenda/prive/<jeton>.ics", agenda.prive, name="agenda_prive"),
    path("jetons/", webhooks.jetons_et_webhooks, name="jetons"),
    path("webhooks/creer/", webhooks.creer, name="webhook_creer"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/modifier/", webhooks.modifier, name="webhook_modifier"),
    path("webhooks/<int:pk>/geste/", webhooks.geste, name="webhook_geste"),
    path("webhooks/<int:pk>/secret/", webhooks.renouveler, name="webhook_renouveler"),
    path("webhooks/<int:pk>/supprimer/", webhooks.supprimer, name="webhook_supprimer"),
    path("webhooks/<int:pk>/livraisons/<int:livraison>/", webhooks.livraison, name="webhook_livraison"),
    path("bac-a-sable/", bac_a_sable.bac_a_sable, name="bac_a_sable"),
    path("bac-a-sable/creer/", bac_a_sable.creer, name="bac_creer"),
    path("bac-a-sable/avancer/", bac_a_sable.avancer, name="bac_avancer"),
    path("bac-a-sable/supprimer/", bac_a_sable.supprimer, name="bac_supprimer"),
    path("organisme/", organisme.organisme, name="organisme"),
    path("organisme/modifier/", organisme.modifier, name="organisme_modifier"),
    path("organisme/fermetures/ajouter/", fermetures.saisir, name="fermeture_ajouter"),
    path("organisme/fermetures/<int:pk>/modifier/", fermetures.saisir, name="fermeture_modifier"),
    path("organisme/fermetures/<int:pk>/supprimer/", fermetures.supprimer, name="fermeture_supprimer"),
]
for genre in GENRES:
    urlpatterns += [
        path(f"carnet/{genre}s/ajouter/", carnet.saisir, {"genre": genre}, name=f"{genre}_ajouter"),
        path(f"carnet/{genre}s/<int:pk>/", carnet.consulter, {"genre": genre}, name=f"{genre}_consulter"),
        path(
            f"carnet/{genre}s/<int:pk>/modifier/", carnet.saisir, {"genre": genre}, name=f"{genre}_modifier"
        ),
        path(
            f"carnet/{genre}s/<int:pk>/remplacer/",
            remplacement.remplacer_partout,
            {"genre": genre},
            name=f"{genre}_remplacer",
        ),
        path(
            f"carnet/{genre}s/<int:pk>/supprimer/",
            remplacement.supprimer,
            {"genre": genre},
            name=f"{genre}_supprimer",
        ),
    ]
urlpatterns += [
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/offres/ajouter/", saisie.AjouterOffre.as_view(), name="offre_ajouter"),
    path("catalogue/offres/<int:pk>/modifier/", saisie.ModifierOffre.as_view(), name="offre_modifier"),
    path("catalogue/offres/<int:pk>/actions/ajouter/", saisie.AjouterAction.as_view(), name="action_ajouter"),
    path("catalogue/actions/<int:pk>/modifier/", saisie.ModifierAction.as_view(), name="action_modifier"),
    path("catalogue/actions/<int:pk>/sessions/ajouter/", session.Ajouter.as_view(), name="session_ajouter"),
    path("catalogue/actions/<int:pk>/serie/", series.creer_une_serie, name="serie_creer"),
    path("catalogue/actions/<int:pk>/habitudes/", organisme.habitudes_de_l_action, name="habitudes"),
    path("catalogue/actions/<int:pk>/apercus/", apercus.apercus, name="apercus"),
    path(
        "catalogue/actions/<int:pk>/apercus/<int:partage>/revoquer/", apercus.revoquer, name="apercu_revoquer"
    ),
    path("catalogue/sessions/reconduire/", series.reconduire, name="sessions_reconduire"),
    path("catalogue/actions/<int:pk>/tableau/", tableau.de_l_action, name="tableau_de_l_action"),
    path("catalogue/sessions/tableau/", tableau.de_la_selection, name="tableau_des_sessions"),
    path("catalogue/sessions/<int:pk>/modifier/", session.Modifier.as_view(), name="session_modifier"),
    path(
        "catalogue/sessions/<int:pk>/programmer/", programmer.programmer_la_session, name="session_programmer"
    ),
    path("catalogue/certifications/", certifications, name="certifications"),
    path("catalogue/sessions/", sessions.sessions, name="sessions"),
    path("catalogue/lots/", lots.lots, name="lots"),
    path("catalogue/lots/<int:pk>/", lots.lot, name="lot"),
    path("catalogue/lots/<int:pk>/compte-rendu/", lots.compte_rendu, name="lot_compte_rendu"),
    path("catalogue/importer/", importer.importer, name="importer"),
    path("catalogue/importer/guide/", importer.guide, name="import_guide"),
    path("catalogue/importer/modele/", fichiers_d_import.modele, name="import_modele"),
    path("catalogue/importer/<int:pk>/", importer.une_importation, name="import"),
    path("catalogue/importer/<int:pk>/colonnes/", colonnes_d_import.colonnes, name="import_colonnes"),
    path("catalogue/importer/<int:pk>/refusees/", fichiers_d_import.lignes_refusees, name="import_refusees"),
    path("catalogue/exporter/", exporter.page, name="exporter"),
    path("catalogue/exporter/fichier/", exporter.fichier, name="export_fichier"),
    path("catalogue/sessions/exporter/", exporter.sessions, name="sessions_exporter"),
    path("catalogue/sessions/colonnes/", sessions.colonnes, name="sessions_colonnes"),
    path("catalogue/sessions/<int:pk>/operations/", sessions.operations, name="session_operations"),
    path("catalogue/sessions/vues/ajouter/", vues.ajouter, name="vue_ajouter"),
    path("catalogue/sessions/vues/<int:pk>/", vues.modifier, name="vue_modifier"),
    path("catalogue/sessions/vues/<int:pk>/supprimer/", vues.supprimer, name="vue_supprimer"),
    path("catalogue/corbeille/", corbeille.corbeille, name="corbeille"),
    path("catalogue/annuler/<uuid:contexte>/", corbeille.annuler_operation, name="annuler"),
    path("catalogue/offres/<int:pk>/", consulter.offre_consulter, name="offre_consulter"),
    path("catalogue/actions/<int:pk>/", consulter.action_consulter, name="action_consulter"),
    path("catalogue/sessions/<int:pk>/", session.consulter, name="session_consulter"),
    path("catalogue/<str:niveau>s/<int:pk>/visibilite/", pourquoi.pourquoi, name="visibilite"),
    path("catalogue/<str:niveau>s/<int:pk>/historique/", historique.historique, name="historique"),
    path(
        "catalogue/<str:niveau>s/<int:pk>/historique/comparer/",
        historique.comparer,
        name="historique_comparer",
    ),
    path(
        "catalogue/<str:niveau>s/<int:pk>/historique/<int:version>/restaurer/",
        historique.restaurer,
        name="historique_restaurer",
    ),
    # The generic route of the operations comes last, so that it does not hide the more specific routes.
    path("catalogue/<str:niveau>s/<int:pk>/<str:code>/", operations.operation, name="operation"),
]
