"""Members of communities: pseudonyms only, every row accounted for, the same list twice changes nothing."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from geo.errors import InvalidInput, NotFound, UnreadableFile
from geo.store.engine import reading
from geo.store.queries import read_memberships
from geo.store.revisions import communities_revision, revision
from geo.store.schema import membership
from service.accounts.installation_secret import installation_secret
from service.cli.main import run as command_line
from service.communities.community import Community, sync
from service.communities.members import MembersReport, add_members, count_members, pseudonym, remove_members

SECRET = b"s" * 32


@pytest.fixture
def communities(store: Engine) -> Engine:
    sync(store, [Community("one", "Un"), Community("two", "Deux")])
    return store


def listed(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "members.csv"
    path.write_bytes(text.encode(encoding))
    return path


def counts(report: MembersReport) -> tuple[int, int, int, int]:
    return report.rows, report.added, report.already_there, report.rejected


def stored(store: Engine, slug: str) -> set[str]:
    with reading(store) as connection:
        return set(connection.execute(select(membership.c.member).where(membership.c.community == slug)).scalars())


def test_every_row_is_accounted_for_and_the_same_list_twice_changes_nothing(
    communities: Engine, tmp_path: Path
) -> None:
    path = listed(
        tmp_path,
        "Nom;E-mail;Accord\n"
        "Ana;ana@example.org;oui\n"
        "Bob; BOB@Example.org ;Oui\n"
        ";;\n"
        "Bob;bob@example.org;1\n"
        "Cid;;oui\n"
        "Dan;dan at example.org;oui\n"
        "Eve;eve@example.org;non\n"
        "Fay;fay@example.org;\n",
    )
    first = add_members(communities, "one", path, SECRET)
    assert counts(first) == (7, 2, 1, 4) and first.members == 2
    assert first.rows == first.added + first.already_there + first.rejected
    assert [one.row for one in first.rejections] == [6, 7, 8, 9]
    assert "accord" in first.rejections[2].fr and "consent" in first.rejections[2].en
    with reading(communities) as connection:
        before = communities_revision(connection)
        assert before == revision(connection)
    again = add_members(communities, "one", path, SECRET)
    assert counts(again) == (7, 0, 3, 4) and again.members == 2
    with reading(communities) as connection:
        assert communities_revision(connection) == revision(connection) == before


def test_what_is_kept_is_no_address_and_the_same_person_is_the_same_everywhere(
    communities: Engine, tmp_path: Path
) -> None:
    add_members(communities, "one", listed(tmp_path, "email\nana@example.org\n"), SECRET)
    add_members(communities, "two", listed(tmp_path, "courriel,ville\nANA@example.org,Nantes\n"), SECRET)
    assert stored(communities, "one") == stored(communities, "two") == {pseudonym("ana@example.org", SECRET)}
    (kept,) = stored(communities, "one")
    assert len(kept) == 32 and int(kept, 16) and "ana" not in kept
    assert kept != pseudonym("ana@example.org", b"t" * 32)
    _, _, memberships = read_memberships(communities)
    assert sorted(memberships.rows()) == [("one", kept), ("two", kept)]


def test_any_identifier_will_do_whatever_the_encoding(communities: Engine, tmp_path: Path) -> None:
    path = listed(tmp_path, "membre\tnote\nÉlodie 12\tété\n", "cp1252")
    assert counts(add_members(communities, "one", path, SECRET)) == (1, 1, 0, 0)
    assert stored(communities, "one") == {pseudonym("E\u0301LODIE 12", SECRET)}


def test_replacing_forgets_those_whom_the_list_does_not_name(communities: Engine, tmp_path: Path) -> None:
    add_members(communities, "one", listed(tmp_path, "email\na@x.org\nb@x.org\n"), SECRET)
    add_members(communities, "two", listed(tmp_path, "email\na@x.org\n"), SECRET)
    report = add_members(communities, "one", listed(tmp_path, "email\nb@x.org\nc@x.org\n"), SECRET, replace=True)
    assert (counts(report), report.removed, report.members) == ((2, 1, 1, 0), 1, 2)
    assert stored(communities, "one") == {pseudonym(one, SECRET) for one in ("b@x.org", "c@x.org")}
    assert count_members(communities, "two") == 1


def test_removing_really_removes(communities: Engine, tmp_path: Path) -> None:
    many = [f"p{number}@x.org" for number in range(1200)]
    add_members(communities, "one", listed(tmp_path, "email\n" + "\n".join(many)), SECRET)
    add_members(communities, "two", listed(tmp_path, "email\np1@x.org\n"), SECRET)
    leaving = listed(tmp_path, "email,accord\np1@x.org,non\np1@x.org,\nnobody@x.org,oui\n,oui\n")
    report = remove_members(communities, "one", leaving, SECRET)
    assert (report.rows, report.removed, report.not_there, report.rejected, report.members) == (4, 1, 2, 1, 1199)
    assert pseudonym("p1@x.org", SECRET) not in stored(communities, "one")
    assert remove_members(communities, "one", None, SECRET).removed == 1199
    assert stored(communities, "one") == set() and count_members(communities, "two") == 1
    with reading(communities) as connection:
        before = communities_revision(connection)
    assert remove_members(communities, "one", None, SECRET).removed == 0
    with reading(communities) as connection:
        assert communities_revision(connection) == before


def test_what_cannot_be_is_refused_and_changes_nothing(communities: Engine, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nobody"):
        add_members(communities, "nobody", listed(tmp_path, "email\na@x.org\n"), SECRET)
    with pytest.raises(NotFound, match="nobody"):
        count_members(communities, "nobody")
    for text in ("nom,ville\nAna,Nantes\n", "", "a@x.org\nb@x.org\n"):
        with pytest.raises((InvalidInput, UnreadableFile)):
            add_members(communities, "one", listed(tmp_path, text), SECRET)
    with pytest.raises(UnreadableFile):
        add_members(communities, "one", tmp_path / "missing.csv", SECRET)
    assert count_members(communities, "one") == 0


def test_the_secret_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret"
    secret = installation_secret(path)
    assert len(secret) == 32 and installation_secret(path) == secret
    assert path.stat().st_mode & 0o077 == 0 and [one.name for one in path.parent.iterdir()] == ["secret"]
    assert installation_secret(tmp_path / "other") != secret
    for wrong in ("", "zz" * 32, "ab" * 31):
        path.write_text(wrong)
        with pytest.raises(InvalidInput, match="PLACELIBRE_SECRET"):
            installation_secret(path)


def test_the_command_shows_counts_and_never_a_member(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "store.db"
    database.write_bytes(sqlite_template.read_bytes())
    for name, value in {"STORE": f"sqlite:///{database}", "HOME": str(tmp_path), "LANGUAGE": "en"}.items():
        monkeypatch.setenv(f"PLACELIBRE_{name}", value)

    def ask(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["placelibre", "community", *arguments])
        with pytest.raises(SystemExit) as ended:
            command_line()
        assert ended.value.code == code
        captured = capsys.readouterr()
        assert "ana" not in captured.out + captured.err and "example.org" not in captured.out + captured.err
        return captured.out

    path = str(listed(tmp_path, "email\nana@example.org\nbob@example.org\nanabel\n"))
    ask("add", "one")
    assert ask("members", "one", path) == (
        "3 rows: 2 added, 1 rejected\n  row 4: not an e-mail address: correct it\none: 2 members known\n"
    )
    told = json.loads(ask("members", "one", path, "--json"))
    assert (told["rows"], told["added"], told["already_there"], told["rejected"]) == (3, 0, 2, 1)
    assert told["rejections"] == [{"row": 4, "reason": "not an e-mail address: correct it"}]
    assert ask("members", "one", path, "--remove") == (
        "3 rows: 2 removed, 1 rejected\n  row 4: not an e-mail address: correct it\none: 0 members known\n"
    )
    assert ask("members", "one") == "one: 0 members known\n"
    ask("members", "one", path, "--replace", "--remove", code=2)
    ask("members", "one", "--replace", code=2)
