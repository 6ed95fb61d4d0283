"""The webhooks: who is to be told of what, what has happened, and what became of each delivery.

An event is written by a trigger, in the transaction of the fact, and only when somebody subscribes to it
(migrations/sql/faits.sql). Deliveries are carried out from their rows: a dead worker or broker loses nothing.
"""

import datetime as dt
import json
import uuid
from typing import Any, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from crochets.evenements import PING, TYPES
from crochets.signature import signer
from edof.champs import LigneField
from edof.conservation import LIVRAISONS
from edof.ecriture import parmi
from edof.horloge import maintenant_pour_tous
from edof.textes import valider_texte
from organismes.droits import Acteur
from organismes.models import Organisme
from organismes.models.organisme import AppartenantQuerySet

# How many subscriptions an organisme may have.
ABONNEMENTS_AU_PLUS = 10
# How long the former secret still signs after a renewal.
DEUX_SECRETS = dt.timedelta(hours=24)
# Events and their deliveries are kept that long.
JOURS_GARDES = LIVRAISONS.duree.days
# How many events are deleted at once.
PAR_ENSEMBLE = 5_000
# How many attempts the journal of a delivery keeps, the last ones.
TENTATIVES_GARDEES = 20


class AbonnementQuerySet(AppartenantQuerySet):
    """Subscriptions."""

    def avec_comptes(self) -> Self:
        """Add whether deliveries wait (`en_attente`) or were given up (`perdues`), tests apart."""
        livraisons = Livraison.objects.hors_tests().filter(abonnement=OuterRef("pk"))
        return self.annotate(
            en_attente=Exists(livraisons.filter(etat=Livraison.Etat.A_ENVOYER)),
            perdues=Exists(livraisons.perdues()),
        )


# Excluded from the history: the secrets, and what each delivery changes.
@pghistory.track(
    exclude=[
        "secret", "secret_precedent", "dernier_essai_le", "dernier_succes_le", "lent", "pause_jusqu_a",
    ]
)  # fmt: skip
class Abonnement(models.Model):
    """A subscription: an address of a program of the organisme, and the events it is told of."""

    class Arret(models.TextChoices):
        """Why a subscription is disabled."""

        AUCUN = "", "-"
        VOULU = "voulu", "désactivé à la demande"
        ECHECS = "echecs", "désactivé après 75 heures d'échecs"
        PARTI = "parti", "désactivé : l'adresse a répondu qu'elle n'existe plus (410)"

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="abonnements", verbose_name="organisme"
    )
    nom = LigneField("nom", max_length=60, validators=[valider_texte])
    url = models.CharField("adresse", max_length=500)
    # Codes of `TYPES`.
    evenements = ArrayField(models.CharField(max_length=40), verbose_name="événements", default=list)
    actif = models.BooleanField("actif", default=True)
    arret = models.CharField("arrêt", max_length=10, choices=Arret.choices, default=Arret.AUCUN, blank=True)
    arrete_le = models.DateTimeField("désactivé le", null=True, editable=False)
    # Both sign until `precedent_jusqu_a`.
    secret = models.CharField("secret", max_length=100, editable=False)
    secret_precedent = models.CharField("secret précédent", max_length=100, blank=True, editable=False)
    precedent_jusqu_a = models.DateTimeField("le précédent signe jusqu'à", null=True, editable=False)
    cree_le = models.DateTimeField("créé le", default=maintenant_pour_tous, editable=False)
    # Who made it, in words: a person, or a token.
    cree_par = models.CharField("créé par", max_length=200, blank=True, editable=False)
    dernier_essai_le = models.DateTimeField("dernier essai", null=True, editable=False)
    dernier_succes_le = models.DateTimeField("dernière réussite", null=True, editable=False)
    # The last exchange failed or was slow: the next ones go by the slow lane (crochets/ronde.py).
    lent = models.BooleanField("lent", default=False, editable=False)
    # The receiver asked to wait (Retry-After).
    pause_jusqu_a = models.DateTimeField("en pause jusqu'à", null=True, editable=False)

    objects = AbonnementQuerySet.as_manager()

    class Meta:
        verbose_name = "abonnement"
        verbose_name_plural = "abonnements"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["organisme", "url"], name="abonnement_une_fois_par_adresse"),
            models.CheckConstraint(condition=Q(actif=False) | Q(arret=""), name="abonnement_arret_dit"),
        ]
        indexes = [
            # What the triggers ask: is anybody to be told?
            models.Index(fields=["organisme"], condition=Q(actif=True), name="abonnement_actif"),
        ]

    def __str__(self) -> str:
        return self.nom

    @property
    def secrets(self) -> list[str]:
        """Return the secrets that sign now, the present one first."""
        deux = self.precedent_jusqu_a is not None and self.precedent_jusqu_a > maintenant_pour_tous()
        return [self.secret, self.secret_precedent] if deux else [self.secret]

    @property
    def libelles(self) -> list[str]:
        """Return what it is told of, in words, in the order of the form."""
        return [type_.quand for type_ in TYPES.values() if type_.code in self.evenements]

    def renouveler(self, secret: str) -> None:
        """Make `secret` the present one; the former one still signs for a day. Twice the same: once."""
        if secret != self.secret:
            self.secret_precedent, self.secret = self.secret, secret
            self.precedent_jusqu_a = maintenant_pour_tous() + DEUX_SECRETS
            self.save(update_fields=["secret", "secret_precedent", "precedent_jusqu_a"])

    def arreter(self, pourquoi: "Abonnement.Arret") -> bool:
        """Disable it; return whether this call did it. What waited is given up, and can be sent again."""
        with transaction.atomic():
            arrete = type(self).objects.filter(pk=self.pk, actif=True).update(
                actif=False, arret=pourquoi, arrete_le=maintenant_pour_tous()
            )  # fmt: skip
            if arrete:
                self.livraisons.filter(etat=Livraison.Etat.A_ENVOYER).update(
                    etat=Livraison.Etat.ABANDONNEE, prochain_essai_le=None
                )
        return bool(arrete)

    def reprendre(self) -> bool:
        """Enable it; return whether this call did it. What was given up leaves only when it is asked for."""
        reprise = type(self).objects.filter(pk=self.pk, actif=False).update(
            actif=True, arret="", arrete_le=None, pause_jusqu_a=None, lent=False
        )  # fmt: skip
        return bool(reprise)

    def un_test_attend(self) -> bool:
        """Return whether a test that was asked for has not left yet."""
        return self.livraisons.filter(etat=Livraison.Etat.A_ENVOYER, evenement__type=PING).exists()

    def essayer(self, par: Acteur) -> "Livraison":
        """Ask for a test: an event of its own, which leaves even when the subscription is disabled."""
        evenement = Evenement.objects.create(
            organisme_id=self.organisme_id,
            type=PING,
            donnees={"abonnement": self.pk, "demande_par": str(par)},
        )
        return self.livraisons.create(evenement=evenement)


class Evenement(models.Model):
    """Something that happened in an organisme: the same for all who subscribe to it."""

    # What a receiver knows it by (`webhook-id`): the same at each attempt, and when it is sent again.
    identifiant = models.UUIDField("identifiant", default=uuid.uuid4, unique=True)
    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="+", verbose_name="organisme"
    )
    type = models.CharField("type", max_length=40)
    instant = models.DateTimeField("instant", default=maintenant_pour_tous, db_index=True)
    donnees = models.JSONField("données", default=dict)

    objects = AppartenantQuerySet.as_manager()

    class Meta:
        verbose_name = "événement"
        verbose_name_plural = "événements"

    def __str__(self) -> str:
        return f"{self.type} {self.identifiant}"

    @property
    def libelle(self) -> str:
        """Return what happened, in words."""
        return TYPES[self.type].nom if self.type in TYPES else "Test"

    def contenu(self) -> dict[str, Any]:
        """Return the body of the deliveries: the paths are completed with the address of this site."""
        adresses = {
            nom: f"{settings.ADRESSE_PUBLIQUE}{chemin}"
            for nom, chemin in self.donnees.items()
            if nom in {"url", "page", "changements"} and chemin
        }
        return {
            "type": self.type,
            "timestamp": self.instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
            "data": self.donnees | adresses,
        }

    def corps(self) -> bytes:
        """Return the octets that are sent and signed."""
        return json.dumps(self.contenu(), ensure_ascii=False, separators=(",", ":")).encode()


class LivraisonQuerySet(models.QuerySet["Livraison"]):
    """Deliveries."""

    def dues(self) -> Self:
        """Return the deliveries to attempt now: of a subscription in service, or a test."""
        instant = maintenant_pour_tous()
        return self.filter(
            Q(evenement__type=PING)
            | Q(abonnement__actif=True)
            & (Q(abonnement__pause_jusqu_a=None) | Q(abonnement__pause_jusqu_a__lte=instant)),
            Q(prochain_essai_le=None) | Q(prochain_essai_le__lte=instant),
            etat=Livraison.Etat.A_ENVOYER,
        )

    def hors_tests(self) -> Self:
        """Return the deliveries of real events."""
        return self.exclude(evenement__type=PING)

    def perdues(self) -> Self:
        """Return the deliveries of real events that were given up."""
        return self.hors_tests().filter(etat=Livraison.Etat.ABANDONNEE)

    def rejouer(self) -> int:
        """Send again those that are delivered or given up, as the same events; return how many."""
        return self.exclude(etat=Livraison.Etat.A_ENVOYER).update(
            etat=Livraison.Etat.A_ENVOYER, essais=0, prochain_essai_le=None
        )


class Livraison(models.Model):
    """An event for a subscription: what must still be sent, and the journal of its attempts."""

    class Etat(models.TextChoices):
        """Where a delivery is."""

        A_ENVOYER = "a_envoyer", "En attente"
        LIVREE = "livree", "Livrée"
        ABANDONNEE = "abandonnee", "Abandonnée"

    abonnement = models.ForeignKey(
        Abonnement, on_delete=models.CASCADE, db_index=False, related_name="livraisons",
        verbose_name="abonnement",
    )  # fmt: skip
    evenement = models.ForeignKey(
        Evenement, on_delete=models.CASCADE, related_name="livraisons", verbose_name="événement"
    )
    etat = models.CharField("état", max_length=10, choices=Etat.choices, default=Etat.A_ENVOYER)
    cree_le = models.DateTimeField("créée le", default=maintenant_pour_tous, editable=False)
    # Of the present series: sending again begins another.
    essais = models.PositiveSmallIntegerField("essais", default=0)
    # Empty: at once. While it is being sent, the instant from which another worker may take it over.
    prochain_essai_le = models.DateTimeField("prochain essai le", null=True)
    livree_le = models.DateTimeField("livrée le", null=True)
    # The attempts, the last ones: {le, statut, duree, erreur, reponse}; of a response, 1 kB at most.
    tentatives = models.JSONField("tentatives", default=list)

    objects = LivraisonQuerySet.as_manager()

    class Meta:
        verbose_name = "livraison"
        verbose_name_plural = "livraisons"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["abonnement", "evenement"], name="livraison_unique"),
        ]
        indexes = [
            models.Index(fields=["abonnement", "-id"], name="livraison_par_abonnement"),
            models.Index(
                fields=["abonnement", "prochain_essai_le"],
                condition=Q(etat="a_envoyer"),
                name="livraison_a_envoyer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evenement.type} vers {self.abonnement}"

    @property
    def prochain_essai(self) -> dt.datetime | None:
        """Return when the next attempt is, None when it is due now, or when there will be none."""
        if self.etat != self.Etat.A_ENVOYER:
            return None
        attentes = [self.prochain_essai_le]
        if self.evenement.type != PING:
            attentes.append(self.abonnement.pause_jusqu_a)
        return max((le for le in attentes if le and le > maintenant_pour_tous()), default=None)

    @property
    def derniere(self) -> dict[str, Any] | None:
        """Return the last attempt, or None."""
        return self.tentatives[-1] if self.tentatives else None

    def entetes(self, instant: dt.datetime) -> dict[str, str]:
        """Return the headers of an attempt made at this instant, signed."""
        corps, secondes = self.evenement.corps(), int(instant.timestamp())
        identifiant = str(self.evenement.identifiant)
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "CatalogueOF-Webhooks/1",
            "webhook-id": identifiant,
            "webhook-timestamp": str(secondes),
            "webhook-signature": signer(self.abonnement.secrets, identifiant, secondes, corps),
        }


def oublier() -> int:
    """Delete the events of more than ninety days, with their deliveries; return how many events."""
    anciens = Evenement.objects.filter(instant__lt=maintenant_pour_tous() - dt.timedelta(days=JOURS_GARDES))
    oublies = 0
    while cles := list(anciens.values_list("pk", flat=True)[:PAR_ENSEMBLE]):
        Evenement.objects.filter(pk__in=parmi(cles)).delete()
        oublies += len(cles)
    return oublies
