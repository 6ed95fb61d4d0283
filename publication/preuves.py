"""The proof that something was public: a parution as canonical JSON with its digest, and the verification of
such a file.

The digest only says that a file holds together, and anybody can compute it: what makes a proof authentic is
that this site, asked again, says the same thing.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from catalogue.comparaison import champs
from catalogue.models import Action, Offre
from publication.models import Parution
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
    """These bytes are not a proof; the message says why, in French."""


@dataclass(frozen=True)
class Verdict:
    """`parution` when it is authentic, else `alterees`: what this site does not say so; nothing when it knows
    no such parution.
    """

    parution: Parution | None = None
    close_depuis: bool = False
    alterees: tuple[str, ...] = ()


def preuve(parution: Parution) -> dict[str, Any]:
    """The content, whose it is, and the days: public from `du`, no longer from `au` (null while it still
    was); with its digest.
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
                "session": parution.contenu,
            },
        }
    )


def canonique(objet: Any) -> bytes:
    """The one way to write it: sorted keys, no blank, UTF-8. Raises ValueError for what UTF-8 cannot hold."""
    return json.dumps(
        objet, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()


def _scellee(reste: dict[str, Any]) -> dict[str, Any]:
    return {**reste, "sha256": hashlib.sha256(canonique(reste)).hexdigest()}


def verifier(octets: bytes) -> Verdict:
    """What this site says of a file. Raises PreuveIllisible when it is not a proof at all."""
    recue = _lire(octets)
    numero = recue["parution"]
    parution = None
    if type(numero) is int and 0 < numero < 2**63:
        parution = (
            Parution.objects.filter(pk=numero).select_related("contenu_offre", "contenu_action").first()
        )
    if parution is None:
        return Verdict()
    attendue = preuve(parution)
    if canonique(recue) == canonique(attendue):
        return Verdict(parution)
    # Closed since it was downloaded: it was true, and it is known how it ended.
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
    """A key written twice would be read one way here, and another elsewhere."""
    objet = dict(paires)
    if len(objet) != len(paires):
        raise ValueError("clé en double")
    return objet


def _refuser(constante: str) -> None:
    raise ValueError(constante)


def _differences(recue: dict[str, Any], attendue: dict[str, Any]) -> list[str]:
    """The parts that are not the same, in words; the digest alone when nothing else differs."""
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
    """Whether they are written the same: Python would say that 1 and true are equal."""
    return canonique(recue) == canonique(attendue)
