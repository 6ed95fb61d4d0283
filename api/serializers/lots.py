"""Serializers of the lots: the elements that are sent, what each is answered, where a lot stands."""

from rest_framework import serializers

from api.lots.elements import FAIRE, LONGUEUR, MODES, NIVEAUX
from api.serializers.communs import ProblemeSerializer, RaisonSerializer
from lots.models import FICHES_AU_PLUS, Etat


class ElementSerializer(serializers.Serializer):
    """One write of a lot: what to do, to which record, with which values."""

    faire = serializers.ChoiceField(
        choices=FAIRE,
        help_text="`creer`, `modifier` (ce qui n'est pas nommé reste), `deposer` (crée ou remplace), ou"
        " l'opération.",
    )
    niveau = serializers.ChoiceField(choices=NIVEAUX)
    chemin = serializers.ListField(
        child=serializers.CharField(max_length=LONGUEUR),
        min_length=1,
        max_length=3,
        required=False,
        help_text="Les identifiants qui mènent à la fiche, depuis l'offre ; ce que crée un autre élément y"
        " compte.",
    )
    id = serializers.IntegerField(
        required=False, min_value=1, help_text="Sa clé, au lieu de `chemin`, quand elle existe déjà."
    )
    valeurs = serializers.DictField(
        required=False, help_text="Le corps de la même écriture faite seule : champs, `valider`, `version`."
    )
    si_match = serializers.CharField(required=False, allow_blank=True, help_text="Son `If-Match`.")


class EnvoiSerializer(serializers.Serializer):
    """What is sent: the writes of a lot, and how they are carried out."""

    mode = serializers.ChoiceField(
        choices=MODES,
        required=False,
        help_text="`valides` : chacun pour soi. `tout` : rien n'est écrit si un élément est refusé.",
    )
    elements = ElementSerializer(many=True, min_length=1, max_length=FICHES_AU_PLUS)


class ElementFaitSerializer(serializers.Serializer):
    """What an element is answered."""

    rang = serializers.IntegerField(help_text="Sa place dans `elements`, à partir de 0.")
    status = serializers.IntegerField(
        help_text="Celui qu'aurait eu la requête seule : 201, 200, 409, 412, 422…"
    )
    niveau = serializers.ChoiceField(choices=NIVEAUX)
    id = serializers.IntegerField(allow_null=True)
    identifiant = serializers.CharField()
    statut = serializers.CharField(allow_null=True, help_text="Celui de la fiche, une fois écrite.")
    version = serializers.IntegerField(allow_null=True)
    etag = serializers.CharField(allow_null=True, help_text="À rendre comme `If-Match`.")
    url = serializers.CharField(allow_null=True)
    a_completer = RaisonSerializer(many=True, help_text="Ce qui manque à un brouillon pour être validé.")
    probleme = ProblemeSerializer(allow_null=True, help_text="Pourquoi il est refusé ; null s'il est fait.")


class LotSerializer(serializers.Serializer):
    """Where a lot stands."""

    id = serializers.IntegerField(allow_null=True, help_text="null quand `dry_run` simule.")
    operation = serializers.CharField(
        help_text="`elements` pour ce qu'un programme a envoyé, `annuler` pour un retour, ou l'opération des"
        " écrans."
    )
    niveau = serializers.CharField(allow_blank=True, help_text="Vide quand il y en a plusieurs.")
    mode = serializers.CharField(allow_null=True)
    etat = serializers.ChoiceField(choices=Etat.choices)
    nombre = serializers.IntegerField()
    faites = serializers.IntegerField()
    inchangees = serializers.IntegerField()
    refusees = serializers.IntegerField()
    a_faire = serializers.IntegerField(help_text="Ce qui reste : 0 quand c'est fini.")
    annule = serializers.IntegerField(
        source="annule_id", allow_null=True, help_text="Le lot que celui-ci annule."
    )
    annule_par = serializers.IntegerField(allow_null=True, help_text="Le lot qui annule celui-ci.")
    cree_le = serializers.DateTimeField()
    fini_le = serializers.DateTimeField(allow_null=True)


class LotFaitSerializer(LotSerializer):
    """A lot that was sent, with the answers when they come at once."""

    elements = ElementFaitSerializer(
        many=True, allow_null=True, help_text="null quand le lot se fait en tâche : lisez `lignes/`."
    )


class LigneDeLotSerializer(serializers.Serializer):
    """A record of a lot."""

    id = serializers.IntegerField()
    nom = serializers.CharField(help_text="L'identifiant de la fiche.")
    issue = serializers.CharField(allow_blank=True, help_text="faite, inchangee ou refusee ; vide avant.")
    code = serializers.CharField(allow_blank=True)
    phrase = serializers.CharField(allow_blank=True, help_text="Pourquoi elle est refusée.")
    reponse = serializers.SerializerMethodField(help_text="Celle de l'élément ; null pour les autres lots.")

    def get_reponse(self, ligne: object) -> ElementFaitSerializer(allow_null=True):  # type: ignore[valid-type]
        """Return the answer of the element, without what only serves its undoing."""
        reponse = getattr(ligne, "reponse", None)
        return reponse and {nom: valeur for nom, valeur in reponse.items() if nom != "faite"}
