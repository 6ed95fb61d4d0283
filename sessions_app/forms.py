"""The form « Informations sur la session »."""

from typing import Any, ClassVar

from django import forms

from catalogue.forms.champ_de_fiche import champ_de
from catalogue.forms.fiche import FicheForm, Sections, champs_des
from catalogue.nomenclatures import EntreesSorties
from edof.lecture import lire_cle
from organismes.forms import AdresseForm, ContactForm
from organismes.models import Contact
from sessions_app.models import Session

SECTIONS: Sections = (
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


class SessionForm(FicheForm):
    """The form of the session, except its identifier (S-68 to S-93)."""

    SECTIONS = SECTIONS
    GABARITS: ClassVar[dict[str, str]] = {
        "Informations sur la session": "bureau/assistant/_informations.html"
    }
    PANNEAUX: ClassVar = {"contact_inscription": ContactForm, "adresse_inscription": AdresseForm}
    SANS_COPIE = frozenset({"pas_de_dates", "date_debut", "date_fin"})

    class Meta:
        model = Session
        fields = champs_des(SECTIONS)
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
        # Names for the summary of errors: the labels, « Du » and « au », are two words of one sentence.
        self.fields["date_debut"].nom, self.fields["date_fin"].nom = "Date de début", "Date de fin"

    @property
    def permanente(self) -> bool:
        """Return whether the action has permanent entries: the box must then be ticked (S-70, S-71)."""
        return self.fiche.action.modalites_entrees_sorties == EntreesSorties.PERMANENTES

    @property
    def contact_choisi(self) -> Contact | None:
        """Return the chosen contact, whose e-mail address is to be checked (S-89), or None."""
        champ: forms.ModelChoiceField = self.fields["contact_inscription"]
        return champ.queryset.filter(pk=lire_cle(str(self["contact_inscription"].value() or ""))).first()
