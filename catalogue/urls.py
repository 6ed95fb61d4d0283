"""Addresses of the catalogue."""

from django.urls import path

from catalogue import views

urlpatterns = [
    path("", views.accueil, name="accueil"),
    path("aide/visibilite/", views.aide_visibilite, name="aide_visibilite"),
    path("catalogue/", views.catalogue, name="catalogue"),
    path("catalogue/offres/<int:pk>/", views.offre_consulter, name="offre_consulter"),
    path("catalogue/actions/<int:pk>/", views.action_consulter, name="action_consulter"),
    path("catalogue/<str:niveau>s/<int:pk>/<str:code>/", views.operation, name="operation"),
]
