"""The operations of the life cycle in Django admin, on one record or on many, through `executer`.

A refusal has the same sentences as everywhere else, in one message per record, with a link to the record.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bureau.fiche.operations import concernees, dont_visibles
from catalogue.cycle_de_vie import OperationRefusee, Origine, executer
from catalogue.models import Fiche
from catalogue.operations import USAGES
from edof.templatetags.affichage import compter, enumerer, pluriel
from organismes.droits import Operation
from publication.visibilite import visibles_sous

# Each record has its own transaction: the number of records at once stays one that a user can review.
AU_PLUS = 100
# The operations that can be done on several records.
OPERATIONS = tuple(operation for operation, usage in USAGES.items() if usage.en_nombre)


def adresse_de(fiche: Fiche) -> str:
    """Return the URL of the page of a record in the administration."""
    return reverse(f"admin:{fiche._meta.app_label}_{fiche._meta.model_name}_change", args=[fiche.pk])


def lien(fiche: Fiche) -> SafeString:
    """Return a link to the record, with its identifier as text."""
    return format_html('<a href="{}">{}</a>', adresse_de(fiche), fiche.identifiant)


def trop(page: admin.ModelAdmin, request: HttpRequest, choisies: list[Any]) -> bool:
    """Return whether more than AU_PLUS records were chosen, and add an error message if so."""
    if len(choisies) > AU_PLUS:
        page.message_user(
            request, f"Choisissez au plus {AU_PLUS} lignes à la fois : rien n'a été fait.", messages.ERROR
        )
    return len(choisies) > AU_PLUS


def operer(
    page: admin.ModelAdmin,
    request: HttpRequest,
    operation: Operation,
    fiches: Iterable[Fiche],
    **parametres: Any,
) -> int:
    """Do the operation on each of these records, and return how many were done.

    Messages report what was done and what was refused.
    """
    faites = 0
    for fiche in fiches:
        nom = lien(fiche)
        try:
            faite = executer(fiche, operation, par=request.user, origine=Origine.ADMIN, **parametres)
        except OperationRefusee as refusee:
            raisons = refusee.refus
            coupables = {
                refus.coupable
                for refus in raisons
                if refus.coupable and refus.coupable.pk and refus.coupable != fiche
            }
            suite = format_html(" Voir {}.", SafeString(", ".join(map(lien, coupables)))) if coupables else ""
            page.message_user(request, format_html("{} : {}{}", nom, str(refusee), suite), messages.ERROR)
        except PermissionDenied as interdit:
            page.message_user(request, format_html("{} : {}", nom, str(interdit)), messages.ERROR)
        except type(fiche).DoesNotExist:
            page.message_user(
                request, f"« {fiche} » n'existe plus : elle a été supprimée entre-temps.", messages.INFO
            )
        except IntegrityError:
            page.message_user(
                request,
                format_html("{} : une autre fiche vient de prendre sa place, recommencez.", nom),
                messages.ERROR,
            )
        else:
            faites += 1
            for phrase in faite.suites:
                page.message_user(request, format_html("{} : {}", nom, phrase), messages.WARNING)
            if operation == Operation.OUVRIR:
                for phrase in faite.avertissements():
                    page.message_user(request, format_html("{} : {}", nom, phrase), messages.WARNING)
    if faites:
        noms = page.opts
        verbe = USAGES[operation].en_nombre.split(",")[faites > 1]
        quoi = pluriel(faites, f"{noms.verbose_name},{noms.verbose_name_plural}")
        page.message_user(request, f"{quoi} {verbe}.", messages.SUCCESS)
    return faites


def confirmer(
    page: admin.ModelAdmin, request: HttpRequest, operation: Operation, fiches: list[Fiche]
) -> HttpResponse:
    """Render the page that announces the consequences, with their numbers, before the operation."""
    cles = [fiche.pk for fiche in fiches]
    comptes = {
        ensemble.model: concernees(ensemble, operation).count() for ensemble in page.model.dessous(cles)
    }
    contexte = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": operation.label,
        "operation": operation.value,
        "fiches": fiches,
        "suivent": enumerer(compter(comptes)),
        "dont_visibles": dont_visibles(visibles_sous(page.model, cles))
        if operation == Operation.ARCHIVER
        else "",
        "suites": USAGES[operation].suites,
        "retour": request.POST.get("retour", ""),
        "descendants_au_choix": operation == Operation.DESARCHIVER and any(comptes.values()),
    }
    return TemplateResponse(request, "admin/catalogue/operation.html", contexte)
