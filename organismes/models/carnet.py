"""The address book of an organisme: contacts and addresses, shared by its records."""

from typing import Any

import pghistory
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, models, transaction
from django.db.models import F, Func, Q, Value

from edof.champs import IdentifiantField, LigneField, LignesField
from edof.colonnes import CaseField, ChoixField, NombreField
from edof.contraintes import contrainte
from edof.lecture import lire_code_postal
from edof.pliage import Plie, tri_francais
from edof.textes import valider_texte
from edof.trios import EN_ATTENTE, IndexDesTrios, pieces_de
from organismes.models.coordonnees import CodePostalField, CourrielField, SiteField, TelephoneField
from organismes.models.entree import Entree, texte_de
from organismes.models.identifiant import IdentifiantNormaliseField
from organismes.models.pays import Pays
from organismes.validateurs import identifiant_libre, valider_code_postal, valider_identifiant


def _numero_national(champ: str) -> Func:
    return Func(
        F(champ), Value(r"^(\+|00)33"), Value("0"), function="regexp_replace", output_field=models.TextField()
    )


_TEXTE_DU_CONTACT = texte_de(
    "prenom",
    "nom",
    "fonction",
    "identifiant",
    "courriel",
    "telephone_fixe",
    "telephone_portable",
    _numero_national("telephone_fixe"),
    _numero_national("telephone_portable"),
)
_TEXTE_DE_L_ADRESSE = texte_de(
    "titre",
    "denomination",
    "denomination_2",
    "denomination_3",
    "libelle_voie",
    "ligne_5",
    "code_postal",
    "ville",
)


@pghistory.track()
class Contact(Entree):
    """A contact: a person or a service that learners can reach."""

    TEXTE_CHERCHE = _TEXTE_DU_CONTACT

    class Civilite(models.TextChoices):
        """The form of address of a contact."""

        MADAME = "madame", "Madame"
        MONSIEUR = "monsieur", "Monsieur"

    identifiant = IdentifiantField(
        "identifiant", max_length=30, blank=True, validators=[valider_identifiant, valider_texte]
    )
    identifiant_normalise = IdentifiantNormaliseField(editable=False)
    civilite = ChoixField("civilité", max_length=10, choices=Civilite.choices, blank=True)
    nom = LigneField("nom", max_length=50, validators=[valider_texte])
    prenom = LigneField("prénom", max_length=50, validators=[valider_texte])
    fonction = LigneField("fonction", max_length=100, blank=True, validators=[valider_texte])
    telephone_fixe = TelephoneField("téléphone fixe")
    telephone_portable = TelephoneField("téléphone portable", blank=True)
    courriel = CourrielField("courriel", max_length=160)
    site = SiteField("site internet", max_length=255, blank=True)

    class Meta:
        verbose_name = "contact"
        verbose_name_plural = "contacts"
        ordering = [*tri_francais("nom", "prenom"), "pk"]
        indexes = [
            models.Index(
                OpClass(Plie("identifiant"), name="text_pattern_ops"), name="contact_par_identifiant"
            ),
            GinIndex(
                pieces_de(_TEXTE_DU_CONTACT, "organisme"),
                name="contact_par_trios",
                gin_pending_list_limit=EN_ATTENTE,
            ),
        ]
        constraints = Entree.contraintes(
            "contact", "identifiant", "Un autre contact porte déjà cet identifiant."
        )

    def __str__(self) -> str:
        return f"{self.nom_complet} - {self.courriel}"

    @property
    def nom_court(self) -> str:
        """Return the name used in titles and menus."""
        return self.nom_complet

    @property
    def repere(self) -> str:
        """Return « Nadia Roux (nadia-roux) », for the title of a page.

        Two contacts may have the same name.
        """
        return f"{self.nom_court} ({self.identifiant})"

    @property
    def nom_complet(self) -> str:
        """Return « Nadia Roux »."""
        return f"{self.prenom} {self.nom}".strip()

    def save(self, **kwargs: Any) -> None:
        """Save the contact; without identifier, it gets one made from its name.

        Another identifier is tried when a simultaneous save takes the same one.
        """
        if self.identifiant:
            return super().save(**kwargs)
        while True:
            self.identifiant = self._identifiant_de_son_nom()
            try:
                with transaction.atomic(using=kwargs.get("using")):
                    return super().save(**kwargs)
            except IntegrityError as erreur:
                self.identifiant = ""
                if contrainte(erreur) != "contact_identifiant_unique":
                    raise

    def _identifiant_de_son_nom(self) -> str:
        autres = Contact.objects.filter(organisme=self.organisme_id).exclude(pk=self.pk)
        return identifiant_libre(
            self.nom_complet or "Contact", set(autres.values_list("identifiant_normalise", flat=True))
        )


@pghistory.track()
class Adresse(Entree):
    """A structured address; its title is its identifier."""

    CHAMP_IDENTIFIANT = "titre"
    TEXTE_CHERCHE = _TEXTE_DE_L_ADRESSE

    class Indice(models.TextChoices):
        """The suffix that distinguishes two doors with the same number."""

        BIS = "B", "bis"
        TER = "T", "ter"
        QUATER = "Q", "quater"

    class NatureVoie(models.TextChoices):
        """The nature of a street, with the official codes."""

        ALLEE = "ALL", "Allée"
        AVENUE = "AV", "Avenue"
        BOULEVARD = "BD", "Boulevard"
        CARREFOUR = "CAR", "Carrefour"
        CHEMIN = "CHE", "Chemin"
        COURS = "CRS", "Cours"
        DOMAINE = "DOM", "Domaine"
        ESPLANADE = "ESP", "Esplanade"
        FAUBOURG = "FG", "Faubourg"
        HAMEAU = "HAM", "Hameau"
        IMPASSE = "IMP", "Impasse"
        LOTISSEMENT = "LOT", "Lotissement"
        MAIL = "MAIL", "Mail"
        MARCHE = "MAR", "Marché"
        MONTEE = "MTE", "Montée"
        PARC = "PARC", "Parc"
        PASSAGE = "PAS", "Passage"
        PLACE = "PL", "Place"
        PLAINE = "PLN", "Plaine"
        PLATEAU = "PLT", "Plateau"
        PARVIS = "PRV", "Parvis"
        QUAI = "QUAI", "Quai"
        RESIDENCE = "RES", "Résidence"
        RUELLE = "RLE", "Ruelle"
        ROND_POINT = "RPT", "Rond-point"
        ROUTE = "RTE", "Route"
        RUE = "RUE", "Rue"
        SENTE = "SEN", "Sente"
        SQUARE = "SQ", "Square"
        TRAVERSE = "TRA", "Traverse"
        VILLA = "VLA", "Villa"
        VILLAGE = "VLGE", "Village"
        VOIE = "VOIE", "Voie"

    titre = IdentifiantField(
        "titre de l'adresse", max_length=30, validators=[valider_identifiant, valider_texte]
    )
    identifiant_normalise = IdentifiantNormaliseField(de="titre", editable=False)
    denomination = LigneField("dénomination", max_length=50, validators=[valider_texte])
    denomination_2 = LigneField(
        "dénomination, deuxième ligne", max_length=50, blank=True, validators=[valider_texte]
    )
    denomination_3 = LigneField(
        "dénomination, troisième ligne", max_length=50, blank=True, validators=[valider_texte]
    )
    numero_voie = LigneField("numéro de voie", max_length=4, blank=True, validators=[valider_texte])
    indice_repetition = ChoixField("indice de répétition", max_length=1, choices=Indice.choices, blank=True)
    nature_voie = ChoixField("nature de la voie", max_length=4, choices=NatureVoie.choices, blank=True)
    libelle_voie = LigneField("nom de la voie", max_length=32, blank=True, validators=[valider_texte])
    ligne_5 = LigneField("lieu-dit ou boîte postale", max_length=50, blank=True, validators=[valider_texte])
    code_postal = CodePostalField("code postal", max_length=10, blank=True, validators=[valider_texte])
    ville = LigneField("ville", max_length=50, validators=[valider_texte])
    pays = ChoixField("pays", max_length=2, choices=Pays.choices, default=Pays.FRANCE)
    latitude = NombreField(
        "latitude",
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = NombreField(
        "longitude",
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    conformite_reglementaire = CaseField("conforme à la réglementation sur l'accessibilité", default=False)
    accessibilite_batimentaire = LignesField(
        "accessibilité du bâtiment", max_length=250, blank=True, validators=[valider_texte]
    )

    class Meta:
        verbose_name = "adresse"
        verbose_name_plural = "adresses"
        ordering = [*tri_francais("titre"), "pk"]
        indexes = [
            models.Index(OpClass(Plie("titre"), name="text_pattern_ops"), name="adresse_par_titre"),
            IndexDesTrios("ville", par="organisme", name="adresse_par_trios"),
            GinIndex(
                pieces_de(_TEXTE_DE_L_ADRESSE, "organisme"),
                name="adresse_par_texte",
                gin_pending_list_limit=EN_ATTENTE,
            ),
        ]
        constraints = [
            *Entree.contraintes("adresse", "titre", "Une autre adresse porte déjà ce titre."),
            # Official import, error 30013: a French address with neither a street nor a line 5 is refused.
            models.CheckConstraint(
                condition=~Q(pays=Pays.FRANCE.value) | ~Q(libelle_voie="") | ~Q(ligne_5=""),
                name="adresse_voie_ou_ligne_5",
                violation_error_code="libelle_voie",
                violation_error_message="Indiquez la voie, ou à défaut le lieu-dit ou la boîte postale.",
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.ligne_voie, self.ligne_5, self.ligne_ville, self.pays_etranger]))

    def clean(self) -> None:
        """Normalise the postal code, and check the address.

        In France a postal code has five digits; latitude and longitude are given together.
        """
        super().clean()
        erreurs: dict[str, Any] = {}
        self.code_postal = lire_code_postal(self.code_postal, self.pays)
        if self.pays == Pays.FRANCE:
            try:
                valider_code_postal(self.code_postal)
            except ValidationError as erreur:
                erreurs["code_postal"] = erreur
        if (self.latitude is None) != (self.longitude is None):
            manquante = "latitude" if self.latitude is None else "longitude"
            erreurs[manquante] = f"Renseignez aussi la {manquante}, ou laissez les deux vides."
        if erreurs:
            raise ValidationError(erreurs)

    @property
    def nom_court(self) -> str:
        """Return the name used in titles and menus."""
        return self.titre

    @property
    def repere(self) -> str:
        """Return the name used in the title of a page."""
        return self.nom_court

    @property
    def dans_une_liste(self) -> str:
        """Return « Siège, 12 avenue de la Cité, 94550 Chevilly Larue ».

        Users recognise an address by its title.
        """
        return f"{self.titre}, {self}"

    @property
    def denominations(self) -> list[str]:
        """Return the lines of the name, one to three."""
        return list(filter(None, [self.denomination, self.denomination_2, self.denomination_3]))

    @property
    def ligne_voie(self) -> str:
        """Return « 12 bis avenue de la Cité »."""
        parties = [
            self.numero_voie,
            self.get_indice_repetition_display(),
            self.get_nature_voie_display().lower(),
            self.libelle_voie,
        ]
        return " ".join(filter(None, parties))

    @property
    def ligne_ville(self) -> str:
        """Return « 94550 Chevilly Larue »."""
        return f"{self.code_postal} {self.ville}".strip()

    @property
    def ville_affichee(self) -> str:
        """Return the town in capitals, as EDOF displays it (S-18)."""
        return self.ville.upper()

    @property
    def pays_etranger(self) -> str:
        """Return the name of the country, empty for France."""
        return "" if self.pays == Pays.FRANCE else self.get_pays_display()
