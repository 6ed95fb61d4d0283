"""Addresses of the sessions."""

from django.urls import path

from sessions_app import views

urlpatterns = [
    path("catalogue/actions/<int:pk>/sessions/ajouter/", views.Ajouter.as_view(), name="session_ajouter"),
    path("catalogue/sessions/<int:pk>/", views.consulter, name="session_consulter"),
    path("catalogue/sessions/<int:pk>/modifier/", views.Modifier.as_view(), name="session_modifier"),
]
