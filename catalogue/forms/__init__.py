"""The forms of the three levels share one base; those of offre and action are here, that of the session in
its own app.
"""

from catalogue.forms.action import ActionForm
from catalogue.forms.fiche import FicheForm, IdentifiantForm
from catalogue.forms.offre import OffreForm

__all__ = ["ActionForm", "FicheForm", "IdentifiantForm", "OffreForm"]
