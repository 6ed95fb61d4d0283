"""The place of a search, typed in one box: a commune, a postal code, a département or a région.

The beginning of a name is enough: the largest commune comes first. Distances are those of the place of the
action when its address is located, else of its commune.
"""

import math
import re
from typing import Any

from django.db.models import Sum

from edof.pliage import plier
from edof.replique import connexion_de_lecture
from publication.donnees.territoires import DEPARTEMENTS, territoire
from recherche.endroits import Endroit, cle, departement, territoire_ecrit, territoires_qui_commencent
from recherche.models import Commune
from recherche.vocabulaire import LETTRES_AU_MOINS, une_faute

PROPOSES, AUTRES, RESSEMBLANTS = 8, 5, 5
RAYON_DE_LA_TERRE, KM_PAR_DEGRE = 6371.0, 111.2
# A place may be this far from the middle of its commune.
DEBORD_KM = 20
# A commune is taken for the one that is meant when it has this many times the inhabitants of its namesakes.
BIEN_PLUS_GRANDE = 20
# The words of an address that is no place of ours, among which one is looked for.
MOTS_AU_PLUS = 8
# The words of the name of a place within a search, and what leads to it.
NOM_AU_PLUS = 4
_SANS_OU = re.compile(r"(?:\s*,|\s+(?:à|a|au|aux|en|dans|sur|vers|près|pres|de|du))+$", re.IGNORECASE)

_ECRIT = re.compile(r"(?P<nom>.+?)\s*\((?P<ou>[^()]+)\)")
_CODE_POSTAL = re.compile(r"(?<![0-9])[0-9]{2} ?[0-9]{3}(?![0-9])")
_AVEC_LE_NUMERO = (
    re.compile(r"(?P<nom>.*[^0-9\s,-])[\s,-]+(?P<ou>[0-9]{2,3}|2[ABab])"),
    re.compile(r"(?P<ou>[0-9]{2,3}|2[ABab])[\s,-]+(?P<nom>[^0-9\s].*)"),
)
# What an address says for the post: « BP 123 94038 Créteil cedex 9 ».
_POUR_LA_POSTE = re.compile(r"\bcedex\b(?:\s+[0-9]{1,2}\b)?|\b(?:BP|CS|TSA)\s*[0-9]+\b", re.IGNORECASE)
# What may stand around a name without being of it: « 📍Paris ».
_AUTOUR = re.compile(r"^[^\w]+|[^\w)]+$")


class LieuInconnu(Exception):
    """The error raised when no place has this name; its message says so, in French.

    `choix` are the places that one may have meant.
    """

    def __init__(self, texte: str, choix: list[Endroit]) -> None:
        suite = "Écrivez une commune, un code postal, un département ou une région."
        if choix:
            suite = f"Vouliez-vous dire {_ou_bien(choix)} ?"
        super().__init__(f"Nous ne connaissons pas de lieu « {texte.strip()[:60]} ». {suite}")
        self.choix = choix


class LieuAmbigu(Exception):
    """The error raised when several places have this very name: `choix` are those one may mean."""

    def __init__(self, texte: str, choix: list[Endroit]) -> None:
        super().__init__(f"Plusieurs lieux s'appellent « {texte} » : choisissez {_ou_bien(choix)}.")
        self.choix = choix


def _ou_bien(choix: list[Endroit]) -> str:
    return " ou ".join(str(endroit) for endroit in choix[:PROPOSES])


def proposer(texte: str) -> list[Endroit]:
    """Return the places whose name or postal code begins with this text, the most populated first."""
    texte = texte.strip()[:80]
    if not plier(texte):
        return []
    if code := _CODE_POSTAL.search(texte):
        texte = code[0]
    communes = (_endroit(*lu) for lu in _communes(texte))
    return list(dict.fromkeys([*territoires_qui_commencent(texte)[:2], *communes]))[:PROPOSES]


def trouver(texte: str) -> tuple[Endroit, list[Endroit]]:
    """Return the place that this text names, and others that it may mean.

    Raises LieuInconnu, and LieuAmbigu when several places have this very name.
    """
    ecrit, texte = texte, _AUTOUR.sub("", _POUR_LA_POSTE.sub(" ", texte))
    if endroit := _precise(texte):
        return endroit, []
    if _ECRIT.fullmatch(texte):
        raise LieuInconnu(ecrit, _ressemblants(texte))
    ou = territoire_ecrit(texte)
    communes = _communes(texte)
    exactes = [lu for lu in communes if lu[-1]]
    if ou and not (exactes and _vaut(exactes[0][0], ou)):
        return ou, [autre for lu in exactes if (autre := _endroit(*lu)) != ou][:AUTRES]
    if not communes:
        if endroit := _avec_son_territoire(texte):
            return endroit, []
        raise LieuInconnu(ecrit, _ressemblants(texte))
    if (
        len(exactes) > 1
        and not texte.isdigit()
        and exactes[0][0].population < BIEN_PLUS_GRANDE * exactes[1][0].population
    ):
        raise LieuAmbigu(texte, [_endroit(*lu) for lu in exactes])
    endroits = [_endroit(*lu) for lu in communes]
    # « Paris » is Paris, and « chevilly » the largest commune that begins so.
    rang = communes.index(exactes[0]) if exactes and ou else 0
    possibles = dict.fromkeys((*([ou] if ou else []), *endroits))
    autres = [autre for autre in possibles if autre != endroits[rang]]
    return endroits[rang], autres[:AUTRES]


def lieu_dans(q: str) -> tuple[str, Endroit] | None:
    """Return the words of a search and the place that it ends or begins with: « plombier à Lyon », « 75013 ».

    Only a whole name is one: None when there is none.
    """
    mots = q.split()[:MOTS_AU_PLUS]
    for longueur in range(min(len(mots), NOM_AU_PLUS), 0, -1):
        for nom, reste in ((mots[-longueur:], mots[:-longueur]), (mots[:longueur], mots[longueur:])):
            if endroit := _nomme(" ".join(nom)):
                return _SANS_OU.sub("", " ".join(reste)).strip(), endroit
    return None


def _nomme(texte: str) -> Endroit | None:
    """Return the place that has this very name, the most populated one."""
    if len(texte) > 1 and (ou := territoire_ecrit(texte)):
        return ou
    chiffres = texte.isdigit()
    if len(texte) < 3 or (chiffres and len(texte) != 5):
        return None
    return next((_endroit(*lu) for lu in _communes(texte) if lu[-1] or chiffres), None)


def _precise(texte: str) -> Endroit | None:
    """Return the commune that a text names with its postal code or its département, None when it names none.

    « Créteil (94000) », « 75013 Paris », « 5 rue de la Paix, 75002 Paris », « Saint-Denis 93 ». A code that
    is only for the post (« 94038 Créteil cedex ») tells the département.
    """
    code = _CODE_POSTAL.search(texte)
    lues = _communes(code[0].replace(" ", "")) if code else []
    if code and not lues and (endroit := _par_la_poste(texte, code)):
        return endroit
    if code and len(code[0]) < len(texte):
        nom = cle(texte)
        # A postal code may be that of several communes: the one that is named.
        nommees = [lu for lu in lues if cle(lu[0].nom) in nom]
        if nommees:
            return _endroit(*max(nommees, key=lambda lu: len(lu[0].nom)))
        if lues and not _ECRIT.fullmatch(texte):
            return _endroit(*lues[0])
    for forme in (_ECRIT, *_AVEC_LE_NUMERO):
        ecrit = forme.fullmatch(texte)
        ou = territoire_ecrit(ecrit["ou"]) if ecrit else None
        if ecrit and ou:
            if cle(ou.nom) == cle(ecrit["nom"]):
                return ou
            if lues := _communes(ecrit["nom"], ou):
                return _endroit(*lues[0])
    return None


def _par_la_poste(texte: str, code: re.Match[str]) -> Endroit | None:
    """Return the commune named beside a postal code that is that of none, the département of a code alone."""
    numero = territoire(code[0].replace(" ", "")).code_departement
    if not numero:
        return None
    noms = [_AUTOUR.sub("", nom) for nom in (texte[code.end() :], texte[: code.start()])]
    # « F-94038 » names nothing beside its code.
    dits = [nom for nom in noms if len(nom) > 1]
    for nom in dits:
        for lu in _communes(nom, departement(numero)):
            return _endroit(*lu)
    return None if dits else departement(numero)


def _avec_son_territoire(texte: str) -> Endroit | None:
    """Return the commune that is named with its département or its région: « Saint-Denis, La Réunion »."""
    mots = cle(texte).split()[:MOTS_AU_PLUS]
    for rang in range(1, len(mots)):
        if ou := territoire_ecrit(" ".join(mots[rang:])):
            for lu in _communes(" ".join(mots[:rang]), ou):
                return _endroit(*lu)
    return None


def _vaut(commune: Commune, ou: Endroit) -> bool:
    """Return whether a commune is meant rather than the territory of the same name: Paris, not La Réunion."""
    if len(ou.departements) > 1:
        return False
    habitants = Commune.objects.using(connexion_de_lecture().alias).filter(departement__in=ou.departements)
    tous = habitants.aggregate(tous=Sum("population"))["tous"] or 0
    return commune.population * BIEN_PLUS_GRANDE >= tous


def _ressemblants(texte: str) -> list[Endroit]:
    """Return the places that an unknown text may mean: what it begins or ends with, or one letter away."""
    mots = cle(texte).split()[:MOTS_AU_PLUS]
    for longueur in range(len(mots) - 1, 0, -1):
        trouves = []
        # « Aix en » begins « Aix-en-Provence »; one word would begin too many names.
        for suite, exacte in ((mots[:longueur], longueur == 1), (mots[-longueur:], True)):
            nom = " ".join(suite)
            if len(nom) > 2 and not nom.isdigit():
                trouves += [_endroit(*lu) for lu in _communes(nom) if lu[-1] or not exacte]
        if trouves:
            return list(dict.fromkeys(trouves))[:RESSEMBLANTS]
    ecrit = " ".join(mots)
    if len(ecrit) < LETTRES_AU_MOINS:
        return []
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(_VOISINS, [f"{ecrit[:1]}%", len(ecrit) - 1, len(ecrit) + 1])
        noms = [nom for nom, cherche in curseur.fetchall() if une_faute(ecrit, cherche)]
    return [_endroit(*lu) for nom in noms[:RESSEMBLANTS] for lu in _communes(nom) if lu[-1]][:RESSEMBLANTS]


def _endroit(commune: Commune, code: str, exacte: bool) -> Endroit:
    """Return the place to search around: the département of a commune whose position nobody knows."""
    if commune.latitude is None:
        return departement(commune.departement)
    return Endroit(commune.nom, code, latitude=commune.latitude, longitude=commune.longitude)


# The first letter is taken for right.
_VOISINS = """
SELECT DISTINCT ON (population, cherche) nom, cherche FROM recherche_commune
WHERE cherche LIKE %s AND length(cherche) BETWEEN %s AND %s ORDER BY population DESC, cherche"""
# Of one or two letters, the commune that is called so comes first: « Y », « Us ».
# The name is made once: a statement that is prepared would make it again for each commune.
_LIRE = """
WITH d AS MATERIALIZED (SELECT cle_du_lieu('', %s) AS nom)
SELECT c.insee, c.nom, c.departement, c.codes_postaux, c.population, c.latitude, c.longitude, c.environ,
    c.cherche = d.nom AS exacte
FROM recherche_commune AS c, d
WHERE {condition}
ORDER BY (c.cherche = d.nom AND length(d.nom) < 3) DESC, c.population DESC, c.insee LIMIT %s"""
_PAR_NOM = "d.nom <> '' AND c.cherche ~>=~ d.nom AND c.cherche ~<~ (d.nom || '\U0010ffff')"
_PAR_CODE = "c.insee IN (SELECT commune_id FROM recherche_lieu WHERE cle LIKE %s AND NOT environ)"


def _communes(texte: str, dans: Endroit | None = None) -> list[tuple[Commune, str, bool]]:
    """Return the communes, the postal code by which each is named, and whether the name is whole.

    With `dans`, only those of these départements that have this very name.
    """
    chiffres = texte.strip().replace(" ", "")
    valeurs: list[Any] = [texte[:80]]
    if chiffres.isascii() and chiffres.isdigit() and len(chiffres) <= 5:
        condition, commence = _PAR_CODE, chiffres
        valeurs.append(f"{chiffres}% %" if len(chiffres) == 5 else f"{chiffres}%")
    else:
        condition, commence = _PAR_NOM, ""
    if dans:
        condition += " AND c.cherche = d.nom AND c.departement = ANY (%s)"
        valeurs.append(list(dans.departements))
    # Fifty communes may share a postal code.
    au_plus = 60 if len(commence) == 5 else PROPOSES + 12
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(_LIRE.format(condition=condition), [*valeurs, au_plus])
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
