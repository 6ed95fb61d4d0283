"""URLs of the API."""

from typing import Any

from django.urls import path

from api.views import (
    actions,
    bac_a_sable,
    carnet,
    certifications,
    changements,
    documentation,
    exports,
    imports,
    lots,
    offres,
    organismes,
    publications,
    sessions,
    webhooks,
)
from catalogue.operations import USAGES

# The operation for each HTTP method, by kind of URL of a resource.
LISTE = {"get": "lister", "post": "creer"}
UNE = {"get": "lire", "put": "remplacer", "patch": "modifier", "delete": "supprimer"}
PAR_IDENTIFIANT = {"get": "retrouver", "put": "deposer"}
ECRITES: dict[str, Any] = {
    "offre": offres.OffreVue,
    "action": actions.ActionVue,
    "session": sessions.SessionVue,
    "contact": carnet.ContactVue,
    "adresse": carnet.AdresseVue,
}
LUES: dict[str, Any] = {
    "organisme": organismes.OrganismeVue,
    "certification": certifications.CertificationVue,
    "formation": publications.FormationVue,
}

urlpatterns = [
    path("", documentation.accueil, name="api"),
    path("schema/", documentation.schema, name="api_schema"),
    path("documentation/", documentation.documentation, name="api_documentation"),
    path("documentation/versions/", documentation.versions, name="api_versions"),
    path("documentation/erreurs/<slug:code>/", documentation.erreur, name="api_erreur"),
    path("exports/", exports.ExportVue.as_view({"get": "exporter"}), name="api_exports"),
    path("imports/", imports.ImportVue.as_view({"get": "lister", "post": "importer"}), name="api_imports"),
    path("imports/<int:id>/", imports.ImportVue.as_view({"get": "lire"}), name="api_import"),
    path("imports/<int:id>/lignes/", imports.ImportVue.as_view({"get": "lignes"}), name="api_import_lignes"),
    path(
        "imports/<int:id>/appliquer/",
        imports.ImportVue.as_view({"post": "appliquer"}),
        name="api_import_appliquer",
    ),
    path(
        "imports/<int:id>/annuler/",
        imports.ImportVue.as_view({"post": "annuler"}),
        name="api_import_annuler",
    ),
    path("bac-a-sable/", bac_a_sable.BacASableVue.as_view({"get": "lire"}), name="api_bac_a_sable"),
    path(
        "bac-a-sable/avancer/",
        bac_a_sable.BacASableVue.as_view({"post": "avancer"}),
        name="api_bac_a_sable_avancer",
    ),
    path("changements/", changements.ChangementVue.as_view({"get": "suivre"}), name="api_changements"),
    path("webhooks/", webhooks.WebhookVue.as_view(LISTE), name="api_webhooks"),
    path(
        "webhooks/<int:id>/",
        webhooks.WebhookVue.as_view({"get": "lire", "patch": "modifier", "delete": "supprimer"}),
        name="api_webhook",
    ),
    *(
        path(
            f"webhooks/<int:id>/{geste}/",
            webhooks.WebhookVue.as_view({methode: geste}),
            name=f"api_webhook_{geste}",
        )
        for geste, methode in (("renouveler", "post"), ("tester", "post"), ("livraisons", "get"))
    ),
    path(
        "webhooks/livraisons/<int:id>/rejouer/",
        webhooks.LivraisonVue.as_view({"post": "rejouer"}),
        name="api_livraison_rejouer",
    ),
    path("lots/", lots.LotVue.as_view({"get": "lister", "post": "envoyer"}), name="api_lots"),
    path("lots/<int:id>/", lots.LotVue.as_view({"get": "lire"}), name="api_lot"),
    path("lots/<int:id>/lignes/", lots.LotVue.as_view({"get": "lignes"}), name="api_lot_lignes"),
    *(
        path(f"lots/<int:id>/{geste}/", lots.LotVue.as_view({"post": geste}), name=f"api_lot_{geste}")
        for geste in ("arreter", "reprendre", "annuler")
    ),
    path("publications/", publications.PublicationVue.as_view({"get": "lister"}), name="api_publications"),
]
for nom, vue in ECRITES.items():
    urlpatterns += [
        path(f"{nom}s/", vue.as_view(LISTE), name=f"api_{nom}s"),
        path(f"{nom}s/par-identifiant/", vue.as_view(PAR_IDENTIFIANT), name=f"api_{nom}_par_identifiant"),
        path(f"{nom}s/<int:id>/", vue.as_view(UNE), name=f"api_{nom}"),
    ]
for nom, vue in LUES.items():
    urlpatterns += [
        path(f"{nom}s/", vue.as_view({"get": "lister"}), name=f"api_{nom}s"),
        path(f"{nom}s/<int:id>/", vue.as_view({"get": "lire"}), name=f"api_{nom}"),
    ]
for nom in ("offre", "action", "session"):
    urlpatterns.append(
        path(
            f"{nom}s/<int:id>/historique/",
            ECRITES[nom].as_view({"get": "historique"}),
            name=f"api_{nom}_historique",
        )
    )
    for operation, usage in USAGES.items():
        if usage.api and (nom == "session" or not usage.pour_la_session):
            vue = ECRITES[nom].as_view({"post": operation.value})
            urlpatterns.append(
                path(f"{nom}s/<int:id>/{operation.value}/", vue, name=f"api_{nom}_{operation.value}")
            )
urlpatterns += [
    path(
        "actions/<int:id>/series/",
        actions.ActionVue.as_view({"post": "creer_une_serie"}),
        name="api_action_serie",
    ),
    path(
        "sessions/<int:id>/visibilite/",
        sessions.SessionVue.as_view({"get": "visibilite"}),
        name="api_session_visibilite",
    ),
    path(
        "sessions/<int:id>/programmations/",
        sessions.SessionVue.as_view(
            {"get": "programmations", "post": "programmer", "delete": "deprogrammer"}
        ),
        name="api_session_programmation",
    ),
    path("<path:reste>", documentation.introuvable, name="api_introuvable"),
]
