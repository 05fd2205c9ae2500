"""Cells that a spreadsheet would run as formulas, made harmless on the way out and restored on the way in.

A spreadsheet takes a cell for a formula when it begins with = + - @, a tab or a carriage return. Such a cell gets one
apostrophe before it, and loses it again when it is read. A signed number is no formula: +33240123456 and -1.5536 stay
as they are, so that telephones and longitudes still fit their columns. The rule is reversible: a cell that already
begins with apostrophes and then a formula gets one more.
"""

import re

import polars as pl

_RISKY = "'*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"
_SIGNED_NUMBER = r"'*[+-][0-9][0-9 ]*(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?"
_RISKY_PATTERN, _NUMBER_PATTERN = re.compile(_RISKY), re.compile(_SIGNED_NUMBER)


def neutralise(text: str) -> str:
    """The cell as written to a CSV file."""
    return f"'{text}" if is_formula(text) else text


def restore(text: str) -> str:
    """The cell as it was before `neutralise`."""
    return text[1:] if text.startswith("'") and is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run the cell, leading apostrophes aside."""
    return bool(_RISKY_PATTERN.match(text)) and not _NUMBER_PATTERN.fullmatch(text)


def neutralise_column(column: pl.Expr) -> pl.Expr:
    """`neutralise` for a column of text."""
    formula = column.str.contains(f"^{_RISKY}") & ~column.str.contains(f"^{_SIGNED_NUMBER}$")
    return pl.when(~formula).then(column).otherwise(pl.lit("'") + column)
