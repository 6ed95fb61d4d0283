"""The action: access and teaching modalities, and the price (S-06)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.indexes import OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from catalogue import prix
from catalogue.models.fiche import Fiche, FicheQuerySet
from catalogue.models.offre import Offre
from catalogue.models.regles_action import REGLES_ACTION, REGLES_DE_LA_LIGNE
from catalogue.nomenclatures import (
    A_DISTANCE,
    Admission,
    ConstructionTarifaire,
    Enseignement,
    EntreesSorties,
    FraisCertification,
    GroupeFormationEmploi,
    Horaires,
    Langue,
    PerimetreRecrutement,
    Rythme,
)
from catalogue.regles import Regle
from edof.champs import LigneField
from edof.colonnes import ChoixField, DatesField, EntierField, EurosField, LienField, ListeField, OuiNonField
from edof.pliage import Plie
from edof.texte_leger import TexteLegerField
from edof.textes import valider_texte
from edof.trios import IndexDesTrios
from edof.versions import versionnee
from organismes.models import Adresse, Contact, Organisme
from organismes.models.coordonnees import SiteField


def _heures(nom: str) -> EntierField:
    return EntierField(nom, null=True, blank=True, validators=[MaxValueValidator(99_999)])


def _euros(nom: str, **options: Any) -> EurosField:
    return EurosField(
        nom,
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        **options,
    )


def _lien(modele: type[models.Model], nom: str, inverse: str) -> LienField:
    return LienField(
        modele, on_delete=models.PROTECT, null=True, blank=True, related_name=inverse, verbose_name=nom
    )


def _choix(nom: str, enumeration: type[models.TextChoices]) -> ChoixField:
    return ChoixField(nom, max_length=20, choices=enumeration.choices, blank=True)


def _liste(nom: str, enumeration: type[models.TextChoices]) -> ListeField:
    return ListeField(
        models.CharField(max_length=20, choices=enumeration.choices),
        verbose_name=nom,
        default=list,
        blank=True,
    )


def _texte(nom: str, longueur: int) -> LigneField:
    return LigneField(nom, max_length=longueur, blank=True, validators=[valider_texte])


@versionnee
@pghistory.track()
class Action(Fiche):
    """An action of an offre: how and where the offre is taught, and at what price."""

    GENRE = "L'action"
    PARENT = "offre"
    REGLES: ClassVar[tuple[Regle, ...]] = REGLES_ACTION

    # Both have an index that begins with them, below.
    organisme = models.ForeignKey(
        Organisme, on_delete=models.PROTECT, db_index=False, related_name="actions", verbose_name="organisme"
    )
    offre = models.ForeignKey(
        Offre, on_delete=models.CASCADE, db_index=False, related_name="actions", verbose_name="offre"
    )

    # Teaching
    modalites_entrees_sorties = _choix("modalités d'entrées ou de sorties", EntreesSorties)
    modalites_enseignement = _choix("modalités d'enseignement", Enseignement)
    modalites_pedagogiques = _texte("modalités pédagogiques", 200)
    langue = ChoixField("langue d'enseignement", max_length=2, choices=Langue.choices, blank=True)
    duree_totale = _heures("durée totale en heures")
    heures_centre = _heures("dont heures en centre")
    heures_entreprise = _heures("dont heures en entreprise")
    rythmes = _liste("rythme de la formation", Rythme)
    horaires = _choix("horaires de la formation", Horaires)
    gfe = _choix("groupe formation emploi", GroupeFormationEmploi)

    # Access
    niveau_entree_obligatoire = OuiNonField("niveau requis à l'entrée obligatoire ?")
    existence_prerequis = OuiNonField("conditions spécifiques et prérequis ?")
    conditions_specifiques = TexteLegerField("détail des conditions spécifiques et prérequis")
    modalites_admission = _liste("modalités d'admission", Admission)
    info_admission = _texte("informations sur l'admission", 250)
    modalites_recrutement = TexteLegerField("informations sur le recrutement")
    perimetre_recrutement = _choix("périmètre géographique de recrutement", PerimetreRecrutement)
    infos_perimetre = _texte("informations sur le périmètre", 50)
    acces_handicapes = _texte("accessibilité aux personnes en situation de handicap", 250)
    modalites_handicap = TexteLegerField(
        "modalités pédagogiques adaptées aux personnes en situation de handicap"
    )

    # Price
    ht_0 = _euros("HT, net de TVA")
    ttc_0 = _euros("TTC, net de TVA")
    ht_5_5 = _euros("HT à 5,5 %")
    ttc_5_5 = _euros("TTC à 5,5 %")
    ht_20 = _euros("HT à 20 %")
    ttc_20 = _euros("TTC à 20 %")
    total_ht = _euros("total HT, en euros", editable=False)
    total_ttc = _euros("total TTC, en euros", editable=False)
    cout_horaire_ht = _euros("coût HT de l'heure, en euros", editable=False)
    frais_certif_inclus = _choix("le prix inclut les frais d'examen ?", FraisCertification)
    frais_anpec = _euros("frais additionnels non pris en charge (montant)")
    detail_frais_anpec = TexteLegerField("détail des frais additionnels")
    construction_tarifaire = _choix("construction tarifaire", ConstructionTarifaire)

    # Place and contacts
    lieu_de_formation = _lien(Adresse, "lieu de formation", "actions")
    contact_du_lieu = _lien(Contact, "contact du lieu de formation", "actions_du_lieu")
    contact_information = _lien(Contact, "contact d'information", "actions_informees")
    adresse_information = _lien(Adresse, "adresse d'information", "actions_informees")
    dates_information = DatesField(
        models.DateField(), verbose_name="dates d'information", default=list, blank=True, size=3
    )
    restauration = _texte("restauration", 250)
    hebergement = _texte("hébergement", 250)
    transport = _texte("transport", 250)
    autres_services = _texte("autres services", 255)
    url_action = SiteField("adresse internet de l'action", max_length=400, blank=True)

    objects = FicheQuerySet.as_manager()

    class Meta:
        verbose_name = "action"
        verbose_name_plural = "actions"
        constraints = [
            *Fiche.contraintes(REGLES_DE_LA_LIGNE, "action", "offre"),
            models.CheckConstraint(
                condition=Q(
                    *(
                        Q(**{f"{colonne}__isnull": True}) | Q(**{f"{colonne}__gte": 0})
                        for colonne in prix.COLONNES
                    )
                ),
                name="action_prix_positif",
            ),
            models.CheckConstraint(
                condition=(prix.PRIX_RENSEIGNE.q & Q(total_ht=prix.total("ht"), total_ttc=prix.total("ttc")))
                | (~prix.PRIX_RENSEIGNE.q & Q(total_ht__isnull=True, total_ttc__isnull=True)),
                name="action_total_des_lignes",
            ),
        ]
        indexes = [
            models.Index(fields=["offre", "-modifie_le", "-id"], name="action_par_date"),
            models.Index(fields=["statut", "-id"], name="action_par_statut"),
            # For the search of the catalogue: an identifier in an organisme, and a part of one.
            models.Index(fields=["organisme", "identifiant_normalise"], name="action_par_nom"),
            IndexDesTrios("identifiant", par="organisme", name="action_par_trios"),
            models.Index(
                OpClass(Plie("identifiant"), name="text_pattern_ops"), name="action_par_identifiant"
            ),
        ]

    @property
    def a_distance(self) -> bool:
        """Return whether the action is taught entirely at a distance."""
        return self.modalites_enseignement == Enseignement.A_DISTANCE

    @property
    def ville(self) -> str:
        """Return the town in capitals (S-18).

        Return « À DISTANCE » for an action taught entirely at a distance, « LIEU À PRÉCISER » without a
        place.
        """
        if self.a_distance:
            return A_DISTANCE
        return self.lieu_de_formation.ville_affichee if self.lieu_de_formation else "LIEU À PRÉCISER"

    @property
    def cadence(self) -> str:
        """Return the rhythms and the length, as far as they are known: « en semaine, 70 h »."""
        rythmes = [str(Rythme(rythme).label).lower() for rythme in self.rythmes if rythme in Rythme.values]
        duree = [f"{self.duree_totale}\N{NO-BREAK SPACE}h"] if self.duree_totale else []
        return ", ".join([*rythmes, *duree])

    def parents(self) -> list[Fiche]:
        """Return the offre of the action."""
        return [self.offre]

    def appliquer(self, valeurs: dict[str, Any]) -> None:
        """Set the values on the action, then compute the amounts that follow from its prices."""
        super().appliquer(valeurs)
        prix.calculer(self)

    def conflits(self) -> list[Regle]:
        """Return, for each price line that contradicts itself, a rule that does not hold."""
        return list(prix.lignes_fausses(self))

    def avertissements(self) -> Iterator[str]:
        """Yield a sentence for each value that is accepted but deserves a second look."""
        yield from prix.ecarts(self)
        parties = (self.heures_centre, self.heures_entreprise)
        if self.duree_totale is not None and None not in parties and sum(parties) != self.duree_totale:
            yield (
                f"Les heures en centre et en entreprise font {sum(parties)} heures, la durée totale"
                f" {self.duree_totale}."
            )
