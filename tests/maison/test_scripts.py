"""Test that no name is declared by two scripts.

The scripts of a page share one scope: one of the declarations would silently be lost.
"""

import re
from collections import Counter
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "static" / "js"
DECLARE = re.compile(r"^(?:async )?(?:function|const|let|class) (\w+)", re.M)


def test_un_nom_n_appartient_qu_a_un_script():
    noms = Counter(nom for script in SCRIPTS.glob("*.js") for nom in set(DECLARE.findall(script.read_text())))
    assert len(noms) > 30 and [nom for nom, scripts in noms.items() if scripts > 1] == []
