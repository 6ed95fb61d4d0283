"""The form « Informations sur la session » and its identifier block."""

import copy
from typing import Any

from django import forms

from catalogue.models import Action
from catalogue.nomenclatures import EntreesSorties
from organismes.models import Adresse, Contact
from organismes.validateurs import valider_identifiant, valider_texte
from sessions_app.models import Session


class IdentifiantForm(forms.Form):
    """« Renseigner un identifiant pour votre session » (S-57 to S-63)."""

    identifiant = forms.CharField(
        label="Identifiant de la session",
        max_length=30,
        validators=[valider_identifiant, valider_texte],
        error_messages={
            "required": "Veuillez renseigner un identifiant interne afin de poursuivre votre saisie.",
            "max_length": "Un identifiant compte au plus 30 caractères (le vôtre en compte %(show_value)d).",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, action: Action, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.action, self.session = action, session

    def clean_identifiant(self) -> str:
        """Refuse what another session of the same action bears (S-62, D-04)."""
        identifiant = self.cleaned_data["identifiant"]
        if self.action.sessions.all().identifiant_pris(identifiant, sauf=self.session.pk):
            raise forms.ValidationError("Cet identifiant est déjà utilisé par une autre session de cette action.", code="pris")
        return identifiant


class TexteField(forms.CharField):
    """A long text, counted as the screen counts it: one character for the end of a line, whatever the browser sends."""

    def to_python(self, value: Any) -> str:
        """Bring ends of line to one character."""
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n")


def _date_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(
            format="%d/%m/%Y", attrs={"placeholder": "jj/mm/aaaa", "inputmode": "numeric", "autocomplete": "off", "data-date": "1"}
        ),
        error_messages={"invalid": "Cette date n'est pas lisible : écrivez-la jj/mm/aaaa, par exemple 14/09/2027."},
    )


class SessionForm(forms.Form):
    """Everything but the identifier. Bound, it checks what may be stored; `exiger=True` checks validity too (D-06, D-07)."""

    pas_de_dates = forms.BooleanField(label="Pas de dates de session", required=False)
    date_debut = _date_field("Du")
    date_fin = _date_field("au")
    garantie = forms.TypedChoiceField(
        label="Garantie de session",
        required=False,
        choices=[("oui", "Oui"), ("non", "Non")],
        coerce=lambda valeur: valeur == "oui",
        empty_value=None,
        widget=forms.RadioSelect,
        help_text="Veuillez indiquer si la session est garantie ou non.",
    )
    contact_inscription = forms.ModelChoiceField(
        label="Contact d'inscription", required=False, queryset=Contact.objects.none(), empty_label="Choisissez un contact"
    )
    adresse_inscription = forms.ModelChoiceField(
        label="Adresse d'inscription", required=False, queryset=Adresse.objects.none(), empty_label="Choisissez une adresse"
    )
    modalites_particulieres = TexteField(
        label="Modalités particulières",
        required=False,
        max_length=3000,
        strip=False,
        validators=[valider_texte],
        widget=forms.Textarea(attrs={"rows": 5, "data-compteur": "3000"}),
        help_text="Modalités d'inscription, conditions spécifiques, particularités de la session "
        "(exemple : les cours sont programmés chaque samedi de 10h00 à 12h00).",
        error_messages={"max_length": "Ce texte compte %(show_value)d caractères : 3000 au plus."},
    )

    def __init__(self, *args: Any, session: Session, exiger: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session, self.exiger = session, exiger
        self.fields["contact_inscription"].queryset = Contact.objects.pour_organisme(session.organisme)
        self.fields["adresse_inscription"].queryset = Adresse.objects.pour_organisme(session.organisme)
        inconnu = {"invalid_choice": "Ce choix n'existe pas ou plus : choisissez dans la liste."}
        for nom in ("contact_inscription", "adresse_inscription", "garantie"):
            self.fields[nom].error_messages |= inconnu
        self.fields["modalites_particulieres"].optionnel = True
        self.avertissements: list[str] = []

    @property
    def permanente(self) -> bool:
        """Whether the action has permanent entries: the checkbox is then what is asked for (S-70, S-71)."""
        return self.session.action.modalites_entrees_sorties == EntreesSorties.PERMANENTES

    @property
    def longueur(self) -> int:
        """How long the text is now, as the counter says before any script runs (S-92)."""
        return len((self["modalites_particulieres"].value() or "").replace("\r\n", "\n"))

    def clean(self) -> dict[str, Any]:
        """Hold the values against the rules of the session: errors when required, warnings otherwise."""
        valeurs = super().clean()
        candidate = copy.copy(self.session)
        candidate.appliquer(valeurs)
        for regle in candidate.manques():
            if regle.champ in self.errors:
                continue
            if self.exiger:
                self.add_error(regle.champ, regle.raison)
            else:
                self.avertissements.append(regle.raison)
        return valeurs


def valeurs_initiales(session: Session) -> dict[str, Any]:
    """The values of a session as the form shows them."""
    return {
        "pas_de_dates": session.pas_de_dates,
        "date_debut": session.date_debut,
        "date_fin": session.date_fin,
        "garantie": {True: "oui", False: "non", None: ""}[session.garantie],
        "contact_inscription": session.contact_inscription_id,
        "adresse_inscription": session.adresse_inscription_id,
        "modalites_particulieres": session.modalites_particulieres,
    }
