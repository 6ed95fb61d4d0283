"""Forms of offres and actions.

The forms of the three levels share one base; that of the session is in its own app.
"""

from catalogue.forms.action import ActionForm
from catalogue.forms.fiche import FicheForm, IdentifiantForm
from catalogue.forms.offre import OffreForm

__all__ = ["ActionForm", "FicheForm", "IdentifiantForm", "OffreForm"]
