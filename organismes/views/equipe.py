"""Views of « Équipe »: the members of an organisme, their roles, and the invitations."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from edof.horloge import maintenant
from edof.pliage import tri_francais
from edof.templatetags.affichage import de
from organismes import equipe, second_facteur
from organismes.confirmation import mot_de_passe_recent
from organismes.courriels import composer, envoyer
from organismes.droits import Operation, Role, role_permet
from organismes.equipe import EquipeRefusee
from organismes.espace import Requete, exiger, fiche_de_l_espace
from organismes.forms_personnes import InvitationForm, RoleForm
from organismes.models import Invitation, Membre
from organismes.vie_de_l_equipe import lignes, raconter

PAR_PAGE = 50


@require_GET
def lister(request: Requete) -> HttpResponse:
    """Render the members; users who may invite also see last sign-ins and pending invitations."""
    if request.membre is None:
        return redirect("accueil")
    membres = Membre.objects.pour_organisme(request.organisme)
    gere = role_permet(request.membre.role, Operation.INVITER)
    seul = membres.gestionnaires().count() == 1
    ordre = tri_francais("utilisateur__nom", "utilisateur__prenom", "utilisateur__courriel")
    page = Paginator(membres.select_related("utilisateur").order_by(*ordre), PAR_PAGE).get_page(
        request.GET.get("page")
    )
    page.object_list = list(page.object_list)
    for membre in page.object_list:
        membre.operations = _operations(membre, request.membre, seul=seul)
    contexte = {
        "page": page,
        "q": "",
        "gere": gere,
        "peut_exiger": role_permet(request.membre.role, Operation.PROTEGER_LES_COMPTES),
        "invitations": (
            Invitation.objects.pour_organisme(request.organisme).select_related("par") if gere else []
        ),
    }
    return render(request, "organismes/equipe.html", contexte)


@require_GET
def historique(request: Requete) -> HttpResponse:
    """Render the history of the team, for users who may invite.

    It shows who joined, left, changed role, invited, and created or revoked a token.
    """
    exiger(request, Operation.INVITER)
    page = Paginator(lignes(request.organisme), PAR_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "organismes/equipe_historique.html",
        {"page": page, "faits": raconter(list(page.object_list))},
    )


def _operations(membre: Membre, moi: Membre, *, seul: bool) -> list[dict[str, Any]]:
    """Return the menu of a member for the user `moi`; `seul`: the organisme has only one gestionnaire."""
    retenu = seul and membre.role == Role.GESTIONNAIRE and membre.utilisateur.is_active
    refus = [{"phrase": equipe.SEUL_GESTIONNAIRE, "url": None}] if retenu else []
    proposees = []
    if role_permet(moi.role, Operation.CHANGER_UN_ROLE):
        proposees.append(("role", "Changer le rôle", "membre_role"))
    if membre == moi or role_permet(moi.role, Operation.RETIRER):
        proposees.append(
            ("retirer", "Quitter l'équipe" if membre == moi else "Retirer de l'équipe", "membre_retirer")
        )
    if (
        role_permet(moi.role, Operation.PROTEGER_LES_COMPTES)
        and membre != moi
        and membre.utilisateur.second_facteur_le
    ):
        proposees.append(("second_facteur", "Retirer son second facteur", "membre_second_facteur"))
    return [
        {
            "code": code,
            "libelle": libelle,
            "methode": "get",
            "url": reverse(nom, args=[membre.pk]),
            "refus": refus if code != "second_facteur" else [],
        }
        for code, libelle, nom in proposees
    ]


@require_POST
@mot_de_passe_recent
def exiger_le_second_facteur(request: Requete) -> HttpResponse:
    """Require a second factor of the members, or no longer."""
    exiger(request, Operation.PROTEGER_LES_COMPTES)
    exige = "exiger" in request.POST
    if exige and not request.user.second_facteur_le:
        messages.error(request, "Ajoutez d'abord votre propre second facteur, dans « Mon compte ».")
    elif not second_facteur.exiger(request.organisme, exige, par=request.user):
        messages.info(request, "C'était déjà fait.")
    elif exige:
        messages.success(
            request,
            "Le second facteur est exigé : à leur prochaine connexion, ceux qui n'en ont pas seront conduits"
            " à l'ajouter.",
        )
    else:
        messages.success(request, "Le second facteur n'est plus exigé : chacun garde le sien s'il le veut.")
    return redirect("equipe")


@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def second_facteur_d_un_membre(request: Requete, pk: int) -> HttpResponse:
    """Ask for confirmation, then take away the second factor of a member who has lost it."""
    membre = _membre(request, pk)
    exiger(request, Operation.PROTEGER_LES_COMPTES)
    if refus := second_facteur.refus_de_retirer_a(membre):
        messages.error(request, refus)
        return redirect("equipe")
    if request.method == "GET":
        return render(request, "organismes/membre_second_facteur.html", {"cible": membre})
    second_facteur.retirer_a(membre, par=request.user)
    messages.success(
        request, f"Le second facteur {de(membre.utilisateur)} est retiré : un e-mail le lui dit."
    )
    return redirect("equipe")


@require_http_methods(["GET", "POST"])
def inviter(request: Requete) -> HttpResponse:
    """Render the form of an invitation; save the invitation, then send its e-mail."""
    exiger(request, Operation.INVITER)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            invitation, jeton = equipe.inviter(
                request.organisme, form.cleaned_data["courriel"], form.cleaned_data["role"], par=request.user
            )
        except EquipeRefusee as refusee:
            form.add_error("courriel", str(refusee))
        else:
            envoyer_l_invitation(request, invitation, jeton)
            return redirect("equipe")
    return render(request, "organismes/inviter.html", {"form": form}, status=422 if form.is_bound else 200)


def envoyer_l_invitation(request: Requete, invitation: Invitation, jeton: str) -> None:
    """Send the link; a failure is stored in the invitation, which can be sent again."""
    if not jeton:
        messages.info(
            request, f"L'invitation à {invitation.courriel} vient de partir : un seul e-mail suffit."
        )
        return
    url = request.build_absolute_uri(reverse("invitation", args=[jeton]))
    echec = envoyer(
        composer(
            "invitation", invitation.courriel, invitation=invitation, par=request.user.nom_complet, url=url
        )
    )
    # Another user may have sent a newer link meanwhile: the result of this sending must not be stored in that
    # one.
    cette = Invitation.objects.pour_organisme(invitation.organisme).filter(
        pk=invitation.pk, empreinte=invitation.empreinte
    )
    cette.update(echec=echec, envoyee_le=None if echec else maintenant())
    if echec:
        messages.error(
            request,
            f"L'invitation est gardée, mais l'e-mail à {invitation.courriel} n'est pas parti. {echec}"
            " Renvoyez-la.",
        )
    else:
        messages.success(
            request, f"L'invitation est envoyée à {invitation.courriel} : elle est valable sept jours."
        )


@require_POST
def renouveler(request: Requete, pk: int) -> HttpResponse:
    """Extend an invitation by seven days, with a new link."""
    invitation = fiche_de_l_espace(request, Invitation.objects.select_related("organisme"), pk=pk)
    exiger(request, Operation.INVITER)
    try:
        envoyer_l_invitation(request, *equipe.renouveler(invitation, par=request.user))
    except EquipeRefusee as refusee:
        messages.error(request, str(refusee))
    except Invitation.DoesNotExist:
        messages.info(request, "Cette invitation vient d'être acceptée ou annulée.")
    return redirect("equipe")


@require_POST
def annuler(request: Requete, pk: int) -> HttpResponse:
    """Cancel an invitation: its link is no longer valid."""
    invitation = fiche_de_l_espace(request, Invitation.objects.select_related("organisme"), pk=pk)
    exiger(request, Operation.INVITER)
    equipe.annuler(invitation, par=request.user)
    messages.success(
        request, f"L'invitation à {invitation.courriel} est annulée : son lien n'ouvre plus rien."
    )
    return redirect("equipe")


def _membre(request: Requete, pk: int) -> Membre:
    return fiche_de_l_espace(request, Membre.objects.select_related("utilisateur", "organisme"), pk=pk)


def _ce_qu_il_tient(membre: Membre) -> dict[str, Any]:
    """Return the tokens and invitations that end with the access of this member."""
    moyens = membre.utilisateur_id, membre.organisme_id
    return {"jetons": list(equipe.jetons_de(*moyens)), "invitations": list(equipe.invitations_de(*moyens))}


@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def changer_le_role(request: Requete, pk: int) -> HttpResponse:
    """Render the form of the role of a member, and change it; effective at the next request."""
    membre = _membre(request, pk)
    exiger(request, Operation.CHANGER_UN_ROLE)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": membre.role})
    if form.is_valid():
        role = Role(form.cleaned_data["role"])
        try:
            equipe.changer_le_role(membre, role, par=request.user, garder_les_jetons="garder" in request.POST)
        except EquipeRefusee as refusee:
            form.add_error("role", str(refusee))
        except Membre.DoesNotExist:
            messages.info(request, f"{membre.utilisateur} ne fait plus partie de l'équipe.")
            return redirect("equipe")
        else:
            messages.success(request, f"{membre.utilisateur} a maintenant le rôle « {role.label} ».")
            return redirect("equipe")
    contexte = {"form": form, "cible": membre, "soi": membre == request.membre, **_ce_qu_il_tient(membre)}
    return render(request, "organismes/membre_role.html", contexte, status=422 if form.is_bound else 200)


@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def retirer(request: Requete, pk: int) -> HttpResponse:
    """Ask for confirmation, then remove a member. Any member may leave, except the last gestionnaire."""
    membre = _membre(request, pk)
    soi = membre.utilisateur_id == request.user.pk
    if not soi:
        exiger(request, Operation.RETIRER)
    if request.method == "GET":
        contexte = {"cible": membre, "soi": soi, **_ce_qu_il_tient(membre)}
        return render(request, "organismes/membre_retirer.html", contexte)
    try:
        equipe.retirer(membre, par=request.user, garder_les_jetons="garder" in request.POST)
    except EquipeRefusee as refusee:
        messages.error(request, str(refusee))
        return redirect("equipe")
    except Membre.DoesNotExist:
        messages.info(request, f"{membre.utilisateur} ne fait déjà plus partie de l'équipe.")
        return redirect("equipe")
    if soi:
        messages.success(request, f"Vous avez quitté l'équipe de « {membre.organisme} ».")
        return redirect("accueil")
    messages.success(request, f"{membre.utilisateur} ne fait plus partie de l'équipe.")
    return redirect("equipe")
