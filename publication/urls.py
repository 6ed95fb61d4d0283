"""Addresses of the publication: the public side, and what the back-office says of it."""

from django.urls import path

from publication.views import en_ligne, pourquoi, public, registre, sante

urlpatterns = [
    path("formations/", public.formations, name="formations"),
    path("formations/<int:pk>/", public.formation, name="formation"),
    path("formations/verifier/", public.verifier, name="verifier"),
    path("en-ligne/", en_ligne.liste, name="en_ligne"),
    path("en-ligne/<int:pk>/", en_ligne.formation, name="en_ligne_formation"),
    path("en-ligne/<int:pk>/comparer/", en_ligne.comparer, name="en_ligne_comparer"),
    path("en-ligne/preuves/<int:pk>/", en_ligne.lire_la_preuve, name="preuve"),
    path("en-ligne/preuves/<int:pk>/fichier/", en_ligne.telecharger_la_preuve, name="preuve_fichier"),
    path("publications/demain/", registre.demain, name="publication_demain"),
    path("publications/", registre.registre, name="publications"),
    path("publications/<str:jour>/", registre.passage, name="publication_du_jour"),
    path("sante/", sante.sante, name="sante"),
    path("sante/vivant/", sante.vivant, name="sante_vivant"),
    path("sante/pret/", sante.pret, name="sante_pret"),
    path("catalogue/<str:niveau>s/<int:pk>/visibilite/", pourquoi.pourquoi, name="visibilite"),
]
