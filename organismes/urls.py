"""Addresses of the sign-in and of the address book."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from organismes.views import carnet, remplacement
from organismes.views.connexion import Connexion
from organismes.views.genres import GENRES

urlpatterns = [
    path("connexion/", Connexion.as_view(), name="connexion"),
    path("deconnexion/", LogoutView.as_view(), name="deconnexion"),
    path("carnet/", carnet.carnet, name="carnet"),
]
for genre in GENRES:
    urlpatterns += [
        path(f"carnet/{genre}s/ajouter/", carnet.saisir, {"genre": genre}, name=f"{genre}_ajouter"),
        path(f"carnet/{genre}s/<int:pk>/", carnet.consulter, {"genre": genre}, name=f"{genre}_consulter"),
        path(f"carnet/{genre}s/<int:pk>/modifier/", carnet.saisir, {"genre": genre}, name=f"{genre}_modifier"),
        path(f"carnet/{genre}s/<int:pk>/remplacer/", remplacement.remplacer_partout, {"genre": genre}, name=f"{genre}_remplacer"),
        path(f"carnet/{genre}s/<int:pk>/supprimer/", remplacement.supprimer, {"genre": genre}, name=f"{genre}_supprimer"),
    ]
