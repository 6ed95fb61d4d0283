"""The forms of « Mon organisme »: a closure, and what is proposed for new sessions."""

from operator import attrgetter
from typing import Any, ClassVar

import pghistory
from django import forms
from django.db import IntegrityError, transaction

from catalogue.forms.champ_de_fiche import DISPARU, INCONNU
from edof.contraintes import colonne_de_la_cle, contrainte
from edof.textes import valider_texte
from organismes.models import Utilisateur
from sessions_app import calendrier
from sessions_app.fermetures import FERMETURES_AU_PLUS, JOURS_AU_PLUS, Fermeture
from sessions_app.habitudes import Habitude

CHANGEE = (
    "Quelqu'un d'autre vient de changer ces valeurs : vérifiez ce que vous avez tapé, puis enregistrez de"
    " nouveau pour le garder."
)


class ReglageForm(forms.ModelForm):
    """A form that does not overwrite what somebody else has just saved.

    `version` is the version that was read. After a refusal it is the present one: the second submission, made
    knowingly, is accepted.
    """

    version = forms.CharField(required=False, validators=[valider_texte], widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = self._version()

    def _version(self) -> str:
        return str(self.instance.modifie_le.timestamp()) if self.instance.pk else ""

    def clean(self) -> dict[str, Any]:
        """Refuse, once, when the row has changed since it was read."""
        lues: dict[str, Any] = super().clean() or {}
        if self.instance.pk and lues.get("version") != self._version():
            saisie: Any = self.data.copy()  # type: ignore[attr-defined]
            saisie[self.add_prefix("version")] = self._version()
            self.data = saisie
            self.add_error(None, CHANGEE)
        return lues

    def enregistrer(self, par: Utilisateur) -> bool:
        """Save the row, signed in the history; return whether it is saved."""
        contexte = {"operation": "modifier", "origine": "formulaire", **par.signature}
        with transaction.atomic(), pghistory.context(**contexte):
            self.save()
        return True


class FermetureForm(ReglageForm):
    """A closure of the organisme; `deja`: the same one is in the list, the form was sent twice."""

    class Meta:
        model = Fermeture
        fields = ("nom", "du", "au")
        help_texts: ClassVar[dict[str, str]] = {
            "nom": "Par exemple « Fermeture d'été ».",
            "au": "Dernier jour, compris.",
        }
        labels: ClassVar[dict[str, str]] = {"nom": "Nom", "du": "Du", "au": "Au"}

    def clean(self) -> dict[str, Any]:
        """Check the period; the constraints of the table say the rest."""
        lues = super().clean()
        du, au = lues.get("du"), lues.get("au")
        if du and au and au < du:
            self.add_error("au", "Le dernier jour précède le premier.")
        elif du and au and (au - du).days >= JOURS_AU_PLUS:
            self.add_error("au", "Une fermeture dure un an au plus.")
        if self.errors:
            return lues
        siennes = Fermeture.objects.pour_organisme(self.instance.organisme).exclude(pk=self.instance.pk)
        self.deja = siennes.filter(**{nom: lues[nom] for nom in self.Meta.fields}).exists()
        if self.deja and self.instance.pk:
            self.add_error(None, "Cette fermeture est déjà dans la liste.")
        elif not self.instance.pk and not self.deja and siennes.count() >= FERMETURES_AU_PLUS:
            self.add_error(
                None, f"{FERMETURES_AU_PLUS} fermetures au plus : supprimez celles qui sont passées."
            )
        return lues

    def enregistrer(self, par: Utilisateur) -> bool:
        """Save the closure; nothing when another form has just saved the same one."""
        try:
            return super().enregistrer(par)
        except IntegrityError as erreur:
            if contrainte(erreur) != "fermeture_une_fois":
                raise
        return True


class HabitudeForm(ReglageForm):
    """What is proposed for new sessions: of an action, or of the whole organisme with its zones."""

    class Meta:
        model = Habitude
        fields = ("contact", "adresse", "territoire", "zone")
        labels: ClassVar[dict[str, str]] = {
            "contact": "Contact d'inscription",
            "adresse": "Adresse d'inscription",
            "territoire": "Jours fériés",
            "zone": "Vacances scolaires",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisme = self.instance.organisme
        for nom in ("contact", "adresse"):
            champ: Any = self.fields[nom]
            champ.queryset = champ.queryset.model.objects.pour_organisme(organisme)
            champ.empty_label = "Ceux de l'organisme" if self.instance.action_id else "Aucun"
            champ.label_from_instance = attrgetter("dans_une_liste")
            champ.error_messages |= {"invalid_choice": INCONNU}
        if self.instance.action_id:
            del self.fields["territoire"], self.fields["zone"]
        else:
            code = calendrier.code_du_siege(organisme)
            propose = calendrier.territoire_de(code).label
            self._proposer("territoire", f"D'après le NDA : {propose}" if code else f"Proposé : {propose}")
            zone = calendrier.zone_de(code)
            self._proposer("zone", f"D'après le NDA : {zone.label}" if zone else "Aucune zone connue")

    def _proposer(self, nom: str, libelle: str) -> None:
        champ: Any = self.fields[nom]
        champ.choices = [("", libelle), *list(champ.choices)[1:]]

    def enregistrer(self, par: Utilisateur) -> bool:
        """Save the row, the one that another tab has just created when there is one.

        Return whether it is saved: a contact or an address deleted meanwhile is an error of its field.
        """
        try:
            return super().enregistrer(par)
        except IntegrityError as erreur:
            if champ := colonne_de_la_cle(erreur).removesuffix("_id"):
                self.add_error(champ if champ in self.fields else None, DISPARU)
                return False
            if "habitude" not in contrainte(erreur):
                raise
        deja = Habitude.objects.get(organisme=self.instance.organisme, action=self.instance.action)
        self.instance.pk, self.instance._state.adding = deja.pk, False
        return super().enregistrer(par)
