"""Form of the offre: its content, and the fields that depend on its type."""

from typing import Any, ClassVar

from django import forms

from catalogue.forms.champ_de_fiche import INCONNU, champ_de
from catalogue.forms.fiche import FicheForm, Sections, champs_des
from catalogue.models import Certification, Fiche, Offre, TypeFerme
from catalogue.nomenclatures import ObjectifGeneral, TypeOffre, TypeParcours
from edof.lecture import lire_cle

# The usual values of each type, proposed when it is chosen and the field has no value.
PROPOSITIONS = {
    TypeOffre.CERTIFIANTE: {"objectif_general": ObjectifGeneral.CERTIFICATION},
    TypeOffre.BILAN: {
        "type_parcours": TypeParcours.INDIVIDUALISE,
        "objectif_general": ObjectifGeneral.MOBILISATION,
    },
    TypeOffre.VAE: {
        "type_parcours": TypeParcours.INDIVIDUALISE,
        "objectif_general": ObjectifGeneral.CERTIFICATION,
    },
    TypeOffre.PERMIS: {"objectif_general": ObjectifGeneral.PREPARATION_QUALIFICATION},
    TypeOffre.CREATION: {"objectif_general": ObjectifGeneral.CREATION_ENTREPRISE},
    TypeOffre.ELU: {"objectif_general": ObjectifGeneral.PERFECTIONNEMENT},
}
CONSEILS = {
    TypeOffre.BILAN: (
        "Un bilan de compétences dure 24 heures au plus, en trois phases, et suit un parcours individualisé."
    ),
    TypeOffre.VAE: (
        "Citez dans les résultats attendus les certifications visées ; une seule offre par catégorie est"
        " admise."
    ),
    TypeOffre.PERMIS: "Indiquez dans l'objectif le numéro de votre agrément préfectoral.",
    TypeOffre.CREATION: "Depuis le 10 avril 2025, ces actions ne sont plus éligibles au CPF.",
    TypeOffre.ELU: (
        "L'agrément du ministère est nécessaire ; le coût est de 80 € HT de l'heure et 15 participants au"
        " plus par session."
    ),
}
AIDE_LEGER = (
    "Une ligne vide sépare deux paragraphes, un tiret en début de ligne fait une liste, **deux astérisques**"
    " mettent en gras."
)


SECTIONS: Sections = (
    (
        "Type d'action et certification",
        "",
        ("type_offre", "certification", "categorisation", "blocs", "blocs_modifiables"),
    ),
    ("Présentation", "", ("intitule", "points_forts")),
    ("Contenu", AIDE_LEGER, ("objectif", "resultats_attendus", "contenu")),
    ("Parcours", "", ("type_parcours", "objectif_general")),
)


class OffreForm(FicheForm):
    """The form « Ajouter une offre »."""

    SECTIONS = SECTIONS
    GABARITS: ClassVar[dict[str, str]] = {
        "Type d'action et certification": "bureau/assistant/_certification_de_l_offre.html"
    }

    class Meta:
        model = Offre
        fields = champs_des(SECTIONS)
        formfield_callback = champ_de
        widgets: ClassVar[dict[str, Any]] = {"type_offre": forms.RadioSelect}
        help_texts: ClassVar[dict[str, str]] = {
            "type_offre": "Il décide de la certification et de quelques champs ci-dessous.",
            "intitule": "Neutre et fidèle à la certification : ni superlatif, ni promesse.",
            "points_forts": "En une phrase, ce que le titulaire lira d'abord.",
            "objectif": "Ce que le titulaire saura faire à l'issue de la formation.",
            "resultats_attendus": (
                "Ce qui atteste la réussite : certification, attestation, compétences acquises."
            ),
            "contenu": "Le programme, dans l'ordre où il se déroule.",
        }

    def __init__(self, *args: Any, fiche: Fiche, **kwargs: Any) -> None:
        super().__init__(*args, fiche=fiche, **kwargs)
        fermes = TypeFerme.fermes() - {fiche.type_offre}
        self.fields["type_offre"].choices = [
            (slug, nom) for slug, nom in TypeOffre.choices if slug not in fermes
        ]
        self.type = self["type_offre"].value() or ""
        self.conseil = CONSEILS.get(self.type, "")
        self._preparer_certification()
        if self.type != TypeOffre.VAE:
            del self.fields["categorisation"]
        for nom, valeur in PROPOSITIONS.get(self.type, {}).items():
            if not self.initial.get(nom):
                self.initial[nom] = valeur

    def _preparer_certification(self) -> None:
        champ = self.fields["certification"]
        champ.error_messages |= {"invalid_choice": INCONNU}
        champ.empty_label = "Choisissez dans la liste"
        champ.queryset = Certification.objects.pour_type(self.type)
        self.imposee = Certification.objects.imposee(self.type)
        # A register is searched, a short list is displayed to choose from, a single code is imposed.
        self.recherche = self.type == TypeOffre.CERTIFIANTE
        if self.recherche or self.imposee:
            champ.widget = forms.HiddenInput()
        self.choisie = self.imposee or self._lire_le_choix()
        if self.imposee:
            del self.fields["certification"]
        proposes = self.choisie.blocs if self.choisie else []
        if proposes:
            self.fields["blocs"].tout_cocher = len(proposes) > 1
            self.fields["blocs"].choices = [
                (bloc["code"], f"{bloc['code']} - {bloc['libelle']}") for bloc in proposes
            ]
        else:
            del self.fields["blocs"], self.fields["blocs_modifiables"]

    def _lire_le_choix(self) -> Certification | None:
        """Return the certification chosen in the form, when it exists and suits the type."""
        cle = lire_cle(str(self["certification"].value() or ""))
        return self.fields["certification"].queryset.filter(pk=cle).first()

    @property
    def erreurs_de_certification(self) -> Any:
        """Return the errors of the certification, shown beside the search."""
        return self["certification"].errors
