"""Django admin as this project runs it: one door to sign in, French, and lists that never count a whole
table.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

# Nobody reads further than this many records: they filter or search.
COMPTES_AU_PLUS = 10_000
PAS_D_ACCES = (
    "Votre compte n'a pas accès à l'administration : elle est réservée aux administrateurs de la plateforme."
)


class Site(admin.AdminSite):
    """The administration: whoever is not an administrator is told so, and nobody signs in here."""

    site_header = site_title = "Administration"
    index_title = "Administration de la plateforme"
    site_url = "/"
    empty_value_display = "-"
    # The lists need the width; the index is a click away.
    enable_nav_sidebar = False
    # In the order of the index; what other people's apps call themselves, in words of ours.
    ORDRE = ("publication", "organismes", "catalogue", "sessions_app", "axes")
    NOMS = {"axes": "Connexions"}

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One page to sign in, that of the site: it locks out who guesses, and it is in French."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or "/admin/")
        if not self.has_permission(request):
            raise PermissionDenied(PAS_D_ACCES)
        return redirect("admin:index")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Refuse who is signed in and is no administrator, rather than ask for another account."""

        def reservee(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied(PAS_D_ACCES)
            return gardee(request, *args, **kwargs)

        gardee = super().admin_view(view, cacheable)
        return reservee

    def get_urls(self) -> list[Any]:
        """Without the way to « the page of any row of any table »: none of ours has one, and some tables are
        not even there.
        """
        return [motif for motif in super().get_urls() if getattr(motif, "name", None) != "view_on_site"]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """With our names, in our order."""
        apps = sorted(
            super().get_app_list(request, app_label), key=lambda app: self.ORDRE.index(app["app_label"])
        )
        return [{**app, "name": self.NOMS.get(app["app_label"], app["name"])} for app in apps]


class PaginateurBorne(Paginator):
    """Counts COMPTES_AU_PLUS records at most: `depasse` says that there are more."""

    @cached_property
    def _vus(self) -> int:
        return self.object_list.order_by()[: COMPTES_AU_PLUS + 1].count()

    @cached_property
    def count(self) -> int:
        """How many can be paged through."""
        return min(self._vus, COMPTES_AU_PLUS)

    @property
    def depasse(self) -> bool:
        """Whether there are more than `count`."""
        return self._vus > COMPTES_AU_PLUS


class Liste(admin.ModelAdmin):
    """What every list of the administration is: bounded, latest first, one query for its rows."""

    paginator = PaginateurBorne
    view_on_site = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-pk",)
    # Only what an index gives in order.
    sortable_by: tuple[str, ...] = ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Titled by what it lists."""
        titre = str(self.opts.verbose_name_plural)
        return super().changelist_view(
            request, {"title": titre[:1].upper() + titre[1:], **(extra_context or {})}
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Titled by what it adds."""
        return super().add_view(
            request, form_url, {"title": f"Ajouter : {self.opts.verbose_name}", **(extra_context or {})}
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Titled by what it shows."""
        objet = self.get_object(request, object_id)
        return super().change_view(
            request,
            object_id,
            form_url,
            {"title": str(objet or ""), "subtitle": None, **(extra_context or {})},
        )


class LectureSeule(Liste):
    """Nothing can be added, changed or deleted here: what changes it goes through the program's own doors."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
