"""Writing a catalogue in EDOF's XML, as a stream: real bytes of ISO-8859-1, valid against the schema.

Three statements by hundreds of offres, whatever is below them; only these offres are in memory.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from django.db.models import QuerySet

from catalogue.models import Offre
from echanges.edof_xml import ecrits
from echanges.edof_xml.textes import ENCODAGE
from echanges.edof_xml.valeurs import NS
from echanges.exportables import Choix, Exportables
from edof.horloge import maintenant
from organismes.models import Organisme

OFFRES_PAR_LOT = 200
_DEBUT = f'<?xml version="1.0" encoding="{ENCODAGE}"?>\n<lheo xmlns="{NS}"><offres>\n'
_FIN = "</offres></lheo>\n"


def nom_du_fichier(organisme: Organisme) -> str:
    """Return the name that EDOF asks for: it begins with the SIRET."""
    return f"{organisme.siret}_catalogue_{maintenant():%Y%m%d-%H%M}.xml"


def ecrire(organisme: Organisme, choix: Choix | None = None) -> Iterator[bytes]:
    """Yield the file; it has no formation when nothing may be exported."""
    exportables = Exportables(organisme, choix or Choix())
    carnet = ecrits.Carnet(exportables.contacts, exportables.adresses)
    yield _DEBUT.encode(ENCODAGE)
    cles = iter(list(exportables.offres.order_by("identifiant_normalise").values_list("pk", flat=True)))
    while lot := list(islice(cles, OFFRES_PAR_LOT)):
        yield _formations(exportables, carnet, lot).encode(ENCODAGE, "xmlcharrefreplace")
    yield _FIN.encode(ENCODAGE)


def _formations(exportables: Exportables, carnet: ecrits.Carnet, lot: list[int]) -> str:
    """Return the formations of these offres."""
    sessions: dict[int, list[str]] = defaultdict(list)
    for fiche in _lire(exportables.sessions_pretes.filter(action__offre__in=lot), ecrits.COLONNES_SESSION):
        sessions[fiche["action_id"]].append(ecrits.session(fiche, carnet))
    actions: dict[int, list[str]] = defaultdict(list)
    for fiche in _lire(exportables.actions_pretes.filter(offre__in=lot), ecrits.COLONNES_ACTION):
        if dessous := sessions.pop(fiche["id"], None):
            actions[fiche["offre_id"]].append(ecrits.action(fiche, "".join(dessous), carnet))
    siret = exportables.organisme.siret
    return "".join(
        ecrits.offre(fiche, "".join(actions[fiche["id"]]), siret)
        for fiche in _lire(Offre.objects.filter(pk__in=lot), ecrits.COLONNES_OFFRE)
        if actions[fiche["id"]]
    )


def _lire(ensemble: QuerySet, colonnes: tuple[str, ...]) -> QuerySet:
    return ensemble.order_by("identifiant_normalise").values(*colonnes)
