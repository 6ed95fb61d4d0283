"""How each kind of column is typed: yes or no, euros, dates, lists of choices, long texts."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.forms import SimpleArrayField
from django.db import models

from edof.champs import EntierFormField, NombreFormField, champ_date
from edof.texte_leger import TexteLegerField, reduire

CHOIX_EN_BOUTONS = 4
# From this length on, a text shows how many characters it counts.
A_COMPTER = 200
INCONNU = "Ce choix n'existe pas ou plus : choisissez dans la liste."
DISPARU = "Ce choix vient d'être supprimé : choisissez-en un autre."
TROP_LONG = "Ce texte compte %(show_value)d caractères : %(limit_value)d au plus."


class OuiNonField(forms.TypedChoiceField):
    """A question that may still be unanswered: Oui, Non, or nothing preselected."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=[("oui", "Oui"), ("non", "Non")],
            coerce=lambda valeur: valeur == "oui",
            empty_value=None,
            widget=forms.RadioSelect,
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        """What the record holds, as an answer."""
        return {True: "oui", False: "non", None: ""}.get(value, value)


class EurosField(NombreFormField):
    """An amount typed the French way: « 5 000,00 € », « 5.000,00 euros » as well as « 5000.00 »;
    static/js/prix.js reads the same.
    """

    def prepare_value(self, value: Any) -> Any:
        """« 5000,00 »."""
        return f"{value:.2f}".replace(".", ",") if isinstance(value, Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """A keyboard with digits on a telephone."""
        return {"inputmode": "decimal", "autocomplete": "off"}


class TexteField(forms.CharField):
    """A long text: counted as the screen counts it, reduced to what is stored."""

    def to_python(self, value: Any) -> str:
        """Reduce."""
        return reduire(super().to_python(value))


class DatesField(SimpleArrayField):
    """A few dates in one line, separated by commas."""

    def __init__(self, **options: Any) -> None:
        super().__init__(champ_date(), widget=forms.TextInput(attrs={"autocomplete": "off"}), **options)
        self.error_messages |= {"item_invalid": "Date n° %(nth)s."}

    def prepare_value(self, value: Any) -> Any:
        """« 14/09/2027, 21/09/2027 »."""
        return ", ".join(f"{jour:%d/%m/%Y}" for jour in value) if isinstance(value, list) else value


def champ_de(colonne: models.Field, **options: Any) -> forms.Field | None:
    """The form field of a column of a fiche; none is required, since a brouillon may have any gap (D-06)."""
    nom = str(colonne.verbose_name)
    dits = {
        "label": options.get("label") or nom[:1].upper() + nom[1:],
        "help_text": options.get("help_text", ""),
    }
    champ: Any
    if isinstance(colonne, ArrayField) and isinstance(colonne.base_field, models.DateField):
        champ = DatesField(max_length=colonne.size, **dits)
    elif isinstance(colonne, ArrayField):
        champ = forms.MultipleChoiceField(
            choices=colonne.base_field.choices or (), widget=forms.CheckboxSelectMultiple, **dits
        )
    elif isinstance(colonne, models.BooleanField) and colonne.null:
        champ = OuiNonField(**dits)
    elif isinstance(colonne, models.DateField):
        champ = champ_date(**dits)
    elif isinstance(colonne, models.DecimalField):
        champ = colonne.formfield(form_class=EurosField, **options)
    elif isinstance(colonne, TexteLegerField):
        champ = TexteField(
            max_length=colonne.max_length,
            strip=False,
            widget=forms.Textarea(attrs={"rows": 4, "data-leger": "1"}),
            **dits,
        )
    elif isinstance(colonne, models.IntegerField):
        chiffres = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        champ = colonne.formfield(form_class=EntierFormField, widget=chiffres, **options)
    elif colonne.choices and len(colonne.choices) <= CHOIX_EN_BOUTONS:
        # No empty button: to leave it unanswered, one does not answer.
        champ = forms.ChoiceField(choices=colonne.choices, widget=forms.RadioSelect, **dits)
    else:
        champ = colonne.formfield(**options)
    if champ is None:
        return None
    if isinstance(champ.widget, forms.Select) and not isinstance(champ, forms.ModelChoiceField):
        champ.choices = [("", "Choisissez dans la liste"), *(choix for choix in champ.choices if choix[0])]
    champ.required = False
    champ.error_messages |= {"invalid_choice": INCONNU, "max_length": TROP_LONG}
    if isinstance(champ, forms.CharField) and (champ.max_length or 0) >= A_COMPTER:
        # The limit is told and enforced, never imposed by the browser: it would cut what is pasted without a
        # word.
        champ.widget.attrs.pop("maxlength", None)
        champ.widget.attrs["data-compteur"] = champ.max_length
    return champ
