"""What a page gets when its session has ended and htmx asks."""

import pytest

from tests.factories import make_user

pytestmark = pytest.mark.django_db
FROM_PAGE = {"HX-Request": "true", "HX-Current-URL": "http://testserver/incidents/?status=all"}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", ["/search/?palette=1&q=a", "/imports/1/", "/thresholds/mttr/edit/", "/nowhere-else/"])
def test_the_whole_page_goes_to_the_sign_in_and_comes_back(client, method, address):
    answer = getattr(client, method)(address, headers=FROM_PAGE)
    if address == "/nowhere-else/":
        assert answer.status_code == 404
        return
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["HX-Redirect"] == "/account/login/?next=%2Fincidents%2F%3Fstatus%3Dall"


@pytest.mark.parametrize("page", ["https://evil.example/incidents/", "//evil.example", "javascript:alert(1)", ""])
def test_the_way_back_is_a_page_of_the_portal(client, page):
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    assert client.get("/teams/?a=1", headers=headers)["HX-Redirect"] == "/account/login/?next=%2Fteams%2F%3Fa%3D1"
    assert client.post("/thresholds/recompute/", headers=headers)["HX-Redirect"] == "/account/login/?next=%2F"


def test_a_plain_request_is_redirected_as_ever(client):
    answer = client.get("/teams/")
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=/teams/")


def test_somebody_who_is_signed_in_is_left_alone(client):
    client.force_login(make_user())
    assert client.get("/teams/", headers=FROM_PAGE).status_code == 200


@pytest.mark.parametrize("sent", ["http://[", "http://testserver/%00", "\x7f"])
def test_an_odd_address_leads_to_the_sign_in_too(client, sent):
    answer = client.get("/teams/", headers={"HX-Request": "true", "HX-Current-URL": sent})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/account/login/?next=%2F")
