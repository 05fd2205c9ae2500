"""Communities: files are checked when read, the store keeps them, the owner decides who sees an offer."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from geo.errors import Conflict, InvalidInput
from geo.store.engine import reading
from geo.store.schema import community as community_table
from geo.types import Sharing
from service.communities.brand_contrast import MIN_CONTRAST, PAPER, contrast_ratio
from service.communities.community import Colours, Community, add, load_files, read_all, sync
from service.communities.sharing import visible_to

DATA = Path(__file__).parents[3] / "data"
GOOD = """
name = "Essai"
sharing = "network"
partners = []
values = ["calme"]
words = "Un exemple."
[colours]
brand = "#0e5a4b"
brand_ink = "#ffffff"
brand_wash = "#e6f1ee"
"""


def written(folder: Path, **files: str) -> Path:
    (folder / "communities").mkdir()
    for slug, text in files.items():
        (folder / "communities" / f"{slug}.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_four_platforms_are_shipped_and_say_they_are_examples() -> None:
    shipped = {one.slug: one for one in load_files(DATA)}
    assert set(shipped) == {"ruraconnect", "hub-generali", "rebondsconnect", "base10"}
    assert shipped["ruraconnect"].sharing is Sharing.NETWORK
    assert shipped["hub-generali"].sharing is Sharing.PARTNERS
    assert all("Exemple inventé" in one.words and one.website is None for one in shipped.values())


def test_shipped_communities_overlap_in_values_without_being_the_same() -> None:
    shipped = load_files(DATA)
    for one in shipped:
        others = [set(other.values) for other in shipped if other is not one]
        assert any(set(one.values) & other for other in others), f"{one.slug} has nothing in common with anyone"
        assert set(one.values) - set().union(*others), f"{one.slug} has nothing of its own"


def test_shipped_brands_are_readable() -> None:
    for one in load_files(DATA):
        colours = one.colours
        for ink, ground in (
            (colours.brand_ink, colours.brand),
            (colours.brand, "#ffffff"),
            (colours.brand, PAPER),
            (colours.brand, colours.brand_wash),
        ):
            assert contrast_ratio(ink, ground) >= MIN_CONTRAST, f"{one.slug}: {ink} on {ground}"


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0e5a4b", "#0e5a4b", 1.0)],
)
def test_contrast_is_the_one_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast_ratio(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast_ratio(one, other) == contrast_ratio(other, one)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('sharing = "network"', 'sharing = "everybody"', "sharing"),
        ('sharing = "network"', "", "sharing"),
        ('name = "Essai"', "", "name"),
        ('name = "Essai"', "name = 3", "name"),
        ('values = ["calme"]', 'values = "calme"', "values"),
        ('words = "Un exemple."', 'words = " "', "words"),
        ("partners = []", 'partners = ["nobody"]', "partners"),
        ("partners = []", 'partners = ["essai"]', "partners"),
        ("partners = []", 'partners = []\nwebsite = "javascript:alert(1)"', "website"),
        ("partners = []", 'partners = []\nsharring = "private"', "sharring"),
        ('brand = "#0e5a4b"', 'brand = "green"', "colours.brand"),
        ('brand = "#0e5a4b"', 'brand = "#f2b705"', "colours.brand_ink"),
        ('brand_wash = "#e6f1ee"', 'brand_wash = "#1c6354"', "colours.brand"),
        ('brand_wash = "#e6f1ee"', "", "colours"),
        ('name = "Essai"', "name = ", "essai.toml"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, old: str, new: str, field: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidInput) as caught:
        load_files(written(tmp_path, essai=GOOD.replace(old, new)))
    assert caught.value.values["field"] == field
    assert "essai.toml" in caught.value.message("fr")
    assert "essai.toml" in caught.value.message("en")


def test_a_file_whose_name_cannot_be_an_address_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "communities" / "Mon Réseau.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(InvalidInput, match="slug"):
        load_files(folder)


def test_syncing_twice_changes_nothing(store: Engine) -> None:
    shipped = load_files(DATA)
    assert set(sync(store, shipped)) == {one.slug for one in shipped}
    assert sync(store, shipped) == []
    assert read_all(store) == sorted(shipped, key=lambda one: one.slug)


def test_syncing_writes_only_what_changed_and_keeps_the_others(store: Engine) -> None:
    sync(store, [Community("one", "Un"), Community("two", "Deux")])
    assert sync(store, [Community("one", "Un"), Community("two", "Deux !", sharing=Sharing.PRIVATE)]) == ["two"]
    assert [(one.slug, one.name) for one in read_all(store)] == [("one", "Un"), ("two", "Deux !")]


def test_the_store_keeps_colours_as_the_pages_read_them(store: Engine) -> None:
    sync(store, [Community("essai", "Essai", colours=Colours("#1d4f91", "#ffffff", "#edf2fa"))])
    with reading(store) as connection:
        stored = connection.execute(select(community_table.c.colours)).scalar_one()
    assert stored == {"brand": "#1d4f91", "brand_ink": "#ffffff", "brand_wash": "#edf2fa"}


def test_adding_twice_finds_the_first(store: Engine) -> None:
    first = add(store, slug="essai", name="Essai", sharing="private")
    assert add(store, slug="essai") == first == add(store, slug="essai", name="Essai", sharing="network")
    assert read_all(store) == [first] and first.sharing is Sharing.PRIVATE
    assert add(store, slug="autre", partners=["essai"]).name == "autre"


def test_adding_another_name_or_what_cannot_be_is_refused(store: Engine) -> None:
    add(store, slug="essai", name="Essai")
    with pytest.raises(Conflict, match="Essai"):
        add(store, slug="essai", name="Autre")
    with pytest.raises(InvalidInput, match="nobody"):
        add(store, slug="autre", partners=["nobody"])
    with pytest.raises(InvalidInput, match="sharing"):
        add(store, slug="autre", sharing="everybody")
    with pytest.raises(InvalidInput, match="slug"):
        add(store, slug="Deux Mots")
    assert [one.slug for one in read_all(store)] == ["essai"]


OPEN = Community("open", "Ouvert", sharing=Sharing.NETWORK)
HALF = Community("half", "À demi", sharing=Sharing.PARTNERS, partners=("friend",))
SHUT = Community("shut", "Fermé", sharing=Sharing.PRIVATE, partners=("friend",))
FRIEND = Community("friend", "Ami", sharing=Sharing.PRIVATE, partners=("half", "shut"))
FAN = Community("fan", "Admirateur", sharing=Sharing.PRIVATE, partners=("half", "shut", "friend"))
EVERYONE = (OPEN, HALF, SHUT, FRIEND, FAN)


@pytest.mark.parametrize(
    ("searcher", "seen"),
    [
        (None, {"open"}),
        ("open", {"open"}),
        ("shut", {"open", "shut"}),
        ("friend", {"open", "half", "friend"}),
        ("fan", {"open", "fan"}),
        ("unknown", {"open"}),
    ],
)
def test_the_owner_decides_who_sees_its_offers(searcher: str | None, seen: set[str]) -> None:
    assert visible_to(EVERYONE, searcher) == seen
