"""The personal data of the people who have an account: where they are, how long, what an erasure does.

`PARTIES` is the one list: the export, the erasure and the test of docs/donnees-personnelles.md read it. The
models of upper rooms are named as text.
"""

import enum
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from pghistory.models import Context

from edof import conservation
from edof.conservation import Duree
from organismes.models import Utilisateur


class Sort(enum.Enum):
    """What the erasure of a person does of the rows."""

    SUPPRIMEES = "supprimées"
    ANONYMES = "gardées, sous « Compte effacé N »"


@dataclass(frozen=True)
class Partie:
    """The rows of one model about a person: how they lead to the person, what the person receives of them."""

    modele: str
    quoi: str
    champs: tuple[str, ...]
    sort: Sort
    garde: Duree | str
    par: tuple[str, ...] = ()
    # The columns that hold the address of the person instead of a key.
    par_adresse: tuple[str, ...] = ()

    def lignes(self, personne: Utilisateur, adresses: list[str]) -> QuerySet[Any]:
        """Return the rows about this person, who has or had these addresses."""
        condition = Q()
        for chemin in self.par:
            condition |= Q((chemin, personne.pk))
        for colonne in self.par_adresse:
            for adresse in adresses:
                condition |= Q((f"{colonne}__iexact", adresse))
                # A known browser has its own name, after the address (organismes/essais.py).
                condition |= Q((f"{colonne}__istartswith", f"{adresse} "))
        return apps.get_model(self.modele)._default_manager.filter(condition)


COMPTE, CATALOGUE = "le compte", "l'organisme"
_AXES = ("attempt_time", "username", "ip_address", "user_agent")
PARTIES = (
    Partie(
        "organismes.Membre", "organismes", ("organisme__raison_sociale", "organisme__siret", "role"),
        Sort.SUPPRIMEES, COMPTE, ("utilisateur",),
    ),
    Partie(
        "organismes.Vue", "vues enregistrées", ("nom", "parametres", "cree_le"), Sort.SUPPRIMEES, COMPTE,
        ("membre__utilisateur",),
    ),
    Partie(
        "organismes.LienDAgenda", "liens d'agenda", ("cree_le",), Sort.SUPPRIMEES, COMPTE,
        ("membre__utilisateur",),
    ),
    Partie(
        "organismes.BacASable", "bac à sable", ("organisme__raison_sociale", "cree_le", "utilise_le"),
        Sort.SUPPRIMEES, conservation.BACS_A_SABLE, ("proprietaire",),
    ),
    Partie(
        "organismes.Connexion", "appareils connectés", ("vue_le", "expire_date", "adresse", "navigateur"),
        Sort.SUPPRIMEES, "la session de connexion", ("utilisateur",),
    ),
    Partie(
        "organismes.CleDAcces", "clés d'accès", ("nom", "creee_le", "utilisee_le"), Sort.SUPPRIMEES, COMPTE,
        ("utilisateur",),
    ),
    Partie(
        "organismes.CodeDeSecours", "codes de secours", ("utilise_le",), Sort.SUPPRIMEES, COMPTE,
        ("utilisateur",),
    ),
    Partie("otp_totp.TOTPDevice", "application de codes", ("name",), Sort.SUPPRIMEES, COMPTE, ("user",)),
    Partie(
        "organismes.Bulletin", "bulletins envoyés", ("jour",), Sort.SUPPRIMEES, conservation.BULLETINS,
        ("utilisateur",),
    ),
    Partie(
        "organismes.Courriel", "e-mails qui attendent", ("objet", "cree_le"), Sort.SUPPRIMEES,
        conservation.COURRIELS, (), ("a",),
    ),
    Partie(
        "organismes.Invitation", "invitations reçues", ("organisme__raison_sociale", "role", "faite_le"),
        Sort.SUPPRIMEES, conservation.INVITATIONS, (), ("courriel",),
    ),
    Partie(
        "organismes.Invitation", "invitations faites", ("courriel", "role", "faite_le"), Sort.SUPPRIMEES,
        conservation.INVITATIONS, ("par",),
    ),
    Partie(
        "axes.AccessAttempt", "essais de connexion", _AXES, Sort.SUPPRIMEES, conservation.ESSAIS, (),
        ("username",),
    ),
    Partie(
        "axes.AccessFailureLog", "échecs de connexion", _AXES, Sort.SUPPRIMEES, conservation.ESSAIS, (),
        ("username",),
    ),
    Partie(
        "axes.AccessLog", "connexions", (*_AXES, "logout_time"), Sort.SUPPRIMEES, conservation.ESSAIS, (),
        ("username",),
    ),
    Partie(
        "admin.LogEntry", "actions récentes dans l'administration", ("action_time", "object_repr"),
        Sort.SUPPRIMEES, conservation.TRACES_DE_L_ADMINISTRATION, ("user",),
    ),
    Partie(
        "catalogue.Presence", "formulaires ouverts", ("niveau", "fiche_id", "vue_le"), Sort.SUPPRIMEES,
        conservation.PRESENCES, ("utilisateur",),
    ),
    Partie(
        "organismes.Visite", "visites d'un organisme", ("organisme__raison_sociale", "motif", "debut", "fin"),
        Sort.ANONYMES, conservation.VISITES, ("utilisateur",),
    ),
    Partie(
        "organismes.Jeton", "jetons d'API créés ou révoqués", ("nom", "role", "cree_le", "revoque_le"),
        Sort.ANONYMES, CATALOGUE, ("cree_par", "revoque_par"),
    ),
    Partie(
        "catalogue.Suppression", "fiches à la corbeille", ("niveau", "identifiant", "supprimee_le"),
        Sort.ANONYMES, conservation.CORBEILLE, ("supprimee_par",),
    ),
    Partie(
        "sessions_app.Programmation", "opérations programmées",
        ("session__identifiant", "operation", "jour", "etat"), Sort.ANONYMES, CATALOGUE, ("par",),
    ),
    Partie(
        "lots.Lot", "lots", ("niveau", "operation", "cree_le", "etat"), Sort.ANONYMES, conservation.LOTS,
        ("par",),
    ),
    Partie(
        "publication.Partage", "aperçus partagés", ("pour", "jour", "cree_le", "expire_le"), Sort.ANONYMES,
        conservation.APERCUS, ("cree_par", "revoque_par"),
    ),
    Partie(
        "echanges.Import", "imports", ("nom", "cree_le", "etat"), Sort.ANONYMES, CATALOGUE,
        ("par", "annule_par"),
    ),
)  # fmt: skip


def adresses_de(personne: Utilisateur) -> list[str]:
    """Return the addresses that this account has had, the history included."""
    passees = Utilisateur.pgh_event_model.objects.filter(pgh_obj_id=personne.pk)  # type: ignore[attr-defined]
    return sorted({personne.courriel, *passees.values_list("courriel", flat=True)})


def donnees_de(personne: Utilisateur) -> dict[str, Any]:
    """Return all that the program knows of this person, for a JSON file: no password, no secret, no key."""
    adresses = adresses_de(personne)
    donnees: dict[str, Any] = {
        "compte": {
            "numero": personne.pk,
            "courriel": personne.courriel,
            "prenom": personne.prenom,
            "nom": personne.nom,
            "actif": personne.is_active,
            "administration": personne.is_staff,
            "cree_le": personne.cree_le,
            "derniere_connexion": personne.last_login,
            "bulletin": personne.get_frequence_du_bulletin_display(),
            "second_facteur_depuis": personne.second_facteur_le,
        },
        "adresses et noms, dans l'historique": list(
            Utilisateur.pgh_event_model.objects.filter(pgh_obj_id=personne.pk)  # type: ignore[attr-defined]
            .order_by("pgh_id")
            .values("pgh_created_at", "courriel", "prenom", "nom")
        ),
    }
    for partie in PARTIES:
        lignes = partie.lignes(personne, adresses).order_by("pk").values(*partie.champs)
        donnees[partie.quoi] = list(lignes.distinct())
    donnees["opérations, dans l'historique"] = list(
        Context.objects.filter(metadata__utilisateur=personne.pk)
        .annotate(operation=KeyTextTransform("operation", F("metadata")))
        .values("operation")
        .annotate(nombre=Count("pk"), premiere=Min("created_at"), derniere=Max("created_at"))
        .order_by("operation")
    )
    return donnees
