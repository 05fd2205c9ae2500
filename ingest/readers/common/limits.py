"""Limits on files. Beyond one, the file is refused or the line left out, with a sentence."""

MAX_MB = 400
"""Decompressed size of what is read whole: workbooks, archives, KML, small-list `read()`."""

MAX_STREAMED_MB = 20_000
"""Decompressed size of a packed file that streams: time is bounded too, not only memory."""

MAX_SPOOLED_MB = 4_000
"""What a packed Parquet or OSM file may take on the disk while it is read."""

SMALL_BYTES = 8_000_000
"""Files up to this size are read once and kept, so that they cannot change between two passes."""

JSON_WHOLE_BYTES = 20_000_000
"""JSON documents up to this size are parsed whole, larger ones piece by piece."""

BLOCK_BYTES = 1_000_000
TEXT_BLOCK_BYTES = 64_000
"""Text decoded and cut at a time: a quarter faster when the rows fit the processor's cache."""

MAX_LINE_BYTES = 4_000_000
MAX_CELL_CHARS = 131_072
MAX_NAME_CHARS = 2_000
"""The name of a column, that of the objects around it included."""

MAX_RECORD_CHARS = 1_000_000
"""A quote left open swallows no more than this before the line is given up."""

MAX_REREADS = 100
"""How often the lines behind an open quote are read again; after that they are left out with it."""

MAX_COLUMNS = 2_000
MAX_NESTING = 20
MAX_CELLS = 20_000_000
"""Width x height of a worksheet."""

MAX_ARCHIVE_ENTRIES = 10_000
MAX_PACKING = 2
"""Packings around a list: `list.csv.gz` in a zip is two, an archive in an archive in an archive too many."""

MAX_FAULTS_KEPT = 1_000
"""Faults kept in full; later ones are only counted."""

CHILD_MEMORY_BYTES = 3_000_000_000
"""Address space of a child process that reads a file with a library of compiled code."""

CHILD_S = 120
CHILD_BYTES_PER_S = 1_000_000
"""Each reply of a child may take `CHILD_S`, and a second more for so many bytes of the file."""

CHUNK_ROWS = 1_000
SAMPLE_ROWS = 2_000
"""Rows read at opening, to find the header, the width and the columns."""
