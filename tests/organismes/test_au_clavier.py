"""Tests of the commands that make the first administrator and change a lost password, in French."""

import io
import sys

import pytest
from django.contrib.auth import authenticate
from django.core import mail
from django.core.management import CommandError, call_command

from organismes.courriels import envoyer_ce_qui_attend
from organismes.models import Utilisateur

pytestmark = pytest.mark.django_db
BON = "une phrase assez longue"


@pytest.fixture
def repondre(monkeypatch):
    """Return a function that answers the questions of the next command, a line each."""

    def avec(*lignes: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{ligne}\n" for ligne in lignes)))

    return avec


def test_le_premier_administrateur_a_un_nom_et_un_mot_de_passe_qui_tient(repondre, capsys):
    repondre("", "Ada", "Lovelace", "court", BON, "autre chose", BON, BON)
    call_command("creer_un_administrateur", "Ada@Catalogue.example")
    dit = capsys.readouterr()
    assert "Ada Lovelace peut se connecter" in dit.out
    for refus in ("obligatoire", "trop court", "ne sont pas les mêmes"):
        assert refus in dit.err, dit.err
    personne = Utilisateur.objects.get()
    assert (personne.nom_complet, personne.is_superuser, personne.is_staff) == ("Ada Lovelace", True, True)
    assert personne.check_password(BON) and personne.courriel == "Ada@catalogue.example"
    # Asked again, for the same account in other words; then without anybody to answer.
    with pytest.raises(CommandError, match="a déjà un compte"):
        call_command("creer_un_administrateur", "ADA@catalogue.example")
    repondre("Grace")
    with pytest.raises(CommandError, match="Il manque une réponse à « Nom »"):
        call_command("creer_un_administrateur", "grace@catalogue.example")
    with pytest.raises(CommandError, match="e-mail valide"):
        call_command("creer_un_administrateur", "grace")
    assert Utilisateur.objects.count() == 1


def test_un_mot_de_passe_change_ici_est_dit_a_son_compte(repondre, capsys, rf):
    personne = Utilisateur.objects.create_user("grace@catalogue.example", "le précédent, assez long")
    repondre(BON, BON)
    call_command("changer_le_mot_de_passe", "Grace@catalogue.example")
    assert "est changé" in capsys.readouterr().out
    assert authenticate(rf.post("/"), username=personne.courriel, password=BON) == personne
    envoyer_ce_qui_attend()
    assert [message.to for message in mail.outbox] == [[personne.courriel]]
    with pytest.raises(CommandError, match="Aucun compte"):
        call_command("changer_le_mot_de_passe", "x@catalogue.example")
