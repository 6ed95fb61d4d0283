"""Long texts with light markup: paragraphs, lists and bold, written as plain signs.

What is stored is what the text area shows: a blank line separates two paragraphs, « - » begins a list item,
two asterisks surround bold text. So the screen, the limit and the history count the same characters, with or
without JavaScript. What is pasted from Word or sent as HTML is reduced to these signs; a library parses them.

Nothing else is markup: a number, a plus, a sharp or a backslash is shown to the public as it was typed.
"""

import re
from functools import lru_cache
from html import unescape
from typing import Any

import nh3
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, list_block

from edof.champs import Colonne
from edof.lecture import puces_lisibles
from edof.rendu_leger import rendre
from edof.textes import valider_texte

MAXIMUM = 3000
_BALISES_LUES = {
    "p",
    "div",
    "br",
    "ul",
    "ol",
    "li",
    "strong",
    "b",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "table",
    "tr",
    "td",
    "th",
}
_BALISES_MONTREES = {"p", "br", "ul", "li", "strong"}
# Closing tags, or tags that only an editor writes: « <b> » alone may be the subject of the training.
_HTML = re.compile(
    r"</(?:p|div|span|b|strong|i|em|u|font|a|ul|ol|li|h[1-6]|table|tr|td|script|style|o:p)\s*>|<br\s*/?>|<!--",
    re.I,
)

# The time to parse HTML grows with its size and with its depth together: both are limited before parsing.
# Word writes some 100,000 characters for three pages, a dozen tags deep.
BRUT_AU_PLUS, PROFONDEUR_AU_PLUS = 300_000, 100
_BALISE = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.I)
# Tags that contain nothing, or that end implicitly when a tag of the same kind begins.
_SANS_PROFONDEUR = {
    "br",
    "hr",
    "img",
    "input",
    "meta",
    "link",
    "col",
    "wbr",
    "p",
    "li",
    "tr",
    "td",
    "th",
    "dt",
    "dd",
    "option",
}
ILLISIBLE = "La mise en forme de ce texte est trop lourde à lire : collez-le sans elle (Ctrl + Maj + V)."

# What a tag is read as, wherever it stands.
_SIGNES = (
    ("<strong>", "**"), ("</strong>", "**"), ("<b>", "**"), ("</b>", "**"), ("<br>", "\n"), ("<tr>", "\n"),
    ("<td>", " "), ("<th>", " "), ("</li>", ""),
    ("</tr>", ""), ("</td>", ""), ("</th>", ""), ("</table>", ""),
)  # fmt: skip
# What becomes one space; a single space is left alone. Each pattern begins with the letters that it looks
# for: ten times faster than `^` or a choice.
_BLANCS, _ESPACES = re.compile(r"\s(?:\s+|(?<! ))"), re.compile("[ \u00a0](?:[ \u00a0]+|(?<=\u00a0))")

# Bullet characters of a word processor, as found once the HTML is removed, at the beginning of a line.
_PUCE_DESSINEE = re.compile(r"[·•▪◦§](?<=^.) +", re.M)

_nettoyeur = nh3.Cleaner(tags=_BALISES_LUES, attributes={}, clean_content_tags={"script", "style", "title"})


def _liste(etat: StateBlock, ligne: int, fin: int, essai: bool) -> bool:
    """Parse a list, only when its line begins with « - »; a markdown-it block rule.

    Standard Markdown would renumber « 3. » and remove the « + » and the « * ».
    """
    suite = etat.src[etat.bMarks[ligne] + etat.tShift[ligne] : etat.eMarks[ligne]]
    return suite.startswith("-") and suite.strip() != "-" and list_block(etat, ligne, fin, essai)


_lecteur = MarkdownIt("zero", {"html": False, "breaks": True}).enable(
    ["list", "emphasis", "newline", "balance_pairs"]
)
_lecteur.block.ruler.at("list", _liste, {"alt": ["paragraph"]})
for _signe in ("em_open", "em_close"):
    # Only bold exists: a lone asterisk or underscore is displayed as it is.
    _lecteur.add_render_rule(_signe, lambda _self, jetons, rang, *_reste: jetons[rang].markup)
for _signe, _balise in (("strong_open", "<strong>"), ("strong_close", "</strong>")):
    # Two underscores are displayed as they are.
    _lecteur.add_render_rule(
        _signe,
        lambda _self, jetons, rang, *_reste, balise=_balise: (
            balise if jetons[rang].markup == "**" else jetons[rang].markup
        ),
    )


# Reading the signs takes longer than the rest of a card of the catalogue: the texts last shown are kept.
@lru_cache(maxsize=1000)
def en_html(texte: str) -> SafeString:
    """Return the text as HTML: paragraphs, lists, bold, line ends. Anything else in it stays plain text."""
    html = rendre(texte) or _lecteur.render(texte)
    return mark_safe(nh3.clean(html, tags=_BALISES_MONTREES, attributes={}))


# Signs that `en_html` turns into tags; a text without any has no form to write.
_MIS_EN_FORME = ("\n", "**")


def en_forme(texte: str) -> bool:
    """Return whether the text has paragraphs, a list or bold, which EDOF shows from HTML only."""
    return any(signe in texte for signe in _MIS_EN_FORME) or texte.startswith("- ")


def html_pour_edof(texte: str) -> str:
    """Return the text as HTML in as few characters as possible: EDOF counts the tags (D-43)."""
    # A space typed as such is a character, not the reference that editors put everywhere.
    return str(en_html(texte)).strip().replace(">\n", ">").replace("&nbsp;", "\xa0")


def longueur_pour_edof(texte: str) -> int:
    """Return the number of characters that EDOF would count: those of the HTML, tags included."""
    return len(html_pour_edof(texte)) if en_forme(texte) else len(texte)


def reduire(texte: str) -> str:
    """Return the text as it is stored.

    One character ends a line; HTML and the bullets of a word processor are reduced to the signs above; a text
    of spaces only becomes empty. Raise ValidationError for HTML too large or too deep to be parsed.
    """
    texte = texte.replace("\r\n", "\n").replace("\r", "\n")
    if _HTML.search(texte):
        if len(texte) > BRUT_AU_PLUS or _profondeur(texte) > PROFONDEUR_AU_PLUS:
            raise ValidationError(ILLISIBLE, code="illisible")
        lecture = _Reduction()
        lecture.lire(_nettoyeur.clean(texte))
        texte = lecture.texte()
    texte = puces_lisibles(texte)
    return texte if texte.strip() else ""


def _profondeur(texte: str) -> int:
    """Return the maximum depth of the tags; a tag that is never closed counts for all that follows it."""
    if texte.count("<") <= PROFONDEUR_AU_PLUS:
        # So few tags cannot be deeper.
        return 0
    ouvertes = plus_haut = 0
    for ferme, nom in _BALISE.findall(texte):
        if nom.lower() not in _SANS_PROFONDEUR:
            ouvertes = max(ouvertes + (-1 if ferme else 1), 0)
            plus_haut = max(plus_haut, ouvertes)
    return plus_haut


def _gras(trouve: re.Match[str]) -> str:
    """Return the bold text with its outer spaces moved outside the asterisks."""
    dedans = trouve[1].strip(" \n")
    if not dedans or dedans == trouve[1]:
        return trouve[0]
    avant, _, apres = trouve[1].partition(dedans)
    return f"{avant}**{dedans}**{apres}"


class _Reduction:
    """A reader of clean HTML, as `nh3` writes it, that writes the signs of light markup."""

    def __init__(self) -> None:
        self.morceaux: list[str] = []
        self.listes: list[int | None] = []

    def lire(self, propre: str) -> None:
        """Read the whole HTML: its tags have no attributes."""
        propre = _BLANCS.sub(" ", propre)
        for balise, signe in _SIGNES:
            propre = propre.replace(balise, signe)
        if "<ol>" not in propre:
            propre = propre.replace("<li>", "\n- ")
        premier, *suivants = propre.split("<")
        self.ecrire(premier)
        for morceau in suivants:
            balise, _, texte = morceau.partition(">")
            if balise[0] == "/":
                self.fermer(balise[1:])
            else:
                self.ouvrir(balise)
            self.ecrire(texte)

    def ecrire(self, texte: str) -> None:
        self.morceaux.append(unescape(texte) if "&" in texte else texte)

    def ouvrir(self, balise: str) -> None:
        if balise in {"ul", "ol"}:
            self.listes.append(0 if balise == "ol" else None)
            self.morceaux.append("\n\n")
        elif balise == "li":
            if self.listes and (rang := self.listes[-1]) is not None:
                self.listes[-1] = rang + 1
                self.morceaux.append(f"\n{rang + 1}. ")
            else:
                self.morceaux.append("\n- ")
        else:
            self.morceaux.append("" if self.listes else "\n\n")

    def fermer(self, balise: str) -> None:
        if balise in {"ul", "ol"} and self.listes:
            self.listes.pop()
        if balise in {"p", "div", "ul", "ol"} or balise.startswith("h"):
            self.morceaux.append("" if self.listes else "\n\n")

    def texte(self) -> str:
        """Return the whole text, without the extra spaces left by tags."""
        ensemble = re.sub(r"\*\*(\s*)\*\*", r"\1", "".join(self.morceaux))
        ensemble = re.sub(r"\*\*([^*]+)\*\*", _gras, ensemble)
        ensemble = "\n".join(map(str.strip, _ESPACES.sub(" ", ensemble).split("\n")))
        ensemble = _PUCE_DESSINEE.sub("- ", ensemble)
        if "\n\n\n" in ensemble:
            ensemble = re.sub(r"\n{3,}", "\n\n", ensemble)
        return ensemble.strip()


class TexteLegerFormField(forms.CharField):
    """A form field for a long text, counted as the screen counts it and reduced to what is stored."""

    def to_python(self, value: Any) -> str:
        """Return the text reduced by `reduire`."""
        return reduire(super().to_python(value) or "")


class TexteLegerField(Colonne, models.TextField):
    """A column for a long text of at most `max_length` characters, counted as stored.

    The text is reduced by `reduire`, also when it does not come from a form.
    """

    default_validators = [valider_texte]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAXIMUM)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)
        self.validators.append(MaxLengthValidator(self.max_length))

    def to_python(self, value: Any) -> Any:
        """Return the text reduced by `reduire`."""
        return reduire(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the text reduced by `reduire`, also when no form has read it, and set it on the instance."""
        valeur = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, valeur)
        return valeur

    def formfield(self, **options: Any) -> Any:
        """Return a text area whose text is reduced as the column reduces it."""
        dits = {nom: options[nom] for nom in ("label", "help_text") if nom in options}
        widget = forms.Textarea(attrs={"rows": 4, "data-leger": "1"})
        return TexteLegerFormField(max_length=self.max_length, strip=False, widget=widget, **dits)

    def en_mots(self, valeur: str) -> SafeString:
        """Return the text as HTML."""
        return en_html(valeur)

    def en_texte(self, fiche: models.Model) -> str:
        """Return the text as it was typed."""
        return getattr(fiche, self.name)
