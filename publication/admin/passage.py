"""Django admin of the register: the runs, the simulation of tomorrow's run, the catch-up of missing days."""

from collections import Counter, defaultdict
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import cached_property

from edof.administration import LectureSeule
from edof.horloge import demain
from edof.templatetags.affichage import date_longue, enumerer, milliers, pluriel
from organismes.models import Organisme
from publication.avance import dernier_jour_en_avance, revenir
from publication.demain import NATURES
from publication.ensembles import PAR_ENSEMBLE
from publication.jours import PublicationImpossible, retard_a_confirmer
from publication.models import Passage, Retenue
from publication.rattrapage import SESSIONS_AU_PLUS, en_cours, jours_manquants, rattraper, sessions_a_regarder
from publication.simulation import simuler
from publication.visibilite import raisons

# How many sessions a page can simulate in a few seconds. For more, use the command `publier --simulation`.
SIMULEES_AU_PLUS = 10 * PAR_ENSEMBLE
ORGANISMES_PAR_PAGE = 50


class TermineFilter(admin.SimpleListFilter):
    """A filter on the state of the runs: ended, not ended, or with errors."""

    title, parameter_name = "état", "etat"
    CHOIX: dict[str, tuple[str, dict[str, Any]]] = {
        "termine": ("Terminé", {"termine_le__isnull": False}),
        "inacheve": ("Inachevé", {"termine_le__isnull": True}),
        "erreurs": ("Avec des erreurs", {"erreurs__gt": 0}),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the three states."""
        return [(code, libelle) for code, (libelle, _) in self.CHOIX.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the runs in the chosen state."""
        return queryset.filter(**self.CHOIX.get(self.value(), ("", {}))[1])


@admin.register(Passage)
class PassageAdmin(LectureSeule):
    """Admin of the register: one row for the run of each day."""

    list_display = [
        "jour",
        "etat",
        "parues",
        "modifiees",
        "retirees",
        "nombre_de_retenues",
        "erreurs",
        "commence_le",
        "par",
    ]
    list_filter = [TermineFilter]
    ordering = ("-jour",)
    search_fields = ["par"]
    change_list_template = "admin/publication/registre.html"
    change_form_template = "admin/publication/passage.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the runs, and clear the cached `_en_cours` at each request.

        `etat` of a run that has not ended depends on it.
        """
        self.__dict__.pop("_en_cours", None)
        return super().get_queryset(request)

    @cached_property
    def _en_cours(self) -> bool:
        return en_cours()

    @admin.display(description="état")
    def etat(self, passage: Passage) -> str:
        """Return « Terminé », or the progress of the run."""
        if passage.termine_le:
            return "Terminé"
        part = f"{100 * passage.traitees // passage.a_traiter} %" if passage.a_traiter else "0 %"
        avance = f"{part} ({milliers(passage.traitees)} sur {milliers(passage.a_traiter)})"
        return (
            f"En cours : {avance}"
            if self._en_cours
            else f"Interrompu à {avance} : la prochaine ronde le reprend"
        )

    @admin.display(description="retenues")
    def nombre_de_retenues(self, passage: Passage) -> int:
        """Return the number of open sessions that the public does not see after this run."""
        return sum(passage.retenues.values())

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return no fieldset: the template displays the run."""
        return []

    def get_urls(self) -> list[URLPattern]:
        """Return Django's own URLs, after those of the simulation and of the catch-up."""
        vue = self.admin_site.admin_view
        return [
            path("simulation/", vue(self.simulation), name="publication_passage_simulation"),
            path("rattraper/", vue(self.rattraper), name="publication_passage_rattraper"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Render the run of a day: its counts, the sessions held back by reason, and the errors.

        The errors are shown with their details.
        """
        passage = self.get_object(request, object_id)
        contexte: dict[str, Any] = {}
        if isinstance(passage, Passage):
            en_clair = raisons(passage.jour)
            erreurs = Retenue.objects.filter(raison=Retenue.ERREUR, du__lte=passage.jour).exclude(
                au__lte=passage.jour
            )
            contexte = {
                "passage": passage,
                "etat": self.etat(passage),
                "raisons": [
                    (en_clair.get(slug, slug), n, slug)
                    for slug, n in sorted(passage.retenues.items(), key=lambda r: -r[1])
                ],
                "erreurs_du_jour": erreurs.select_related("organisme").order_by("pk")[:100],
            }
        return super().change_view(request, object_id, form_url, {**contexte, **(extra_context or {})})

    def simulation(self, request: HttpRequest) -> HttpResponse:
        """Render the page « Simuler la publication de demain ».

        It shows how many sessions would appear, change, disappear or be held back, by organisme.
        """
        self._exiger_la_lecture(request)
        jour = demain()
        nombre = sessions_a_regarder(jour)
        contexte: dict[str, Any] = {
            "jour": jour,
            "nombre": nombre,
            "trop": nombre > SIMULEES_AU_PLUS,
            "au_plus": SIMULEES_AU_PLUS,
        }
        if not contexte["trop"]:
            comptes, totaux = _compter(jour)
            cles = sorted(comptes, key=lambda cle: (-sum(comptes[cle].values()), cle))
            page = Paginator(cles, ORGANISMES_PAR_PAGE).get_page(request.GET.get("page"))
            noms = Organisme.objects.in_bulk(page.object_list)
            contexte |= {
                "page": page,
                "totaux": [totaux[nature] for nature in NATURES],
                "lignes": [
                    (noms.get(cle), [comptes[cle][nature] for nature in NATURES]) for cle in page.object_list
                ],
            }
        return self._page(
            request,
            "admin/publication/simulation.html",
            f"Publication du {date_longue(jour)}, en simulation",
            contexte,
        )

    def rattraper(self, request: HttpRequest) -> HttpResponse:
        """Render or execute « Publier maintenant », for whoever may change the register.

        GET shows what is missing and how far this page goes. POST publishes it or, with `revenir`, undoes the
        days to come. Raises PermissionDenied for another user.
        """
        if not request.user.has_perm("publication.change_passage"):
            raise PermissionDenied("Seul un administrateur lance une publication.")
        if request.method == "POST":
            self._revenir(request) if "revenir" in request.POST else self._publier(request)
            return redirect("admin:publication_passage_changelist")
        jours = jours_manquants()
        nombre = sessions_a_regarder(jours[0]) if jours else 0
        contexte = {
            "jours": jours,
            "nombre": nombre,
            "trop": nombre > SESSIONS_AU_PLUS,
            "au_plus": SESSIONS_AU_PLUS,
            "occupe": en_cours(),
            "dernier": Passage.objects.finis().first(),
            "avance": dernier_jour_en_avance(),
            "a_confirmer": retard_a_confirmer(),
        }
        return self._page(request, "admin/publication/rattraper.html", "Publier maintenant", contexte)

    def _revenir(self, request: HttpRequest) -> None:
        try:
            retour = revenir(par=f"Administration, {request.user.courriel}"[:100])
        except PublicationImpossible as erreur:
            self.message_user(request, str(erreur), messages.ERROR)
            return
        faits = [
            pluriel(len(retour.jours), "jour à venir retiré,jours à venir retirés"),
            pluriel(retour.rendues, "parution rendue au public,parutions rendues au public"),
        ]
        self.message_user(
            request, f"Le registre est revenu à aujourd'hui : {enumerer(faits)}.", messages.SUCCESS
        )

    def _publier(self, request: HttpRequest) -> None:
        try:
            rattrapage = rattraper(f"Administration, {request.user.courriel}"[:100])
        except PublicationImpossible as erreur:
            self.message_user(request, str(erreur), messages.ERROR)
            return
        for passage in rattrapage.faits:
            nombres = [
                pluriel(passage.parues, "parue,parues"),
                pluriel(passage.modifiees, "modifiée,modifiées"),
            ]
            nombres.append(pluriel(passage.retirees, "retirée,retirées"))
            self.message_user(
                request, f"{date_longue(passage.jour)} publié : {enumerer(nombres)}.", messages.SUCCESS
            )
        if rattrapage.restent:
            reste = enumerer([date_longue(jour) for jour in rattrapage.restent])
            self.message_user(
                request,
                f"Trop long pour cette page : la prochaine ronde automatique publie {reste}.",
                messages.WARNING,
            )
        elif not rattrapage.faits:
            self.message_user(request, "Tout est déjà publié : il n'y avait rien à rattraper.", messages.INFO)

    def _exiger_la_lecture(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied("Votre compte ne permet pas de lire le registre.")

    def _page(self, request: HttpRequest, gabarit: str, titre: str, contexte: dict[str, Any]) -> HttpResponse:
        commun = {**self.admin_site.each_context(request), "opts": self.opts, "title": titre}
        return TemplateResponse(request, gabarit, {**commun, **contexte})


def _compter(jour: Any) -> tuple[dict[int, Counter[str]], Counter[str]]:
    """Count the changes that the run of `jour` would make, by organisme and in total.

    The sessions that it would begin to hold back are counted too.
    """
    comptes: dict[int, Counter[str]] = defaultdict(Counter)
    totaux: Counter[str] = Counter()
    for ecart in simuler(jour):
        natures = [ecart.nature] if ecart.nature else []
        natures += ["retenue"] if ecart.raison and ecart.raison != ecart.raison_avant else []
        comptes[ecart.organisme_id].update(natures)
        totaux.update(natures)
    return {cle: compte for cle, compte in comptes.items() if compte}, totaux
