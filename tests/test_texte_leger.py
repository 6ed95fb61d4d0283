"""Light texts: what is stored, and what is shown of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.texte_leger import en_html, reduire


@pytest.mark.parametrize(
    ("saisi", "garde"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("   \n ", ""),
        ("a < b et c > d", "a < b et c > d"),
        ("Les balises <p> et <b>", "Les balises <p> et <b>"),
        ('<p class="MsoNormal"><b>Titre </b>suite</p><p>fin</p>', "**Titre** suite\n\nfin"),
        ("<ul><li>un</li><li><p>deux</p></li></ul>", "- un\n- deux"),
        ("<ol><li>un</li><li>deux</li></ol>", "1. un\n2. deux"),
        ("<!--[if mso]>x<![endif]--><style>p{}</style><script>alert(1)</script><p>ici</p>", "ici"),
        ("<p>a&nbsp;&amp;&nbsp;b</p><p><b></b></p>", "a & b"),
    ],
)
def test_ce_qui_est_colle_est_reduit(saisi, garde):
    assert reduire(saisi) == garde


@pytest.mark.parametrize(
    ("texte", "montre"),
    [
        ("a **b** c", "<p>a <strong>b</strong> c</p>"),
        ("un\ndeux\n\ntrois", "<p>un<br>\ndeux</p>\n<p>trois</p>"),
        ("- un\n- deux", "<ul>\n<li>un</li>\n<li>deux</li>\n</ul>"),
        ("2*3*4 et _x_", "<p>2*3*4 et _x_</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[clic](javascript:alert(1)) # titre", "<p>[clic](javascript:alert(1)) # titre</p>"),
    ],
)
def test_ce_qui_est_montre(texte, montre):
    assert en_html(texte).strip() == montre


@given(st.text())
def test_reduire_ne_change_plus_ce_qui_est_reduit_et_rien_ne_s_execute(texte):
    garde = reduire(texte)
    assert reduire(garde) == garde
    assert "<script" not in en_html(texte) and "javascript:" not in en_html(texte).replace(texte, "")


@given(st.lists(st.sampled_from(["<p>", "</p>", "<b>", "</b>", "<li>", "<ul>", "</ul>", "a", " ", "*", "\n", "<br>", "&amp;", "<"])))
def test_aucun_html_n_arrete_la_reduction(morceaux):
    en_html(reduire("".join(morceaux)))
