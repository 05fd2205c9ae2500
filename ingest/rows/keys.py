"""Keys: by which a row is recognised in a later import, and by which two rows are the same site for sure."""

import hashlib
import re

import msgspec

from geo.reference.toponyms import fold
from geo.types import Precision
from ingest.normalise.location.address import match_address
from ingest.normalise.name import match_name
from ingest.readers.common.raw_list import Cells
from ingest.rows.record import Record

_ENCODER = msgspec.json.Encoder(order="sorted")
MAX_KEY = 400
"""PostgreSQL indexes at most some 2,700 bytes."""

COPY = re.compile(r" #\d+$")


def canonical(raw: Cells) -> bytes:
    """A row without personal data, as JSON with its columns in order."""
    return _ENCODER.encode(raw)


def fingerprint(raw: bytes, salt: str) -> str:
    """SHA-256 of a row without personal data and of its parse options (`salt`)."""
    return hashlib.sha256(salt.encode() + b"\n" + raw).hexdigest()


def fallback_key(name: str, address: str, postcode: str, commune: str) -> str:
    """Key of a row whose list has no id of its own: normalised name, address and town."""
    return f"{fold(name)}|{match_address(address)}|{postcode}|{fold(commune)}"


def bounded(key: str) -> str:
    """The key, its end replaced by a digest when it is too long to be indexed."""
    if len(key) <= MAX_KEY:
        return key
    return f"{key[: MAX_KEY - 33]}~{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def nth_key(key: str, copy: int) -> str:
    """Key of the nth row of one list under the same key: "x", "x #2", "x #3"..."""
    return key if copy == 1 else f"{key} #{copy}"


def public_key(source_key: str) -> str:
    """The list's own id, without the mark of repeated rows."""
    return COPY.sub("", source_key)


def match_key(record: Record) -> str:
    """Exact-merge key: normalised name, address and commune.

    A row without an address is only the same site as another one that is, to a hundred metres, at the same
    point: "Médiathèque" alone names several places of a town.
    """
    address = match_address(record.address)
    if not address and record.precision != Precision.COMMUNE and record.lon is not None and record.lat is not None:
        address = f"@{record.lon:.3f},{record.lat:.3f}"
    # Territories without commune outlines have no INSEE code here: their postcode stands in.
    return f"{match_name(record.name, record.kind)}|{address}|{record.insee or record.postcode}"
