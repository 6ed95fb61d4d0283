"""« Historique » in Django admin: the rows that database triggers wrote about a record, read-only.

They include every change, whatever its source.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pghistory
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalogue.comparaison import Changement, changements
from catalogue.historique import operation_de, origine_de
from catalogue.models import Fiche
from edof.administration import Liste
from edof.templatetags.affichage import date_longue, pluriel
from edof.templatetags.affichage import instant as en_toutes_lettres
from organismes.auteurs import auteur_de, personnes

PAR_PAGE = 50


@dataclass(frozen=True)
class LigneDHistorique:
    """A line of the history: what, on which record, by whom, from where, why, and the changed fields."""

    instant: dt.datetime
    operation: str
    quoi: str
    qui: str
    origine: str
    motif: str
    changements: list[Changement]


class Suivie(Liste):
    """Base admin of models with a history in the database; changes made here are signed with their author."""

    # Models whose lines are shown with those of the record: (model, its foreign key to the record).
    avec: tuple[tuple[type[models.Model], str], ...] = ()

    @contextmanager
    def signer(self, request: HttpRequest, operation: str = "modifier") -> Iterator[None]:
        """Sign with this user what is written to the history inside the block."""
        with pghistory.context(operation=operation, origine="admin", utilisateur=request.user.pk):
            yield

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Render and save the form, signed with the user."""
        with self.signer(request):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete the record, signed with the user."""
        with self.signer(request, "supprimer"):
            return super().delete_view(request, *args, **kwargs)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        """Delete the records, signed with the user."""
        with self.signer(request, "supprimer"):
            super().delete_queryset(request, queryset)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Render the lines of the history, latest first, fifty per page."""
        objet = self.get_object(request, object_id)
        if objet is None:
            raise Http404
        if not self.has_view_permission(request, objet):
            raise PermissionDenied
        page = Paginator(_cles(objet, self.avec), PAR_PAGE).get_page(request.GET.get("page"))
        contexte = {
            **self.admin_site.each_context(request),
            "title": f"Historique : {objet}",
            "subtitle": None,
            "opts": self.opts,
            "object": objet,
            "page": page,
            "lignes": lignes(list(page.object_list)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/historique.html", contexte)


def _cles(objet: models.Model, avec: Iterable[tuple[type[models.Model], str]]) -> models.QuerySet:
    """Return the keys of the lines of this record and of the models shown with it, latest first.

    Each row is (label of the model, key of the line, instant).
    """
    ensembles = [type(objet).pgh_event_model.objects.filter(pgh_obj_id=objet.pk)]
    ensembles += [modele.pgh_event_model.objects.filter(**{lien: objet.pk}) for modele, lien in avec]
    cles = [
        ensemble.order_by()
        .annotate(modele=models.Value(ensemble.model._meta.label))
        .values_list("modele", "pgh_id", "pgh_created_at")
        for ensemble in ensembles
    ]
    return (cles[0].union(*cles[1:], all=True) if cles[1:] else cles[0]).order_by(
        "-pgh_created_at", "-pgh_id"
    )


def lignes(cles: list[tuple[str, int, dt.datetime]]) -> list[LigneDHistorique]:
    """Return these lines in the same order, each with its changed fields.

    The changes are those since the previous line of the same record. It makes four queries for each model.
    """
    lues: dict[tuple[str, int], Any] = {}
    avant: dict[tuple[str, int], Any] = {}
    for nom in {nom for nom, *_ in cles}:
        modele = apps.get_model(nom)
        demandees = {pgh_id for n, pgh_id, _ in cles if n == nom}
        precedentes = modele.objects.filter(
            pgh_obj_id=models.OuterRef("pgh_obj_id"), pgh_id__lt=models.OuterRef("pgh_id")
        )
        ensemble = modele.objects.filter(pgh_id__in=demandees).select_related("pgh_context")
        ensemble = ensemble.annotate(
            avant=models.Subquery(precedentes.order_by("-pgh_id").values("pgh_id")[:1])
        )
        lues |= {(nom, ligne.pgh_id): ligne for ligne in ensemble}
        connues = modele.objects.in_bulk({ligne.avant for ligne in ensemble} - {None}, field_name="pgh_id")
        avant |= {(nom, ligne.pgh_id): connues.get(ligne.avant) for ligne in ensemble}
    auteurs = personnes(lues.values())
    objets = _objets([*lues.values(), *avant.values()])
    return [_ligne(lues[nom, cle], avant[nom, cle], auteurs, objets) for nom, cle, _ in cles]


def _objets(lues: list[Any]) -> dict[tuple[type[models.Model], Any], models.Model]:
    """Return the records that the foreign keys of these lines refer to, by model and key.

    It makes one query for each model.
    """
    cles: dict[type[models.Model], set[Any]] = {}
    for champ, pk in (
        (champ, getattr(ligne, champ.attname)) for ligne in filter(None, lues) for champ in _liens(ligne)
    ):
        cles.setdefault(champ.related_model, set()).add(pk)
    return {
        (modele, pk): objet
        for modele, pks in cles.items()
        for pk, objet in modele._default_manager.in_bulk(pks - {None}).items()
    }


def _modele(ligne: Any) -> type[models.Model]:
    return ligne._meta.get_field("pgh_obj").related_model


def _liens(ligne: Any) -> list[models.Field]:
    return [champ for champ in _suivis(ligne) if champ.is_relation]


def _suivis(ligne: Any) -> list[models.Field]:
    return [champ for champ in _modele(ligne)._meta.concrete_fields if hasattr(ligne, champ.attname)]


def _rebatir(ligne: Any, objets: dict[tuple[type[models.Model], Any], models.Model]) -> Any:
    """Return the record as this line stores it."""
    modele = _modele(ligne)
    objet = modele(**{champ.attname: getattr(ligne, champ.attname) for champ in _suivis(ligne)})
    for champ in _liens(ligne):
        champ.set_cached_value(objet, objets.get((champ.related_model, getattr(ligne, champ.attname))))
    return objet


def _ligne(
    ligne: Any,
    avant: Any,
    auteurs: dict[int, Any],
    objets: dict[tuple[type[models.Model], Any], models.Model],
) -> LigneDHistorique:
    modele, objet = _modele(ligne), _rebatir(ligne, objets)
    if ligne.pgh_label == "delete":
        changes = []
    elif issubclass(modele, Fiche):
        changes = changements(_rebatir(avant, objets) if avant is not None else modele(), objet)
    else:
        changes = [
            Changement(str(champ.verbose_name).capitalize(), de, a, None)
            for champ in _suivis(ligne)
            if champ.editable and not champ.primary_key
            if (de := _en_texte(champ, avant, objets)) != (a := _en_texte(champ, ligne, objets))
        ]
    return LigneDHistorique(
        instant=ligne.pgh_created_at,
        operation=operation_de(ligne),
        quoi=f"{modele._meta.verbose_name} « {objet} »",
        qui=auteur_de(ligne, auteurs),
        origine=origine_de(ligne),
        motif=(ligne.pgh_context.metadata if ligne.pgh_context else {}).get("motif", ""),
        changements=changes,
    )


def _en_texte(
    champ: models.Field, ligne: Any, objets: dict[tuple[type[models.Model], Any], models.Model]
) -> str:
    valeur = getattr(ligne, champ.attname) if ligne is not None else None
    if valeur is None or valeur in ("", []):
        return ""
    if champ.is_relation:
        return str(objets.get((champ.related_model, valeur), f"n° {valeur}"))
    if champ.choices:
        return str(dict(champ.flatchoices).get(valeur, valeur))
    if isinstance(valeur, bool):
        return "Oui" if valeur else "Non"
    if isinstance(valeur, list):
        return pluriel(len(valeur), "élément,éléments")
    if isinstance(valeur, dt.datetime):
        return en_toutes_lettres(valeur)
    return date_longue(valeur) if isinstance(valeur, dt.date) else str(valeur)
