"""Serializers of the change feed."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from publication.changements import NIVEAUX, TYPES, Changement


class IdentifiantsSerializer(serializers.Serializer):
    """Your identifiers of a record and of its parents: those of its level are there."""

    organisme = serializers.CharField(required=False, help_text="Le SIRET.")
    offre = serializers.CharField(required=False)
    action = serializers.CharField(required=False)
    session = serializers.CharField(required=False)
    contact = serializers.CharField(required=False)
    adresse = serializers.CharField(required=False)


class ChangementDuFilSerializer(serializers.Serializer):
    """A change of one record."""

    curseur = serializers.SerializerMethodField(help_text="Pour reprendre juste après ce changement.")
    instant = serializers.DateTimeField(source="place.instant")
    type = serializers.ChoiceField(
        choices=TYPES,
        help_text="`operation` : le statut ou l'ouverture a changé ; `parution.…` : ce que la nuit a publié.",
    )
    operation = serializers.CharField(
        allow_null=True, help_text="Ce qui l'a changée : `ouvrir`, `importer`, `annuler`…"
    )
    niveau = serializers.ChoiceField(choices=NIVEAUX)
    id = serializers.IntegerField(source="cle")
    identifiants = serializers.SerializerMethodField(
        help_text="Vos identifiants : celui de la fiche, et ceux qui la contiennent."
    )
    version = serializers.IntegerField(
        allow_null=True, help_text="La version écrite ; null pour ce qui n'en a pas, et pour une parution."
    )
    qui = serializers.CharField(help_text="La personne, le jeton, ou la publication d'un jour.")
    origine = serializers.CharField(help_text="« Formulaire », « API », « Import », « Publication »…")
    jour = serializers.DateField(allow_null=True, help_text="Le jour publié, pour une parution.")
    raison = serializers.CharField(
        help_text="Pour `parution.retenue`, la première condition qui manque ; vide autrement."
    )
    url = serializers.SerializerMethodField(
        help_text="Où l'API montre la fiche ; null quand elle n'existe plus."
    )
    fiche = serializers.SerializerMethodField(
        help_text="Avec `inclure=fiche`, la fiche d'aujourd'hui ; null sans lui, ou quand elle n'existe plus."
    )

    def get_curseur(self, changement: Changement) -> str:
        """Return the cursor just after this change."""
        return changement.place.curseur

    def get_identifiants(self, changement: Changement) -> IdentifiantsSerializer:
        """Return the identifiers, by level."""
        return changement.identifiants  # type: ignore[return-value]

    def get_url(self, changement: Changement) -> str | None:
        """Return where the API shows the record."""
        return reverse(f"api_{changement.niveau}", args=[changement.cle]) if changement.vivante else None

    def get_fiche(self, changement: Changement) -> serializers.DictField(allow_null=True):  # type: ignore[valid-type]
        """Return the record that the view has read."""
        fiches: dict[tuple[str, int], Any] = self.context["fiches"] or {}
        return fiches.get((changement.niveau, changement.cle))


class PageDuFilSerializer(serializers.Serializer):
    """A page of the feed."""

    suivant = serializers.CharField(
        help_text="L'adresse de la suite, à demander tout de suite quand `encore` est vrai, sinon plus tard."
    )
    curseur = serializers.CharField(help_text="À donner comme `depuis` à la prochaine lecture.")
    encore = serializers.BooleanField(help_text="D'autres changements attendent déjà.")
    resultats = ChangementDuFilSerializer(many=True)
