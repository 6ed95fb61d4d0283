"""Django admin of the catalogue: certifications, types of offre, offres, actions, the « Corbeille »."""

from catalogue.admin import certification, corbeille, fiche, releve, type_d_offre

__all__ = ["certification", "corbeille", "fiche", "releve", "type_d_offre"]
