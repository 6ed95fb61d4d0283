"""URL configuration of the project."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("api.urls")),
    path("", include("organismes.urls")),
    path("", include("vitrine.urls")),
    path("", include("bureau.urls")),
]

handler400 = "edof.erreurs.requete_invalide"
handler403 = "edof.erreurs.acces_refuse"
handler404 = "edof.erreurs.introuvable"
handler500 = "edof.erreurs.erreur_du_serveur"
