"""Views of « Exporter »: the page with its check before EDOF, and the files."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from bureau.exporter.forms import ChoixForm
from bureau.sessions.liste import Liste
from echanges.controles import Constat, Rapport, controler, titre
from echanges.exports import FORMATS, Demande, Export, TropDeLignes, exporter
from echanges.lignes import Niveau
from organismes.espace import Requete

# What a group shows of its records.
MONTRES_AU_PLUS = 10
XML = "edof-xml"
# The tables, in the order of the page, with what an import does of them.
TABLES = (
    (Niveau.SESSION, "Sessions", "Dates, garantie, contact et adresse : ce que lit « Importer »."),
    (Niveau.ACTION, "Actions", "Modalités, lieu, durée, prix."),
    (Niveau.OFFRE, "Offres", "Certification, intitulé, textes."),
    (Niveau.CONTACT, "Contacts", "Téléphones, courriels, fonctions."),
    (Niveau.ADRESSE, "Adresses", "Voies, villes, accessibilité."),
)


@dataclass(frozen=True)
class Groupe:
    """The records of which the check says the same thing."""

    code: str
    titre: str
    nombre: int
    constats: list[Constat]

    @property
    def autres(self) -> int:
        """Return how many records are counted and not shown."""
        return self.nombre - len(self.constats)

    @property
    def phrase(self) -> str:
        """Return the sentence that all of them share, "" when they differ."""
        dites = {constat.phrase for constat in self.constats}
        return dites.pop() if len(dites) == 1 else ""

    @property
    def d_edof(self) -> bool:
        """Return whether the code is one of EDOF's."""
        return self.code.isdecimal()


def _groupes(constats: list[Constat], comptes: Any) -> list[Groupe]:
    def siens(code: str) -> list[Constat]:
        return [constat for constat in constats if constat.code == code][:MONTRES_AU_PLUS]

    return [Groupe(code, titre(code), nombre, siens(code)) for code, nombre in comptes.most_common()]


@require_GET
def page(request: Requete) -> HttpResponse:
    """Render what may be exported, and what the check before EDOF says of the choice."""
    if request.membre is None:
        return redirect("accueil")
    form = ChoixForm(request.GET, request.organisme)
    contexte: dict[str, Any] = {"form": form, "tables": TABLES}
    if form.is_valid():
        rapport: Rapport = controler(request.organisme, form.choix())
        parametres = request.GET.copy()
        parametres["type"] = XML
        contexte |= {
            "rapport": rapport,
            "retenues": _groupes(rapport.retenues, rapport.comptes_des_retenues),
            "alertes": _groupes(rapport.alertes, rapport.comptes_des_alertes),
            "nombre_de_retenues": rapport.comptes_des_retenues.total(),
            "nombre_d_alertes": rapport.comptes_des_alertes.total(),
            "fichier": f"{reverse('export_fichier')}?{parametres.urlencode()}",
        }
    statut = 200 if form.is_valid() else 422
    return render(request, "bureau/exporter/exporter.html", contexte, status=statut)


@require_GET
def fichier(request: Requete) -> HttpResponseBase:
    """Send an export: `type` is its format, `niveau` the level of a table."""
    if request.membre is None:
        return redirect("accueil")
    format_, niveau = request.GET.get("type", ""), request.GET.get("niveau", Niveau.SESSION)
    if format_ not in FORMATS or niveau not in Niveau.values:
        raise Http404
    form = ChoixForm(request.GET, request.organisme)
    if format_ == XML and not form.is_valid():
        return redirect("exporter")
    demande = Demande(form.choix(), niveau) if format_ == XML else Demande(niveau=niveau)
    return _envoyer(request, format_, demande, reverse("exporter"))


@require_GET
def sessions(request: Requete) -> HttpResponseBase:
    """Send the sessions of the list as a table: its filters, its order, the columns that the member chose.

    `colonnes=toutes` asks for all of them.
    """
    if request.membre is None:
        return redirect("accueil")
    format_ = request.GET.get("type", "csv")
    if format_ not in ("csv", "xlsx"):
        raise Http404
    liste = Liste(request.membre, request.GET)
    toutes = request.GET.get("colonnes") == "toutes"
    demande = Demande(fiches=liste.en_ordre(), colonnes=None if toutes else liste.champs_choisis)
    return _envoyer(request, format_, demande, liste.url())


def _envoyer(request: Requete, format_: str, demande: Demande, retour: str) -> HttpResponseBase:
    try:
        export: Export = exporter(request.organisme, format_, demande)
    except TropDeLignes as trop:
        messages.error(request, str(trop))
        return redirect(retour)
    reponse = StreamingHttpResponse(export.octets, content_type=export.type)
    reponse["Content-Disposition"] = f'attachment; filename="{export.nom}"'
    return reponse
