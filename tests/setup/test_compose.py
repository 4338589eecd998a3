"""The compose file: every service is bounded, hardened and watched, and what must be set is in the manual."""

import re

import pytest
import yaml

from qmportal.embedded import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
MANUAL = (ROOT / "docs/operations.md").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardened_and_bounded(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit", "logging"} <= service.keys()
    assert all("size=" in place for place in service.get("tmpfs", []))


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])  # it ends by itself
def test_a_service_that_stays_has_a_health_check(name):
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_names_its_version(name):
    assert SERVICES[name]["image"] == "qmportal" or re.search(r":\d+\.\d+", SERVICES[name]["image"])


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"\$\{(\w+)", TEXT))))
def test_what_can_be_set_is_in_the_manual_or_the_example(variable):
    assert variable in MANUAL + (ROOT / ".env.example").read_text()


@pytest.mark.parametrize("variable", ["VALKEY_PASSWORD", "QMPORTAL_SETUP_TOKEN", "SITE_URL", "QMPORTAL_DEBUG"])
def test_secrets_and_switches_are_explained(variable):
    assert f"`{variable}`" in MANUAL


def test_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
