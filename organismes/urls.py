"""URLs of sign-in, account, team and tokens."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from organismes.views import (
    agenda,
    bulletin,
    compte,
    connexion,
    equipe,
    invitation,
    jetons,
    messages,
    organisme,
)
from organismes.views.connexion import Connexion

urlpatterns = [
    path("connexion/", Connexion.as_view(), name="connexion"),
    path("connexion/reste/", connexion.reste, name="connexion_reste"),
    path("deconnexion/", LogoutView.as_view(), name="deconnexion"),
    path("mot-de-passe/oublie/", compte.MotDePasseOublie.as_view(), name="mot_de_passe_oublie"),
    path("mot-de-passe/oublie/envoye/", compte.MotDePasseEnvoye.as_view(), name="mot_de_passe_envoye"),
    path("mot-de-passe/<uidb64>/<token>/", compte.MotDePasseChoisir.as_view(), name="mot_de_passe_choisir"),
    path("compte/", compte.compte, name="compte"),
    path("compte/adresse/<jeton>/", compte.confirmer_l_adresse, name="adresse_confirmer"),
    path("compte/agenda/creer/", agenda.creer, name="agenda_creer"),
    path("compte/agenda/revoquer/", agenda.revoquer, name="agenda_revoquer"),
    path("bulletin/<jeton>/", bulletin.arreter, name="bulletin_arreter"),
    path("organisme/choisir/", organisme.choisir, name="choisir_organisme"),
    path("equipe/", equipe.lister, name="equipe"),
    path("equipe/historique/", equipe.historique, name="equipe_historique"),
    path("equipe/inviter/", equipe.inviter, name="inviter"),
    path("equipe/invitations/<int:pk>/renouveler/", equipe.renouveler, name="invitation_renouveler"),
    path("equipe/invitations/<int:pk>/annuler/", equipe.annuler, name="invitation_annuler"),
    path("equipe/<int:pk>/role/", equipe.changer_le_role, name="membre_role"),
    path("equipe/<int:pk>/retirer/", equipe.retirer, name="membre_retirer"),
    path("invitation/<jeton>/", invitation.repondre, name="invitation"),
    path("messages/", messages.lus, name="messages"),
    path("jetons/creer/", jetons.creer, name="jeton_creer"),
    path("jetons/<int:pk>/revoquer/", jetons.revoquer, name="jeton_revoquer"),
]
