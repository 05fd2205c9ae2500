"""Compares two recordings byte for byte: `python -m benchmarks.answers.compare OLD NEW`.

Every answer that differs is shown as a short diff, unless rules of `allowed.toml`, the reviewed list, explain all of
its difference. The exit code is 0 when nothing else differs and every rule is needed, else 1.
"""

import argparse
import difflib
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ALLOWED = Path(__file__).resolve().parent / "allowed.toml"
SHOWN_LINES = 14
LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Rule:
    """A difference that is allowed: in which answers, what may differ, by which point of the issue, and why.

    `request` is searched for in `CHAPTER: REQUEST`, the first line of an answer. What may differ is one of: what
    `ignore` matches, anywhere in both answers; what `old` matches in the old answer, which becomes `new`;
    or `anything`.
    """

    request: str
    point: str
    why: str
    ignore: str | None = None
    old: str | None = None
    new: str | None = None
    anything: bool = False

    def __post_init__(self) -> None:
        ways = (self.ignore is not None, self.old is not None and self.new is not None, self.anything)
        if sum(ways) != 1 or (self.old is None) != (self.new is None):
            raise ValueError(f"{self.name}: give ignore, or old and new, or anything = true")
        if not (self.point and self.why):
            raise ValueError(f"{self.name}: say by which point of the issue, and why")

    @property
    def name(self) -> str:
        return f"{self.request} ({self.ignore or self.old or 'anything'})"

    def applied(self, old: str, new: str) -> tuple[str, str]:
        """Both answers without the difference that is allowed."""
        if self.anything:
            return "", ""
        if self.ignore is not None:
            pattern = re.compile(self.ignore, re.MULTILINE)
            if pattern.findall(old) == pattern.findall(new):
                return old, new
            return pattern.sub("", old), pattern.sub("", new)
        return re.sub(self.old or "", self.new or "", old, flags=re.MULTILINE), new


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer that differs; empty where one recording does not have it."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it: counts of answers, the rules that explained something, what is left."""

    equal: int
    allowed: Counter[str]
    differences: tuple[Difference, ...]
    stale: tuple[Rule, ...]

    @property
    def is_clean(self) -> bool:
        return not self.differences and not self.stale


def read_rules(path: Path) -> list[Rule]:
    """The reviewed list. Raises TypeError or ValueError for a rule that is not one."""
    return [Rule(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("allowed", [])]


def compare(old: Path, new: Path, rules: Sequence[Rule], only: str = "") -> Comparison:
    """Compares two folders of recorded answers, in the chapters whose name matches `only`."""
    equal, allowed, differences, used = 0, Counter[str](), list[Difference](), set[Rule]()
    for path in names(old, new, only):
        before, after = (folder / path for folder in (old, new))
        if before.is_file() and after.is_file() and before.read_bytes() == after.read_bytes():
            equal += 1
            continue
        texts = [_text(one) if one.is_file() else "" for one in (before, after)]
        about = f"{path.parent}: {(texts[0] or texts[1]).partition('\n')[0]}"
        matching = [rule for rule in rules if re.search(rule.request, about)]
        left, helped = _explained(texts[0], texts[1], matching)
        used |= set(helped)
        if left is None:
            allowed.update(rule.name for rule in helped)
        else:
            differences.append(Difference(str(path), *left))
    return Comparison(equal, allowed, tuple(differences), tuple(rule for rule in rules if rule not in used))


def _explained(old: str, new: str, rules: Sequence[Rule]) -> tuple[tuple[str, str] | None, list[Rule]]:
    """What rules leave of a difference, None when nothing, and those that took something away."""
    helped = []
    for rule in rules:
        if old == new:
            break
        after = rule.applied(old, new)
        if after != (old, new):
            helped.append(rule)
        old, new = after
    return (None if old == new else (old, new)), helped


def names(old: Path, new: Path, only: str = "") -> list[Path]:
    """Paths of the answers that either recording has."""
    paths = {path.relative_to(folder) for folder in (old, new) for path in folder.glob("*/*.txt")}
    return sorted(path for path in paths if re.search(only, path.parent.name))


def _text(path: Path) -> str:
    """An answer; bytes that are no UTF-8 stay apart from each other."""
    return path.read_bytes().decode("utf-8", "backslashreplace")


def diff_lines(difference: Difference, most: int) -> Iterator[str]:
    """A short unified diff; JSON is spread over lines first."""
    old, new = (list(_spread(text)) for text in (difference.old, difference.new))
    lines = list(difflib.unified_diff(old, new, "old", "new", n=1, lineterm=""))[2:]
    for line in lines[:most]:
        yield line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "…"
    if len(lines) > most:
        yield f"… {len(lines) - most} more lines"
    if not lines:
        yield "(ends of lines differ)"


def _spread(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line[:1] in ("{", "["):
            try:
                yield from json.dumps(json.loads(line), ensure_ascii=False, indent=1).splitlines()
                continue
            except ValueError:
                pass
        yield line


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--allowed", type=Path, default=ALLOWED, help="the reviewed list")
    parser.add_argument("--lines", type=int, default=SHOWN_LINES, help="lines of each diff at most")
    parser.add_argument("--only", default="", help="pattern of the names of chapters, as of the recorder")
    given = parser.parse_args()
    found = compare(given.old, given.new, read_rules(given.allowed), given.only)
    for difference in found.differences:
        print(f"\n≠ {difference.path}\n  " + (difference.old or difference.new).partition("\n")[0])
        for line in diff_lines(difference, given.lines):
            print(f"  {line}")
    print()
    for name, count in found.allowed.most_common():
        print(f"allowed in {count}: {name}")
    for rule in found.stale:
        print(f"stale, explains nothing: {rule.name}, point {rule.point}")
    explained = len(names(given.old, given.new, given.only)) - found.equal - len(found.differences)
    print(
        f"{found.equal} equal, {explained} allowed, {len(found.differences)} different, {len(found.stale)} stale rules"
    )
    sys.exit(0 if found.is_clean else 1)


if __name__ == "__main__":
    main()
