"""A row that the public searches stays in its page when its dates change: none of its indexes is written.

Pages that are full already keep no room; each row that leaves one gives it some.
"""

from django.db import migrations


class Migration(migrations.Migration):
    """Room is left in each page."""

    dependencies = [("publication", "0012_fiches_par_cle")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE publication_fichepublique SET (fillfactor = 90)",
            "ALTER TABLE publication_fichepublique RESET (fillfactor)",
        )
    ]
