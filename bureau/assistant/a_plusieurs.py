"""Concurrent changes to the record that a form edits.

They come from another user, from another tab, or from the automatic save of a brouillon.
"""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from bureau.menu import NIVEAUX
from catalogue.cycle_de_vie import OperationRefusee, Origine, Statut, est_proposee, executer
from catalogue.forms.fiche import FicheForm, IdentifiantForm
from catalogue.fusion import Divergences, VersionDepassee
from catalogue.models import Fiche, Presence
from edof.horloge import maintenant
from edof.versions import lire_version
from organismes.auteurs import INCONNU, auteur_de, personnes
from organismes.droits import Operation, role_permet
from organismes.espace import Requete
from organismes.models import Utilisateur


class APlusieurs:
    """Mixin of `Assistant`: versions, automatic save, presence of other users, deleted records."""

    fiche: Fiche
    creation: bool
    formulaire: type[FicheForm]

    # --- Versions ---

    def edition(self, request: Requete) -> dict[str, Any]:
        """Return the version from which the form was filled, and the choices for the fields that differ.

        The keys are parameters of `fusionner`: `version`, `vue` and `choix`. The dict is empty for a new
        record.
        """
        if self.creation:
            return {}
        choix = {
            nom.removeprefix("choix:"): valeur
            for nom, valeur in request.POST.items()
            if nom.startswith("choix:")
        }
        return {
            "version": lire_version(request.POST.get("version")),
            "vue": lire_version(request.POST.get("vue")),
            "choix": choix,
        }

    def departager(self, divergences: Divergences, form: FicheForm) -> dict[str, Any]:
        """Return what the template shows of the fields that both users changed: before, theirs, mine.

        It also contains the version shown (`vue`) and the name of the other author.
        """
        fiche, base = divergences.fiche, divergences.base
        mienne = form.instance
        return {
            "divergences": [
                {
                    "champ": d.champ,
                    "libelle": form.fields[d.champ].label if d.champ in form.fields else "Identifiant",
                    "avant": self.fiche.colonne(d.champ).lue(base) if base is not None else None,
                    "leur": self.fiche.colonne(d.champ).lue(fiche),
                    "mien": self.fiche.colonne(d.champ).lue(mienne),
                }
                for d in divergences.divergences
            ],
            "vue": fiche.version,
            "auteur": _auteur(fiche),
        }

    def est_mon_brouillon(self, divergences: Divergences, version: int | None, par: Utilisateur) -> bool:
        """Return whether all the changes since `version` are automatic saves by this user.

        Return False when the history does not contain the version that the form was filled from.
        """
        fiche = divergences.fiche
        if divergences.base is None:
            return False
        lignes = type(fiche).pgh_event_model.objects.filter(
            pgh_obj_id=fiche.pk, version__gt=version, pgh_label="update"
        )
        miennes = {
            "pgh_context__metadata__origine": Origine.AUTOMATIQUE.value,
            "pgh_context__metadata__utilisateur": par.pk,
        }
        return not lignes.exclude(**miennes).exists()

    def dire_la_fusion(self, fiche: Fiche, version: int | None) -> str:
        """Return the message that says that another user's changes were merged with these.

        It is empty when nobody else has changed the record.
        """
        if version is None or fiche.version <= version + 1:
            return ""
        return (
            f"{_auteur(fiche, avant=fiche.version)} avait modifié la fiche entre-temps : vos changements et"
            " les siens sont réunis."
        )

    # --- Automatic save of a brouillon ---

    def enregistrer_seul(self, request: Requete, saisie: QueryDict) -> HttpResponse:
        """Save a brouillon automatically, and render the state of the save.

        The automatic save never validates the record, and never overwrites a newer version.
        """
        etat, version = "", lire_version(request.POST.get("version"))
        form = self.formulaire(saisie, fiche=self.fiche)
        if self.creation or self.fiche.statut != Statut.BROUILLON:
            etat = "Enregistrez pour ne rien perdre."
        elif not form.is_valid():
            etat = "Non enregistré : une saisie est à corriger."
        else:
            valeurs = {**form.cleaned_data, "identifiant": self.fiche.identifiant}
            try:
                fiche = executer(
                    self.fiche,
                    Operation.MODIFIER,
                    par=request.user,
                    origine=Origine.AUTOMATIQUE,
                    valeurs=valeurs,
                    version=version,
                    stricte=True,
                )
                heure = maintenant()
                etat, version = f"Brouillon enregistré à {heure.hour} h {heure.minute:02d}", fiche.version
            except VersionDepassee as depassee:
                etat = (
                    f"{_auteur(depassee.fiche)} vient de modifier cette fiche : enregistrez pour réunir vos"
                    " changements."
                )
            except OperationRefusee as refusee:
                etat = str(refusee)
            except type(self.fiche).DoesNotExist:
                etat = "Cette fiche a été supprimée : enregistrez pour garder votre saisie."
        return render(request, "bureau/assistant/_etat.html", {"etat": etat, "version": version})

    # --- Other users who have the form open ---

    def presents(self, request: Requete) -> list[Presence]:
        """Record that this user has the form open; return at most three other users who have it open."""
        if self.creation:
            return []
        Presence.objects.noter(self.fiche, request.user)
        return list(Presence.objects.autres(self.fiche, request.user)[:3])

    # --- A record deleted in the meantime ---

    def disparue(self, request: Requete, pk: int, saisie: QueryDict) -> HttpResponse | None:
        """Return the page that keeps what was typed for a record deleted in the meantime.

        It is the first step of a new record under the same parent (409). When there is no parent left, the
        page only shows what was typed (410). `pk` is the key of the record or, for a new record, the key of
        the parent under which it was to be added. Return None when the history contains no such deletion.
        """
        modele = self.formulaire._meta.model
        parent = modele._meta.get_field(modele.PARENT).related_model
        partie = parent if self.creation else modele
        if request.organisme is None or partie not in NIVEAUX.values():
            return None
        lignes = partie.pgh_event_model.objects.filter(
            pgh_obj_id=pk, organisme=request.organisme, pgh_label="delete"
        )
        if not (ligne := lignes.select_related("pgh_context").order_by("-pgh_id").first()):
            return None
        qui = auteur_de(ligne, personnes([ligne]))
        if self.creation:
            return self._a_relire(request, ligne, qui, saisie)
        cle = getattr(ligne, f"{modele.PARENT}_id")
        tenant = (
            request.organisme
            if modele.PARENT == "organisme"
            else parent.objects.pour_organisme(request.organisme).filter(pk=cle).first()
        )
        if tenant is None:
            return self._a_relire(request, ligne, qui, saisie)
        self.fiche = modele(**{modele.PARENT: tenant, "organisme": request.organisme})
        self.creation = True
        arguments = [] if modele.PARENT == "organisme" else [tenant.pk]
        self.adresse = reverse(f"{modele._meta.model_name}_ajouter", args=arguments)
        form = IdentifiantForm(initial={"identifiant": request.POST.get("identifiant", "")}, fiche=self.fiche)
        restaurable = role_permet(request.membre.role, Operation.SUPPRIMER)
        avis = (
            f"{qui} a supprimé cette fiche entre-temps. Votre saisie est gardée : vérifiez l'identifiant pour"
            " l'enregistrer comme une nouvelle fiche, ou"
            f" {'restaurez' if restaurable else 'demandez à un gestionnaire de restaurer'} l'ancienne depuis"
            " la corbeille."
        )
        return self.etape_1(request, form, saisie, statut=409, avis=avis)  # type: ignore[attr-defined]

    def _a_relire(self, request: Requete, partie: Any, qui: str, saisie: QueryDict) -> HttpResponse:
        contexte = {
            "qui": qui,
            "partie": partie,
            "creation": self.creation,
            "saisie": _lisible(self.formulaire, saisie),
        }
        return render(request, "bureau/assistant/disparue.html", contexte, status=410)

    def peut_desarchiver(self, request: Requete) -> bool:
        """Return whether this user may unarchive the record, archived while the form was open."""
        return (
            not self.creation
            and est_proposee(self.fiche, Operation.DESARCHIVER)
            and role_permet(request.membre.role, Operation.DESARCHIVER)
        )


def _lisible(formulaire: type[FicheForm], saisie: QueryDict) -> list[tuple[str, str]]:
    return [
        (formulaire.base_fields[nom].label, ", ".join(valeurs))
        for nom, valeurs in saisie.lists()
        if any(valeurs)
    ]


def _auteur(fiche: Fiche, avant: int | None = None) -> str:
    """Return the name of the author of the last change, or of the last one before version `avant`."""
    lignes = type(fiche).pgh_event_model.objects.filter(pgh_obj_id=fiche.pk).select_related("pgh_context")
    if avant is not None:
        lignes = lignes.filter(version__lt=avant)
    ligne = lignes.order_by("-pgh_id").first()
    return auteur_de(ligne, personnes([ligne])) if ligne else INCONNU
