"""Personal data in cells and columns: removed before anything is stored, the raw row included."""

import re
from collections.abc import Iterable

from geo.reference.toponyms import fold

REDACTED = "[…]"
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
# Overseas, mobiles begin with 0690, 0692...: as 06 from here, after a prefix of their own from abroad.
_MOBILE = re.compile(r"(?<![\d.,])(?:(?:\+|00)\s?(?:33|262|590|594|596|508)[\s.(0)-]*|0)[67](?:[\s.\-/]?\d){8}(?!\d)")
# Few rows have nine digits from a 6 or a 7 on: looking for them first costs a fifth of looking for mobiles.
_NINE_DIGITS = re.compile(r"[67](?:[\s.\-/]?\d){8}")
_PERSONAL_WORDS = frozenset(
    (
        "mail", "mails", "email", "emails", "courriel", "courriels", "mel", "mobile", "mobiles", "portable",
        "gsm", "prenom", "prenoms", "referent", "referente", "responsable", "interlocuteur",
        "interlocutrice", "conseiller", "conseillere", "maire", "elu", "signataire",
    )
)  # fmt: skip
_CONTACT = re.compile(r"^(?:contacts?|contact (?:nom|name|telephone|tel|role|principal|mail|email)|nom (?:du |de la )?"
                      r"(?:contact|gerant|gerante|president|presidente|maire))$")  # fmt: skip


def is_personal_column(column: str) -> bool:
    """Whether a column's name announces a person: e-mails, mobiles, names of contacts."""
    folded = fold(column)
    return bool(_PERSONAL_WORDS.intersection(folded.split())) or bool(_CONTACT.match(folded))


def scrub(cells: dict[str, str], personal: Iterable[str]) -> dict[str, str]:
    """The filled cells of a row without its personal columns, e-mails and mobile numbers inside text redacted."""
    scrubbed = {column: text for column, text in cells.items() if text and column not in personal}
    joined = "\n".join(scrubbed.values())
    if "@" in joined:
        scrubbed = {column: _EMAIL.sub(REDACTED, text) if "@" in text else text for column, text in scrubbed.items()}
    if _NINE_DIGITS.search(joined) and _MOBILE.search(joined):
        scrubbed = {column: _MOBILE.sub(REDACTED, text) for column, text in scrubbed.items()}
    return scrubbed
