"""The Django admin site of the project, and the base classes of its lists.

The site has no sign-in page of its own, is in French, and never counts all the rows of a table.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString

# Maximum number of records counted and paginated: beyond that, users filter or search.
COMPTES_AU_PLUS = 10_000
PAS_D_ACCES = (
    "Votre compte n'a pas accès à l'administration : elle est réservée aux administrateurs de la plateforme."
)


class Site(admin.AdminSite):
    """The admin site: it refuses users who are not administrators, and has no sign-in page of its own."""

    site_header = site_title = "Administration"
    index_title = "Administration de la plateforme"
    site_url = "/"
    empty_value_display = "-"
    # The sidebar is disabled: the lists need the width, and the index is one click away.
    enable_nav_sidebar = False
    # ORDRE: the order of the apps on the index. NOMS: our own labels for third-party apps.
    ORDRE = (
        "exploitation",
        "publication",
        "organismes",
        "catalogue",
        "sessions_app",
        "lots",
        "echanges",
        "recherche",
        "crochets",
        "axes",
    )
    NOMS = {"axes": "Connexions"}

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the sign-in page of the site, the only one.

        That page is in French and locks out users who try passwords. A user who is signed in but has no
        access raises PermissionDenied.
        """
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or "/admin/")
        if not self.has_permission(request):
            raise PermissionDenied(PAS_D_ACCES)
        return redirect("admin:index")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Refuse signed-in users who are not administrators, instead of asking them for another account."""

        def reservee(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied(PAS_D_ACCES)
            return gardee(request, *args, **kwargs)

        gardee = super().admin_view(view, cacheable)
        return reservee

    def get_urls(self) -> list[Any]:
        """Return Django's URLs without `view_on_site`, the redirect to the public page of any record.

        None of our models has such a page, and some of the tables do not exist here.
        """
        return [motif for motif in super().get_urls() if getattr(motif, "name", None) != "view_on_site"]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Return the apps with our labels, in our order."""
        apps = sorted(
            super().get_app_list(request, app_label), key=lambda app: self.ORDRE.index(app["app_label"])
        )
        return [{**app, "name": self.NOMS.get(app["app_label"], app["name"])} for app in apps]


class PaginateurBorne(Paginator):
    """A paginator that counts at most COMPTES_AU_PLUS records; `depasse` is true when there are more."""

    @cached_property
    def _vus(self) -> int:
        return self.object_list.order_by()[: COMPTES_AU_PLUS + 1].count()

    @cached_property
    def count(self) -> int:
        """Return the number of records that can be paged through."""
        return min(self._vus, COMPTES_AU_PLUS)

    @property
    def depasse(self) -> bool:
        """Return whether there are more records than `count`."""
        return self._vus > COMPTES_AU_PLUS


class Liste(admin.ModelAdmin):
    """Base class of every admin list: bounded count, latest records first, one query for the rows."""

    paginator = PaginateurBorne
    view_on_site = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-pk",)
    # Sorting is limited to columns that an index can order.
    sortable_by: tuple[str, ...] = ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Render the list, titled with the plural name of its model."""
        titre = str(self.opts.verbose_name_plural)
        return super().changelist_view(
            request, {"title": titre[:1].upper() + titre[1:], **(extra_context or {})}
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Render the form that adds a record, titled with the name of its model."""
        return super().add_view(
            request, form_url, {"title": f"Ajouter : {self.opts.verbose_name}", **(extra_context or {})}
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Render the form of a record, titled with the record."""
        objet = self.get_object(request, object_id)
        return super().change_view(
            request,
            object_id,
            form_url,
            {"title": str(objet or ""), "subtitle": None, **(extra_context or {})},
        )

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Do an action on the rows that were chosen, leaving out what is no key of one."""
        choisies = [cle for cle in request.POST.getlist(ACTION_CHECKBOX_NAME) if self._est_une_cle(cle)]
        request.POST = request.POST.copy()  # type: ignore[assignment]
        request.POST.setlist(ACTION_CHECKBOX_NAME, choisies)
        return super().response_action(request, queryset)

    def _est_une_cle(self, texte: str) -> bool:
        try:
            self.opts.pk.to_python(texte)
        except ValidationError:
            return False
        return True

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return what a deletion takes away, with the space that French has before a colon."""
        a_supprimer, *reste = super().get_deleted_objects(objs, request)
        return (_a_la_francaise(a_supprimer), *reste)


def _a_la_francaise(objets: list[Any]) -> list[Any]:
    """Return Django's nested list of « model: record », escaped already, written as French is."""
    return [
        _a_la_francaise(objet)
        if isinstance(objet, list)
        else SafeString(str(objet).replace(": ", "\u00a0: ", 1))
        if isinstance(objet, SafeString)
        else objet.replace(": ", "\u00a0: ", 1)
        for objet in objets
    ]


class LectureSeule(Liste):
    """Base class of read-only admins: nothing can be added, changed or deleted here.

    These records change only through the functions of the application.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: nobody may add a record here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: nobody may change a record here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: nobody may delete a record here."""
        return False
