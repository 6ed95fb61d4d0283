"""Serializers of the imports: where one stands, and what each line would do."""

from rest_framework import serializers

from echanges.decisions import Decision
from echanges.lignes import Gravite, Niveau
from echanges.models import Etat, Mode


class AnomalieSerializer(serializers.Serializer):
    """What is wrong with a line, or was repaired."""

    code = serializers.CharField(help_text="Le numéro d'EDOF, ou le nom stable de la règle.")
    gravite = serializers.ChoiceField(choices=Gravite.choices)
    champ = serializers.CharField(allow_blank=True)
    valeur = serializers.CharField(allow_blank=True, help_text="Le texte lu.")
    phrase = serializers.CharField()


class LigneSerializer(serializers.Serializer):
    """A line of the plan, and what became of it."""

    id = serializers.IntegerField()
    ligne = serializers.IntegerField(help_text="Son numéro dans le fichier.")
    niveau = serializers.ChoiceField(choices=Niveau.choices)
    chemin = serializers.ListField(child=serializers.CharField())
    decision = serializers.ChoiceField(choices=Decision.choices)
    validable = serializers.BooleanField(help_text="La fiche serait complète.")
    valeurs = serializers.DictField()
    changements = serializers.DictField(help_text="Par champ : l'ancienne valeur, la nouvelle.")
    anomalies = AnomalieSerializer(many=True, source="dites_en_anomalies")
    issue = serializers.CharField(allow_blank=True, help_text="faite, inchangee ou refusee ; vide avant.")
    phrase = serializers.CharField(allow_blank=True, help_text="Pourquoi elle a été refusée.")


class BilanSerializer(serializers.Serializer):
    """The number of lines by decision."""

    creations = serializers.IntegerField()
    modifications = serializers.IntegerField()
    inchangees = serializers.IntegerField()
    erreurs = serializers.IntegerField()
    ignorees = serializers.IntegerField()


class ImportSerializer(serializers.Serializer):
    """An import."""

    id = serializers.IntegerField()
    nom = serializers.CharField()
    etat = serializers.ChoiceField(choices=Etat.choices)
    refus = serializers.CharField(allow_blank=True, help_text="Pourquoi rien n'est lu, ou rien n'est écrit.")
    format = serializers.CharField(source="lecture.format", default="", help_text="Le format reconnu.")
    encodage = serializers.CharField(source="lecture.encodage", default="")
    remarques = serializers.ListField(
        source="lecture.remarques",
        default=[],
        child=serializers.CharField(),
        help_text="Ce qui a été supposé ou réparé dans tout le fichier.",
    )
    bilan = serializers.DictField(help_text="Une fois appliqué : le nombre de lignes par résultat.")
    cree_le = serializers.DateTimeField()
    fini_le = serializers.DateTimeField(allow_null=True)
    annule_le = serializers.DateTimeField(allow_null=True)


class ImportDetailSerializer(ImportSerializer):
    """An import, with what is counted of its lines."""

    plan = BilanSerializer(source="decomptes", help_text="Le nombre de lignes par décision.")
    deja_applique_le = serializers.DateTimeField(
        source="deja_applique.demande_le",
        default=None,
        allow_null=True,
        help_text="Quand le même fichier l'a déjà été.",
    )


class ImportLuSerializer(ImportDetailSerializer):
    """An import that was read, with the lines that a simulation would not keep."""

    lignes = LigneSerializer(many=True, allow_null=True, help_text="Avec `dry_run` seulement.")


class ApplicationSerializer(serializers.Serializer):
    """What is applied of a plan: the valid lines, or all of them or none."""

    mode = serializers.ChoiceField(choices=Mode.choices, default=Mode.VALIDES.value, required=False)
