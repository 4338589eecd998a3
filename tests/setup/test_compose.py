"""The compose file: services are bounded, hardened and watched, images are pinned, and what must be set is in the manual."""

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


IMAGES = [service["image"] for service in SERVICES.values() if "build" not in service]
STARTS = re.findall(r"^FROM (?:--\S+ )?(\S+)(?: AS (\S+))?", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
STAGES = {stage for _, stage in STARTS}
PINNED = sorted({*IMAGES, *(image for image, _ in STARTS if image not in STAGES)})


@pytest.mark.parametrize("image", PINNED)
def test_an_image_is_pinned_by_version_and_digest(image):
    assert re.fullmatch(r"[a-z/]+:\d+\.\d+[\w.-]*@sha256:[0-9a-f]{64}", image)


def test_an_image_has_the_same_version_and_digest_everywhere():
    assert [image.partition(":")[0] for image in PINNED] == ["caddy", "node", "postgres", "python", "valkey/valkey"]


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"\$\{(\w+)", TEXT))))
def test_what_can_be_set_is_in_the_manual_or_the_example(variable):
    assert variable in MANUAL + (ROOT / ".env.example").read_text()


@pytest.mark.parametrize("variable", ["VALKEY_PASSWORD", "QMPORTAL_SETUP_TOKEN", "SITE_URL", "QMPORTAL_DEBUG"])
def test_secrets_and_switches_are_explained(variable):
    assert f"`{variable}`" in MANUAL


def test_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
