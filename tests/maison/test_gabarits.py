"""Tests of the fixture of tests/conftest.py that makes an undefined template variable an error.

It must apply to the project's templates only.
"""

import pytest
from django.template import Context, Template, engines


@pytest.mark.parametrize(
    "source",
    [
        "{{ inconnue }}",
        "{{ connue.inconnue }}",
        '{{ inconnue|default:"rien" }}',
        "{% with x=inconnue %}{% endwith %}",
        '{% include "components/champ.html" %}',
        '{% include "components/champ.html" with field=inconnue %}',
        "{% if connue %}{{ inconnue }}{% endif %}",
    ],
)
def test_une_variable_inconnue_est_une_erreur(source):
    with pytest.raises(AssertionError, match="Variable de gabarit inconnue"):
        Template(source).render(Context({"connue": {"a": 1}}))


@pytest.mark.parametrize(
    "source",
    [
        "{% if inconnue %}oui{% endif %}",
        "{% for x in inconnue %}{{ x }}{% endfor %}",
        '{{ connue|default:"" }}{{ connue.a }}',
    ],
)
def test_une_question_n_en_est_pas_une(source):
    Template(source).render(Context({"connue": {"a": ""}}))


def test_les_gabarits_de_django_font_ce_qu_ils_veulent():
    # « title » is undefined here.
    assert "<details" in engines["django"].get_template("admin/filter.html").render({})
