"""The form of a record when one is not alone with it: another person, another tab, a draft that saves
itself.
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
from catalogue.valeurs import valeur_lue
from edof.horloge import maintenant
from organismes.droits import Operation, role_permet
from organismes.espace import Requete
from organismes.models import Utilisateur


class APlusieurs:
    """What the wizard does about versions; `Assistant` mixes it in."""

    fiche: Fiche
    creation: bool
    formulaire: type[FicheForm]

    # --- Versions ---

    def edition(self, request: Requete) -> dict[str, Any]:
        """Which version the form was filled from, and what was chosen of the fields that differ (see
        `fusionner`).
        """
        if self.creation:
            return {}
        choix = {
            nom.removeprefix("choix:"): valeur
            for nom, valeur in request.POST.items()
            if nom.startswith("choix:")
        }
        return {
            "version": _entier(request.POST.get("version")),
            "vue": _entier(request.POST.get("vue")),
            "choix": choix,
        }

    def departager(self, divergences: Divergences, form: FicheForm) -> dict[str, Any]:
        """What the screen shows of the fields that both changed: before, theirs, mine."""
        fiche, base = divergences.fiche, divergences.base
        mienne = form.instance
        return {
            "divergences": [
                {
                    "champ": d.champ,
                    "libelle": form.fields[d.champ].label if d.champ in form.fields else "Identifiant",
                    "avant": valeur_lue(base, d.champ) if base is not None else None,
                    "leur": valeur_lue(fiche, d.champ),
                    "mien": valeur_lue(mienne, d.champ),
                }
                for d in divergences.divergences
            ],
            "vue": fiche.version,
            "auteur": _auteur(fiche),
        }

    def est_mon_brouillon(self, divergences: Divergences, version: int | None, par: Utilisateur) -> bool:
        """Whether all that moved since `version` is what this very person's form saved by itself."""
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
        """The sentence that tells that somebody else's changes were put together with these; empty when
        nobody else was there.
        """
        if version is None or fiche.version <= version + 1:
            return ""
        return (
            f"{_auteur(fiche, avant=fiche.version)} avait modifié la fiche entre-temps : vos changements et"
            " les siens sont réunis."
        )

    # --- A draft that saves itself ---

    def enregistrer_seul(self, request: Requete, saisie: QueryDict) -> HttpResponse:
        """The quiet save of a brouillon: never validates, never writes over a newer version."""
        etat, version = "", _entier(request.POST.get("version"))
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

    # --- Who else is there ---

    def presents(self, request: Requete) -> list[Presence]:
        """Note that this person has the form open; return the others."""
        if self.creation:
            return []
        Presence.objects.noter(self.fiche, request.user)
        return list(Presence.objects.autres(self.fiche, request.user)[:3])

    # --- The record went away ---

    def disparue(self, request: Requete, pk: int, saisie: QueryDict) -> HttpResponse | None:
        """What was typed for a record deleted in the meantime, kept: at the first step of a new one under the
        same parent.

        `pk` is the key of the record, or that of the parent under which it was to be added. Where no parent
        is left, what was typed can only be read; None for what was never there.
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
        qui = _nom_de(ligne)
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
        avis = (
            f"{qui} a supprimé cette fiche entre-temps. Votre saisie est gardée : vérifiez l'identifiant pour"
            " l'enregistrer comme une nouvelle fiche, ou restaurez l'ancienne depuis la corbeille."
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
        """Whether this person could bring back the record that was archived under its hands."""
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


def _entier(texte: str | None) -> int | None:
    """What a hidden field says, 0 (a version that nothing ever had) when it says nothing that can be read."""
    if texte is None:
        return None
    return int(texte) if texte.isascii() and texte.isdigit() and len(texte) < 9 else 0


def _auteur(fiche: Fiche, avant: int | None = None) -> str:
    """Who made the last change of this record, or the last one before version `avant`."""
    lignes = type(fiche).pgh_event_model.objects.filter(pgh_obj_id=fiche.pk).select_related("pgh_context")
    if avant is not None:
        lignes = lignes.filter(version__lt=avant)
    ligne = lignes.order_by("-pgh_id").first()
    return _nom_de(ligne) if ligne else "Quelqu'un"


def _nom_de(ligne: Any) -> str:
    if ligne.pgh_context and (nom := ligne.pgh_context.metadata.get("nom_du_jeton")):
        return f"Le jeton « {nom} »"
    cle = ligne.pgh_context.metadata.get("utilisateur") if ligne.pgh_context else None
    personne = Utilisateur.objects.filter(pk=cle).first() if cle else None
    return personne.nom_complet if personne else "Quelqu'un"
