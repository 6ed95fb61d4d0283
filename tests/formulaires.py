"""Helper that reads the wizard's form as a browser would send it back."""

import html
import re
from typing import Any


def champs_de(page: str, formulaire: str = "assistant-form") -> dict[str, Any]:
    """Return the fields of the wizard's form, or of another one, as a browser would send them back."""
    page = page[page.index(f'id="{formulaire}"') :]
    page = re.sub(r"<template.*?</template>", "", page[: page.index("</form>")], flags=re.S)
    champs: dict[str, Any] = {}
    for balise in re.findall(r"<input[^>]*>", page):
        nom, valeur = re.search(r'name="([^"]+)"', balise), re.search(r'value="([^"]*)"', balise)
        if nom and (not re.search('type="(checkbox|radio)"', balise) or "checked" in balise):
            texte = html.unescape(valeur[1]) if valeur else ""
            champs[nom[1]] = (
                [*champs[nom[1]], texte]
                if nom[1] in champs and 'type="checkbox"' in balise
                else [texte]
                if 'type="checkbox"' in balise
                else texte
            )
    for nom, contenu in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.S):
        choisi = re.search(r'value="([^"]*)" selected', contenu)
        champs[nom] = choisi[1] if choisi else ""
    for nom, valeur in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.S):
        champs[nom] = html.unescape(valeur)
    return champs
