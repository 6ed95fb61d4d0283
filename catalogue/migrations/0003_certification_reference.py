import catalogue.recherche
import django.contrib.postgres.indexes
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# SQL-standard bodies are bound when created: no search path, no locale. `lower` under "C" touches A to Z only, which
# after the decomposition is all of French; the first branch spares the rest to texts without any accent.
SANS_ACCENTS = r"""
CREATE OR REPLACE FUNCTION sans_accents(texte text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(texte) = length(texte) THEN lower(texte COLLATE "C")
ELSE replace(replace(replace(
    translate(lower(regexp_replace(normalize(texte, NFD), '[\u0300-\u036f]', '', 'g') COLLATE "C"), 'ŒÆ’ØøŁłĐđ', 'œæ''oolldd'),
    'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END
"""
VECTEUR_DE_MOTS = r"""
CREATE OR REPLACE FUNCTION vecteur_de_mots(texte text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(ARRAY(
    SELECT left(mot, 60) FROM regexp_split_to_table(sans_accents(texte), '[\u0001-/:-`{-\u00bf\u2000-\u206f]+') AS mot WHERE mot <> ''
))
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0002_initial'),
    ]

    operations = [
        migrations.RunSQL(SANS_ACCENTS, "DROP FUNCTION sans_accents(text)"),
        migrations.RunSQL(VECTEUR_DE_MOTS, "DROP FUNCTION vecteur_de_mots(text)"),
        pgtrigger.migrations.RemoveTrigger(
            model_name='certification',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='certification',
            name='update_update',
        ),
        migrations.AddField(
            model_name='certification',
            name='abrege',
            field=models.CharField(blank=True, help_text='« BTS », « TP »...', max_length=255, verbose_name='sigle'),
        ),
        migrations.AddField(
            model_name='certification',
            name='blocs',
            field=models.JSONField(blank=True, default=list, verbose_name='blocs de compétences'),
        ),
        migrations.AddField(
            model_name='certification',
            name='certificateurs',
            field=models.JSONField(blank=True, default=list, verbose_name='certificateurs'),
        ),
        migrations.AddField(
            model_name='certificationevent',
            name='abrege',
            field=models.CharField(blank=True, help_text='« BTS », « TP »...', max_length=255, verbose_name='sigle'),
        ),
        migrations.AddField(
            model_name='certificationevent',
            name='blocs',
            field=models.JSONField(blank=True, default=list, verbose_name='blocs de compétences'),
        ),
        migrations.AddField(
            model_name='certificationevent',
            name='certificateurs',
            field=models.JSONField(blank=True, default=list, verbose_name='certificateurs'),
        ),
        migrations.AlterField(
            model_name='certification',
            name='intitule',
            field=models.CharField(max_length=1000, verbose_name='intitulé'),
        ),
        migrations.AlterField(
            model_name='certification',
            name='niveau',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Du cadre européen, de 3 à 8.', null=True, verbose_name='niveau'),
        ),
        migrations.AlterField(
            model_name='certificationevent',
            name='intitule',
            field=models.CharField(max_length=1000, verbose_name='intitulé'),
        ),
        migrations.AlterField(
            model_name='certificationevent',
            name='niveau',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Du cadre européen, de 3 à 8.', null=True, verbose_name='niveau'),
        ),
        migrations.AddIndex(
            model_name='certification',
            index=django.contrib.postgres.indexes.GinIndex(catalogue.recherche.VecteurDeMots(django.db.models.functions.text.Concat(models.F('code'), models.Value(' '), models.Func(models.F('code'), models.Value('ABCDEFGHIJKLMNOPQRSTUVWXYZ'), function='ltrim', output_field=models.TextField()), models.Value(' '), models.F('abrege'), models.Value(' '), models.F('intitule'), output_field=models.TextField())), name='certification_par_mots'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='certification',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalogue_certificationevent" ("abrege", "active", "blocs", "certificateurs", "code", "date_fin_enregistrement", "id", "intitule", "modifie_le", "niveau", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "type_certification") VALUES (NEW."abrege", NEW."active", NEW."blocs", NEW."certificateurs", NEW."code", NEW."date_fin_enregistrement", NEW."id", NEW."intitule", NEW."modifie_le", NEW."niveau", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."type_certification"); RETURN NULL;', hash='7cbb60e77ecf36a18d0b5b72c54c0d463d35e3e6', operation='INSERT', pgid='pgtrigger_insert_insert_c1768', table='catalogue_certification', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='certification',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalogue_certificationevent" ("abrege", "active", "blocs", "certificateurs", "code", "date_fin_enregistrement", "id", "intitule", "modifie_le", "niveau", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "type_certification") VALUES (NEW."abrege", NEW."active", NEW."blocs", NEW."certificateurs", NEW."code", NEW."date_fin_enregistrement", NEW."id", NEW."intitule", NEW."modifie_le", NEW."niveau", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."type_certification"); RETURN NULL;', hash='1149d417da94a6d5916ca71ac618819641747ba0', operation='UPDATE', pgid='pgtrigger_update_update_cbcf8', table='catalogue_certification', when='AFTER')),
        ),
    ]
