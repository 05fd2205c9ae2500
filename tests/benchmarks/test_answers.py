"""The comparison of recorded answers sees what changed, allows what is allowed, and wants its rules to be needed."""

import shlex
import sqlite3
from pathlib import Path

import pytest

from benchmarks.answers.compare import ALLOWED, Rule, compare, diff_lines, read_rules
from benchmarks.answers.corpus import read_requests
from benchmarks.answers.dump import masked, masks, readable
from benchmarks.answers.record import chapters

ANSWERS = {
    "cli/help.txt": "$ search --help\n\nexit 0\n--seed: another crowd\n",
    "search/nantes.txt": 'GET /api/v1/search?where=Nantes\n\nHTTP 200\nvary: Accept\n\n{"total": 3, "name": "Rezé"}',
}


def _recording(folder: Path, **changed: str) -> Path:
    """A recording of `ANSWERS`, with pieces of text replaced."""
    for name, text in ANSWERS.items():
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_text(_replaced(text, changed), encoding="utf-8")
    return folder


def _replaced(text: str, changed: dict[str, str]) -> str:
    for before, after in changed.items():
        text = text.replace(before, after)
    return text


def test_a_changed_byte_is_seen_and_shown(tmp_path: Path) -> None:
    old, new = _recording(tmp_path / "old"), _recording(tmp_path / "new", Rezé="Reze")
    assert compare(old, old, []).is_clean
    found = compare(old, new, [])
    assert (found.equal, len(found.differences)) == (1, 1)
    shown = list(diff_lines(found.differences[0], most=9))
    assert shown[1:] == ['  "total": 3,', '- "name": "Rezé"', '+ "name": "Reze"', " }"]


def test_a_rule_allows_only_what_it_says(tmp_path: Path) -> None:
    old, new = (
        _recording(tmp_path / "old"),
        _recording(tmp_path / "new", another="random", crowd="seed"),
    )
    renamed = Rule("^cli: .*--help", "4", "plain words", old="another crowd", new="random seed")
    assert compare(old, new, [renamed]).is_clean
    (new / "cli/help.txt").write_text(
        ANSWERS["cli/help.txt"].replace("another crowd", "random seeds"), encoding="utf-8"
    )
    assert not compare(old, new, [renamed]).is_clean
    assert compare(old, new, [Rule("^cli", "4", "words", anything=True)]).is_clean
    assert not compare(old, new, [Rule("^search", "4", "words", anything=True)]).is_clean


def test_what_is_ignored_is_ignored_nowhere_else(tmp_path: Path) -> None:
    old, new = _recording(tmp_path / "old"), _recording(tmp_path / "new", **{"vary: Accept": "vary: Cookie"})
    vary = Rule("GET", "2.9", "compressed", ignore="^vary: .*\n")
    assert compare(old, new, [vary]).is_clean
    assert not compare(
        old, _recording(tmp_path / "other", **{"vary: Accept": "vary: Cookie", "3": "4"}), [vary]
    ).is_clean


def test_a_rule_that_explains_nothing_is_stale(tmp_path: Path) -> None:
    old = _recording(tmp_path / "old")
    stale = Rule("GET", "2.9", "compressed", ignore="^vary: .*\n")
    found = compare(old, old, [stale])
    assert found.stale == (stale,)
    assert not found.is_clean


def test_an_answer_that_is_missing_or_new_differs(tmp_path: Path) -> None:
    old, new = _recording(tmp_path / "old"), _recording(tmp_path / "new")
    (new / "cli/help.txt").rename(new / "cli/other.txt")
    assert [one.path for one in compare(old, new, []).differences] == ["cli/help.txt", "cli/other.txt"]


def test_rules_must_be_complete() -> None:
    for parts in ({}, {"old": "a"}, {"ignore": "a", "anything": True}):
        with pytest.raises(ValueError, match="give ignore"):
            Rule("GET", "4", "words", **parts)
    with pytest.raises(ValueError, match="by which point"):
        Rule("GET", "", "words", ignore="a")
    read_rules(ALLOWED)


def test_the_corpus_is_large_and_the_same_at_every_reading() -> None:
    requests = [(chapter.name, request) for chapter in chapters() for request in chapter.requests]
    assert len(requests) >= 500
    assert all(shlex.split(request.target) for _, request in requests if request.is_command and request.target)
    assert requests == [(chapter.name, request) for chapter in chapters() for request in chapter.requests]


def test_requests_are_read_as_written() -> None:
    own, (first, second, third) = read_requests(
        ["world: own", "# note", "PAGE /", "$en search {town}", "    env PORT: 1", '    keep id: "id":(\\d+)']
    )
    assert own
    assert [first.headers, second.headers] == [{"accept-language": "fr"}, {"accept-language": "en"}]
    assert third.filled({"town": "Mende"}).target == "search Mende"
    assert third.environment == {"PORT": "1", "LANGUAGE": "en"}
    assert third.keep == {"id": '"id":(\\d+)'}
    with pytest.raises(ValueError, match="not understood"):
        read_requests(["FETCH /"])


def test_tables_are_compared_by_their_rows_and_chance_is_masked(tmp_path: Path) -> None:
    dumps = []
    for name, rows in (("a", ["x", "y"]), ("b", ["y", "x"])):
        connection = sqlite3.connect(tmp_path / name)
        connection.execute("CREATE TABLE places (name TEXT)")
        connection.executemany("INSERT INTO places VALUES (?)", [(row,) for row in rows])
        connection.commit()
        connection.close()
        dumps.append(readable((tmp_path / name).read_bytes()))
    assert dumps[0] == dumps[1] == b'-- CREATE TABLE places (name TEXT)\n["x"]\n["y"]'
    rules = masks({"/tmp/one": "<home>"}, 0x6B03EAE0)
    text = f"/tmp/one/a plk_{'k' * 43} 6b03eae0-{'t' * 22} 12,5 s, 3 seats".encode()
    assert masked(text, rules) == b"<home>/a <key> <token> <seconds> s, 3 seats"
