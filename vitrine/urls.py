"""URLs of the public side."""

from django.urls import path

from vitrine import (
    agenda,
    apercu,
    donnees,
    formation,
    formations,
    legales,
    metriques,
    preuves,
    robots,
    sante,
    securite,
)

urlpatterns = [
    path("formations/", formations.formations, name="formations"),
    path("formations/lieux/", formations.lieux, name="lieux"),
    path("formations/classement/", formations.classement, name="classement"),
    path("formations/verifier/", preuves.verifier, name="verifier"),
    path("formations/<int:pk>/", formation.par_numero, name="formation_par_numero"),
    # publication/adresses.py writes and reads it.
    path("formations/<offre>/<action>/", formation.formation, name="formation"),
    path("mentions-legales/", legales.mentions_legales, name="mentions_legales"),
    path("donnees-personnelles/", legales.donnees_personnelles, name="donnees_personnelles"),
    path("accessibilite/", legales.accessibilite, name="accessibilite"),
    path("plan/", legales.plan, name="plan"),
    path("agenda/organismes/<siret>.ics", agenda.de_l_organisme, name="agenda_organisme"),
    path("agenda/formations/<int:pk>.ics", agenda.de_la_formation, name="agenda_formation"),
    path("apercu/<jeton>/", apercu.apercu, name="apercu"),
    path("robots.txt", robots.robots, name="robots"),
    path(".well-known/security.txt", securite.securite_txt, name="securite_txt"),
    path("csp/", securite.rapport_csp, name="rapport_csp"),
    path("sitemap.xml", robots.plan, name="plan_du_site"),
    path("sitemap-<int:numero>.xml", robots.partie, name="plan_partie"),
    path("donnees/", donnees.page, name="donnees"),
    path("donnees/retraits.jsonl", donnees.retraits, name="donnees_retraits"),
    path("donnees/latest/<nom>", donnees.derniere, name="donnees_derniere"),
    path("donnees/<jour>/<nom>", donnees.fichier, name="donnees_fichier"),
    path("sante/", sante.sante, name="sante"),
    path("sante/vivant/", sante.vivant, name="sante_vivant"),
    path("sante/pret/", sante.pret, name="sante_pret"),
    path("metriques/", metriques.metriques, name="sante_metriques"),
]
