"""Certifications that an offre leads to.

A certification is a code of the RNCP or RS registers, a CPF code, or a theme for elected officials.
"""

import datetime as dt
import re
from functools import lru_cache
from typing import Self

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, Func, Q, TextField, Value, When
from django.db.models.functions import Concat

from catalogue.nomenclatures import PERMIS_DE_CONDUIRE, TypeOffre
from catalogue.recherche_de_certification import VecteurDeMots, mots, par_mots
from catalogue.referentiel import une_fois
from catalogue.regles import verifie
from edof.champs import CodeField, JourField, LigneField
from edof.horloge import aujourd_hui, demain
from edof.pliage import plier, tri_francais
from edof.templatetags.affichage import date_longue
from edof.textes import nettoyer_texte, valider_texte
from organismes.models.organisme import DateDeModificationField

# The text that is searched: « RNCP38413 38413 TP Technicien supérieur... ». It has the number alone too,
# because users also type it.
TEXTE_CHERCHE = Concat(
    F("code"), Value(" "),
    Func(F("code"), Value("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), function="ltrim", output_field=TextField()),
    Value(" "),
    F("abrege"), Value(" "), F("intitule"),
    output_field=TextField(),
)  # fmt: skip

# The certifications that suit each type of offre, for the search and for the validity of an offre.
CODE_IMPOSE: dict[str, str] = {
    TypeOffre.BILAN.value: "CPF202",
    TypeOffre.VAE.value: "CPF200",
    TypeOffre.CREATION.value: "CPF203",
}
CERTIFICATIONS_DU_TYPE: dict[str, Q] = {
    TypeOffre.CERTIFIANTE.value: Q(type_certification__in=["rncp", "rs"]),
    TypeOffre.PERMIS.value: Q(code__in=list(PERMIS_DE_CONDUIRE)),
    TypeOffre.ELU.value: Q(type_certification="elu"),
    **{type_offre: Q(code=code) for type_offre, code in CODE_IMPOSE.items()},
}
# How many certifications the search shows.
PROPOSEES_AU_PLUS = 12


@lru_cache(maxsize=256)
def en_vigueur_le(jour: dt.date) -> Q:
    """Return the condition for a certification to be in force on that day (D-26).

    It must be active, and its registration must not end before that day.
    """
    return Q(active=True) & (Q(date_fin_enregistrement__isnull=True) | Q(date_fin_enregistrement__gte=jour))


class CertificationQuerySet(models.QuerySet):
    """Certifications of the reference table, which belong to no organisme."""

    def en_vigueur(self) -> Self:
        """Return the certifications that a new offre may choose: active, and registered today."""
        return self.filter(en_vigueur_le(aujourd_hui()))

    def pour_type(self, type_offre: str) -> Self:
        """Return the certifications that suit this type of offre.

        Return all of them while the type is empty, none for an unknown type.
        """
        if not type_offre:
            return self
        q = CERTIFICATIONS_DU_TYPE.get(type_offre)
        return self.none() if q is None else self.filter(q)

    def imposee(self, type_offre: str) -> "Certification | None":
        """Return the only certification of a type that leaves no choice, None for other types."""
        code = CODE_IMPOSE.get(type_offre)
        return une_fois(("imposee", code), lambda: self.filter(code=code).first()) if code else None

    def avec_les_mots(self, q: str) -> Self:
        """Return the certifications in which every word of `q` begins a word.

        The words are those of the code, the number, the sigle and the title together. Return all
        certifications when `q` has no word.
        """
        return self.filter(par_mots(TEXTE_CHERCHE, q))

    def chercher(self, q: str, *, au_plus: int) -> Self:
        """Return the first `au_plus` certifications of `avec_les_mots(q)`.

        The exact code comes first, then the codes that begin with `q`, then the titles that begin with `q`,
        then the others; each group is sorted by title.
        """
        compact = "".join(mots(q)).upper()
        codes = [registre + compact for registre in ("", *(nom.upper() for nom in Certification.Type.values))]
        commence = Q(*(("code__startswith", code) for code in codes), _connector=Q.OR)
        titre = plier(" ".join(nettoyer_texte(q).split()))
        rang = Case(
            When(code__in=codes, then=0),
            When(commence, then=1),
            When(intitule__plie__startswith=titre, then=2),
            default=3,
        )
        return self.avec_les_mots(q).order_by(rang, *tri_francais("intitule"), "code")[:au_plus]

    def propositions(self, q: str, type_offre: str) -> "list[Certification]":
        """Return the certifications that the form of an offre of this type proposes for `q`.

        There are at most PROPOSEES_AU_PLUS of them, and one more to tell that others exist. There is none
        while `q` is empty, unless the type has so few that all can be shown.
        """
        if not mots(q) and type_offre in {"", TypeOffre.CERTIFIANTE}:
            return []
        return list(self.en_vigueur().pour_type(type_offre).chercher(q, au_plus=PROPOSEES_AU_PLUS + 1))


@pghistory.track()
class Certification(models.Model):
    """A certification of a register, a CPF code, or a theme for elected officials."""

    class Type(models.TextChoices):
        """The register that contains the certification."""

        RNCP = "rncp", "RNCP"
        RS = "rs", "Répertoire spécifique"
        CPF = "cpf", "Code CPF"
        ELU = "elu", "Thématique DIF élu"

    code = CodeField(
        "code",
        max_length=10,
        unique=True,
        validators=[
            RegexValidator(
                r"^(RNCP|RS|CPF|ELU)[0-9]+\Z",
                "Un code s'écrit RNCP, RS, CPF ou ELU, puis des chiffres : RNCP38413.",
            )
        ],
    )
    type_certification = models.CharField("type", max_length=4, choices=Type.choices)
    intitule = LigneField("intitulé", max_length=1000, validators=[valider_texte])
    abrege = LigneField(
        "sigle", max_length=255, blank=True, validators=[valider_texte], help_text="« BTS », « TP »..."
    )
    niveau = models.PositiveSmallIntegerField(
        "niveau", null=True, blank=True, help_text="Du cadre européen, de 3 à 8."
    )
    # In their official order: [{"code": "RNCP38413BC01", "libelle": "..."}].
    blocs = models.JSONField("blocs de compétences", default=list, blank=True)
    # Names, in the order of the register.
    certificateurs = models.JSONField("certificateurs", default=list, blank=True)
    active = models.BooleanField("active", default=True)
    date_fin_enregistrement = JourField("fin d'enregistrement", null=True, blank=True)
    modifie_le = DateDeModificationField("modifié le", db_index=True)

    objects = CertificationQuerySet.as_manager()

    class Meta:
        verbose_name = "certification"
        verbose_name_plural = "certifications"
        ordering = ["code"]
        indexes = [GinIndex(VecteurDeMots(TEXTE_CHERCHE), name="certification_par_mots")]

    def __str__(self) -> str:
        return f"{self.code} - {self.intitule}"

    def clean(self) -> None:
        """Refuse a type that is not the register named by the code."""
        if self.code and not self.code.startswith(self.type_certification.upper()):
            raise ValidationError({"type_certification": "Ce type n'est pas celui que dit le code."})

    @property
    def fin_passee(self) -> dt.date | None:
        """Return the last day in force once it has come; None when it is to come or not known."""
        fin = self.date_fin_enregistrement
        return fin if fin is not None and fin <= aujourd_hui() else None

    def reserve(self, debut: dt.date | None = None) -> str:
        """Return a warning about the end of the certification, empty when there is none.

        It says that the certification is no longer in force tomorrow, or will not be on `debut`.
        """
        if not verifie(en_vigueur_le(demain()), self):
            fin = f" (fin d'enregistrement : {date_longue(self.fin_passee)})" if self.fin_passee else ""
            suite = "ce qui la vise n'est pas visible sur Mon Compte Formation."
            return f"La certification visée, {self.code}, n'est plus en vigueur{fin} : {suite}"
        if debut is not None and not verifie(en_vigueur_le(debut), self):
            suite = "avant le début : la session disparaîtra le lendemain matin."
            return (
                f"La certification visée, {self.code}, prend fin le"
                f" {date_longue(self.date_fin_enregistrement)}, {suite}"
            )
        return ""

    @property
    def url(self) -> str | None:
        """Return the URL of its official page; None for a CPF code or a theme, which have none."""
        return page_officielle(self.code)


def page_officielle(code: str) -> str | None:
    """Return the URL of the official page of « RNCP38413 » or « RS5645 »; None for another code."""
    lu = re.fullmatch("(RNCP|RS)([0-9]+)", code)
    return f"https://www.francecompetences.fr/recherche/{lu[1].lower()}/{lu[2]}/" if lu else None
