"""The place of a search: a commune, a postal code or a département, typed in one box.

The beginning of a name is enough: the largest commune comes first. Distances are those of the place of the
action when its address is located, else of its commune.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from edof.pliage import plier
from edof.replique import connexion_de_lecture
from publication.donnees.territoires import DEPARTEMENTS
from recherche.models import Commune

PROPOSES, AUTRES = 8, 5
RAYON_DE_LA_TERRE, KM_PAR_DEGRE = 6371.0, 111.2
# A place may be this far from the middle of its commune.
DEBORD_KM = 20
# A commune is taken for the one that is meant when it has this many times the inhabitants of its namesakes.
BIEN_PLUS_GRANDE = 20

_ECRIT = re.compile(r"\s*(?P<nom>.+?)\s*\((?P<code>[0-9]{5}|[0-9]{2,3}|2[ABab])\)\s*")
_DE_NOMS = {plier(nom): code for code, nom in DEPARTEMENTS.items()}


@dataclass(frozen=True)
class Endroit:
    """A place to search around, or a département to search in."""

    nom: str
    code: str
    departement: bool = False
    latitude: float | None = None
    longitude: float | None = None

    def __str__(self) -> str:
        return f"{self.nom} ({self.code})"


class LieuInconnu(Exception):
    """The error raised when no place has this name; its message says so, in French."""


class LieuAmbigu(Exception):
    """The error raised when several places have this very name: `choix` are those one may mean."""

    def __init__(self, texte: str, choix: list[Endroit]) -> None:
        super().__init__(
            f"Plusieurs lieux s'appellent « {texte} » : choisissez"
            f" {' ou '.join(str(endroit) for endroit in choix[:PROPOSES])}."
        )
        self.choix = choix


def proposer(texte: str) -> list[Endroit]:
    """Return the places whose name or postal code begins with this text, the most populated first."""
    texte = texte.strip()[:80]
    if not plier(texte):
        return []
    departements = [
        Endroit(nom, code, departement=True)
        for code, nom in DEPARTEMENTS.items()
        if code == texte.upper() or (len(texte) > 2 and plier(nom).startswith(plier(texte)))
    ]
    communes = (_endroit(*lu) for lu in _communes(texte))
    return list(dict.fromkeys([*departements[:2], *communes]))[:PROPOSES]


def trouver(texte: str) -> tuple[Endroit, list[Endroit]]:
    """Return the place that this text names, and others that it may mean.

    Raises LieuInconnu, and LieuAmbigu when several places have this very name.
    """
    if ecrit := _ECRIT.fullmatch(texte):
        return _ecrit(ecrit["nom"], ecrit["code"].upper(), texte), []
    code = texte.strip().upper()
    if code in DEPARTEMENTS:
        return Endroit(DEPARTEMENTS[code], code, departement=True), []
    communes = _communes(texte)
    departement = _DE_NOMS.get(plier(texte))
    exactes = [lu for lu in communes if lu[-1]]
    if departement and not exactes:
        return Endroit(DEPARTEMENTS[departement], departement, departement=True), []
    if not communes:
        raise LieuInconnu(
            f"Nous ne connaissons pas de lieu « {texte[:60]} » : écrivez une commune, un code postal ou un"
            " département."
        )
    endroits = [_endroit(*lu) for lu in communes]
    if (
        len(exactes) > 1
        and not code.isdigit()
        and exactes[0][0].population < BIEN_PLUS_GRANDE * exactes[1][0].population
    ):
        raise LieuAmbigu(texte.strip(), [_endroit(*lu) for lu in exactes])
    autres = [Endroit(DEPARTEMENTS[departement], departement, departement=True)] if departement else []
    # « Paris » is Paris, and « chevilly » the largest commune that begins so.
    rang = communes.index(exactes[0]) if exactes and departement else 0
    return endroits[rang], [*autres, *(e for n, e in enumerate(endroits) if n != rang)][:AUTRES]


def _ecrit(nom: str, code: str, texte: str) -> Endroit:
    """Return the place that is written as we write it: « Créteil (94000) », « Val-de-Marne (94) »."""
    if len(code) < 5:
        if plier(DEPARTEMENTS.get(code, "")) == plier(nom):
            return Endroit(DEPARTEMENTS[code], code, departement=True)
    else:
        for commune, lu, exacte in _communes(nom, code):
            if exacte:
                return _endroit(commune, lu, exacte)
    raise LieuInconnu(f"Nous ne connaissons pas de lieu « {texte.strip()[:60]} ».")


def _endroit(commune: Commune, code: str, exacte: bool) -> Endroit:
    """Return the place to search around: the département of a commune whose position nobody knows."""
    if commune.latitude is None:
        return Endroit(DEPARTEMENTS[commune.departement], commune.departement, departement=True)
    return Endroit(commune.nom, code, latitude=commune.latitude, longitude=commune.longitude)


# The name is made once: a statement that is prepared would make it again for each commune.
_LIRE = """
WITH d AS MATERIALIZED (SELECT cle_du_lieu('', %s) AS nom)
SELECT c.insee, c.nom, c.departement, c.codes_postaux, c.population, c.latitude, c.longitude, c.environ,
    c.cherche = d.nom AS exacte
FROM recherche_commune AS c, d
WHERE {condition}
ORDER BY {ordre} c.population DESC, c.insee LIMIT %s"""
_PAR_NOM = "d.nom <> '' AND c.cherche ~>=~ d.nom AND c.cherche ~<~ (d.nom || '\U0010ffff')"
_PAR_CODE = "c.insee IN (SELECT commune_id FROM recherche_lieu WHERE cle LIKE %s AND NOT environ)"


def _communes(texte: str, code: str = "") -> list[tuple[Commune, str, bool]]:
    """Return the communes, the postal code by which each is named, and whether the name is whole."""
    chiffres = texte.strip().replace(" ", "")
    valeurs: list[Any] = [texte[:80]]
    if not code and chiffres.isascii() and chiffres.isdigit() and len(chiffres) <= 5:
        condition, ordre, commence = _PAR_CODE, "", chiffres
        valeurs.append(f"{chiffres}% %" if len(chiffres) == 5 else f"{chiffres}%")
    else:
        condition, ordre, commence = _PAR_NOM, "", code
        if code:
            condition, ordre = f"{_PAR_NOM} AND %s = ANY (c.codes_postaux)", "exacte DESC,"
            valeurs.append(code)
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(_LIRE.format(condition=condition, ordre=ordre), [*valeurs, PROPOSES + 12])
        lues = curseur.fetchall()
    trouvees: dict[Endroit, tuple[Commune, str, bool]] = {}
    for *colonnes, exacte in lues:
        noms = (
            "insee",
            "nom",
            "departement",
            "codes_postaux",
            "population",
            "latitude",
            "longitude",
            "environ",
        )
        commune = Commune(**dict(zip(noms, colonnes, strict=True)))
        codes = [c for c in commune.codes_postaux if commence and c.startswith(commence)]
        if commune.latitude is None and commune.departement not in DEPARTEMENTS:
            continue
        lue = (commune, (codes or [commune.code_postal])[0], bool(exacte))
        # Several communes without a position are one département.
        trouvees.setdefault(_endroit(*lue), lue)
    return list(trouvees.values())


def boite(endroit: Endroit, km: float) -> tuple[float, float, float, float]:
    """Return the latitudes and the longitudes between which a place at most `km` away is."""
    assert endroit.latitude is not None and endroit.longitude is not None
    hauteur = km / KM_PAR_DEGRE
    largeur = km / (KM_PAR_DEGRE * max(math.cos(math.radians(endroit.latitude)), 0.01))
    return (
        endroit.latitude - hauteur, endroit.latitude + hauteur,
        endroit.longitude - largeur, endroit.longitude + largeur,
    )  # fmt: skip


def distance(latitude: str, longitude: str) -> str:
    """Return the SQL of the distance in km, along the sphere, from two parameters (latitude, longitude)."""
    return (
        f"{2 * RAYON_DE_LA_TERRE} * asin(sqrt(least(1, sin(radians({latitude} - %s) / 2) ^ 2"
        f" + cos(radians(%s)) * cos(radians({latitude})) * sin(radians({longitude} - %s) / 2) ^ 2)))"
    )
