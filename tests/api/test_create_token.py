"""`manage.py create_token`."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from teams.models import AccessToken
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def last_word(capsys, *arguments):
    call_command("create_token", *arguments)
    return capsys.readouterr().out.split()[-1]


def test_the_last_word_opens_the_api(client, capsys):
    make_user(email="ann@example.com")
    token = last_word(capsys, "Ann@Example.com", "--scope", "write", "--name", "CI")
    assert client.get("/api/v1/stages/", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    row = AccessToken.objects.get()
    assert (row.scope, row.name, row.expiry) == ("write", "CI", None)
    assert token not in (row.digest, row.token_key)


def test_reads_only_unless_told_otherwise_and_expires_when_told(capsys):
    make_user(email="ann@example.com")
    last_word(capsys, "ann@example.com", "--days", "30")
    row = AccessToken.objects.get()
    assert row.scope == "read"
    assert abs(row.expiry - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody@example.com"], "There is no account with the email nobody@example.com."),
        (["gone@example.com"], "deactivated"),
        (["ann@example.com", "--days", "0"], "--days takes a whole number from 1 to 3650."),
        (["ann@example.com", "--days", "99999999999"], "--days takes a whole number"),
        (["ann@example.com", "--days", "soon"], "invalid int value"),
        (["ann@example.com", "--scope", "all"], "invalid choice"),
        (["ann@example.com", "--name", "x" * 81], "at most 80 characters"),
    ],
)
def test_clear_refusals(arguments, sentence):
    make_user(email="ann@example.com")
    make_user(email="gone@example.com", is_active=False)
    with pytest.raises(CommandError, match=sentence.replace(".", r"\.")):
        call_command("create_token", *arguments)
    assert not AccessToken.objects.exists()


def test_there_is_one_table_of_tokens():
    assert [name for name in connection.introspection.table_names() if "token" in name] == ["teams_accesstoken"]
