"""The second factor of a person: what it is made of, who must have one, how it is checked and taken away.

The password comes first, always. Then a code of the application on the telephone, a passkey
(`organismes/cles_d_acces.py`), or a recovery code. `Utilisateur.second_facteur_le` says since when there is
one: it is read with the session, kept by the history, and part of what sessions are signed with, so that the
others end when it changes.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pghistory
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from edof.horloge import maintenant, secondes
from organismes.courriels import prevenir
from organismes.droits import Operation, exiger_de
from organismes.models import CleDAcces, CodeDeSecours, Membre, Organisme, Utilisateur

NOMBRE_DE_CODES = 10
EMETTEUR = "Catalogue OF"
# What the history says of the change (`organismes/vie_de_l_equipe.py`).
EXIGER, NE_PLUS_EXIGER = "exiger_le_second_facteur", "ne_plus_exiger_le_second_facteur"
POSER, RETIRER = "poser_le_second_facteur", "retirer_le_second_facteur"


@contextmanager
def changer(personne: Utilisateur, operation: str, par: Utilisateur | None = None) -> Iterator[None]:
    """Lock the account for a change of its second factor, by `par` or by the person."""
    with (
        transaction.atomic(),
        pghistory.context(operation=operation, origine="formulaire", utilisateur=(par or personne).pk),
    ):
        Utilisateur.objects.select_for_update(no_key=True).get(pk=personne.pk)
        yield


def exigence(personne: Utilisateur, membres: Iterable[Membre]) -> str:
    """Return who requires a second factor of this person, as a French sentence; empty when nobody does."""
    return exigence_de_l_administration(personne) or exigence_des_organismes(m.organisme for m in membres)


def exigence_de_l_administration(personne: Utilisateur) -> str:
    """Return the sentence when the administration requires it of this person, else an empty text."""
    if personne.is_staff and settings.SECOND_FACTEUR_DES_ADMINISTRATEURS:
        return "L'administration de la plateforme demande un second facteur à ceux qui y ont accès."
    return ""


def exigence_des_organismes(organismes: Iterable[Organisme]) -> str:
    """Return the sentence of the first of these organismes that requires it, else an empty text."""
    organisme = next((o for o in organismes if o.second_facteur_exige_le), None)
    return f"« {organisme} » demande un second facteur à ses membres." if organisme else ""


def exiger(organisme: Organisme, exige: bool, *, par: Utilisateur) -> bool:
    """Require a second factor of the members, or no longer; return False when there was nothing to change.

    It holds for sign-ins that begin after it. `modifie_le` stays: nothing of the catalogue changes.
    """
    exiger_de(par, Operation.PROTEGER_LES_COMPTES, organisme.pk)
    operation = EXIGER if exige else NE_PLUS_EXIGER
    with (
        transaction.atomic(),
        pghistory.context(operation=operation, origine="formulaire", utilisateur=par.pk),
    ):
        present = Organisme.objects.select_for_update(no_key=True).get(pk=organisme.pk)
        if bool(present.second_facteur_exige_le) == exige:
            return False
        # Beside the beginning of sessions, which is a duration too (organismes/duree.py).
        present.second_facteur_exige_le = dt.datetime.fromtimestamp(secondes(), dt.UTC) if exige else None
        present.save(update_fields=["second_facteur_exige_le"])
    return True


def application_de(personne: Utilisateur) -> TOTPDevice | None:
    """Return the application of this person, if any."""
    return TOTPDevice.objects.filter(user=personne, confirmed=True).first()


def nouvelle_application(personne: Utilisateur, cle: str | None = None) -> TOTPDevice:
    """Return an application, not saved, with this key (hexadecimal) or a new one."""
    application = TOTPDevice(user=personne, name="application")
    if cle:
        application.key = cle
    return application


def poser_l_application(personne: Utilisateur, cle: str, code: str) -> bool:
    """Save the application of this key in the place of the former one, if `code` is one of its codes."""
    with changer(personne, POSER):
        deja = application_de(personne)
        if deja is not None and deja.key == cle:
            # The same form, sent twice.
            return True
        nouvelle = nouvelle_application(personne, cle)
        if not nouvelle.verify_token(_lisible(code)):
            TOTPDevice.objects.filter(pk=nouvelle.pk).delete()
            return False
        TOTPDevice.objects.filter(user=personne).exclude(pk=nouvelle.pk).delete()
        activer(personne)
        prevenir(personne, "second_facteur", quoi="Une application de codes vient d'être ajoutée.")
    return True


def poser_la_cle(personne: Utilisateur, cle: CleDAcces) -> bool:
    """Save a passkey; return False when this very key is registered already."""
    with changer(personne, POSER):
        if CleDAcces.objects.filter(identifiant=cle.identifiant).exists():
            return False
        cle.save()
        activer(personne)
        prevenir(personne, "second_facteur", quoi=f"La clé d'accès « {cle} » vient d'être ajoutée.")
    return True


def retirer_la_cle(personne: Utilisateur, cle: CleDAcces) -> bool:
    """Remove a passkey; return False, and remove nothing, when it is the only second factor."""
    with changer(personne, "retirer_la_cle"):
        if application_de(personne) is None and not personne.cles_d_acces.exclude(pk=cle.pk).exists():
            return False
        CleDAcces.objects.filter(pk=cle.pk).delete()
        prevenir(personne, "second_facteur", quoi=f"La clé d'accès « {cle} » vient d'être retirée.")
    return True


def activer(personne: Utilisateur) -> None:
    """Say that the account has a second factor from now on."""
    if personne.second_facteur_le is None:
        personne.second_facteur_le = maintenant()
        personne.save(update_fields=["second_facteur_le"])


def refaire_les_codes(personne: Utilisateur) -> list[str]:
    """Return new recovery codes, as they are shown once; the former ones are no longer valid."""
    codes = [CodeDeSecours.tirer() for _ in range(NOMBRE_DE_CODES)]
    with changer(personne, "refaire_les_codes"):
        CodeDeSecours.objects.filter(utilisateur=personne).delete()
        CodeDeSecours.objects.bulk_create(
            CodeDeSecours(utilisateur=personne, empreinte=CodeDeSecours.empreinte_de(code)) for code in codes
        )
    return codes


def codes_restants(personne: Utilisateur) -> int:
    """Return how many recovery codes are still valid."""
    return CodeDeSecours.objects.filter(utilisateur=personne, utilise_le=None).count()


def verifier(personne: Utilisateur, code: str) -> bool:
    """Return whether this is a code of the application, never used, or a recovery code, which it uses up."""
    lu = _lisible(code)
    with transaction.atomic():
        if len(lu) == 6 and lu.isascii() and lu.isdigit():
            applications = TOTPDevice.objects.select_for_update(no_key=True)
            application = applications.filter(user=personne, confirmed=True).first()
            return application is not None and application.verify_token(lu)
        valables = CodeDeSecours.objects.filter(utilisateur=personne, utilise_le=None)
        if not valables.filter(empreinte=CodeDeSecours.empreinte_de(lu)).update(utilise_le=maintenant()):
            return False
        prevenir(personne, "code_de_secours", restants=codes_restants(personne))
    return True


def retirer(personne: Utilisateur, *, par: Utilisateur) -> bool:
    """Take the second factor away: application, passkeys, recovery codes. Return False without one.

    The person is told by e-mail, and their other sessions end.
    """
    with changer(personne, RETIRER, par):
        present = Utilisateur.objects.get(pk=personne.pk)
        TOTPDevice.objects.filter(user=personne).delete()
        personne.cles_d_acces.all().delete()
        personne.codes_de_secours.all().delete()
        if present.second_facteur_le is None:
            return False
        personne.second_facteur_le = None
        personne.save(update_fields=["second_facteur_le"])
        qui = "Vous avez" if par.pk == personne.pk else f"{par.nom_complet} a"
        prevenir(personne, "second_facteur", quoi=f"{qui} retiré votre second facteur.")
    return True


def refus_de_retirer_a(membre: Membre) -> str:
    """Return why a gestionnaire may not take away the second factor of this member; empty when they may."""
    personne = membre.utilisateur
    if personne.second_facteur_le is None:
        return f"{personne} n'a pas de second facteur."
    # What protects another organisme, or the platform, is not for a gestionnaire of this one to take away.
    if personne.is_staff or personne.membres.exclude(pk=membre.pk).exists():
        return f"{personne} a aussi accès à autre chose : un administrateur de la plateforme doit le faire."
    return ""


def retirer_a(membre: Membre, *, par: Utilisateur) -> bool:
    """Take away the second factor of a member, for a gestionnaire.

    Raise PermissionDenied without the right, or for a member who has access to something else.
    """
    exiger_de(par, Operation.PROTEGER_LES_COMPTES, membre.organisme_id)
    if membre.utilisateur.second_facteur_le and (refus := refus_de_retirer_a(membre)):
        raise PermissionDenied(refus)
    return retirer(membre.utilisateur, par=par)


def _lisible(code: str) -> str:
    return "".join(code.split()).replace("-", "")
