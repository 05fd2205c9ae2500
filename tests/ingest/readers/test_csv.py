"""Delimited text as people bring it: without a header, in two encodings, with broken lines, of any size."""

import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from geo.errors import UnreadableFile
from ingest.readers.open import open_list, read
from ingest.readers.tables import csv

ROW = "{i};Médiathèque n° {i};{i} rue de l'Église;44000;Nantes;-1.55;47.21\n"
HEADER = "id;nom;adresse;code postal;commune;lon;lat\n"


@pytest.mark.parametrize(
    "first",
    [
        "Le Lab;12 rue de la Paix;44000;Nantes",  # a postcode, an address
        "Le Lab;contact@lelab.fr;Nantes;oui",  # an e-mail
        "Le Lab;https://lelab.fr;Nantes;oui",  # an address on the web
        "Le Lab;-1.5536;47.2173;Nantes",  # coordinates
        "Le Lab;02 40 12 34 56;Nantes;oui",  # a telephone
        "Le Lab;Nantes;oui;mairie",  # words that come back in the rows below
    ],
)
def test_a_list_without_a_header_keeps_its_first_row(first: str) -> None:
    table = read(f"{first}\nLa Cale;Nantes;oui;mairie\nLe Quai;Nantes;oui;mairie\n".encode(), "liste.csv")
    assert table.columns == ("column_1", "column_2", "column_3", "column_4")
    assert list(table.rows[0].values()) == first.split(";")
    assert table.lines == [1, 2, 3]


@pytest.mark.parametrize(
    "header",
    [
        "nom;ville;2019;2020",  # years are names of columns
        "Structure;Commune;Téléphone;Horaires",
        "Lieu;Ouvert;Wifi;Mail",
        "Raison sociale;Kontakt;Anzahl;Notiz",  # no word we know, but nothing that looks like a value
    ],
)
def test_a_header_is_not_taken_for_a_row(header: str) -> None:
    table = read(f"{header}\nLe Lab;Nantes;12;44000\nLa Cale;Nantes;13;44100\n".encode(), "liste.csv")
    assert table.columns == tuple(header.split(";"))
    assert len(table.rows) == 2


def test_a_header_repeated_further_down_does_not_make_the_first_one_a_row() -> None:
    table = read(b"a;b;c\nx;y;z\na;b;c\nu;v;w\n", "liste.csv")
    assert table.columns == ("a", "b", "c")


@pytest.mark.parametrize("delimiter", ["~", "^", "\x1f", "¤", ":"])
def test_an_unusual_delimiter_is_found_when_no_usual_one_cuts(delimiter: str) -> None:
    text = f"nom{delimiter}ville\nLe Lab{delimiter}Nantes\nLa Cale{delimiter}Brest\n"
    assert read(text.encode(), "liste.txt").columns == ("nom", "ville")


def test_the_delimiter_that_a_spreadsheet_declares_is_followed_and_is_no_row() -> None:
    table = read(b"sep=|\nnom;x|ville\nLe Lab;y|Nantes\n", "liste.csv")
    assert table.columns == ("nom;x", "ville")
    assert table.lines == [3]


def test_lines_in_another_encoding_are_read_and_noted() -> None:
    content = "nom;ville\nMédiathèque;Orléans\n".encode() + "École;Besançon\n".encode("cp1252") + "Été;Albi\n".encode()
    opened = open_list(content, "liste.csv")
    assert [row["nom"] for row in opened.whole().rows] == ["Médiathèque", "École", "Été"]
    assert [(fault.line, fault.code, fault.left_out) for fault in opened.faults] == [(3, "encoding", False)]
    assert opened.lines_left_out == 0


def test_a_list_wholly_in_an_old_encoding_has_no_fault() -> None:
    opened = open_list(("nom;ville\n" + "Médiathèque;Besançon\n" * 50).encode("cp1252"), "liste.csv")
    assert opened.whole().rows[49]["ville"] == "Besançon"
    assert not opened.faults


def test_a_character_cut_by_the_end_of_the_sample_is_no_old_encoding() -> None:
    content = ("nom;ville\n" + "é" * 49 + ";x\n").encode() * 30_000
    opened = open_list(content, "liste.csv")
    assert sum(len(batch.rows) for batch in opened.batches()) == 59_999
    assert not opened.faults


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_recognised(encoding: str) -> None:
    assert read("nom;ville\nMédiathèque;Orléans\n".encode(encoding), "liste.csv").rows[0]["ville"] == "Orléans"


def test_a_line_with_nul_bytes_is_left_out_and_the_rest_is_read() -> None:
    opened = open_list(b"nom;ville\nA;Nantes\nB\0;Brest\nC;Albi\n", "liste.csv")
    table = opened.whole()
    assert [row["nom"] for row in table.rows] == ["A", "C"]
    assert table.lines == [2, 4]
    assert [(fault.line, fault.code) for fault in opened.faults] == [(3, "nul")]
    assert opened.lines_left_out == 1


def test_a_quote_left_open_costs_its_line_only() -> None:
    opened = open_list(b'nom;ville\nA;Nantes\n"B;Brest\nC;Albi\nD;Dax\n', "liste.csv")
    table = opened.whole()
    assert [row["nom"] for row in table.rows] == ["A", "C", "D"]
    assert table.lines == [2, 4, 5]
    assert [(fault.line, fault.code) for fault in opened.faults] == [(3, "open_quote")]


def test_quotes_left_open_everywhere_do_not_take_for_ever() -> None:
    """Each line opens a cell in what would be the cell of the line before."""
    content = b"nom;ville\nA;Nantes\n" + b'x";"y;z\n' * 20_000
    opened = open_list(content, "liste.csv")
    rows = sum(len(batch.rows) for batch in opened.batches())
    assert rows + opened.lines_left_out == 20_001


def test_multi_line_cells_keep_their_lines_and_their_numbering() -> None:
    table = read(b'nom;ville\r\n"A\r\nbis";Nantes\r\n\r\n"B ""x""";Brest\r\nC;"Albi\n\n"\r\nD;Dax\r\n', "liste.csv")
    assert [row["nom"] for row in table.rows] == ["A\r\nbis", 'B "x"', "C", "D"]
    assert table.lines == [2, 5, 6, 9]


def test_cells_beyond_the_header_are_kept_under_their_position() -> None:
    rows = "A;Nantes\n" * 3_000
    opened = open_list(f"nom;ville\n{rows}B;Brest;note\n".encode(), "liste.csv")
    batches = list(opened.batches(1_000))
    assert opened.columns == batches[0].columns == ("nom", "ville")
    assert batches[-1].columns == ("nom", "ville", "column_3")
    assert batches[-1].rows[-1] == {"nom": "B", "ville": "Brest", "column_3": "note"}
    assert {row["column_3"] for row in opened.whole().rows} == {"", "note"}


def test_a_line_of_absurdly_many_cells_is_left_out() -> None:
    opened = open_list(b"nom;ville\n" + b"A;Nantes\n" * 3_000 + b"x;" * 100_000 + b"x\nB;Brest\n", "liste.csv")
    rows = [row for batch in opened.batches() for row in batch.rows]
    assert rows[-1] == {"nom": "B", "ville": "Brest"}
    assert [(fault.line, fault.code) for fault in opened.faults] == [(3_002, "columns")]


def test_a_million_columns_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="more than 2000 columns"):
        open_list(b";".join([b"a"] * 1_000_000) + b"\n" + b";".join([b"b"] * 1_000_000), "liste.csv")


def test_a_cell_longer_than_anybody_wrote_costs_its_line_only() -> None:
    opened = open_list(b"nom;ville\nA;Nantes\n" + b"B" * 9_000_000 + b";Brest\nC;Albi\n", "liste.csv")
    table = opened.whole()
    assert [row["nom"] for row in table.rows] == ["A", "C"]
    assert table.lines == [2, 4]
    assert [(fault.line, fault.code) for fault in opened.faults] == [(3, "long_line")]


def test_a_formula_is_text() -> None:
    cell = '=HYPERLINK("http://exemple.fr","x")'
    table = read('nom;ville\n"{}";Nantes\n'.format(cell.replace('"', '""')).encode(), "liste.csv")
    assert table.rows[0]["nom"] == cell


def test_a_second_pass_gives_the_same_rows_and_counts_faults_once() -> None:
    opened = open_list(b"nom;ville\nA;Nantes\nB\0;Brest\nC;Albi\n", "liste.csv")
    assert list(opened.batches()) == list(opened.batches())
    assert len(opened.faults) == opened.lines_left_out == 1


def test_batches_have_the_requested_size_and_the_sample_is_the_beginning() -> None:
    content = HEADER + "".join(ROW.format(i=i) for i in range(25))
    opened = open_list(content.encode(), "liste.csv")
    assert [len(batch.rows) for batch in opened.batches(10)] == [10, 10, 5]
    assert [row["id"] for row in opened.sample(3).rows] == ["0", "1", "2"]
    assert opened.size_bytes == len(content.encode())


def test_a_sample_keeps_the_faults_of_the_pass_before_it() -> None:
    rows = "".join(ROW.format(i=i) for i in range(5_000))
    opened = open_list(f"{HEADER}{rows}x\0;y\n".encode(), "liste.csv")
    list(opened.batches())
    assert len(opened.sample().rows) == 2_000
    assert [(fault.line, fault.code) for fault in opened.faults] == [(5_002, "nul")]
    assert opened.lines_left_out == 1


def test_small_batches_say_what_the_whole_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of bytes cut lines, characters and quoted cells anywhere; nothing may show it."""
    content = ('nom;ville\n"Église\n""X""";Orléans\r\nB;\n\n C ;"D;é"\n' * 40).encode()
    expected = read(content, "liste.csv")
    for size in range(1, 40, 3):
        monkeypatch.setattr("ingest.readers.common.text_decoding.TEXT_BLOCK_BYTES", size)
        assert read(content, "liste.csv") == expected


def write_list(path: Path, rows: int) -> Path:
    """A file of that many rows, as CSV or JSON lines."""
    line = ROW if path.suffix == ".csv" else '{{"id": {i}, "nom": "Médiathèque n° {i}", "commune": "Nantes"}}\n'
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER if path.suffix == ".csv" else "")
        file.writelines(line.format(i=i) for i in range(rows))
    return path


def peak_bytes(path: Path) -> tuple[int, int]:
    """Rows read from a file, and the most memory that took."""
    tracemalloc.start()
    try:
        rows = sum(len(batch.rows) for batch in open_list(path).batches(2_000))
        return rows, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_memory_does_not_grow_with_the_file(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.open.SMALL_BYTES", 100_000)
    monkeypatch.setattr("ingest.readers.common.text_decoding.TEXT_BLOCK_BYTES", 100_000)
    small, large = (write_list(tmp_path / f"{rows}{suffix}", rows) for rows in (10_000, 40_000))
    (few, small_peak), (many, large_peak) = peak_bytes(small), peak_bytes(large)
    assert (few, many) == (10_000, 40_000)
    assert large_peak < 1.2 * small_peak


@pytest.mark.parametrize("packing", [".gz", ".zip"])
def test_packed_lists_are_read_packed(packing: str, tmp_path: Path) -> None:
    content = (HEADER + ROW.format(i=1)).encode()
    packed = io.BytesIO()
    if packing == ".gz":
        packed.write(gzip.compress(content))
    else:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("__MACOSX/._liste.csv", b"\0\0")
            archive.writestr("lisez-moi.pdf", b"%PDF")
            archive.writestr("dossier/liste.csv", content)
    path = tmp_path / f"liste.csv{packing}"
    path.write_bytes(packed.getvalue())
    assert read(path).rows == read(content, "liste.csv").rows


def test_the_reader_of_records_never_loses_a_line() -> None:
    """Brute-force twin: without quotes, a CSV is its lines cut at the delimiter."""
    content = (HEADER + "".join(ROW.format(i=i) for i in range(12_000))).encode()
    rows = [row for batch in open_list(content, "liste.csv").batches() for row in batch.rows]
    assert [list(row.values()) for row in rows] == [line.split(";") for line in content.decode().splitlines()[1:]]


def test_the_usual_delimiters_are_preferred_to_rare_ones() -> None:
    assert csv.sniff_delimiter("nom,horaires\nA,9:00-12:00\nB,9:00-17:00\n") == ","
