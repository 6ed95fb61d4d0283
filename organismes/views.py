"""Sign-in and sign-out."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator

from organismes.forms import ConnexionForm


@method_decorator(login_not_required, name="dispatch")
class Connexion(auth_views.LoginView):
    """« Connexion »: back to the page that was asked for."""

    template_name = "organismes/connexion.html"
    authentication_form = ConnexionForm
    redirect_authenticated_user = True
    extra_context = {"trop_d_essais": False}

    def form_invalid(self, form: ConnexionForm) -> HttpResponse:
        """Same page, with what was typed."""
        reponse = super().form_invalid(form)
        reponse.status_code = 422
        return reponse


def trop_d_essais(request: HttpRequest, response: HttpResponse | None = None, credentials: object = None) -> HttpResponse:
    """Too many wrong passwords from this address for this account: say when to come back."""
    form = ConnexionForm(request, initial={"username": request.POST.get("username", "")})
    contexte = {"form": form, "next": "", "trop_d_essais": True}
    return render(request, "organismes/connexion.html", contexte, status=429)
