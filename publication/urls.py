"""Addresses of the public side."""

from django.urls import path

from publication import views

urlpatterns = [
    path("formations/", views.formations, name="formations"),
    path("formations/<int:pk>/", views.formation, name="formation"),
    path("sante/", views.sante, name="sante"),
]
