"""Addresses of the publication: the public side, and what the back-office says of it."""

from django.urls import path

from publication.views import pourquoi, public

urlpatterns = [
    path("formations/", public.formations, name="formations"),
    path("formations/<int:pk>/", public.formation, name="formation"),
    path("sante/", public.sante, name="sante"),
    path("catalogue/<str:niveau>s/<int:pk>/visibilite/", pourquoi.pourquoi, name="visibilite"),
]
