"""A mapping is kept as a file people can read, in versions; what changed in its list since is told."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.mapping.declared import load_all
from ingest.mapping.drift import Change, corrections_of, drift
from ingest.mapping.model import Mapping
from ingest.mapping.saved_mappings import SavedMapping, from_toml, load, save, to_toml
from ingest.mapping.suggest import apply_corrections, suggest
from ingest.readers.common.raw_list import RawTable

TODAY, LATER = date(2026, 3, 1), date(2026, 9, 1)
CITIES = (
    ("Nantes", "44000"),
    ("Rennes", "35000"),
    ("Brest", "29200"),
    ("Vannes", "56000"),
    ("Quimper", "29000"),
    ("Dinan", "22100"),
)
ROWS = [
    {
        "Nom du lieu": f"Lieu {i}",
        "Code postal": postcode,
        "Ville": city,
        "Tél": f"02 40 12 34 5{i}",
        "Remarque": f"remarque {i}",
    }
    for i, (city, postcode) in enumerate(CITIES)
]


def table(rows: list[dict[str, str]] = ROWS, name: str = "lieux.csv") -> RawTable:
    return RawTable(tuple(rows[0]), rows, list(range(2, len(rows) + 2)), name)


def with_column(old: str, new: str, value: str | None = None) -> RawTable:
    return table(
        [{new if c == old else c: value or text if c == old else text for c, text in row.items()} for row in ROWS]
    )


@pytest.mark.parametrize("mapping", load_all(), ids=lambda mapping: mapping.source)
def test_every_declared_mapping_comes_back_as_it_was(mapping: Mapping) -> None:
    saved_mapping = from_toml(to_toml(SavedMapping(mapping, 3, TODAY, "x", ("a",), {"a": "text"})), "x.toml")
    assert saved_mapping == SavedMapping(mapping, 3, TODAY, "x", ("a",), {"a": "text"})
    assert saved_mapping.mapping.digest() == mapping.digest()


def test_a_suggestion_comes_back_with_its_reasons(tmp_path: Path) -> None:
    mapping = suggest(table())
    save(mapping, table(), tmp_path, TODAY)
    saved_mapping = load("lieux", tmp_path)
    assert saved_mapping is not None
    assert saved_mapping.mapping == mapping
    assert (saved_mapping.version, saved_mapping.saved_on, saved_mapping.change) == (1, TODAY, "Première version.")
    assert "« Code postal »" in (tmp_path / "lieux.toml").read_text("utf-8")


def test_hours_in_pairs_come_back(tmp_path: Path) -> None:
    columns = {f"{edge} {day}": "09:00" for day in ("lundi", "mardi", "jeudi") for edge in ("Ouverture", "Fermeture")}
    listing = table([{"Nom": f"A{i}", **columns} for i in range(6)])
    mapping = suggest(listing)
    assert mapping.hours is not None
    assert mapping.hours.style == "pairs"
    save(mapping, listing, tmp_path, TODAY)
    assert load("lieux", tmp_path).mapping.hours == mapping.hours  # type: ignore[union-attr]


def test_older_versions_stay_beside_and_say_what_changed(tmp_path: Path) -> None:
    first = suggest(table())
    save(first, table(), tmp_path, TODAY)
    second = apply_corrections(first, table(), {"Remarque": "complement"})
    assert save(second, table(), tmp_path, LATER).version == 2
    older = from_toml((tmp_path / "lieux.v1.toml").read_text("utf-8"), "lieux.v1.toml")
    current = load("lieux", tmp_path)
    assert current is not None
    assert [(saved.version, saved.mapping) for saved in (older, current)] == [(1, first), (2, second)]
    assert current.change == "« Remarque » : rien → complement."


def test_saving_the_same_again_makes_no_version(tmp_path: Path) -> None:
    for day in (TODAY, LATER):
        assert save(suggest(table()), table(), tmp_path, day).version == 1


def test_the_name_of_a_source_leads_nowhere_else(tmp_path: Path) -> None:
    save(replace(suggest(table()), source="../../autre"), table(), tmp_path / "kept", TODAY)
    assert [path.parent.name for path in tmp_path.rglob("*.toml")] == ["kept"]


@pytest.mark.parametrize("text", ["source = 1", 'source = "x"\n[saved]\nversion = 1', "[saved]"])
def test_a_file_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"x\.toml"):
        from_toml(text, "x.toml")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), min_size=1, max_size=4, unique=True
    )
)
def test_any_column_name_can_be_written_and_read(columns: list[str]) -> None:
    mapping = Mapping("x", {"name": tuple((column,) for column in columns)}, title='é"\\', personal=frozenset(columns))
    saved_mapping = SavedMapping(mapping, 1, TODAY, "\n", tuple(columns))
    assert from_toml(to_toml(saved_mapping), "x") == saved_mapping


@pytest.fixture
def saved(tmp_path: Path) -> SavedMapping:
    return save(suggest(table()), table(), tmp_path, TODAY)


def test_the_same_columns_are_no_drift(saved: SavedMapping) -> None:
    assert not drift(saved, table().columns, table())


@pytest.mark.parametrize(
    ("old", "new"), [("Code postal", "CP"), ("Tél", "Téléphone"), ("Ville", "Commune"), ("Nom du lieu", "Nom")]
)
def test_a_renamed_column_is_found_under_its_new_name(saved: SavedMapping, old: str, new: str) -> None:
    listing = with_column(old, new)
    drifted = drift(saved, listing.columns, listing)
    assert drifted.renames == {old: new}
    assert drifted.matters
    (difference,) = drifted.differences
    assert (difference.change, difference.column, difference.new_name) == (Change.RENAMED, old, new)
    assert f"« {new} »" in difference.sentence()[0]
    assert f"“{new}”" in difference.sentence()[1]
    corrected = apply_corrections(saved.mapping, listing, corrections_of(saved.mapping, drifted.renames))
    assert corrected.fields[difference.field] == ((new,),)


def test_a_vanished_column_is_reported_and_not_guessed(saved: SavedMapping) -> None:
    rows = [{column: text for column, text in row.items() if column != "Tél"} for row in ROWS]
    drifted = drift(saved, table(rows).columns, table(rows))
    assert [(difference.change, difference.column, difference.field) for difference in drifted.differences] == [
        (Change.VANISHED, "Tél", "phone")
    ]
    assert "a disparu" in drifted.differences[0].sentence()[0]


def test_a_new_column_is_reported_and_does_not_matter(saved: SavedMapping) -> None:
    listing = table([{**row, "Nombre de salles": "3"} for row in ROWS])
    drifted = drift(saved, listing.columns, listing)
    assert [(difference.change, difference.column) for difference in drifted.differences] == [
        (Change.NEW, "Nombre de salles")
    ]
    assert not drifted.matters


def test_a_column_like_an_old_one_by_name_only_is_no_rename(saved: SavedMapping) -> None:
    listing = with_column("Code postal", "Code postier", "M. Dupont")
    drifted = drift(saved, listing.columns, listing)
    assert {difference.change for difference in drifted.differences} == {Change.VANISHED, Change.NEW}


def test_a_column_with_other_values_is_reported(saved: SavedMapping) -> None:
    listing = with_column("Code postal", "Code postal", "voir adresse")
    drifted = drift(saved, listing.columns, listing)
    assert [(difference.change, difference.field) for difference in drifted.differences] == [
        (Change.OTHER_VALUES, "postcode")
    ]
    assert "des codes postaux" in drifted.differences[0].sentence()[0]
