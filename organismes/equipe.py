"""Who belongs to an organisme: inviting, joining, changing a role, leaving.

Each function locks the organisme, so that two requests at the same instant never leave it without
gestionnaire, then asks the right again, then writes, with its author in the history.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import transaction

from edof.horloge import maintenant
from organismes.courriels import aux_gestionnaires
from organismes.droits import Operation, Role, exiger_de, peut, role_permet
from organismes.models import Invitation, Jeton, Membre, Organisme, Utilisateur
from organismes.models.invitation import InvitationQuerySet
from organismes.models.jeton import JetonQuerySet

# How many invitations may leave in a day: to one address whoever sends them, and for one organisme.
PAR_ADRESSE, PAR_ORGANISME = 5, 100
SEUL_GESTIONNAIRE = "C'est le seul gestionnaire de l'organisme : nommez-en un autre d'abord."


class EquipeRefusee(Exception):
    """It cannot be done; the message is a French sentence."""


class InvitationPerimee(Exception):
    """The invitation has served, was cancelled, has expired, or was made by somebody who may no longer
    invite.
    """


@contextmanager
def _equipe(organisme_id: int, par: Utilisateur | None, operation: str) -> Iterator[None]:
    with (
        transaction.atomic(),
        pghistory.context(operation=operation, origine="formulaire", utilisateur=par.pk if par else None),
    ):
        # Records that refer to the organisme may still be written meanwhile.
        Organisme.objects.select_for_update(no_key=True).get(pk=organisme_id)
        yield


def inviter(organisme: Organisme, courriel: str, role: str, *, par: Utilisateur) -> tuple[Invitation, str]:
    """The invitation of this address, and the secret of the link to send it; an earlier one is replaced.

    The secret is empty when the same invitation has just left: twenty clicks send one e-mail. Raises
    EquipeRefusee for somebody who is a member already, or beyond the e-mails of a day, PermissionDenied
    without the right.
    """
    with _equipe(organisme.pk, par, Operation.INVITER.value):
        exiger_de(par, Operation.INVITER, organisme.pk)
        if Membre.objects.pour_organisme(organisme).filter(utilisateur__courriel__iexact=courriel).exists():
            raise EquipeRefusee("Cette personne est déjà membre de l'équipe.")
        ancienne = Invitation.objects.pour_organisme(organisme).filter(courriel__iexact=courriel).first()
        invitation = ancienne or Invitation(organisme=organisme, courriel=courriel)
        if invitation.role == role and invitation.vient_de_partir:
            return invitation, ""
        invitation.role = role
        return invitation, _tirer(invitation, par)


def renouveler(invitation: Invitation, *, par: Utilisateur) -> tuple[Invitation, str]:
    """The same invitation for seven more days, with a new link; the secret is empty when it has just left.

    Raises Invitation.DoesNotExist when it is gone, EquipeRefusee beyond the e-mails of a day.
    """
    with _equipe(invitation.organisme_id, par, "renouveler"):
        exiger_de(par, Operation.INVITER, invitation.organisme_id)
        invitation = Invitation.objects.select_related("organisme", "par").get(pk=invitation.pk)
        return invitation, "" if invitation.vient_de_partir else _tirer(invitation, par)


def _tirer(invitation: Invitation, par: Utilisateur) -> str:
    """Save the invitation with a new secret, unless too many e-mails have left today in the name of
    others.
    """
    faites = Invitation.pgh_event_model.objects.exclude(pgh_label="delete")
    faites = faites.filter(pgh_created_at__gt=maintenant() - dt.timedelta(days=1))
    if faites.filter(courriel__iexact=invitation.courriel).count() >= PAR_ADRESSE:
        raise EquipeRefusee(
            "Cette adresse a déjà reçu plusieurs invitations aujourd'hui : attendez demain pour en renvoyer"
            " une."
        )
    if faites.filter(organisme=invitation.organisme_id).count() >= PAR_ORGANISME:
        raise EquipeRefusee(
            f"Votre organisme a envoyé {PAR_ORGANISME} invitations depuis hier : attendez demain pour la"
            " suivante."
        )
    invitation.par, jeton = par, invitation.tirer_un_jeton()
    invitation.save()
    return jeton


def annuler(invitation: Invitation, *, par: Utilisateur) -> None:
    """The invitation is no more, and its link opens nothing."""
    with _equipe(invitation.organisme_id, par, "annuler"):
        exiger_de(par, Operation.INVITER, invitation.organisme_id)
        Invitation.objects.filter(pk=invitation.pk).delete()


def invitation_valable(jeton: str) -> Invitation | None:
    """The invitation that this link opens, with its organisme; None once expired, or when who made it may no
    longer invite.
    """
    invitation = Invitation.objects.du_jeton(jeton).select_related("organisme", "par").first()
    if (
        invitation is None
        or invitation.par is None
        or not peut(invitation.par, Operation.INVITER, invitation.organisme_id)
    ):
        return None
    return invitation


def rejoindre(jeton: str, personne: Utilisateur) -> Membre:
    """The person becomes a member with the role of the invitation, which has then served; a member keeps the
    role it has.

    A person without key is a new account, saved along. Raises InvitationPerimee, PermissionDenied when the
    invitation is for another address, IntegrityError when the new account has just been created elsewhere;
    nothing has then changed.
    """
    if (invitation := invitation_valable(jeton)) is None:
        raise InvitationPerimee
    with _equipe(invitation.organisme_id, personne if personne.pk else None, "rejoindre"):
        if invitation_valable(jeton) is None:
            raise InvitationPerimee
        if personne.courriel.lower() != invitation.courriel.lower():
            raise PermissionDenied("Cette invitation est adressée à quelqu'un d'autre.")
        if personne.pk is None:
            personne.save()
            pghistory.context(utilisateur=personne.pk)
        membre, nouveau = Membre.objects.get_or_create(
            organisme_id=invitation.organisme_id, utilisateur=personne, defaults={"role": invitation.role}
        )
        invitation.delete()
        if nouveau and membre.role == Role.GESTIONNAIRE:
            aux_gestionnaires(membre.organisme, "nouveau_gestionnaire", nouveau=personne, par=invitation.par)
    return membre


def changer_le_role(membre: Membre, role: str, *, par: Utilisateur, garder_les_jetons: bool = False) -> None:
    """The member has this role from the next request on; what it no longer allows them to hold ends with it.

    Raises EquipeRefusee for the last gestionnaire, Membre.DoesNotExist for who has left.
    """
    with _equipe(membre.organisme_id, par, Operation.CHANGER_UN_ROLE.value):
        exiger_de(par, Operation.CHANGER_UN_ROLE, membre.organisme_id)
        present = Membre.objects.get(pk=membre.pk)
        if role != Role.GESTIONNAIRE:
            garder_un_gestionnaire(present.organisme_id, [present.pk])
        devient = role == Role.GESTIONNAIRE != present.role
        present.role = role
        present.save(update_fields=["role"])
        solder(present, role, par=par, garder_les_jetons=garder_les_jetons)
        if devient:
            aux_gestionnaires(present.organisme, "nouveau_gestionnaire", nouveau=present.utilisateur, par=par)


def retirer(membre: Membre, *, par: Utilisateur, garder_les_jetons: bool = False) -> None:
    """The member has no access from the next request on; everybody may leave, a gestionnaire may remove
    anybody.

    The invitations that they made are cancelled, and their tokens revoked unless they are to be kept.
    Raises EquipeRefusee for the last gestionnaire, Membre.DoesNotExist for who has left already.
    """
    with _equipe(membre.organisme_id, par, Operation.RETIRER.value):
        if membre.utilisateur_id != par.pk:
            exiger_de(par, Operation.RETIRER, membre.organisme_id)
        present = Membre.objects.get(pk=membre.pk)
        garder_un_gestionnaire(present.organisme_id, [present.pk])
        present.delete()
        solder(present, "", par=par, garder_les_jetons=garder_les_jetons)


def solder(membre: Membre, role: str, *, par: Utilisateur, garder_les_jetons: bool = False) -> None:
    """End what this role ("" for who has left) does not allow to hold: pending invitations, and tokens unless
    they are kept.
    """
    moyens = membre.utilisateur_id, membre.organisme_id
    if not role_permet(role, Operation.INVITER):
        invitations_de(*moyens).delete()
    if not role_permet(role, Operation.GERER_LES_JETONS) and not garder_les_jetons:
        jetons_de(*moyens).revoquer(par)


def fermer_le_compte(personne: Utilisateur, *, par: Utilisateur) -> None:
    """End all that a disabled account holds: its open sessions, its tokens, its invitations, in every
    organisme.

    An account that is enabled again later finds none of them.
    """
    with transaction.atomic(), pghistory.context(operation="desactiver", origine="admin", utilisateur=par.pk):
        personne.is_active, personne.deconnecte_le = False, maintenant()
        personne.save(update_fields=["is_active", "deconnecte_le"])
        invitations_de(personne.pk).delete()
        jetons_de(personne.pk).revoquer(par)


def jetons_de(personne_id: int, organisme_id: int | None = None) -> JetonQuerySet:
    """The tokens in service that this person made, in one organisme or in all."""
    jetons = Jeton.objects.en_service().filter(cree_par=personne_id)
    return jetons if organisme_id is None else jetons.filter(organisme=organisme_id)


def invitations_de(personne_id: int, organisme_id: int | None = None) -> InvitationQuerySet:
    """The invitations that this person made and that nobody has accepted, in one organisme or in all."""
    invitations = Invitation.objects.filter(par=personne_id)
    return invitations if organisme_id is None else invitations.filter(organisme=organisme_id)


def garder_un_gestionnaire(organisme_id: int, partent: Collection[int]) -> None:
    """Refuse that these members (keys) stop being gestionnaires when nobody could manage the organisme any
    more: EquipeRefusee.

    The organisme is locked, or two people would do it together.
    """
    gestionnaires = Membre.objects.filter(organisme_id=organisme_id).gestionnaires()
    if gestionnaires.filter(pk__in=partent).exists() and not gestionnaires.exclude(pk__in=partent).exists():
        raise EquipeRefusee(SEUL_GESTIONNAIRE)
