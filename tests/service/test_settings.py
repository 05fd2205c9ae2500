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


def test_an_installation_made_before_is_found_where_it_was() -> None:
    settings = Settings()
    assert settings.store == "sqlite:///var/placelibre.db"
    assert settings.routing == "var/routing"
    for name in ("index", "addresses", "uploads", "staging", "mappings", "secret"):
        assert getattr(settings, name) == Path("var") / name
    assert settings.weights == Path("var/weights.json")


def test_one_home_holds_every_piece_that_has_no_name_of_its_own(tmp_path: Path) -> None:
    settings = read_settings({"PLACELIBRE_HOME": str(tmp_path), "PLACELIBRE_MAPPINGS": "elsewhere"})
    assert settings.mappings == Path("elsewhere")
    assert settings.store == f"sqlite:///{tmp_path}/placelibre.db"
    assert settings.is_store_in_home and settings.is_routing_optional
    in_home = {settings.index, settings.addresses, settings.uploads, settings.staging, settings.weights}
    assert {path.parent for path in in_home | {settings.secret, Path(settings.routing)}} == {tmp_path}


def test_a_store_or_network_that_is_named_is_not_that_of_the_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, store="sqlite:///elsewhere.db", routing="elsewhere")
    assert not settings.is_store_in_home and not settings.is_routing_optional


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLACELIBRE_PORT", "many"),
        ("PLACELIBRE_PORT", "65536"),
        ("PLACELIBRE_PORT", "80.5"),
        ("PLACELIBRE_LANGUAGE", "de"),
        ("PLACELIBRE_BASEMAP", "google"),
        ("PLACELIBRE_NEW_FLOOR", "1.01"),
        ("PLACELIBRE_PER_HOST", "-1"),
        ("PLACELIBRE_REFRESH_S", "nan"),
        ("PLACELIBRE_REFRESH_S", "inf"),
        ("PLACELIBRE_REFRESH_S", "-0.5"),
        ("PLACELIBRE_UPLOAD_LIMIT_MB", "-5"),
        ("PLACELIBRE_SEARCH_LOG_DAYS", "0"),
    ],
)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_settings({name: value})
    assert caught.value.values["field"] == name
    for language in ("fr", "en"):
        assert name in caught.value.message(language) and value in caught.value.message(language)


def test_a_wrong_value_is_told_what_is_accepted() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_settings({"PLACELIBRE_PORT": "many"})
    assert caught.value.message("fr").endswith("donnez un nombre entier de 0 à 65535.")
    assert caught.value.message("en").endswith("give a whole number from 0 to 65535.")
    with pytest.raises(InvalidInput, match=r"give a number of at least 0\.$"):
        read_settings({"PLACELIBRE_REFRESH_S": "-1"})
    with pytest.raises(InvalidInput, match=r"give fr / en\.$"):
        Settings(language="de")


def test_every_setting_has_help_and_is_documented() -> None:
    documentation = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert len(described()) == len(fields(Settings))
    for setting in described():
        assert setting["help"]
        assert f"`{setting['name']}`" in documentation
        assert setting["help"] in documentation
