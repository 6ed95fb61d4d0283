"""The form « Informations sur la session »."""

from typing import Any, ClassVar

from django import forms

from catalogue.forms.champs import champ_de
from catalogue.forms.fiche import FicheForm
from catalogue.nomenclatures import EntreesSorties
from organismes.forms import AdresseForm, ContactForm
from organismes.models import Contact
from sessions_app.models import Session


class SessionForm(FicheForm):
    """Everything but the identifier (S-68 to S-93)."""

    SECTIONS = (
        (
            "Informations sur la session",
            "",
            (
                "pas_de_dates",
                "date_debut",
                "date_fin",
                "garantie",
                "contact_inscription",
                "adresse_inscription",
                "modalites_particulieres",
            ),
        ),
    )
    GABARITS: ClassVar[dict[str, str]] = {
        "Informations sur la session": "bureau/assistant/_informations.html"
    }
    PANNEAUX: ClassVar = {"contact_inscription": ContactForm, "adresse_inscription": AdresseForm}
    SANS_COPIE = frozenset({"pas_de_dates", "date_debut", "date_fin"})

    class Meta:
        model = Session
        fields = [
            "pas_de_dates",
            "date_debut",
            "date_fin",
            "garantie",
            "contact_inscription",
            "adresse_inscription",
            "modalites_particulieres",
        ]
        formfield_callback = champ_de
        labels: ClassVar[dict[str, str]] = {"date_fin": "au"}
        help_texts: ClassVar[dict[str, str]] = {
            "garantie": "Veuillez indiquer si la session est garantie ou non.",
            "modalites_particulieres": (
                "Modalités d'inscription, conditions spécifiques, particularités de la session "
                "(exemple : les cours sont programmés chaque samedi de 10h00 à 12h00)."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What the summary of errors calls them: their labels are the two words of one sentence.
        self.fields["date_debut"].nom, self.fields["date_fin"].nom = "Date de début", "Date de fin"

    @property
    def permanente(self) -> bool:
        """Whether the action has permanent entries: the checkbox is then what is asked for (S-70, S-71)."""
        return self.fiche.action.modalites_entrees_sorties == EntreesSorties.PERMANENTES

    @property
    def contact_choisi(self) -> Contact | None:
        """The contact whose e-mail address is to be checked (S-89)."""
        champ: forms.ModelChoiceField = self.fields["contact_inscription"]
        choisi = str(self["contact_inscription"].value() or "")
        return (
            champ.queryset.filter(pk=choisi).first()
            if choisi.isascii() and choisi.isdigit() and len(choisi) < 18
            else None
        )
