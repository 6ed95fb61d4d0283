"""Serializers of the webhooks: subscriptions, their deliveries, the secret that is shown once."""

from typing import Any

from django import forms
from rest_framework import serializers

from api.champs import Case, ChampJSON, Liste
from crochets.forms import AbonnementForm
from crochets.models import Abonnement, Livraison

_CHAMPS = AbonnementForm.base_fields


def _ecrits() -> dict[str, ChampJSON]:
    return {
        "nom": ChampJSON(_CHAMPS["nom"], "nom"),
        "url": ChampJSON(_CHAMPS["url"], "url"),
        "evenements": Liste(_CHAMPS["evenements"], "evenements"),
    }


class WebhookSerializer(serializers.Serializer):
    """A subscription; its secret is never read again."""

    id = serializers.IntegerField()
    actif = serializers.BooleanField()
    arret = serializers.ChoiceField(
        choices=[(arret.value, arret.label) for arret in Abonnement.Arret],
        help_text="Pourquoi il est désactivé : voulu, echecs (75 heures d'échecs), parti (410) ; vide"
        " s'il est actif.",
    )  # fmt: skip
    arrete_le = serializers.DateTimeField(allow_null=True)
    cree_le = serializers.DateTimeField()
    dernier_essai_le = serializers.DateTimeField(allow_null=True)
    dernier_succes_le = serializers.DateTimeField(allow_null=True)
    ancien_secret_jusqu_a = serializers.DateTimeField(
        source="precedent_jusqu_a", allow_null=True, help_text="Jusque-là, l'ancien secret signe aussi."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the declared fields, then those of the form."""
        return {**super().get_fields(), **_requis(_ecrits())}


class WebhookCreeSerializer(WebhookSerializer):
    """A subscription that has just been given a secret."""

    secret = serializers.CharField(
        help_text="`whsec_` et du base64 : montré cette fois seulement, il vérifie la signature des appels."
    )


class WebhookCreationSerializer(serializers.Serializer):
    """What a subscription is made of."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields of the form."""
        return {**_requis(_ecrits())}


class WebhookModificationSerializer(serializers.Serializer):
    """What may be changed of a subscription."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields of the form, and whether it is enabled."""
        actif = forms.BooleanField(
            label="Actif",
            help_text="false le désactive ; true le réactive, sans rejouer ce qui est abandonné.",
        )
        return {**_ecrits(), "actif": Case(actif, "actif")}


class TentativeSerializer(serializers.Serializer):
    """One attempt of a delivery."""

    le = serializers.DateTimeField()
    statut = serializers.IntegerField(allow_null=True, help_text="null : aucune réponse.")
    duree = serializers.FloatField(help_text="En secondes.")
    erreur = serializers.CharField(allow_blank=True)
    reponse = serializers.CharField(allow_blank=True, help_text="Son début : un kilo-octet au plus.")


class LivraisonSerializer(serializers.Serializer):
    """An event for a subscription, and what became of it."""

    id = serializers.IntegerField()
    webhook = serializers.IntegerField(source="abonnement_id")
    evenement = serializers.CharField(
        source="evenement.identifiant", help_text="L'en-tête `webhook-id`, le même à chaque essai."
    )
    type = serializers.CharField(source="evenement.type")
    etat = serializers.ChoiceField(choices=Livraison.Etat.choices)
    cree_le = serializers.DateTimeField()
    livree_le = serializers.DateTimeField(allow_null=True)
    prochain_essai_le = serializers.DateTimeField(
        source="prochain_essai",
        allow_null=True,
        help_text="null : à l'instant, ou plus jamais (voir `etat`).",
    )
    tentatives = TentativeSerializer(many=True, help_text="Les dernières.")
    contenu = serializers.SerializerMethodField(help_text="Le corps de l'appel.")

    def get_contenu(self, livraison: Livraison) -> dict[str, Any]:
        """Return the body that is sent."""
        return livraison.evenement.contenu()


class RienSerializer(serializers.Serializer):
    """An empty body."""


def _requis(champs: dict[str, ChampJSON]) -> dict[str, ChampJSON]:
    for champ in champs.values():
        champ.required = True
    return champs
