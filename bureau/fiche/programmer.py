"""The page « Programmer » of a session: an opening or a closing is ordered, changed or cancelled (D-46)."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from bureau.acces import fiche_ou_404, page_precedente, retour_au_catalogue
from bureau.menu import url_de
from catalogue.cycle_de_vie import OperationRefusee
from edof.champs import champ_date
from edof.horloge import demain
from edof.templatetags.affichage import date_longue, insecables
from organismes.droits import Operation
from organismes.espace import Requete, exiger
from sessions_app.models import Session
from sessions_app.plans import Programmation
from sessions_app.programmation import (
    Prevues,
    deprogrammer,
    ecarter,
    prevues_de,
    programmer,
    refus_de_programmer,
    reserves,
)

OUVRIR, VISIBLE, FERMER = "ouvrir", "visible", "fermer"
OPERATIONS = {OUVRIR: Operation.OUVRIR, VISIBLE: Operation.OUVRIR, FERMER: Operation.FERMER}
CHOIX = {
    VISIBLE: (
        "Visible à partir du…",
        "Elle s'ouvre à l'inscription la veille ; le public la voit ce matin-là.",
    ),
    OUVRIR: ("Ouvrir le…", "Elle s'ouvre ce jour-là ; le public la voit le lendemain matin."),
    FERMER: ("Fermer le…", "Elle se ferme dès le début de ce jour-là ; le public ne la voit plus."),
}
UN_JOUR = dt.timedelta(days=1)


class ProgrammationForm(forms.Form):
    """What to do, and when. Once valid, `operation` and `le` are what `programmer` takes."""

    quoi = forms.ChoiceField(
        label="Que programmer ?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez ce qui est à faire.",
            "invalid_choice": "Choisissez ce qui est à faire dans la liste.",
        },
    )
    jour = champ_date(
        label="Jour", error_messages={"required": "Indiquez le jour : jj/mm/aaaa, par exemple 14/09/2027."}
    )

    def __init__(self, *args: Any, offerts: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quoi"].choices = [  # type: ignore[attr-defined]
            (
                nom,
                format_html("<span><strong>{}</strong><span>{}</span></span>", *map(insecables, CHOIX[nom])),
            )
            for nom in offerts
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a first morning that an opening of tomorrow would miss."""
        valeurs = super().clean() or {}
        jour, premier = valeurs.get("jour"), demain() + UN_JOUR
        if valeurs.get("quoi") == VISIBLE and jour and jour < premier:
            raise ValidationError(
                {
                    "jour": f"Choisissez un jour à partir du {date_longue(premier)} ; ouverte tout de suite,"
                    f" elle serait visible le {date_longue(demain())} au matin."
                }
            )
        return valeurs

    @property
    def operation(self) -> Operation:
        """Return the operation to plan."""
        return OPERATIONS[self.cleaned_data["quoi"]]

    @property
    def le(self) -> dt.date:
        """Return the day of the operation: the eve of the day from which the session is to be visible."""
        jour: dt.date = self.cleaned_data["jour"]
        return jour - UN_JOUR if self.cleaned_data["quoi"] == VISIBLE else jour


@require_http_methods(["GET", "POST"])
def programmer_la_session(request: Requete, pk: int) -> HttpResponse:
    """Render the plans of the session and the form that orders one.

    POST with `operation` orders (« programmer »), cancels (« annuler:ouvrir »), or dismisses the refusals
    (« ecarter »). What cannot be planned comes back with its reasons (422).
    """
    session: Any = fiche_ou_404(request, "session", pk)
    exiger(request, Operation.OUVRIR)
    geste, _, quoi = request.POST.get("operation", "").partition(":")
    if geste == "ecarter":
        ecarter(session, request.membre)
        return redirect(page_precedente(request) or url_de(session, Operation.CONSULTER))
    if geste == "annuler" and quoi in OPERATIONS:
        return _annuler(request, session, OPERATIONS[quoi])
    prevues = prevues_de([session])[session.pk]
    offerts = _offerts(session, prevues)
    if not offerts:
        refus = list(refus_de_programmer(session, Operation.OUVRIR, demain(), prevues))
        messages.error(request, " ".join(r.phrase for r in refus))
        return redirect(url_de(session, Operation.CONSULTER))
    form = ProgrammationForm(
        request.POST if request.method == "POST" else None,
        offerts=offerts,
        initial=_initiale(request, offerts, prevues),
    )
    statut = 200
    if request.method == "POST":
        statut = 422
        if form.is_valid() and _programmer(request, session, form):
            return redirect(_suite(request, session))
    contexte = {
        "session": session,
        "form": form,
        "prevues": [prevues[nom] for nom in (OUVRIR, FERMER) if nom in prevues],
        "suite": page_precedente(request),
        "consulter": url_de(session, Operation.CONSULTER),
        "retour": retour_au_catalogue(request, session),
    }
    return render(request, "bureau/fiche/programmer.html", contexte, status=statut)


def _offerts(session: Session, prevues: Prevues) -> list[str]:
    """Return the choices that make sense: what is closed is opened first, and what is open closed."""
    return [
        nom
        for nom in CHOIX
        if all(
            refus.champ == "jour"
            for refus in refus_de_programmer(session, OPERATIONS[nom], demain(), prevues)
        )
    ]


def _initiale(request: Requete, offerts: list[str], prevues: Prevues) -> dict[str, Any]:
    quoi = request.GET.get("quoi", "")
    quoi = quoi if quoi in offerts else offerts[0]
    plan = prevues.get(OPERATIONS[quoi])
    return {"quoi": quoi, "jour": plan and (plan.visible_le if quoi == VISIBLE else plan.jour)}


def _programmer(request: Requete, session: Session, form: ProgrammationForm) -> bool:
    """Order what the valid form says; add its refusals to the form, and return whether it was ordered."""
    operation, jour = form.operation, form.le
    try:
        bilan = programmer([session], operation, jour, request.membre)
        refus = [r for _, liste in bilan.refusees for r in liste]
    except OperationRefusee as refusee:
        refus = refusee.refus
    for un in refus:
        form.add_error("jour" if un.champ == "jour" else None, un.phrase)
    if refus:
        return False
    if not bilan.programmees:
        messages.info(request, "C'est déjà programmé pour ce jour-là.")
        return True
    plan = Programmation(operation=operation, jour=jour)
    if operation == Operation.OUVRIR:
        suite = f"s'ouvrira le {date_longue(jour)} et sera visible le {date_longue(plan.visible_le)} au matin"
    else:
        suite = f"se fermera le {date_longue(jour)} au matin"
    messages.success(request, f"C'est programmé : la session « {session} » {suite}.")
    if manques := reserves(session, operation) if operation == Operation.OUVRIR else []:
        messages.warning(
            request,
            "\n".join(["Aujourd'hui, l'ouverture serait refusée. À régler avant ce jour :", *manques]),
        )
    return True


def _annuler(request: Requete, session: Session, operation: Operation) -> HttpResponse:
    annulees = deprogrammer([session], [operation], request.membre)
    for plan in annulees:
        messages.success(
            request, f"La programmation est annulée : {plan.nom.lower()} du {date_longue(plan.jour)}."
        )
    if not annulees:
        messages.info(request, "Il n'y a plus rien à annuler : cette programmation n'est plus en attente.")
    return redirect(_suite(request, session))


def _suite(request: Requete, session: Session) -> str:
    suite = page_precedente(request)
    if suite and not suite.startswith(request.path):
        return f"{suite.partition('#')[0]}#{session.cle_html}"
    return url_de(session, Operation.CONSULTER)
