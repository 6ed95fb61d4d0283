"""Serializers of the series: the rule that is asked for, and the sessions that it gives."""

from typing import Any

from rest_framework import serializers

from sessions_app.calendrier import Territoire
from sessions_app.fermetures import ZoneScolaire
from sessions_app.serie_demandee.forms import RANGS
from sessions_app.serie_demandee.sauf import SaufForm
from sessions_app.series import SESSIONS_AU_PLUS, AuDebut, AuDedans, Unite

RYTHMES = ("semaines", "mois", "dates")
JOUR = {"min_value": 0, "max_value": 6}
_ICI = {"required": False}


class SerieCreationSerializer(serializers.Serializer):
    """The rule of a series: when, except when, which identifiers."""

    rythme = serializers.ChoiceField(choices=RYTHMES)
    toutes_les = serializers.IntegerField(
        **_ICI, min_value=1, max_value=52, help_text="Toutes les … semaines ; 1 sans lui."
    )
    jours = serializers.ListField(
        **_ICI,
        child=serializers.IntegerField(**JOUR),
        max_length=7,
        help_text="0 pour lundi, 6 pour dimanche.",
    )
    tous_les = serializers.IntegerField(
        **_ICI, min_value=1, max_value=24, help_text="Tous les … mois ; 1 sans lui."
    )
    rang = serializers.ChoiceField(
        **_ICI,
        choices=[rang for rang, _ in (*RANGS, ("quantieme", ""))],
        help_text="Le 1er, 2e, 3e, 4e ou dernier (`-1`) `jour` du mois, ou son `quantieme`.",
    )
    jour = serializers.IntegerField(**_ICI, **JOUR, help_text="0 pour lundi.")
    quantieme = serializers.IntegerField(**_ICI, min_value=1, max_value=31)
    dates = serializers.ListField(
        **_ICI,
        child=serializers.DateField(),
        max_length=SESSIONS_AU_PLUS,
        help_text="Pour le rythme `dates`.",
    )
    du = serializers.DateField(**_ICI)
    jusqu_au = serializers.DateField(**_ICI)
    nombre = serializers.IntegerField(
        **_ICI, min_value=1, max_value=SESSIONS_AU_PLUS, help_text="Combien de dates, au lieu de `jusqu_au`."
    )
    duree = serializers.IntegerField(**_ICI, min_value=1, max_value=366)
    unite = serializers.ChoiceField(**_ICI, choices=Unite.choices)
    modele = serializers.CharField(
        max_length=60, help_text="Des identifiants : `{AAAA}-{MM}`, `{SEM}`, `{N:02}`, `{VILLE}`, `{ACTION}`…"
    )
    reprendre = serializers.CharField(
        **_ICI,
        max_length=30,
        help_text="L'identifiant d'une session de l'action, dont contact, adresse, garantie et modalités sont"
        " repris.",
    )
    exclues = serializers.ListField(
        **_ICI,
        child=serializers.CharField(max_length=21),
        max_length=100,
        help_text="Des jours AAAA-MM-JJ, ou des périodes AAAA-MM-JJ/AAAA-MM-JJ.",
    )
    territoire = serializers.ChoiceField(**_ICI, choices=Territoire.choices)
    zone = serializers.ChoiceField(**_ICI, choices=ZoneScolaire.choices)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields, with what each exclusion asks; without it, what the page proposes."""
        champs: dict[str, Any] = super().get_fields()
        for nom in SaufForm.EXCLUSIONS:
            if nom != "fermetures":
                champs[nom] = serializers.BooleanField(required=False)
            de = "exclues" if nom == "fermetures" else nom
            champs[f"{de}_debut"] = serializers.ChoiceField(required=False, choices=AuDebut.choices)
            champs[f"{de}_dedans"] = serializers.ChoiceField(required=False, choices=AuDedans.choices)
        return champs


class SessionDeSerieSerializer(serializers.Serializer):
    """A date of the rule: the session that it gives, or why it gives none."""

    prevue = serializers.DateField(help_text="La date de la règle.")
    date_debut = serializers.DateField()
    date_fin = serializers.DateField()
    identifiant = serializers.CharField(allow_blank=True)
    passee = serializers.CharField(allow_blank=True, help_text="Pourquoi cette date ne donne aucune session.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="Ce qui l'a avancée ou allongée.")
    avertissements = serializers.ListField(child=serializers.CharField())
    id = serializers.IntegerField(allow_null=True)
    statut = serializers.CharField(allow_null=True)


class SerieSerializer(serializers.Serializer):
    """What a series gives."""

    lot = serializers.IntegerField(
        allow_null=True, help_text="Le lot qui l'a créée, qui s'annule (`lots/`) ; null avec `dry_run`."
    )
    serie = serializers.UUIDField(allow_null=True, help_text="Ce que ses sessions ont en commun.")
    phrase = serializers.CharField(help_text="La règle, redite.")
    reserves = serializers.ListField(child=serializers.CharField())
    creees = serializers.IntegerField()
    sessions = SessionDeSerieSerializer(many=True)
