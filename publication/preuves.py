"""Proofs that something was public: a parution as canonical JSON with its digest, and its verification.

The digest only shows that a file is consistent, and anybody can compute it. What makes a proof authentic is
that this site gives the same content when it is asked again.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from catalogue.comparaison import champs
from catalogue.models import Action, Offre
from edof.lecture import lire_cle
from publication.models import Parution
from publication.visibilite import parues
from sessions_app.models import Session

FORMAT = "preuve-de-parution-1"
OCTETS_AU_PLUS = 512 * 1024
_PARTIES = {
    "format": "le format",
    "parution": "le numéro de la parution",
    "organisme": "l'organisme",
    "du": "le premier jour en ligne",
    "au": "le premier jour où elle n'est plus en ligne",
    "contenu": "le contenu",
    "sha256": "l'empreinte SHA-256",
}
_CONTENUS = {"offre": ("l'offre", Offre), "action": ("l'action", Action), "session": ("la session", Session)}
_AUTRES = {
    "total_ttc": "prix",
    "lieu": "lieu de formation",
    "contact": "contact",
    "adresse": "adresse",
    "organisme": "organisme",
}


class PreuveIllisible(Exception):
    """The error raised when bytes are not a proof; its message gives the reason, in French."""


@dataclass(frozen=True)
class Verdict:
    """The result of the verification of a proof.

    `parution` is set when the proof is authentic; `close_depuis` is then true when the parution has ended
    since the proof was downloaded. Otherwise `alterees` lists the parts that differ from the data of this
    site, and is empty when this site has no such parution.
    """

    parution: Parution | None = None
    close_depuis: bool = False
    alterees: tuple[str, ...] = ()


def preuve(parution: Parution) -> dict[str, Any]:
    """Return the proof of a parution, with its digest.

    It contains the content, the organisme and the days: public from `du`, no longer from `au` (null while the
    parution is public).
    """
    offre = parution.contenu_offre.contenu
    return _scellee(
        {
            "format": FORMAT,
            "parution": parution.pk,
            "organisme": offre["organisme"],
            "du": parution.du.isoformat(),
            "au": parution.au and parution.au.isoformat(),
            "contenu": {
                "offre": offre,
                "action": parution.contenu_action.contenu,
                "session": parution.contenu_complet,
            },
        }
    )


def canonique(objet: Any) -> bytes:
    """Return the canonical JSON of an object: sorted keys, no whitespace, UTF-8.

    Raises ValueError for what UTF-8 cannot encode.
    """
    return json.dumps(
        objet, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()


def _scellee(reste: dict[str, Any]) -> dict[str, Any]:
    return {**reste, "sha256": hashlib.sha256(canonique(reste)).hexdigest()}


def verifier(octets: bytes) -> Verdict:
    """Compare a file with the data of this site.

    Raises PreuveIllisible when the file is not a proof at all.
    """
    recue = _lire(octets)
    numero = recue["parution"]
    # A proof bears a number, never its text.
    cle = None if isinstance(numero, str) else lire_cle(numero)
    parution = parues().filter(pk=cle or 0).select_related(*Parution.CONTENUS).first()
    if parution is None:
        return Verdict()
    attendue = preuve(parution)
    if canonique(recue) == canonique(attendue):
        return Verdict(parution)
    # The parution has ended since the proof was downloaded: the proof was true then, and the end date is now
    # known.
    ouverte = _scellee({cle: valeur for cle, valeur in {**attendue, "au": None}.items() if cle != "sha256"})
    if canonique(recue) == canonique(ouverte):
        return Verdict(parution, close_depuis=True)
    if recue.get("au") is None:
        attendue = ouverte
    return Verdict(alterees=tuple(_differences(recue, attendue)))


def _lire(octets: bytes) -> dict[str, Any]:
    try:
        recue = json.loads(
            octets.decode("utf-8-sig"), object_pairs_hook=_sans_doublon, parse_constant=_refuser
        )
        canonique(recue)
    except (ValueError, RecursionError) as erreur:
        raise PreuveIllisible(
            "Ce n'est pas une preuve : le fichier n'est pas du JSON, ou il a été tronqué."
        ) from erreur
    if not isinstance(recue, dict) or recue.get("format") != FORMAT or "parution" not in recue:
        raise PreuveIllisible("Ce fichier est bien du JSON, mais ce n'est pas une preuve de parution.")
    return recue


def _sans_doublon(paires: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; raise ValueError for a duplicate key.

    Two programs could read a different value for such a key.
    """
    objet = dict(paires)
    if len(objet) != len(paires):
        raise ValueError("clé en double")
    return objet


def _refuser(constante: str) -> None:
    raise ValueError(constante)


def _differences(recue: dict[str, Any], attendue: dict[str, Any]) -> list[str]:
    """Return the parts that differ, in French; the digest alone when nothing else differs."""
    alterees = [
        nom
        for cle, nom in _PARTIES.items()
        if cle not in {"contenu", "sha256"} and not _memes(recue.get(cle), attendue[cle])
    ]
    contenu = recue.get("contenu")
    for cle, (nom, modele) in _CONTENUS.items():
        recu = contenu.get(cle) if isinstance(contenu, dict) else None
        alterees += _champs_differents(nom, modele, recu, attendue["contenu"][cle])
    if recue.keys() - attendue.keys() or (isinstance(contenu, dict) and contenu.keys() - _CONTENUS.keys()):
        alterees.append("un élément ajouté")
    return alterees or [_PARTIES["sha256"]]


def _champs_differents(nom: str, modele: Any, recu: Any, attendu: dict[str, Any]) -> list[str]:
    if not isinstance(recu, dict):
        return [nom]
    libelles = {**champs(modele), **_AUTRES}
    differents = [
        libelles.get(cle, cle).lower()
        for cle in attendu
        if cle not in recu or not _memes(recu[cle], attendu[cle])
    ]
    if recu.keys() - attendu.keys():
        differents.append("un champ ajouté")
    return [f"{nom} ({', '.join(differents)})"] if differents else []


def _memes(recue: Any, attendue: Any) -> bool:
    """Return whether two values have the same JSON: in Python, 1 and True are equal."""
    return canonique(recue) == canonique(attendue)
