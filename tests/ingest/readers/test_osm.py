"""OpenStreetMap extracts: which objects are candidates, where they are, what their tags say."""

from pathlib import Path

import pytest

from geo.errors import UnreadableFile
from geo.types import Amenity, PlaceKind
from ingest.mapping.declared import load_all, recognise
from ingest.readers.datasets import osm_tags
from ingest.readers.open import open_list, read

SAMPLES = Path(__file__).parents[2] / "data" / "readers"


def document(*things: str) -> bytes:
    return f'<?xml version="1.0"?><osm version="0.6">{"".join(things)}</osm>'.encode()


def node(key: int, lon: float, lat: float, **tags: str) -> str:
    return f'<node id="{key}" version="1" lat="{lat}" lon="{lon}">{table(tags)}</node>'


def table(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


CORNERS = [node(1, 0, 45), node(2, 2, 45), node(3, 2, 47), node(4, 0, 47)]
REFS = "".join(f'<nd ref="{key}"/>' for key in (1, 2, 3, 4, 1))


def test_a_way_is_at_the_centre_of_its_nodes_the_closing_one_counted_once() -> None:
    way = f'<way id="9" version="1">{REFS}{table({"amenity": "library", "name": "Médiathèque"})}</way>'
    (row,) = read(document(*CORNERS, way), "x.osm").rows
    assert (row["@id"], row["@kind"], row["@lon"], row["@lat"]) == ("way/9", "library", "1", "46")


def test_an_area_is_at_the_centre_of_its_outer_ways() -> None:
    hole = '<way id="8" version="1"><nd ref="5"/><nd ref="5"/></way>'
    way = f'<way id="9" version="1">{REFS}</way>'
    members = '<member type="way" ref="9" role="outer"/><member type="way" ref="8" role="inner"/>'
    tags = table({"type": "multipolygon", "tourism": "hotel", "name": "Grand Hôtel"})
    relation = f'<relation id="7" version="1">{members}{tags}</relation>'
    (row,) = read(document(*CORNERS, node(5, 1.9, 46.9), hole, way, relation), "x.osm").rows
    assert (row["@id"], row["@kind"], row["@lon"], row["@lat"]) == ("relation/7", "hotel", "1", "46")


def test_a_way_whose_nodes_are_outside_the_extract_keeps_its_row_without_a_point() -> None:
    way = f'<way id="9" version="1">{REFS}{table({"amenity": "townhall", "name": "Mairie"})}</way>'
    (row,) = read(document(way), "x.osm").rows
    assert (row["@kind"], row["@lon"], row["@lat"]) == ("mairie", "", "")


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"amenity": "coworking_space"}, PlaceKind.COWORKING),
        ({"office": "coworking", "amenity": "cafe"}, PlaceKind.COWORKING),
        ({"amenity": "cafe;library"}, PlaceKind.LIBRARY),
        ({"office": "government", "name": "France Services de Guéret"}, PlaceKind.FRANCE_SERVICES),
        ({"office": "government", "name": "Préfecture"}, PlaceKind.PUBLIC_BODY),
        ({"railway": "station"}, PlaceKind.STATION),
        ({"railway": "station", "station": "subway"}, None),
        ({"amenity": "cafe", "disused": "yes"}, None),
        ({"amenity": "bench"}, None),
    ],
)
def test_tags_tell_the_kind(tags: dict[str, str], kind: PlaceKind | None) -> None:
    assert osm_tags.kind_of(tags) == kind


def test_amenities_are_yes_no_or_unknown() -> None:
    tags = {"amenity": "cafe", "internet_access": "wlan", "wheelchair": "limited", "air_conditioning": "no"}
    (row,) = read(document(node(1, 2, 48, **tags)), "x.osm").rows
    assert (row["@wifi"], row["@step_free"], row["@air_conditioning"], row["@power"]) == ("yes", "", "no", "")


@pytest.mark.parametrize("name", ["monaco.osm.pbf", "monaco.osm.bz2"])
def test_a_real_extract_gives_its_candidates(name: str) -> None:
    table = read(SAMPLES / name)
    kinds = {row["@kind"] for row in table.rows}
    assert {"hotel", "cafe", "station", "mairie", "library"} <= kinds <= set(PlaceKind)
    assert {row["@id"].partition("/")[0] for row in table.rows} == {"node", "way", "relation"}
    assert all(7.3 < float(row["@lon"]) < 7.6 and 43.6 < float(row["@lat"]) < 43.9 for row in table.rows)


def test_xml_and_pbf_say_the_same() -> None:
    assert read(SAMPLES / "monaco.osm.pbf").rows == read(SAMPLES / "monaco.osm.bz2").rows


def test_the_declared_mapping_knows_an_extract_and_every_amenity_column() -> None:
    mapping = recognise(open_list(SAMPLES / "monaco.osm.pbf").columns, load_all())
    assert mapping is not None
    assert mapping.source == "osm"
    assert mapping.amenities == {Amenity(column[1:]): ((column,),) for column in osm_tags.AMENITY_COLUMNS}


def test_an_extract_without_a_candidate_says_so() -> None:
    with pytest.raises(UnreadableFile, match="possible place"):
        open_list(document(node(1, 2, 48, highway="crossing")), "x.osm")


def test_an_extract_cut_short_says_so() -> None:
    with pytest.raises(UnreadableFile, match="halfway"):
        open_list((SAMPLES / "monaco.osm.pbf").read_bytes()[:-500], "x.osm.pbf")


def test_the_documented_tables_are_those_of_the_code() -> None:
    page = (Path(__file__).parents[3] / "docs" / "readers.md").read_text("utf-8")
    for key, value, kind in osm_tags.KINDS:
        assert f"| `{key}={value}` | `{kind}` |" in page
    for amenity, key, answers in osm_tags.AMENITIES:
        yes = ", ".join(f"`{value}`" for value, answer in answers.items() if answer == "yes")
        assert f"| `{amenity}` | `{key}` | {yes} |" in page
