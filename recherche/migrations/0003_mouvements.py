"""What a search is made of beside the contents, when it changes, changes what caches ask."""

from django.db import migrations

TABLES = ("recherche_synonyme", "recherche_lieu", "recherche_motconnu")
GESTES = {"INSERT": ("a_l_ajout", "NEW", "apres"), "UPDATE": ("au_changement", "NEW", "apres"),
          "DELETE": ("a_la_suppression", "OLD", "avant")}  # fmt: skip


class Migration(migrations.Migration):
    """The triggers of the synonyms, of the places and of the known words."""

    dependencies = [("publication", "0007_mouvements_des_mots"), ("recherche", "0002_communes_et_synonymes")]
    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER mouvement_{nom} AFTER {geste} ON {table} REFERENCING {quand} TABLE AS {lignes}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement('SELECT FROM {lignes}')",
            f"DROP TRIGGER mouvement_{nom} ON {table}",
        )
        for table in TABLES
        for geste, (nom, quand, lignes) in GESTES.items()
    ]
