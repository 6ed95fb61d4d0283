"""Membership of an organisme: inviting, joining, changing a role, leaving.

Each function locks the organisme, so that two simultaneous requests never leave it without gestionnaire. It
then checks the right again, and writes with its author in the history.
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

# Maximum number of invitations in a day: to one address whoever sends them, and from one organisme.
PAR_ADRESSE, PAR_ORGANISME = 5, 100
SEUL_GESTIONNAIRE = "Il ne resterait aucun gestionnaire dans l'organisme : nommez-en un autre d'abord."


class EquipeRefusee(Exception):
    """The operation is refused; the message is a French sentence."""


class InvitationPerimee(Exception):
    """The invitation is no longer valid.

    It was used, cancelled, has expired, or was made by a member who may no longer invite.
    """


@contextmanager
def _equipe(organisme_id: int, par: Utilisateur | None, operation: str) -> Iterator[None]:
    with (
        transaction.atomic(),
        pghistory.context(operation=operation, origine="formulaire", utilisateur=par.pk if par else None),
    ):
        # Other transactions may still write records that refer to the organisme (no_key).
        Organisme.objects.select_for_update(no_key=True).get(pk=organisme_id)
        yield


def inviter(organisme: Organisme, courriel: str, role: str, *, par: Utilisateur) -> tuple[Invitation, str]:
    """Create the invitation of this address, or replace an earlier one.

    Return the invitation and the secret of its link. The secret is empty when the same invitation has just
    been sent: twenty clicks send one e-mail. Raise EquipeRefusee when the person is already a member or when
    the daily limit of e-mails is reached, PermissionDenied without the right.
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
    """Extend the invitation by seven days with a new link; return it with the secret of the link.

    The secret is empty when the invitation has just been sent. Raise Invitation.DoesNotExist when it no
    longer exists, EquipeRefusee when the daily limit of e-mails is reached.
    """
    with _equipe(invitation.organisme_id, par, "renouveler"):
        exiger_de(par, Operation.INVITER, invitation.organisme_id)
        invitation = Invitation.objects.select_related("organisme", "par").get(pk=invitation.pk)
        return invitation, "" if invitation.vient_de_partir else _tirer(invitation, par)


def _tirer(invitation: Invitation, par: Utilisateur) -> str:
    """Save the invitation with a new secret, and return the secret.

    Raise EquipeRefusee when the address or the organisme has reached its limit of invitations for one day.
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
    """Delete the invitation: its link is no longer valid."""
    with _equipe(invitation.organisme_id, par, "annuler"):
        exiger_de(par, Operation.INVITER, invitation.organisme_id)
        Invitation.objects.filter(pk=invitation.pk).delete()


def invitation_valable(jeton: str) -> Invitation | None:
    """Return the invitation of this link, with its organisme.

    Return None when it has expired, or when its author may no longer invite.
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
    """Make the person a member with the role of the invitation, and delete the invitation; return the member.

    A person who is already a member keeps their role. A person without primary key is a new account, saved at
    the same time. Raise InvitationPerimee, PermissionDenied when the invitation is for another address, or
    IntegrityError when the new account has just been created elsewhere; nothing is changed then.
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
    """Give the member this role, effective at the next request, and end what the new role does not allow.

    Raise EquipeRefusee for the last gestionnaire, Membre.DoesNotExist when the person has left.
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
    """Remove the member, who has no access from the next request on.

    Any member may leave; a gestionnaire may remove anyone. The invitations that the member made are
    cancelled, and their tokens are revoked unless `garder_les_jetons` is true. Raise EquipeRefusee for the
    last gestionnaire, Membre.DoesNotExist when the person has already left.
    """
    with _equipe(membre.organisme_id, par, Operation.RETIRER.value):
        if membre.utilisateur_id != par.pk:
            exiger_de(par, Operation.RETIRER, membre.organisme_id)
        present = Membre.objects.get(pk=membre.pk)
        garder_un_gestionnaire(present.organisme_id, [present.pk])
        present.delete()
        solder(present, "", par=par, garder_les_jetons=garder_les_jetons)


def solder(membre: Membre, role: str, *, par: Utilisateur, garder_les_jetons: bool = False) -> None:
    """End what this role does not allow: pending invitations, and tokens unless `garder_les_jetons` is true.

    `role` is "" for a member who has left.
    """
    moyens = membre.utilisateur_id, membre.organisme_id
    if not role_permet(role, Operation.INVITER):
        invitations_de(*moyens).delete()
    if not role_permet(role, Operation.GERER_LES_JETONS) and not garder_les_jetons:
        jetons_de(*moyens).revoquer(par)


def fermer_le_compte(personne: Utilisateur, *, par: Utilisateur) -> None:
    """Disable an account: end its open sessions, its tokens and its invitations, in every organisme.

    They stay ended if the account is enabled again later.
    """
    with transaction.atomic(), pghistory.context(operation="desactiver", origine="admin", utilisateur=par.pk):
        personne.is_active, personne.deconnecte_le = False, maintenant()
        personne.save(update_fields=["is_active", "deconnecte_le"])
        invitations_de(personne.pk).delete()
        jetons_de(personne.pk).revoquer(par)


def jetons_de(personne_id: int, organisme_id: int | None = None) -> JetonQuerySet:
    """Return the active tokens that this person made, in one organisme or in all."""
    jetons = Jeton.objects.en_service().filter(cree_par=personne_id)
    return jetons if organisme_id is None else jetons.filter(organisme=organisme_id)


def invitations_de(personne_id: int, organisme_id: int | None = None) -> InvitationQuerySet:
    """Return the pending invitations that this person made, in one organisme or in all."""
    invitations = Invitation.objects.filter(par=personne_id)
    return invitations if organisme_id is None else invitations.filter(organisme=organisme_id)


def garder_un_gestionnaire(organisme_id: int, partent: Collection[int]) -> None:
    """Refuse that these members (primary keys) stop being gestionnaires when no other active one is left.

    The error raised is EquipeRefusee.

    The caller locks the organisme; otherwise two gestionnaires could leave at the same time.
    """
    gestionnaires = Membre.objects.filter(organisme_id=organisme_id).gestionnaires()
    if gestionnaires.filter(pk__in=partent).exists() and not gestionnaires.exclude(pk__in=partent).exists():
        raise EquipeRefusee(SEUL_GESTIONNAIRE)
