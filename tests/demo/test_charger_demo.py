"""The demo data: only on a developer's machine; everything that it loads is used by the tests of the API."""

import pytest
from django.core.management import CommandError, call_command


def test_la_demonstration_ne_se_charge_qu_en_developpement(settings):
    settings.DEVELOPPEMENT = False
    with pytest.raises(CommandError, match="DEBUG=1"):
        call_command("charger_demo")
