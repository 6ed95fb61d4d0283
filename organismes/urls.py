"""URLs of sign-in, account, team and tokens."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from organismes.views import (
    agenda,
    bulletin,
    code,
    compte,
    connexion,
    equipe,
    invitation,
    jetons,
    messages,
    organisme,
    second_facteur,
    visite,
)
from organismes.views.connexion import Connexion

urlpatterns = [
    path("connexion/", Connexion.as_view(), name="connexion"),
    path("connexion/reste/", connexion.reste, name="connexion_reste"),
    path("connexion/code/", code.code, name="connexion_code"),
    path("connexion/confirmer/", code.confirmer_le_mot_de_passe, name="connexion_confirmer"),
    path("deconnexion/", LogoutView.as_view(), name="deconnexion"),
    path("mot-de-passe/oublie/", compte.MotDePasseOublie.as_view(), name="mot_de_passe_oublie"),
    path("mot-de-passe/oublie/envoye/", compte.MotDePasseEnvoye.as_view(), name="mot_de_passe_envoye"),
    path("mot-de-passe/<uidb64>/<token>/", compte.MotDePasseChoisir.as_view(), name="mot_de_passe_choisir"),
    path("compte/", compte.compte, name="compte"),
    path("compte/adresse/<jeton>/", compte.confirmer_l_adresse, name="adresse_confirmer"),
    path("compte/donnees/", compte.donnees, name="compte_donnees"),
    path("compte/appareils/fermer/", compte.fermer_un_appareil, name="appareil_fermer"),
    path("compte/second-facteur/", second_facteur.second_facteur_du_compte, name="second_facteur"),
    path("compte/second-facteur/application/", second_facteur.application, name="facteur_application"),
    path("compte/second-facteur/cle/", second_facteur.cle, name="facteur_cle"),
    path(
        "compte/second-facteur/cle/<int:pk>/retirer/", second_facteur.cle_retirer, name="facteur_cle_retirer"
    ),
    path("compte/second-facteur/codes/", second_facteur.codes, name="facteur_codes"),
    path("compte/second-facteur/retirer/", second_facteur.retirer, name="facteur_retirer"),
    path("compte/agenda/creer/", agenda.creer, name="agenda_creer"),
    path("compte/agenda/revoquer/", agenda.revoquer, name="agenda_revoquer"),
    path("bulletin/<jeton>/", bulletin.arreter, name="bulletin_arreter"),
    path("visite/quitter/", visite.quitter, name="visite_quitter"),
    path("organisme/choisir/", organisme.choisir, name="choisir_organisme"),
    path("equipe/", equipe.lister, name="equipe"),
    path("equipe/historique/", equipe.historique, name="equipe_historique"),
    path("equipe/inviter/", equipe.inviter, name="inviter"),
    path("equipe/second-facteur/", equipe.exiger_le_second_facteur, name="equipe_second_facteur"),
    path("equipe/<int:pk>/second-facteur/", equipe.second_facteur_d_un_membre, name="membre_second_facteur"),
    path("equipe/invitations/<int:pk>/renouveler/", equipe.renouveler, name="invitation_renouveler"),
    path("equipe/invitations/<int:pk>/annuler/", equipe.annuler, name="invitation_annuler"),
    path("equipe/<int:pk>/role/", equipe.changer_le_role, name="membre_role"),
    path("equipe/<int:pk>/retirer/", equipe.retirer, name="membre_retirer"),
    path("invitation/<jeton>/", invitation.repondre, name="invitation"),
    path("messages/", messages.lus, name="messages"),
    path("jetons/creer/", jetons.creer, name="jeton_creer"),
    path("jetons/<int:pk>/revoquer/", jetons.revoquer, name="jeton_revoquer"),
]
