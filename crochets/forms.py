"""The form of a subscription, which the screens and the API share."""

from typing import Any, ClassVar

from django import forms

from crochets.adresses import URL_AU_PLUS, AdresseRefusee, viser
from crochets.evenements import CHOIX, par_groupe
from crochets.models import ABONNEMENTS_AU_PLUS, Abonnement


class AbonnementForm(forms.ModelForm):
    """What a subscription is: a name, an address that may be called, and events.

    `secret` is that of a new one: the same form sent twice has the same, and finds what it has made.
    """

    url = forms.CharField(
        label="Adresse à prévenir",
        max_length=URL_AU_PLUS,
        widget=forms.URLInput(
            attrs={"autocomplete": "off", "placeholder": "https://", "spellcheck": "false"}
        ),
        help_text="Donnée par votre logiciel. Elle commence par https:// et se joint depuis Internet.",
    )
    evenements = forms.MultipleChoiceField(
        label="Prévenir quand",
        choices=CHOIX,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un événement."},
    )

    class Meta:
        model = Abonnement
        fields = ("nom", "url", "evenements")
        help_texts: ClassVar[dict[str, str]] = {
            "nom": "Le logiciel qui est prévenu, par exemple « Site de l'organisme ».",
        }
        widgets: ClassVar[dict[str, Any]] = {"nom": forms.TextInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args: Any, secret: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.secret = secret

    def evenements_par_groupe(self) -> list[tuple[str, list[Any]]]:
        """Return the boxes of the events, group by group."""
        boites = iter(self["evenements"])
        return [(nom, [next(boites) for _ in choix]) for nom, choix in par_groupe()]

    def clean_url(self) -> str:
        """Refuse what may not be called, and an address that is told already."""
        url: str = self.cleaned_data["url"]
        if self.instance.pk and url == self.instance.url:
            return url
        try:
            viser(url)
        except AdresseRefusee as refusee:
            raise forms.ValidationError(str(refusee), code="adresse") from refusee
        autres = Abonnement.objects.pour_organisme(self.instance.organisme).exclude(pk=self.instance.pk)
        if self.secret:
            autres = autres.exclude(secret=self.secret)
        if meme := autres.filter(url=url).first():
            raise forms.ValidationError(
                f"Le webhook « {meme} » prévient déjà cette adresse : modifiez-le.", code="deja"
            )
        if not self.instance.pk and autres.count() >= ABONNEMENTS_AU_PLUS:
            raise forms.ValidationError(
                f"Vous avez déjà {ABONNEMENTS_AU_PLUS} webhooks, le nombre permis : supprimez celui qui ne"
                " sert plus.",
                code="trop",
            )
        return url
