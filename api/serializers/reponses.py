"""Serializers of what is only read, such as certifications, history, publications and formations."""

from typing import Any

from rest_framework import serializers

from catalogue.cycle_de_vie import Statut
from catalogue.models import Certification
from organismes.models import Qualiopi


class QualiopiSerializer(serializers.Serializer):
    """A Qualiopi certificate."""

    categorie = serializers.ChoiceField(choices=Qualiopi.Categorie.choices)
    du = serializers.DateField()
    au = serializers.DateField(allow_null=True)


class OrganismeSerializer(serializers.Serializer):
    """The organisme of the token."""

    id = serializers.IntegerField()
    raison_sociale = serializers.CharField()
    siret = serializers.CharField()
    nda = serializers.CharField()
    suspendu = serializers.BooleanField(help_text="Un organisme suspendu ne publie plus.")
    qualiopi = QualiopiSerializer(many=True)


class BlocSerializer(serializers.Serializer):
    """A bloc de compétences."""

    code = serializers.CharField()
    libelle = serializers.CharField()


class CertificationSerializer(serializers.Serializer):
    """A certification, or a theme."""

    id = serializers.IntegerField()
    code = serializers.CharField(help_text="Ce qu'une offre donne comme `certification`.")
    type_certification = serializers.ChoiceField(choices=Certification.Type.choices)
    intitule = serializers.CharField()
    niveau = serializers.IntegerField(allow_null=True)
    blocs = BlocSerializer(many=True)
    certificateurs = serializers.ListField(child=serializers.CharField())
    active = serializers.BooleanField()
    date_fin_enregistrement = serializers.DateField(allow_null=True)


class ConstatSerializer(serializers.Serializer):
    """A condition of visibility, met or not."""

    code = serializers.CharField(source="slug")
    phrase = serializers.CharField()
    etat = serializers.ChoiceField(
        choices=[
            ("ok", "remplie"),
            ("non", "non remplie"),
            ("attente", "il suffit d'attendre"),
            ("sans-objet", "ne la concerne pas"),
        ],
    )
    qui = serializers.CharField(help_text="Qui peut agir.")
    date = serializers.DateField(allow_null=True, help_text="Le matin attendu.")


class VisibiliteSerializer(serializers.Serializer):
    """The visibility of a session: the data of « Pourquoi pas visible ? »."""

    visible = serializers.BooleanField()
    visible_le = serializers.DateField(allow_null=True)
    conditions = ConstatSerializer(many=True)


class ChangementSerializer(serializers.Serializer):
    """A field that changed, with its values as people read them."""

    libelle = serializers.CharField()
    avant = serializers.CharField()
    apres = serializers.CharField()


class FicheEnBrefSerializer(serializers.Serializer):
    """A record in brief: level, key, identifier and statut."""

    niveau = serializers.CharField()
    id = serializers.IntegerField()
    identifiant = serializers.CharField()
    statut = serializers.ChoiceField(choices=Statut.choices)


class EntreeDHistoriqueSerializer(serializers.Serializer):
    """An entry of the history: what one operation did to one record."""

    instant = serializers.DateTimeField()
    version = serializers.IntegerField()
    operation = serializers.CharField()
    qui = serializers.CharField(help_text="La personne, ou le jeton.")
    origine = serializers.CharField(help_text="« Formulaire », « API », « Import »…")
    fiche = serializers.SerializerMethodField()
    changements = ChangementSerializer(
        many=True, allow_null=True, help_text="null quand on ne sait pas ce qu'il y avait avant."
    )

    def get_fiche(self, entree: Any) -> FicheEnBrefSerializer:
        """Return the record in brief, as it was."""
        fiche = entree.fiche
        return {
            "niveau": fiche._meta.model_name,
            "id": fiche.pk,
            "identifiant": fiche.identifiant,
            "statut": fiche.statut,
        }  # type: ignore[return-value]


class PassageSerializer(serializers.Serializer):
    """A row of the register, with the counts of the organisme."""

    id = serializers.IntegerField()
    jour = serializers.DateField()
    commence_le = serializers.DateTimeField()
    termine_le = serializers.DateTimeField(allow_null=True)
    parues = serializers.IntegerField(
        source="nombres.parait", help_text="Vos sessions que le public n'avait pas la veille."
    )
    modifiees = serializers.IntegerField(
        source="nombres.change", help_text="Vos sessions dont le public a vu un nouveau contenu."
    )
    retirees = serializers.IntegerField(
        source="nombres.disparait", help_text="Vos sessions que le public n'a plus."
    )
    retenues = serializers.IntegerField(
        source="nombres.retenue", help_text="Vos sessions ouvertes que ce passage a commencé à retenir."
    )


class SessionPubliqueSerializer(serializers.Serializer):
    """A session that the public sees."""

    id = serializers.IntegerField(source="session_id")
    du = serializers.DateField(help_text="Depuis quel jour le public lit ce contenu.")
    contenu = serializers.DictField(
        source="contenu_complet", help_text="La session telle qu'elle a été publiée."
    )


class FormationSerializer(serializers.Serializer):
    """An action that the public sees, with its offre and its sessions, as they were published."""

    id = serializers.IntegerField(help_text="La clé de l'action.")
    url = serializers.URLField(help_text="L'adresse de sa page publique, qui ne change pas.")
    offre = serializers.DictField(help_text="Le contenu de l'offre.")
    action = serializers.DictField(help_text="Le contenu de l'action.")
    sessions = SessionPubliqueSerializer(many=True)
