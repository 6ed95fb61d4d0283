"""Tests of light texts: what is stored, and what is rendered from it."""

import html
import random
import re
import time

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from catalogue.models import Action
from edof.rendu_leger import rendre
from edof.templatetags.affichage import compteur
from edof.texte_leger import (
    BRUT_AU_PLUS,
    ILLISIBLE,
    PROFONDEUR_AU_PLUS,
    TexteLegerFormField,
    _lecteur,
    en_html,
    html_pour_edof,
    longueur_pour_edof,
    reduire,
)  # fmt: skip
from tests.api.client import Programme, jeton_de
from tests.formulaires import champs_de
from tests.outils import trop_long


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
        ("\uf0b7\tAccueil\n\uf0a7\tBilan\n\uf0d8 Suivi", "- Accueil\n- Bilan\n- Suivi"),
        ("<p class='MsoListParagraph'><span>·<span>&nbsp;&nbsp; </span></span>Accueil</p>", "- Accueil"),
        ("<p>\uf0fc<span>&nbsp;</span>Accueil</p><p>3. CAP</p>", "- Accueil\n\n3. CAP"),
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


@pytest.mark.parametrize(
    "texte",
    [
        "3. CAP\n4. Bac\n6. Licence\n7. Master",
        "+ 2 jours de suivi",
        *(
            "1) Accueil\n3) Bilan",
            "12/ Suivi",
            "1986. Une grande année",
            "* sous réserve",
            "*",
            "# Titre",
            "> 18 ans",
            "Titre\n===",
            "a\n---\nb",
        ),
        *(
            "    quatre espaces",
            "\tune tabulation",
            "-5 %",
            "– tiret",
            "— tiret",
            "-",
            "--",
            "•  point",
            "10. a\n\n20. b",
        ),
        *(
            "https://ilvm.example/a_b_c?d=*e*",
            "<https://ilvm.example>",
            "a < b > c",
            "C:\\*temp\\[x]",
            "fin\\\nsuite",
            "1 \\- 2",
            "&amp; &lt;",
        ),
        *(
            "__init__ et snake_case_long",
            "2*3*4",
            "a ** b",
            "***",
            "`code`",
            "~~~\nx",
            "[x]: y",
            "![i](j)",
            "| a | b |\n|---|---|",
        ),
    ],
)
def test_ce_que_l_on_tape_est_ce_que_le_public_lit(texte):
    montre = en_html(reduire(texte))
    assert not re.search("<(?!/?p>|br>)", montre), montre
    lignes = [ligne.strip() for ligne in html.unescape(re.sub("<[^>]+>", "", montre)).split("\n")]
    assert [ligne for ligne in lignes if ligne] == [
        ligne.strip() for ligne in texte.split("\n") if ligne.strip()
    ]


def test_apres_une_liste_les_numeros_et_les_plus_restent():
    assert (
        en_html("- un\n- deux\n\n4. quatre\n\n+ 2 jours")
        == "<ul>\n<li>un</li>\n<li>deux</li>\n</ul>\n<p>4. quatre</p>\n<p>+ 2 jours</p>\n"
    )
    assert (
        en_html("- **3. CAP**\n- + 2 jours")
        == "<ul>\n<li><strong>3. CAP</strong></li>\n<li>+ 2 jours</li>\n</ul>\n"
    )


SIGNES = st.lists(
    st.sampled_from(
        [*"-+*_#>=.)`~\\[]|<&1 \n", "10. ", "- ", "+ ", "**", "mot", "    ", "&amp;", "https://x.example"]
    )
)


@given(SIGNES.map("".join))
def test_aucun_signe_ne_se_perd(texte):
    lu = html.unescape(re.sub("</?(?:p|br|ul|li|strong)>", "", en_html(texte)))
    # Only the characters that mark bold text and bullets may disappear.
    assert re.sub(r"[\s*-]", "", lu) == re.sub(r"[\s*-]", "", texte)


@given(st.text())
def test_reduire_ne_change_plus_ce_qui_est_reduit_et_rien_ne_s_execute(texte):
    garde = reduire(texte)
    assert reduire(garde) == garde
    assert "<script" not in en_html(texte) and "javascript:" not in en_html(texte).replace(texte, "")


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<b>", "</b>", "<li>", "<ul>", "</ul>", "a", " ", "*", "\n", "<br>", "&amp;", "<"]
        )
    )
)
def test_aucun_html_n_arrete_la_reduction(morceaux):
    en_html(reduire("".join(morceaux)))


# Patterns that made the parsing quadratic, that could, or that only seem to. Each is repeated up to a million
# characters.
HOSTILES = [
    "<ul><li>", "<div>", "<b>", "<b></p>", "</p>", "<p>", "<br>", "<table>x</table>", "<a a=1>", "<!--", "&",
    "\xa0", " ", "\n", "\r", "\t",
    "**", "** ", "**a ", "- ", "· ", "[", "<", "</b ", "\uf0b7", "1. ",
]  # fmt: skip


@pytest.mark.parametrize("motif", HOSTILES)
def test_un_million_de_signes_se_lit_ou_se_refuse_aussitot(motif):
    # The CPU time of this thread is measured, since the machine may be busy.
    debut = time.thread_time()
    for fin in ("", "</p>"):
        for taille in (BRUT_AU_PLUS, 1_000_000):
            try:
                reduire((motif * (taille // len(motif)))[: taille - len(fin)] + fin)
            except ValidationError as refus:
                assert refus.messages == [ILLISIBLE]
    assert not trop_long(time.thread_time() - debut, 20)


def test_les_blancs_du_gras_se_lisent_en_un_passage():
    debut = time.thread_time()
    assert reduire("<b>a" + "<br>" * 50_000 + "</b>b").startswith("**a**\n\nb")
    with pytest.raises(ValidationError):
        reduire("<b>" * (PROFONDEUR_AU_PLUS + 1) + "a</b>")
    assert not trop_long(time.thread_time() - debut, 5)


def test_une_grande_page_de_word_se_lit():
    """Check that some thirty pages pasted from Word are read, with Word's styles and nested lists.

    They are longer than the stored text may be; the error message says so afterwards.
    """
    paragraphe = (
        '<p class=MsoNormal style="margin-bottom:6.0pt;text-align:justify"><b><span'
        " lang=FR>Objectif</span></b> : savoir<o:p></o:p></p>"
    )
    liste = "<ul style='margin-top:0cm'><li class=MsoNormal>un<ul><li>deux</ul></ul>"
    page = f"<style>{'p.MsoNormal {margin:0cm}' * 1000}</style>" + (paragraphe + liste) * 1000
    assert 200_000 < len(page) < BRUT_AU_PLUS
    lu = reduire(page)
    assert lu.count("**Objectif** : savoir") == 1000 and lu.count("- deux") == 1000 and "margin" not in lu


@pytest.mark.django_db
def test_chaque_porte_refuse_le_meme_texte_avec_la_meme_phrase(monde, connecter):
    lourd = "<ul><li>" * 67_500 + "</li></ul>"
    api, adresse = Programme(jeton_de(monde)[1]), f"/catalogue/actions/{monde.action.pk}/modifier/"
    client = connecter(monde.gestionnaire)
    champs = champs_de(client.get(adresse).content.decode())
    debut = time.thread_time()
    for essai in ("", "?dry_run=true"):
        reponse = api(
            "PATCH", f"actions/{monde.action.pk}/{essai}", {"modalites_recrutement": lourd}, if_match="*"
        )
        assert reponse.status_code == 422 and ILLISIBLE in reponse.content.decode()
    page = client.post(adresse, {**champs, "modalites_recrutement": lourd, "operation": "enregistrer"})
    assert page.status_code == 422 and ILLISIBLE in html.unescape(page.content.decode())
    # What was typed is kept.
    assert page.content.decode().count("&lt;ul&gt;&lt;li&gt;") == 67_500
    assert not trop_long(time.thread_time() - debut, 20)
    assert not Action.objects.get(pk=monde.action.pk).modalites_recrutement


def test_la_longueur_que_edof_compterait():
    liste = "\n".join(f"- Point {rang} du programme" for rang in range(110))
    assert len(liste) < 3000 < longueur_pour_edof(liste)
    # Without form, nothing is added.
    assert longueur_pour_edof("x" * 3000) == 3000
    assert html_pour_edof("a\n\n- b\n- **c**") == "<p>a</p><ul><li>b</li><li><strong>c</strong></li></ul>"
    champ = TexteLegerForm({"texte": liste})["texte"]
    assert " une fois mis en forme pour EDOF" in compteur(champ)
    assert compteur(TexteLegerForm({"texte": "court"})["texte"]) == "5 / 3000 caractères"


class TexteLegerForm(forms.Form):
    """A form with one long text and its counter."""

    texte = TexteLegerFormField(
        max_length=3000, widget=forms.Textarea(attrs={"data-leger": "1", "data-compteur": "3000"})
    )


# What people type, and what breaks a reader of signs.
MORCEAUX = (
    "mot", "b ", "**", "*", "_", "-", "- ", "\n", "\n\n", " ", "é", "1", "2.", "&", "<b>", '"', "!", "(",
    "**b**", "**a b**", "\u00a0", "\u202f", "+", "#", "`", "[x](y)", "\\", "&amp;", "’", "« x »", "| a |",
    "---", "1) x", "\n- un", "\n- **deux** x", "- - a", "**é**", "<br>", "–", "\t", "\r",
)  # fmt: skip


def test_ce_qui_est_ecrit_aussitot_est_ce_qu_ecrit_la_bibliotheque():
    hasard, faits = random.Random(1), 0
    for _ in range(5_000):
        texte = "".join(hasard.choices(MORCEAUX, k=hasard.randint(1, 14)))
        if (ecrit := rendre(texte)) is not None:
            faits += 1
            assert ecrit == _lecteur.render(texte), texte
    assert faits > 1_000
    usuel = "Objectif\n\n- **Un** : ceci\n- cela & « autre »\n\nPuis une ligne\net **la suite**."
    assert rendre(usuel) == _lecteur.render(usuel)
