"""The home page (accueil): what there is to do today."""
