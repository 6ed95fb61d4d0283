"""What was withdrawn since the files of the day were written: asked at each reading, never late."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from catalogue.models import Suppression
from edof.horloge import minuit
from publication.ecarts import MARGE, SUPPRIMEES
from publication.models import Parution
from publication.visibilite import parues, publiques
from sessions_app.models import Session


def retraits(jour: dt.date) -> Iterator[dict[str, object]]:
    """Yield the sessions that the files of `jour` may hold and that the public does not see now, in order."""
    lues = _retirees(jour).values_list(
        "session_id",
        "action_id",
        "offre_id",
        KeyTextTransform("siret", KeyTextTransform("organisme", "contenu_offre__contenu")),
        KeyTextTransform("identifiant", "contenu"),
    )
    for session, action, offre, siret, identifiant in lues.order_by("offre_id", "action_id", "session_id"):
        yield {
            "id_session": session,
            "id_action": action,
            "id_offre": offre,
            "numero_session": f"{siret}_{identifiant}",
        }


def _retirees(jour: dt.date) -> QuerySet[Parution]:
    """Return the parutions of that day that are not public any more.

    Only what somebody has saved or deleted since can be: those records are few, and found by an index.
    """
    depuis = minuit(jour) - MARGE
    sessions = Session.objects.order_by()
    touchees = sessions.filter(modifie_le__gte=depuis).values("pk")
    for chemin in ("action", "action__offre", "organisme"):
        touchees = touchees.union(sessions.filter(**{f"{chemin}__modifie_le__gte": depuis}).values("pk"))
    jetees = Suppression.objects.filter(supprimee_le__gte=depuis).values("contexte")
    touchees = touchees.union(SUPPRIMEES.order_by().filter(pgh_context__in=jetees).values("pgh_obj_id"))
    return (
        parues()
        .au_jour(jour)
        .filter(Q(session_id__in=touchees), ~Exists(publiques().filter(session=OuterRef("session_id"))))
    )
