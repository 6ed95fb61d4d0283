from decimal import Decimal

import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("catalogue", "0005_reprise_des_actions")]

    operations = [
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(('statut__in', ['brouillon', 'archivee']), models.Q(models.Q(('modalites_entrees_sorties', ''), _negated=True), models.Q(('modalites_enseignement', ''), _negated=True), models.Q(('langue', ''), _negated=True), ('duree_totale__isnull', False), models.Q(('rythmes', []), _negated=True), ('niveau_entree_obligatoire__isnull', False), ('existence_prerequis__isnull', False), models.Q(models.Q(('existence_prerequis', True), _negated=True), models.Q(('conditions_specifiques', ''), _negated=True), _connector='OR'), models.Q(('modalites_admission', []), _negated=True), models.Q(('acces_handicapes', ''), _negated=True), models.Q(models.Q(('ttc_0__isnull', False)), models.Q(('ttc_5_5__isnull', False)), models.Q(('ttc_20__isnull', False)), _connector='OR'), models.Q(('frais_certif_inclus', ''), _negated=True), ('lieu_de_formation__isnull', False), ('contact_du_lieu__isnull', False), ('contact_information__isnull', False)), _connector='OR'), name='action_complete_hors_brouillon'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ht_0__isnull', True), ('ht_0__gte', 0), _connector='OR'), models.Q(('ttc_0__isnull', True), ('ttc_0__gte', 0), _connector='OR'), models.Q(('ht_5_5__isnull', True), ('ht_5_5__gte', 0), _connector='OR'), models.Q(('ttc_5_5__isnull', True), ('ttc_5_5__gte', 0), _connector='OR'), models.Q(('ht_20__isnull', True), ('ht_20__gte', 0), _connector='OR'), models.Q(('ttc_20__isnull', True), ('ttc_20__gte', 0), _connector='OR')), name='action_prix_positif'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(models.Q(('ttc_0__isnull', False)), models.Q(('ttc_5_5__isnull', False)), models.Q(('ttc_20__isnull', False)), _connector='OR'), ('total_ht', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Coalesce(models.F('ht_0'), models.Value(Decimal('0'))), '+', django.db.models.functions.comparison.Coalesce(models.F('ht_5_5'), models.Value(Decimal('0')))), '+', django.db.models.functions.comparison.Coalesce(models.F('ht_20'), models.Value(Decimal('0'))))), ('total_ttc', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Coalesce(models.F('ttc_0'), models.Value(Decimal('0'))), '+', django.db.models.functions.comparison.Coalesce(models.F('ttc_5_5'), models.Value(Decimal('0')))), '+', django.db.models.functions.comparison.Coalesce(models.F('ttc_20'), models.Value(Decimal('0')))))), models.Q(models.Q(models.Q(('ttc_0__isnull', False)), models.Q(('ttc_5_5__isnull', False)), models.Q(('ttc_20__isnull', False)), _connector='OR', _negated=True), ('total_ht__isnull', True), ('total_ttc__isnull', True)), _connector='OR'), name='action_total_des_lignes'),
        ),
        migrations.AddConstraint(
            model_name='offre',
            constraint=models.CheckConstraint(condition=models.Q(('statut__in', ['brouillon', 'archivee']), models.Q(models.Q(('type_offre', ''), _negated=True), ('certification__isnull', False), models.Q(models.Q(('type_offre', 'vae'), _negated=True), models.Q(('categorisation', ''), _negated=True), _connector='OR'), models.Q(('intitule', ''), _negated=True), models.Q(('points_forts', ''), _negated=True), models.Q(('objectif', ''), _negated=True), models.Q(('resultats_attendus', ''), _negated=True), models.Q(('contenu', ''), _negated=True), models.Q(('type_parcours', ''), _negated=True), models.Q(('objectif_general', ''), _negated=True)), _connector='OR'), name='offre_complete_hors_brouillon'),
        ),
        migrations.AddConstraint(
            model_name='offre',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('categorisation', ''), _negated=True), ('statut__in', ['validee', 'active'])), fields=('organisme', 'categorisation'), name='offre_categorie_unique'),
        ),
    ]
