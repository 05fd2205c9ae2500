"""SIRET numbers of establishments: 14 digits whose check digit is right."""

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_LA_POSTE = "356000000"
_BLANKS = str.maketrans("", "", " \u00a0\u202f.-_'\"\t")
_LENGTH, _SHORTEST = 14, 12


def normalise(text: str) -> str | None:
    """The SIRET of a cell, None when it holds none that is right.

    Spaces and lost leading zeros (two at most) are put right. A SIREN alone names a company, not a place, and
    "3.5E+13" has lost its digits: both give None.
    """
    if not text:
        return None
    digits = text if len(text) == _LENGTH else text.strip().removesuffix(".0").removesuffix(",0").translate(_BLANKS)
    if not digits.isdigit() or not digits.isascii() or not _SHORTEST <= len(digits) <= _LENGTH:
        return None
    digits = digits.zfill(_LENGTH)
    return digits if is_valid(digits) else None


def is_valid(siret: str) -> bool:
    """Whether 14 digits pass Luhn's check; those of La Poste may have a sum of digits divisible by 5 instead.

    Source: INSEE, "Code SIRET", https://www.insee.fr/fr/metadonnees/definition/c1841.
    """
    if siret == "0" * _LENGTH:
        return False
    values = list(map(int, siret))
    if not (sum(values[1::2]) + sum([_DOUBLED[value] for value in values[0::2]])) % 10:
        return True
    return siret.startswith(_LA_POSTE) and not sum(values) % 5
