"""Contacts and addresses."""

from typing import ClassVar

from rest_framework import serializers

from api.champs import champs_de_l_api, montres
from organismes.forms import AdresseForm, ContactForm, EntreeForm
from organismes.models import Adresse


class EntreeSerializer(serializers.Serializer):
    """An entry of the address book."""

    formulaire: ClassVar[type[EntreeForm]]

    id = serializers.IntegerField(
        allow_null=True, help_text="La clé que donne le programme ; null quand `dry_run` simule une création."
    )
    utilisations = serializers.SerializerMethodField(help_text="Combien de fiches s'en servent.")
    modifie_le = serializers.DateTimeField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """Then those of the form."""
        return {**super().get_fields(), **montres(self.formulaire)}

    def get_utilisations(self, entree: object) -> int:
        """As `avec_usages` counted them."""
        return sum(nombre for _, nombre in entree.comptes())  # type: ignore[attr-defined]


class ContactSerializer(EntreeSerializer):
    """A person or a service."""

    formulaire = ContactForm


class AdresseSerializer(EntreeSerializer):
    """A place."""

    formulaire = AdresseForm


class EntreeEcritureSerializer(serializers.Serializer):
    """What a client may write of an entry."""

    formulaire: ClassVar[type[EntreeForm]]
    # Whether the mandatory fields must be there: they may be left out of what only changes some.
    creation: ClassVar[bool] = True

    def get_fields(self) -> dict[str, serializers.Field]:
        """Those of the form."""
        champs = champs_de_l_api(self.formulaire)
        for champ in champs.values():
            champ.required = self.creation and champ.champ.required
        return champs


class ContactEcritureSerializer(EntreeEcritureSerializer):
    """A contact, whole."""

    formulaire = ContactForm


class AdresseEcritureSerializer(EntreeEcritureSerializer):
    """An address, whole."""

    formulaire = AdresseForm


class AdresseDepotSerializer(AdresseEcritureSerializer):
    """An address that the query names already."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Its title need not be said twice."""
        champs = super().get_fields()
        champs[Adresse.CHAMP_IDENTIFIANT].required = False
        return champs


class ContactModificationSerializer(EntreeEcritureSerializer):
    """What changes of a contact."""

    formulaire, creation = ContactForm, False


class AdresseModificationSerializer(EntreeEcritureSerializer):
    """What changes of an address."""

    formulaire, creation = AdresseForm, False
