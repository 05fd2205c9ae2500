"""Settings come from the environment, are documented, and say which variable is wrong."""

from dataclasses import fields
from pathlib import Path

import pytest

from geo.errors import InvalidInput
from service.settings import ROOT, Settings, described, read_settings


def test_without_an_environment_the_defaults_hold() -> None:
    assert read_settings({}) == Settings()


def test_each_setting_is_read_with_its_type() -> None:
    found = read_settings({"PLACELIBRE_PORT": "9000", "PLACELIBRE_INDEX": "/tmp/i", "PLACELIBRE_REFRESH_S": "2.5"})
    assert (found.port, found.index, found.refresh_s) == (9000, Path("/tmp/i"), 2.5)


@pytest.mark.parametrize(
    ("name", "value"), [("PLACELIBRE_PORT", "many"), ("PLACELIBRE_LANGUAGE", "de"), ("PLACELIBRE_BASEMAP", "google")]
)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_settings({name: value})
    assert name in caught.value.message("fr")
    assert value in caught.value.message("en")


def test_every_setting_has_help_and_is_documented() -> None:
    documentation = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert len(described()) == len(fields(Settings))
    for setting in described():
        assert setting["help"]
        assert f"`{setting['name']}`" in documentation
        assert setting["help"] in documentation
