"""Form of the action: teaching, access, price, place."""

from typing import Any, ClassVar

from django import forms

from catalogue.forms.champ_de_fiche import champ_de
from catalogue.forms.fiche import FicheForm, Sections, champs_des
from catalogue.forms.offre import AIDE_LEGER
from catalogue.models import Action, Fiche
from catalogue.models.regles_action import COUT_HORAIRE_MAXIMAL_ELU, HEURES_MAXIMALES_DU_BILAN
from catalogue.nomenclatures import TAUX_DE_TVA, TypeOffre
from catalogue.prix import COLONNES, taux_affiche
from organismes.forms import AdresseForm, ContactForm

SECTIONS: Sections = (
    (
        "Organisation",
        "",
        (
            "modalites_entrees_sorties",
            "modalites_enseignement",
            "duree_totale",
            "langue",
            "rythmes",
            "modalites_pedagogiques",
            "heures_centre",
            "heures_entreprise",
            "horaires",
        ),
    ),
    (
        "Lieu et contacts",
        "",
        (
            "lieu_de_formation",
            "contact_du_lieu",
            "contact_information",
            "adresse_information",
            "dates_information",
        ),
    ),
    (
        "Prix",
        "Saisissez le montant HT ou le montant TTC de chaque taux qui s'applique : l'autre se calcule.",
        (*COLONNES, "frais_certif_inclus", "frais_anpec", "detail_frais_anpec", "construction_tarifaire"),
    ),
    (
        "Conditions d'accès",
        AIDE_LEGER,
        (
            "niveau_entree_obligatoire",
            "existence_prerequis",
            "conditions_specifiques",
            "modalites_admission",
            "info_admission",
            "modalites_recrutement",
            "perimetre_recrutement",
            "infos_perimetre",
        ),
    ),
    ("Accessibilité", "", ("acces_handicapes", "modalites_handicap")),
    (
        "Pour en savoir plus",
        "",
        ("restauration", "hebergement", "transport", "autres_services", "gfe", "url_action"),
    ),
)


class ActionForm(FicheForm):
    """The form « Ajouter une action »."""

    SECTIONS = SECTIONS
    GABARITS: ClassVar[dict[str, str]] = {"Prix": "bureau/assistant/_prix.html"}
    NOMS_COURTS: ClassVar[dict[str, str]] = {
        "heures_centre": "heures en centre",
        "heures_entreprise": "heures en entreprise",
        "horaires": "horaires",
        "frais_anpec": "frais additionnels",
        "detail_frais_anpec": "leur détail",
        "modalites_handicap": "modalités pédagogiques adaptées",
    }
    PANNEAUX: ClassVar = {
        "lieu_de_formation": AdresseForm,
        "contact_du_lieu": ContactForm,
        "contact_information": ContactForm,
        "adresse_information": AdresseForm,
    }

    class Meta:
        model = Action
        fields = champs_des(SECTIONS)
        formfield_callback = champ_de
        help_texts: ClassVar[dict[str, str]] = {
            "modalites_entrees_sorties": (
                "Si vous cochez « à dates fixes », vous devrez renseigner des dates de début et de fin de"
                " session."
            ),
            "dates_information": "Trois au plus, séparées par des virgules : 14/09/2027, 21/09/2027.",
            "existence_prerequis": (
                "Avec des prérequis, vous avez 30 jours, et non 2 jours ouvrés, pour répondre à une demande."
            ),
            "conditions_specifiques": "À détailler si vous avez répondu Oui à la question précédente.",
            "acces_handicapes": "Ce qu'un titulaire doit savoir pour venir et suivre la formation.",
            "frais_anpec": "Ce que le titulaire paie en plus, en euros.",
            "url_action": "L'adresse complète, qui commence par https://.",
        }

    def __init__(self, *args: Any, fiche: Fiche, **kwargs: Any) -> None:
        super().__init__(*args, fiche=fiche, **kwargs)
        if not self.fiche.pk:
            self.initial.setdefault("langue", "fr")
            self.initial["langue"] = self.initial["langue"] or "fr"
        type_offre = fiche.offre.type_offre
        if type_offre == TypeOffre.BILAN:
            self.fields[
                "duree_totale"
            ].help_text = f"Un bilan de compétences dure {HEURES_MAXIMALES_DU_BILAN} heures au plus."
        self.plafond = (
            f"Pour des élus, {COUT_HORAIRE_MAXIMAL_ELU} € HT de l'heure au plus."
            if type_offre == TypeOffre.ELU
            else ""
        )
        for nom in COLONNES:
            self.fields[nom].optionnel = False

    @property
    def lignes_de_prix(self) -> list[dict[str, forms.BoundField | str]]:
        """Return the three price lines, with the name of their rate; the script uses `taux` to compute."""
        return [
            {
                "nom": f"Taux de {taux_affiche(taux)}" if taux else "Net de TVA",
                "taux": str(taux),
                "ht": self[f"ht_{cle}"],
                "ttc": self[f"ttc_{cle}"],
            }
            for cle, taux in TAUX_DE_TVA.items()
        ]

    @property
    def autres_champs_du_prix(self) -> list[forms.BoundField]:
        """Return the fields that are shown beside the price lines, and never folded."""
        return [self["frais_certif_inclus"]]
