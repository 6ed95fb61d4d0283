"""Erasure of a person: who they were goes, what they did stays, by one same person without a name.

Contacts are data of the organisme, shown to the public with its formations: they are not touched.
"""

import json
from typing import Any

import pghistory
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Q

from edof.horloge import maintenant
from organismes.donnees_personnelles import PARTIES, Sort, adresses_de
from organismes.equipe import fermer_le_compte
from organismes.models import Courriel, Utilisateur

# « .invalid » is nobody's, for ever (RFC 2606).
ADRESSE, PRENOM, NOM = "compte-efface-{}@effacement.invalid", "Compte", "effacé {}"


def effacer(personne: Utilisateur, *, par: Utilisateur, motif: str) -> bool:
    """Erase this person, everywhere, for good; return False when it is done already.

    The history says who did it, when and why. What is left of the person is a key and « Compte effacé N ».
    """
    with transaction.atomic():
        personne = Utilisateur.objects.select_for_update().get(pk=personne.pk)
        if personne.efface_le is not None:
            return False
        fermer_le_compte(personne, par=par)
        adresses = adresses_de(personne)
        # A first name alone is anybody's.
        noms = {*adresses, *([personne.nom_complet] if personne.prenom and personne.nom else [])}
        with pghistory.context(operation="effacer", origine="admin", utilisateur=par.pk, motif=motif):
            for partie in PARTIES:
                if partie.sort is Sort.SUPPRIMEES:
                    partie.lignes(personne, adresses).delete()
            _de_ce_qui_est_ecrit(personne, noms, adresses)
            personne.courriel = ADRESSE.format(personne.pk)
            personne.prenom, personne.nom = PRENOM, NOM.format(personne.pk)
            personne.password, personne.last_login = make_password(None), None
            personne.is_staff = personne.is_superuser = False
            personne.second_facteur_le, personne.efface_le = None, maintenant()
            personne.save()
            personne.groups.clear()
            personne.user_permissions.clear()
            with connection.cursor() as curseur:
                curseur.execute("SELECT effacer_de_l_historique(%s)", [personne.pk])
    return True


def _de_ce_qui_est_ecrit(personne: Utilisateur, noms: set[str], adresses: list[str]) -> None:
    """Replace the name where it was copied as text: webhooks, runs, e-mails, recent actions."""
    nouveau = f"{PRENOM} {NOM.format(personne.pk)}"
    abonnements: Any = apps.get_model("crochets.Abonnement")
    crees = abonnements.pgh_event_model.objects.filter(
        pgh_label="insert", pgh_context__metadata__utilisateur=personne.pk
    )
    abonnements.objects.filter(pk__in=crees.values("pgh_obj_id")).update(cree_par=nouveau)
    for adresse in adresses:
        par = f"Administration, {adresse}"[:100]
        apps.get_model("publication.Passage").objects.filter(par__iexact=par).update(par=nouveau)
    dites = Q(content_type=ContentType.objects.get_for_model(Utilisateur), object_id=str(personne.pk))
    for nom in noms:
        # Changes are told in JSON, where an accented letter is a number.
        dites |= Q(object_repr__icontains=nom) | Q(change_message__icontains=json.dumps(nom)[1:-1])
    LogEntry.objects.filter(dites).delete()
    for nom in noms:
        Courriel.objects.abandonnes().filter(objet__icontains=nom).delete()
