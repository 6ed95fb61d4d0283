"""URLs of the public side."""

from django.urls import path

from vitrine import formations, sante

urlpatterns = [
    path("formations/", formations.formations, name="formations"),
    path("formations/<int:pk>/", formations.formation, name="formation"),
    path("formations/verifier/", formations.verifier, name="verifier"),
    path("sante/", sante.sante, name="sante"),
    path("sante/vivant/", sante.vivant, name="sante_vivant"),
    path("sante/pret/", sante.pret, name="sante_pret"),
]
