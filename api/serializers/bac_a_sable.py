"""Serializers of the sandbox."""

from rest_framework import serializers

from publication.bac_a_sable import JOURS_AU_PLUS


class BacASableSerializer(serializers.Serializer):
    """The clock of a sandbox."""

    organisme = serializers.IntegerField(source="organisme_id")
    jour = serializers.DateField(help_text="Le jour où il en est : celui que lit tout ce qui s'y fait.")
    jours_d_avance = serializers.IntegerField(help_text="Sur le calendrier.")
    reste = serializers.IntegerField(help_text="De combien de jours il peut encore avancer.")


class AvanceSerializer(serializers.Serializer):
    """By how many days the clock is put forward."""

    jours = serializers.IntegerField(
        min_value=1, max_value=JOURS_AU_PLUS, default=1, help_text=f"De 1 à {JOURS_AU_PLUS}."
    )
