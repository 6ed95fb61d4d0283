"""Records that EDOF would take for one another, told by the save that makes them so (D-44).

Two actions that differ too little (30056, 30057), two sessions of an action with the same dates (10133). It
is never refused, and never said again on an unrelated edit.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from catalogue.cycle_de_vie import colonnes
from catalogue.jumelles import empreinte, nouvelles_jumelles
from catalogue.models import Action, Fiche
from sessions_app.memes_dates import dates_de, nouvelles_pareilles
from sessions_app.models import Session


def comparee(fiche: Fiche) -> Any:
    """Return what is compared of a record; to be asked before it is saved, too."""
    if isinstance(fiche, Action):
        return empreinte(colonnes(fiche), fiche.offre.certification_id)
    return dates_de(fiche) if isinstance(fiche, Session) else None


def dire_les_ressemblances(request: HttpRequest, fiche: Fiche, avant: Any) -> None:
    """Warn, with a link, of the record that this one, just saved, now resembles; at most one query.

    `avant` is what was compared before, None for a new record.
    """
    apres = comparee(fiche)
    if apres == avant:
        return
    trouvees: list[Any] = []
    if isinstance(fiche, Action):
        trouvees = list(nouvelles_jumelles(fiche.organisme, {fiche.pk: (avant, apres)}))
    elif isinstance(fiche, Session):
        sessions = Session.objects.pour_organisme(fiche.organisme)
        trouvees = list(nouvelles_pareilles(sessions, [(fiche.pk, fiche.identifiant, apres)], [fiche.pk]))
    for trouvee in trouvees:
        lien = f"voir:{fiche.nom_de_niveau}-{trouvee.autre}"
        messages.warning(request, f"« {fiche.identifiant} » : {trouvee.phrase}", extra_tags=lien)
