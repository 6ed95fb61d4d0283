"""The offre, or formation: the content that is taught (S-05)."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q

from catalogue.cycle_de_vie import OperationRefusee, Refus, Statut
from catalogue.models.certification import CERTIFICATIONS_DU_TYPE, Certification
from catalogue.models.fiche import Fiche, FicheQuerySet
from catalogue.models.type_d_offre import TypeFerme
from catalogue.nomenclatures import CategorieVae, ObjectifGeneral, TypeOffre, TypeParcours
from catalogue.regles import Regle, obligatoire, prefixer
from edof.champs import LigneField
from edof.colonnes import ChoixField, LienField, ListeField, OuiNonField
from edof.pliage import Plie
from edof.texte_leger import TexteLegerField
from edof.textes import valider_texte
from edof.trios import IndexDesTrios
from edof.versions import versionnee

# The rules that the row of an offre satisfies alone: a constraint applies them unless it is brouillon or
# archivée.
REGLES_DE_LA_LIGNE: tuple[Regle, ...] = (
    obligatoire("type_offre", "Indiquez le type d'action.", "Le type d'action est indiqué.", vide=""),
    obligatoire(
        "certification",
        "Indiquez la certification ou la thématique visée.",
        "La certification visée est indiquée.",
    ),
    Regle(
        "vae-categorisee",
        ~Q(type_offre=TypeOffre.VAE.value) | ~Q(categorisation=""),
        "Un accompagnement VAE a une catégorie.",
        "Choisissez la catégorie de cet accompagnement VAE.",
        "categorisation",
    ),
    obligatoire("intitule", "Renseignez l'intitulé de la formation.", "L'intitulé est renseigné.", vide=""),
    obligatoire("points_forts", "Renseignez les points forts.", "Les points forts sont renseignés.", vide=""),
    obligatoire("objectif", "Renseignez l'objectif de la formation.", "L'objectif est renseigné.", vide=""),
    obligatoire(
        "resultats_attendus",
        "Renseignez les résultats attendus.",
        "Les résultats attendus sont renseignés.",
        vide="",
    ),
    obligatoire("contenu", "Renseignez le contenu de la formation.", "Le contenu est renseigné.", vide=""),
    obligatoire(
        "type_parcours", "Indiquez le type de parcours.", "Le type de parcours est indiqué.", vide=""
    ),
    obligatoire(
        "objectif_general", "Indiquez l'objectif général.", "L'objectif général est indiqué.", vide=""
    ),
)

_SANS_CERTIFICATION = Q(certification__isnull=True)

CERTIFICATION_DU_TYPE = Regle(
    "certification-du-type",
    _SANS_CERTIFICATION
    | Q(type_offre="")
    | Q(
        *(
            Q(type_offre=type_offre) & prefixer(q, "certification__")
            for type_offre, q in CERTIFICATIONS_DU_TYPE.items()
        ),
        _connector=Q.OR,
    ),
    "La certification convient au type d'action.",
    "Cette certification ne convient pas au type d'action choisi : choisissez-en une autre.",
    "certification",
)
BLOCS_CHOISIS = Regle(
    "blocs-choisis",
    _SANS_CERTIFICATION | Q(certification__blocs=[]) | ~Q(blocs=[]),
    "Au moins un bloc de compétences est choisi.",
    "Cochez au moins un bloc de compétences : cette certification en comporte.",
    "blocs",
)
BLOCS_MODIFIABLES = Regle(
    "blocs-modifiables",
    Q(blocs=[]) | Q(blocs_modifiables__isnull=False),
    "Il est dit si le candidat peut modifier la liste des blocs.",
    "Indiquez si le candidat peut modifier la liste des blocs.",
    "blocs_modifiables",
)

REGLES_OFFRE = (*REGLES_DE_LA_LIGNE, CERTIFICATION_DU_TYPE, BLOCS_CHOISIS, BLOCS_MODIFIABLES)

CATEGORIE_PRISE = Regle(
    "vae-categorie-unique",
    Q(),
    "Une seule offre de l'organisme porte cette catégorie de VAE.",
    "Une autre offre de votre catalogue porte déjà cette catégorie de VAE : une seule offre par catégorie est"
    " admise.",
    "categorisation",
)


class BlocsField(ListeField):
    """The blocs of the certification that the offre covers, by their codes."""

    def lue(self, fiche: Any) -> str:
        """Return one line per bloc, its code and its title; the codes alone for a row of the history."""
        if not isinstance(fiche, Offre):
            # A row of the history: the titles are those of the record.
            return super().lue(fiche)
        return "\n".join(f"{bloc['code']} - {bloc['libelle']}" for bloc in fiche.blocs_choisis)


@versionnee
@pghistory.track()
class Offre(Fiche):
    """An offre: the content that is taught."""

    GENRE = "L'offre"
    PARENT = "organisme"
    REGLES: ClassVar[tuple[Regle, ...]] = REGLES_OFFRE

    type_offre = ChoixField("type d'action", max_length=20, choices=TypeOffre.choices, blank=True)
    certification = LienField(
        Certification,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name="certification ou thématique visée",
    )
    blocs = BlocsField(
        models.CharField(max_length=20), verbose_name="blocs de compétences", default=list, blank=True
    )
    blocs_modifiables = OuiNonField("liste de blocs modifiable par le candidat")
    categorisation = ChoixField(
        "catégorisation de l'offre", max_length=3, choices=CategorieVae.choices, blank=True
    )
    intitule = LigneField("intitulé de la formation", max_length=255, blank=True, validators=[valider_texte])
    points_forts = LigneField(
        "points forts (résumé du contenu)", max_length=255, blank=True, validators=[valider_texte]
    )
    objectif = TexteLegerField("objectif de la formation")
    resultats_attendus = TexteLegerField("résultats attendus")
    contenu = TexteLegerField("contenu de la formation")
    type_parcours = ChoixField("type de parcours", max_length=20, choices=TypeParcours.choices, blank=True)
    objectif_general = ChoixField(
        "objectif général de la formation", max_length=30, choices=ObjectifGeneral.choices, blank=True
    )

    objects = FicheQuerySet.as_manager()

    class Meta:
        verbose_name = "offre"
        verbose_name_plural = "offres"
        constraints = [
            *Fiche.contraintes(REGLES_DE_LA_LIGNE, "offre", "organisme"),
            models.UniqueConstraint(
                fields=["organisme", "categorisation"],
                condition=~Q(categorisation="") & Q(statut__in=[Statut.VALIDEE.value, Statut.ACTIVE.value]),
                name="offre_categorie_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["organisme", "-modifie_le", "-id"], name="offre_par_date"),
            models.Index(fields=["statut", "-id"], name="offre_par_statut"),
            models.Index(OpClass(Plie("identifiant"), name="text_pattern_ops"), name="offre_par_identifiant"),
            IndexDesTrios("intitule", "identifiant", par="organisme", name="offre_par_trios"),
        ]

    def parents(self) -> list[Fiche]:
        """Return an empty list: no record contains an offre."""
        return []

    def appliquer(self, valeurs: dict[str, Any]) -> None:
        """Set the values on the offre, and clear the fields that its type or certification does not use.

        Raise OperationRefusee for a type newly chosen although it is closed, or for a certification newly
        chosen although it is no longer active.
        """
        avant = (self.type_offre, self.certification_id)
        super().appliquer(valeurs)
        if self.type_offre != avant[0] and TypeFerme.est_ferme(self.type_offre):
            raise OperationRefusee(
                [Refus("Ce type d'action n'est plus proposé : choisissez-en un autre.", "type_offre")]
            )
        if self.type_offre and (imposee := Certification.objects.imposee(self.type_offre)):
            self.certification = imposee
        if self.certification and self.certification_id != avant[1] and not self.certification.active:
            raise OperationRefusee(
                [Refus("Cette certification n'est plus active : choisissez-en une autre.", "certification")]
            )
        if self.type_offre != TypeOffre.VAE:
            self.categorisation = ""
        proposes = {bloc["code"] for bloc in self.certification.blocs} if self.certification else set()
        self.blocs = [code for code in dict.fromkeys(self.blocs) if code in proposes]
        if not self.blocs:
            self.blocs_modifiables = None

    def avertissements(self) -> Iterator[str]:
        """Yield a warning for a certification that is no longer in force, without refusing it (D-26)."""
        if self.certification and (reserve := self.certification.reserve()):
            yield reserve

    def conflits(self) -> list[Regle]:
        """Return the rule of one offre per category of VAE and organisme, if it is broken (anomaly 30077)."""
        if not self.categorisation:
            return []
        publiees = self.soeurs().filter(
            statut__in=[Statut.VALIDEE, Statut.ACTIVE], categorisation=self.categorisation
        )
        return [CATEGORIE_PRISE] if publiees.exclude(pk=self.pk).exists() else []

    @property
    def blocs_choisis(self) -> list[dict[str, str]]:
        """Return the chosen blocs, with their titles, in the order of the certification."""
        return (
            [bloc for bloc in self.certification.blocs if bloc["code"] in self.blocs]
            if self.certification
            else []
        )
