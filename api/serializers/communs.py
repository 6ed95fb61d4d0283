"""Serializers common to several resources: pages of a list, reasons, problems."""

from functools import cache
from typing import Any

from rest_framework import serializers

from edof.problemes import CODES

NIVEAUX = ("offre", "action", "session")


class BloqueSerializer(serializers.Serializer):
    """A record that blocks an operation."""

    niveau = serializers.CharField(help_text="offre, action ou session.")
    id = serializers.IntegerField(allow_null=True)
    identifiant = serializers.CharField()
    url = serializers.CharField(allow_null=True, help_text="Où l'API montre cette fiche.")


class RaisonSerializer(serializers.Serializer):
    """A reason why an operation is refused, or what is still to be completed."""

    champ = serializers.CharField(allow_null=True, help_text="Le champ ou le paramètre à corriger.")
    code = serializers.CharField(help_text="Le nom stable de la règle.")
    phrase = serializers.CharField(help_text="La phrase que montre l'écran.")
    bloque = BloqueSerializer(
        allow_null=True, required=False, help_text="La fiche qui bloque, quand il y en a une."
    )


class DivergenceSerializer(serializers.Serializer):
    """A field that two people have changed."""

    champ = serializers.CharField()
    avant = serializers.CharField(help_text="Dans la version que vous donnez.")
    leur = serializers.CharField(help_text="Dans la fiche d'aujourd'hui.")
    mien = serializers.CharField(help_text="Dans votre requête.")


class ProblemeSerializer(serializers.Serializer):
    """A refusal (RFC 9457)."""

    type = serializers.CharField(help_text="La page qui explique ce code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(
        choices=[(code, titre) for code, (_, titre, _) in CODES.items()], help_text="Stable."
    )
    detail = serializers.CharField(help_text="Une phrase en français, à montrer telle quelle.")
    raisons = RaisonSerializer(many=True)
    version = serializers.IntegerField(required=False, help_text="La version présente de la fiche.")
    divergences = DivergenceSerializer(many=True, required=False)
    elements = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        help_text="Pour un lot « tout ou rien » : la réponse de chaque élément.",
    )


class SupprimeeSerializer(serializers.Serializer):
    """A record that no longer exists."""

    id = serializers.IntegerField()
    identifiant = serializers.CharField()
    supprimee_le = serializers.DateTimeField()


class PageSerializer(serializers.Serializer):
    """A page of a list, in the order of the keys."""

    suivante = serializers.CharField(
        allow_null=True, help_text="L'adresse de la page suivante ; null à la dernière."
    )


class PageSuivieSerializer(PageSerializer):
    """A page of a list that can be followed from one reading to the next."""

    reprendre_depuis = serializers.DateTimeField(
        help_text="À donner comme `modifie_depuis` à la prochaine lecture."
    )
    supprimees = SupprimeeSerializer(
        many=True,
        help_text="Avec `modifie_depuis`, à la première page : ce qui a été supprimé depuis. Vide autrement.",
    )


# The end of the names of components whose fields may be left out (`champs`): see `api.schema.finir`.
EN_PARTIE = "EnPartie"
Serialiseur = type[serializers.Serializer]


def en_partie(serializer: Serialiseur, inclus: dict[str, Serialiseur] | None = None) -> Serialiseur:
    """Return the serializer of a record of which `champs` may choose fields, and `inclure` bring others."""
    lue: Any = serializer
    return _en_partie(lue, tuple((inclus or {}).items()))


# The reading and the writing of a record answer one component.
@cache
def _en_partie(serializer: Any, inclus: tuple[tuple[str, Any], ...]) -> Serialiseur:
    nom = serializer.__name__.removesuffix("Serializer")
    return _serialiseur(f"{nom}{EN_PARTIE}", serializer, {}, dict(inclus))


def page_de(
    serializer: Serialiseur,
    base: type[PageSerializer] = PageSerializer,
    inclus: dict[str, Serialiseur] | None = None,
    *,
    partielle: bool = False,
) -> Serialiseur:
    """Return the serializer of a page of these records; `partielle` when `champs` may choose fields."""
    nom = serializer.__name__.removesuffix("Serializer")
    lue = en_partie(serializer) if partielle else serializer
    return _serialiseur(f"PageDe{nom}", base, {"resultats": lue(many=True)}, inclus)


def _serialiseur(
    nom: str, base: Serialiseur, champs: dict[str, Any], inclus: dict[str, Serialiseur] | None
) -> Serialiseur:
    if inclus:
        listes = {ressource: lecture(many=True, required=False) for ressource, lecture in inclus.items()}
        declares = {**listes, "__doc__": "What comes with it.", "__module__": __name__}
        avec = type(f"InclusDe{nom}Serializer", (serializers.Serializer,), declares)
        champs["inclus"] = avec(required=False, help_text="Ce que `inclure` demande, par ressource.")
    return type(f"{nom}Serializer", (base,), {**champs, "__doc__": base.__doc__, "__module__": __name__})
