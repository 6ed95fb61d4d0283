"""Addresses of the catalogue."""

from django.urls import path

from catalogue.certifications import certifications
from catalogue.views import accueil, aide, catalogue, consulter, corbeille, historique, operations, saisie

urlpatterns = [
    path("", accueil.accueil, name="accueil"),
    path("a-faire/<str:slug>/", accueil.a_faire, name="a_faire"),
    path("bravo/", accueil.bravo, name="bravo"),
    path("aide/", aide.aide, name="aide"),
    path("aide/visibilite/", aide.aide_visibilite, name="aide_visibilite"),
    path("aide/guides/", aide.aide_guides, name="aide_guides"),
    path("aide/navigateurs/", aide.aide_navigateurs, name="aide_navigateurs"),
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/offres/ajouter/", saisie.AjouterOffre.as_view(), name="offre_ajouter"),
    path("catalogue/offres/<int:pk>/modifier/", saisie.ModifierOffre.as_view(), name="offre_modifier"),
    path("catalogue/offres/<int:pk>/actions/ajouter/", saisie.AjouterAction.as_view(), name="action_ajouter"),
    path("catalogue/actions/<int:pk>/modifier/", saisie.ModifierAction.as_view(), name="action_modifier"),
    path("catalogue/certifications/", certifications, name="certifications"),
    path("catalogue/corbeille/", corbeille.corbeille, name="corbeille"),
    path("catalogue/annuler/<uuid:contexte>/", corbeille.annuler_operation, name="annuler"),
    path("catalogue/offres/<int:pk>/", consulter.offre_consulter, name="offre_consulter"),
    path("catalogue/actions/<int:pk>/", consulter.action_consulter, name="action_consulter"),
    path("catalogue/<str:niveau>s/<int:pk>/historique/", historique.historique, name="historique"),
    path("catalogue/<str:niveau>s/<int:pk>/historique/comparer/", historique.comparer, name="historique_comparer"),
    path("catalogue/<str:niveau>s/<int:pk>/historique/<int:version>/restaurer/", historique.restaurer, name="historique_restaurer"),
    path("catalogue/<str:niveau>s/<int:pk>/<str:code>/", operations.operation, name="operation"),
]
