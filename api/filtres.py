"""Filters of the lists."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from api.parametres import IDENTIFIANT, Parametre
from catalogue.cycle_de_vie import Statut
from catalogue.models import Certification
from catalogue.nomenclatures import TypeOffre
from edof.lecture import CLE_AU_PLUS
from organismes.validateurs import normaliser_identifiant
from publication.visibilite import visibles

BOOLEENS = [("true", "true"), ("false", "false")]


class OuiNonFilter(django_filters.ChoiceFilter):
    """A filter that accepts true or false only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=BOOLEENS, **options)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows whose column has this value."""
        return qs.filter(**{self.field_name: value == "true"}) if value else qs


class VisiblesFilter(OuiNonFilter):
    """The filter of the sessions that the public sees, by conditions that indexes know."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the sessions that the public sees, or does not see."""
        return visibles(qs) if value == "true" else super().filter(qs, value)


class CleFilter(django_filters.Filter):
    """A filter by key."""

    field_class = forms.IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=CLE_AU_PLUS, **options)


class IdentifiantFilter(django_filters.CharFilter):
    """A filter by identifier, compared under D-04."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows whose normalised identifier is this one."""
        return qs.filter(**{self.field_name: normaliser_identifiant(value)}) if value else qs


class JourFilter(django_filters.DateFilter):
    """A filter by day, written AAAA-MM-JJ."""

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **options)


class InstantField(django_filters.fields.IsoDateTimeField):
    """A field for an instant, converted to UTC.

    PostgreSQL reads fewer time zones than ISO 8601 can write.
    """

    def to_python(self, value: Any) -> dt.datetime | None:
        """Return the same instant in UTC."""
        lu = super().to_python(value)
        try:
            return lu and lu.astimezone(dt.UTC)
        except OverflowError as erreur:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from erreur


class InstantFilter(django_filters.IsoDateTimeFilter):
    """A filter by instant."""

    field_class = InstantField


class _Filtres(django_filters.FilterSet):
    modifie_depuis = InstantFilter(
        field_name="modifie_le",
        lookup_expr="gte",
        label="Changées depuis cet instant (le `reprendre_depuis` de la lecture précédente).",
    )


class FicheFiltres(_Filtres):
    """The filters common to offres, actions and sessions."""

    identifiant = IdentifiantFilter(
        field_name="identifiant_normalise", label="Cet identifiant, sans égard à la casse."
    )
    statut = django_filters.ChoiceFilter(choices=Statut.choices, label="Ce statut.")
    visible = OuiNonFilter(field_name="est_visible", label="Ce que le public voit, ou ne voit pas.")


class OffreFiltres(FicheFiltres):
    """The filters of the offres."""

    type_offre = django_filters.ChoiceFilter(choices=TypeOffre.choices, label="Ce type d'action.")
    certification = django_filters.CharFilter(
        field_name="certification__code", label="Le code de la certification."
    )


class ActionFiltres(FicheFiltres):
    """The filters of the actions."""

    offre = CleFilter(field_name="offre_id", label="Les actions de cette offre, par sa clé.")


class SessionFiltres(FicheFiltres):
    """The filters of the sessions."""

    offre = CleFilter(field_name="action__offre_id", label="Les sessions de cette offre, par sa clé.")
    action = CleFilter(field_name="action_id", label="Les sessions de cette action, par sa clé.")
    ouverte = OuiNonFilter(field_name="ouverte", label="Ouvertes à l'inscription, ou non.")
    visible = VisiblesFilter(field_name="est_visible", label="Ce que le public voit, ou ne voit pas.")
    du = JourFilter(field_name="date_fin", lookup_expr="gte", label="Qui finissent ce jour-là ou après.")
    au = JourFilter(field_name="date_debut", lookup_expr="lte", label="Qui commencent ce jour-là ou avant.")


class ContactFiltres(_Filtres):
    """The filters of the contacts."""

    identifiant = IdentifiantFilter(
        field_name="identifiant_normalise", label="Cet identifiant, sans égard à la casse."
    )


class AdresseFiltres(_Filtres):
    """The filters of the addresses."""

    titre = IdentifiantFilter(field_name="identifiant_normalise", label="Ce titre, sans égard à la casse.")


class CertificationFiltres(django_filters.FilterSet):
    """The filters of the certifications, which are a reference table."""

    code = django_filters.CharFilter(label="Ce code.")
    type_certification = django_filters.ChoiceFilter(choices=Certification.Type.choices, label="Ce registre.")
    q = django_filters.CharFilter(
        method="chercher", max_length=200, label="Des mots du code, du sigle ou de l'intitulé."
    )
    type_offre = django_filters.ChoiceFilter(
        choices=TypeOffre.choices, method="du_type", label="Qui conviennent à ce type d'action."
    )

    def chercher(self, qs: QuerySet[Any], nom: str, valeur: str) -> QuerySet[Any]:
        """Return the certifications that match these words, as in the form of the offre."""
        return qs.avec_les_mots(valeur)  # type: ignore[attr-defined]

    def du_type(self, qs: QuerySet[Any], nom: str, valeur: str) -> QuerySet[Any]:
        """Return the certifications that suit this type of offre, as in the form of the offre."""
        return qs.pour_type(valeur)  # type: ignore[attr-defined]


def parametres_de(filtres: type[django_filters.FilterSet]) -> tuple[Parametre, ...]:
    """Return the description of these filters for the schema."""
    return tuple(
        Parametre(nom, str(filtre.label), _schema(filtre)) for nom, filtre in filtres.base_filters.items()
    )


def _schema(filtre: django_filters.Filter) -> dict[str, Any]:
    match filtre:
        case OuiNonFilter():
            return {"type": "boolean"}
        case django_filters.ChoiceFilter():
            return {"type": "string", "enum": [slug for slug, _ in filtre.extra["choices"]]}
        case CleFilter():
            return {"type": "integer", "minimum": 1, "maximum": CLE_AU_PLUS}
        case JourFilter():
            return {"type": "string", "format": "date"}
        case InstantFilter():
            return {"type": "string", "format": "date-time"}
        case IdentifiantFilter():
            return IDENTIFIANT
    return {"type": "string", "minLength": 1, "maxLength": filtre.extra.get("max_length", 60)}
