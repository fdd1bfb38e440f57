"""How much of a document is read; beyond that it is a BadDocument."""

from typing import Final

MAX_DOCUMENT_BYTES: Final = 20 * 1024 * 1024
MAX_ENTRIES: Final = 200
MAX_UNPACKED_BYTES: Final = 50 * 1024 * 1024
MAX_RATIO: Final = 200  # XML packs 20 to 60 times, base64 about 1.3
MAX_ELEMENTS: Final = 50_000
MAX_ATTRIBUTES: Final = 500_000
MAX_RESULTS: Final = 5_000
MAX_LABELS: Final = 300  # titles of results that searches find a document by
MAX_RECORDS: Final = 500  # patients of one HPRIM file
MAX_TEXT: Final = 500  # characters of one text taken from a document
MAX_DOCUMENTS: Final = 100  # of one message
