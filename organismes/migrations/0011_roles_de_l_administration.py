from django.db import migrations

# What each role of the administration may read, then what it may do: (app, model, actions).
LUS = {
    "organismes": ["organisme", "utilisateur", "contact", "adresse", "invitation", "jeton", "bandeau",
                   "courriel", "bulletin", "visite"],
    "catalogue": ["certification", "offre", "action", "suppression", "presence", "typeferme"],
    "sessions_app": ["session", "fermeture", "habitude", "programmation"],
    "publication": ["passage", "parution", "retenue", "contenu"],
    "lots": ["lot"],
    "echanges": ["import"],
    "recherche": ["synonyme"],
    "axes": ["accessattempt", "accesslog", "accessfailurelog"],
}
CATALOGUE = ["catalogue", "sessions_app", "publication", "recherche"]
ROLES = {
    "Support": (
        list(LUS),
        [("organismes", "organisme", "visiter_organisme"), ("axes", "accessattempt", "delete_accessattempt"),
         ("organismes", "bandeau", "add_bandeau"), ("organismes", "bandeau", "change_bandeau")],
    ),
    "Publication": (
        [*CATALOGUE, "organismes.organisme", "lots", "echanges"],
        [("organismes", "organisme", "suspendre_organisme"), ("publication", "passage", "change_passage"),
         *(("recherche", "synonyme", f"{quoi}_synonyme") for quoi in ("add", "change", "delete"))],
    ),
    "Certifications": (
        ["catalogue.certification", "catalogue.typeferme", "catalogue.offre"],
        [("catalogue", modele, f"{quoi}_{modele}") for modele in ("certification", "typeferme")
         for quoi in ("add", "change")] + [("catalogue", "typeferme", "delete_typeferme")],
    ),
    "Personnes": (
        ["organismes.organisme", "organismes.utilisateur", "organismes.invitation", "organismes.jeton",
         "organismes.visite", "axes"],
        [*(("organismes", modele, f"{quoi}_{modele}") for modele in ("organisme", "utilisateur")
           for quoi in ("add", "change")),
         *(("organismes", "membre", f"{quoi}_membre") for quoi in ("view", "add", "change", "delete")),
         *(("organismes", "qualiopi", f"{quoi}_qualiopi") for quoi in ("view", "add", "change")),
         ("organismes", "invitation", "change_invitation"), ("organismes", "jeton", "change_jeton"),
         ("axes", "accessattempt", "delete_accessattempt")],
    ),
}


def creer(apps, schema_editor):
    Type = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")

    def permission(app, modele, code):
        # Permissions are made after the migrations: those needed here are made now, under the same keys.
        genre, _ = Type.objects.get_or_create(app_label=app, model=modele)
        return Permission.objects.get_or_create(
            content_type=genre, codename=code, defaults={"name": f"Can {code.replace('_', ' ')}"}
        )[0]

    for nom, (lus, faits) in ROLES.items():
        couples = []
        for quoi in lus:
            app, _, modele = quoi.partition(".")
            couples += [(app, seul) for seul in ([modele] if modele else LUS[app])]
        if ("organismes", "organisme") in couples:
            couples += [("organismes", "membre"), ("organismes", "qualiopi")]
        codes = [*((app, modele, f"view_{modele}") for app, modele in couples), *faits]
        groupe, _ = Group.objects.get_or_create(name=nom)
        groupe.permissions.set([permission(*code) for code in codes])


class Migration(migrations.Migration):
    dependencies = [
        ("organismes", "0010_second_facteur_et_visites"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(creer, migrations.RunPython.noop)]
