"""The sessions that were created together know their series."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0002_index_des_sessions'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='session',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='session',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='session',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='session',
            name='serie',
            field=models.UUIDField(editable=False, null=True, verbose_name='série'),
        ),
        migrations.AddField(
            model_name='sessionevent',
            name='serie',
            field=models.UUIDField(editable=False, null=True, verbose_name='série'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='session',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "sessions_app_sessionevent" ("a_ete_active", "action_id", "adresse_inscription_id", "cle_de_creation", "contact_inscription_id", "cree_le", "date_debut", "date_fin", "dates_saisies_le", "fermee_le", "garantie", "id", "identifiant", "identifiant_normalise", "modalites_particulieres", "modifie_le", "organisme_id", "ouverte", "ouverte_depuis", "pas_de_dates", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "serie", "statut", "version") VALUES (NEW."a_ete_active", NEW."action_id", NEW."adresse_inscription_id", NEW."cle_de_creation", NEW."contact_inscription_id", NEW."cree_le", NEW."date_debut", NEW."date_fin", NEW."dates_saisies_le", NEW."fermee_le", NEW."garantie", NEW."id", NEW."identifiant", NEW."identifiant_normalise", NEW."modalites_particulieres", NEW."modifie_le", NEW."organisme_id", NEW."ouverte", NEW."ouverte_depuis", NEW."pas_de_dates", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."serie", NEW."statut", NEW."version"); RETURN NULL;', hash='b4fcc3008b13bd26f182d25bfe86ca92ff3a10fa', operation='INSERT', pgid='pgtrigger_insert_insert_78e0a', table='sessions_app_session', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='session',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "sessions_app_sessionevent" ("a_ete_active", "action_id", "adresse_inscription_id", "cle_de_creation", "contact_inscription_id", "cree_le", "date_debut", "date_fin", "dates_saisies_le", "fermee_le", "garantie", "id", "identifiant", "identifiant_normalise", "modalites_particulieres", "modifie_le", "organisme_id", "ouverte", "ouverte_depuis", "pas_de_dates", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "serie", "statut", "version") VALUES (NEW."a_ete_active", NEW."action_id", NEW."adresse_inscription_id", NEW."cle_de_creation", NEW."contact_inscription_id", NEW."cree_le", NEW."date_debut", NEW."date_fin", NEW."dates_saisies_le", NEW."fermee_le", NEW."garantie", NEW."id", NEW."identifiant", NEW."identifiant_normalise", NEW."modalites_particulieres", NEW."modifie_le", NEW."organisme_id", NEW."ouverte", NEW."ouverte_depuis", NEW."pas_de_dates", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."serie", NEW."statut", NEW."version"); RETURN NULL;', hash='77c56065919c0494cf23792c3d38251c887f1e1a', operation='UPDATE', pgid='pgtrigger_update_update_be109', table='sessions_app_session', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='session',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "sessions_app_sessionevent" ("a_ete_active", "action_id", "adresse_inscription_id", "cle_de_creation", "contact_inscription_id", "cree_le", "date_debut", "date_fin", "dates_saisies_le", "fermee_le", "garantie", "id", "identifiant", "identifiant_normalise", "modalites_particulieres", "modifie_le", "organisme_id", "ouverte", "ouverte_depuis", "pas_de_dates", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "serie", "statut", "version") VALUES (OLD."a_ete_active", OLD."action_id", OLD."adresse_inscription_id", OLD."cle_de_creation", OLD."contact_inscription_id", OLD."cree_le", OLD."date_debut", OLD."date_fin", OLD."dates_saisies_le", OLD."fermee_le", OLD."garantie", OLD."id", OLD."identifiant", OLD."identifiant_normalise", OLD."modalites_particulieres", OLD."modifie_le", OLD."organisme_id", OLD."ouverte", OLD."ouverte_depuis", OLD."pas_de_dates", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."serie", OLD."statut", OLD."version"); RETURN NULL;', hash='fab4e73f6e377527bc941d0af65ae33c03e97719', operation='DELETE', pgid='pgtrigger_delete_delete_ff09a', table='sessions_app_session', when='AFTER')),
        ),
    ]
