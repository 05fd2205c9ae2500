"""The address index: both shapes of BAN files, what is left out, swapped in whole or not at all."""

import csv
import errno
import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from geo.errors import Conflict, StorageFull
from geo.files import exclusive
from geo.geocoder import ban_index_builder as building
from geo.geocoder.ban_files import NotBan, read_batches
from geo.geocoder.ban_index import CURRENT, AddressIndexUnusable, BanIndex, exists
from geo.geocoder.ban_index_builder import build
from geo.geocoder.geocoder import Geocoder
from geo.reference.communes import Areas
from geo.types import Precision

ROOT = Path(__file__).resolve().parents[3]
DATA, BONDY = ROOT / "data", ROOT / "tests/data/ban/bondy.csv.gz"
COLUMNS = (
    "id;id_fantoir;numero;rep;nom_voie;code_postal;code_insee;nom_commune;code_insee_ancienne_commune;"
    "nom_ancienne_commune;x;y;lon;lat;type_position;alias;nom_ld;libelle_acheminement;nom_afnor;source_position;"
    "source_nom_voie;certification_commune;cad_parcelles"
)
NANTES = ("44000", "44109", "Nantes", "", "")
Row = tuple[str, str, str, tuple[str, str, str, str, str], float, float]


def national(rows: Sequence[Row], *, hamlet: str = "", position: str = "entrée") -> bytes:
    """A file as the national download has it; a row is number, suffix, street, place, lon, lat."""
    lines = [COLUMNS]
    for number, suffix, street, (postcode, insee, commune, old_code, old_name), lon, lat in rows:
        lines.append(
            f"{insee}_0001_{number};;{number};{suffix};{street};{postcode};{insee};{commune};{old_code};{old_name};"
            f"0.0;0.0;{lon};{lat};{position};;{hamlet};;;;;1;"
        )
    return "\n".join(lines).encode() + b"\n"


def write(folder: Path, content: bytes, name: str = "adresses-44.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def answers(
    areas: Areas, folder: Path, address: str, insee: str = "44109", postcode: str = "44000"
) -> tuple[object, ...]:
    answer = Geocoder(areas, folder).geocode(address, insee=insee, postcode=postcode)
    assert answer is not None
    return answer.lon, answer.lat, answer.precision


STREET: list[Row] = [
    ("1", "", "Rue de la Fosse", NANTES, -1.5600, 47.2130),
    ("3", "bis", "Rue de la Fosse", NANTES, -1.5610, 47.2120),
    ("9", "", "Rue de la Fosse", NANTES, -1.5620, 47.2110),
]


@pytest.mark.parametrize("name", ["adresses-44.csv", "adresses-44.csv.gz"])
def test_the_national_shape_plain_or_compressed(areas: Areas, tmp_path: Path, name: str) -> None:
    built = build([write(tmp_path, national(STREET), name)], tmp_path / "index", areas)
    assert (built.addresses, built.streets, built.communes) == (3, 1, 1)
    assert answers(areas, tmp_path / "index", "3 bis rue de la Fosse") == (-1.561, 47.212, Precision.EXACT)


def test_an_extract_with_an_index_column_quotes_and_na(areas: Areas, tmp_path: Path) -> None:
    built = build([BONDY], tmp_path, areas)
    assert (built.addresses, built.streets, built.communes) == (8_407, 348, 1)
    assert answers(areas, tmp_path, "203 avenue Galliéni", "93010", "93140")[2] == Precision.EXACT


def test_several_files_make_one_index(areas: Areas, tmp_path: Path) -> None:
    build([BONDY, write(tmp_path, national(STREET))], tmp_path / "index", areas)
    assert answers(areas, tmp_path / "index", "1 rue de la Fosse")[2] == Precision.EXACT
    assert answers(areas, tmp_path / "index", "12 rue Edouard Vaillant", "93010", "93140")[2] == Precision.EXACT


def test_pieces_do_not_depend_on_where_the_file_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> list[tuple[object, ...]]:
        return [row for frame, _ in read_batches(BONDY) for row in frame.iter_rows()]

    whole = read()
    monkeypatch.setattr("geo.geocoder.ban_files.BATCH_BYTES", 50_000)
    assert read() == whole
    assert len(whole) == 8_413


def test_a_file_without_a_last_line_end_loses_nothing(areas: Areas, tmp_path: Path) -> None:
    path = write(tmp_path, national(STREET).removesuffix(b"\n"))
    assert build([path], tmp_path / "index", areas).addresses == 3


def test_a_stray_quote_swallows_nothing(areas: Areas, tmp_path: Path) -> None:
    rows = [("1", "", '"La Fosse" impasse', NANTES, -1.56, 47.21), ("2", "", 'Rue "B', NANTES, -1.56, 47.21), *STREET]
    assert build([write(tmp_path, national(rows))], tmp_path / "index", areas).addresses == 5


def test_the_best_of_several_positions_of_a_house_is_kept(areas: Areas, tmp_path: Path) -> None:
    plot = national([("1", "", "Rue de la Fosse", NANTES, -1.5700, 47.2200)], position="parcelle")
    files = [write(tmp_path, plot, "adresses-1.csv"), write(tmp_path, national(STREET), "adresses-2.csv")]
    assert build(files, tmp_path / "index", areas).addresses == 3
    assert answers(areas, tmp_path / "index", "1 rue de la Fosse")[:2] == (-1.56, 47.213)


def test_rows_without_a_point_or_number_and_houses_far_from_their_street(areas: Areas, tmp_path: Path) -> None:
    rows = [
        *STREET,
        ("0", "", "Rue de la Fosse", NANTES, -1.5605, 47.2125),
        ("12", "", "Rue de la Fosse", NANTES, 2.35, 48.85),
    ]
    text = national(rows) + national(STREET[:1]).split(b"\n")[1].replace(b"-1.56", b"").replace(b";1;", b";77;") + b"\n"
    assert build([write(tmp_path, text)], tmp_path / "index", areas).addresses == 3


def test_hamlets_are_localities(areas: Areas, tmp_path: Path) -> None:
    named = national([("1", "", "Chemin du Port", NANTES, -1.60, 47.23)], hamlet="Kerlann")
    places = (
        "id;nom_lieu_dit;code_postal;code_insee;nom_commune;code_insee_ancienne_commune;nom_ancienne_commune;x;y;lon;"
        "lat;source_position;source_nom_voie\n44109_x;La Haie Rouge;44000;44109;Nantes;;;0;0;-1.61;47.24;;\n"
    )
    files = [write(tmp_path, named), write(tmp_path, places.encode(), "lieux-dits-44-beta.csv.gz")]
    build(files, tmp_path / "index", areas)
    assert answers(areas, tmp_path / "index", "lieu-dit Kerlann") == (-1.6, 47.23, Precision.LOCALITY)
    assert answers(areas, tmp_path / "index", "La Haie-Rouge") == (-1.61, 47.24, Precision.LOCALITY)


class TestMergedCommunes:
    """Blancs-Coteaux (51612): rue de l'Église in Gionges and in Oger, six kilometres apart."""

    def folder(self, areas: Areas, tmp_path: Path) -> Path:
        church = "Rue de l'Église"
        gionges = ("51130", "51612", "Blancs-Coteaux", "51273", "Gionges")
        oger = ("51130", "51612", "Blancs-Coteaux", "51411", "Oger")
        rows: list[Row] = [
            ("1", "", church, gionges, 3.9500, 48.9400),
            ("2", "", church, gionges, 3.9502, 48.9402),
            ("2", "", church, oger, 4.0100, 48.9600),
            ("1", "", "Rue du Gué", ("51130", "51411", "Oger", "", ""), 4.0200, 48.9600),
        ]
        build([write(tmp_path, national(rows), "adresses-51.csv")], tmp_path / "index", areas)
        return tmp_path / "index"

    def test_the_former_commune_tells_the_street(self, areas: Areas, tmp_path: Path) -> None:
        geocoder = Geocoder(areas, self.folder(areas, tmp_path))
        answer = geocoder.geocode("2 rue de l'Église", "Oger", "51130")
        assert answer is not None
        assert (answer.lon, answer.precision, answer.insee) == (4.01, Precision.EXACT, "51612")

    def test_the_house_tells_the_street(self, areas: Areas, tmp_path: Path) -> None:
        assert answers(areas, self.folder(areas, tmp_path), "1 rue de l'Église", "51612", "")[0] == 3.95

    def test_a_house_that_both_have_tells_nothing(self, areas: Areas, tmp_path: Path) -> None:
        assert answers(areas, self.folder(areas, tmp_path), "2 rue de l'Église", "51612", "")[2] == Precision.COMMUNE

    def test_nothing_tells_the_street(self, areas: Areas, tmp_path: Path) -> None:
        assert answers(areas, self.folder(areas, tmp_path), "rue de l'Église", "51612", "")[2] == Precision.COMMUNE

    def test_a_code_of_before_the_merger_is_that_of_today(self, areas: Areas, tmp_path: Path) -> None:
        assert answers(areas, self.folder(areas, tmp_path), "1 rue du Gué", "51612", "")[2] == Precision.EXACT


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nom;adresse\nA;B\n",
        b"\x00\x01\x02" * 1_000,
        gzip.compress(national(STREET))[:-20],
        b"\x1f\x8b not gzip",
    ],
)
@pytest.mark.parametrize("name", ["liste.csv", "liste.csv.gz"])
def test_what_is_no_ban_file_is_refused_and_changes_nothing(
    areas: Areas, tmp_path: Path, content: bytes, name: str
) -> None:
    folder = tmp_path / "index"
    build([write(tmp_path, national(STREET))], folder, areas)
    bad = tmp_path / name
    bad.write_bytes(content)
    with pytest.raises(NotBan) as caught:
        build([bad], folder, areas)
    assert name in caught.value.message("fr")
    assert sorted(path.name for path in folder.iterdir()) == [CURRENT, "index-0001", "lock"]
    assert answers(areas, folder, "1 rue de la Fosse")[2] == Precision.EXACT


class TestSwap:
    def test_the_new_index_takes_the_place_of_the_old_one(self, areas: Areas, tmp_path: Path) -> None:
        folder = tmp_path / "index"
        assert not exists(folder)
        build([BONDY], folder, areas)
        opened = Geocoder(areas, folder)
        assert opened.geocode("12 rue Edouard Vaillant", insee="93010").precision == Precision.EXACT  # type: ignore[union-attr]
        build([write(tmp_path, national(STREET))], folder, areas)
        assert sorted(path.name for path in folder.iterdir()) == [CURRENT, "index-0002", "lock"]
        assert answers(areas, folder, "1 rue de la Fosse")[2] == Precision.EXACT
        # A process that has the old one open goes on with it.
        assert opened.geocode("14 rue Edouard Vaillant", insee="93010").precision == Precision.EXACT  # type: ignore[union-attr]

    def test_the_same_files_make_the_same_pages(self, areas: Areas, tmp_path: Path) -> None:
        names = ("communes.npy", "streets.npy", "houses.bin", "text.bin")
        folders = [build([BONDY], tmp_path / name, areas).folder for name in ("a", "b")]
        assert [(folders[0] / name).read_bytes() for name in names] == [
            (folders[1] / name).read_bytes() for name in names
        ]

    def test_its_edition_changes_with_the_addresses_only(self, areas: Areas, tmp_path: Path) -> None:
        def edition(files: list[Path], name: str) -> str:
            build(files, tmp_path / name, areas)
            return Geocoder(areas, tmp_path / name).edition

        first = edition([BONDY], "a")
        assert first == edition([BONDY], "b")
        assert first != edition([write(tmp_path, national(STREET))], "a")
        assert Geocoder(areas).edition == "shipped"

    def test_two_builds_at_once_are_refused(self, areas: Areas, tmp_path: Path) -> None:
        (tmp_path / "index").mkdir()
        folder = tmp_path / "index"
        with exclusive(folder, building._busy(folder)), pytest.raises(Conflict):
            build([BONDY], tmp_path / "index", areas)

    @pytest.mark.parametrize("moment", ["_partition_rows", "_write", "_activate"])
    def test_killed_midway_it_leaves_the_old_one(self, areas: Areas, tmp_path: Path, moment: str) -> None:
        folder = tmp_path / "index"
        build([BONDY], folder, areas)
        program = (
            "import os, signal, sys\nfrom pathlib import Path\nfrom geo.reference.communes import Areas\n"
            "from geo.geocoder import ban_index_builder as build\n"
            f"def stop(*_): os.kill(os.getpid(), signal.SIGKILL)\nbuild.{moment} = stop\n"
            "build.build([Path(sys.argv[1])], Path(sys.argv[2]), Areas.load(Path(sys.argv[3])))"
        )
        new = write(tmp_path, national(STREET))
        process = subprocess.run(
            [sys.executable, "-c", program, new, folder, DATA],
            cwd=ROOT,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.returncode == -signal.SIGKILL
        assert answers(areas, folder, "12 rue Edouard Vaillant", "93010", "93140")[2] == Precision.EXACT
        build([new], folder, areas)
        assert sorted(path.name for path in folder.iterdir()) == [CURRENT, "index-0002", "lock"]

    def test_a_full_disk_leaves_the_old_one(
        self, areas: Areas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        build([BONDY], tmp_path, areas)
        monkeypatch.setattr(building, "_write", full)
        with pytest.raises(StorageFull):
            build([BONDY], tmp_path, areas)
        assert sorted(path.name for path in tmp_path.iterdir()) == [CURRENT, "index-0001", "lock"]

    @pytest.mark.parametrize("content", ["{", "[]", '{"version": 0}', '{"version": 1}'])
    def test_a_damaged_index_says_so(self, areas: Areas, tmp_path: Path, content: str) -> None:
        build([BONDY], tmp_path, areas)
        (tmp_path / CURRENT).write_text(content)
        with pytest.raises(AddressIndexUnusable):
            BanIndex(tmp_path)

    def test_a_missing_part_says_so(self, areas: Areas, tmp_path: Path) -> None:
        built = build([BONDY], tmp_path, areas)
        (built.folder / "houses.bin").unlink()
        with pytest.raises(AddressIndexUnusable):
            BanIndex(tmp_path)

    def test_progress_ends_at_the_whole(self, areas: Areas, tmp_path: Path) -> None:
        steps: list[tuple[int, int]] = []
        build([BONDY], tmp_path, areas, lambda bytes_read, total: steps.append((bytes_read, total)))
        assert steps[-1] == (BONDY.stat().st_size, BONDY.stat().st_size)

    def test_the_facts_tell_what_it_was_made_of(self, areas: Areas, tmp_path: Path) -> None:
        build([BONDY], tmp_path, areas)
        facts = json.loads((tmp_path / CURRENT).read_text())
        assert (facts["files"], facts["addresses"]) == (["bondy.csv.gz"], 8_407)


def test_the_extract_has_the_rows_its_readme_says() -> None:
    rows = list(csv.reader(io.StringIO(gzip.decompress(BONDY.read_bytes()).decode())))
    assert len(rows) == 1 + 8_413
