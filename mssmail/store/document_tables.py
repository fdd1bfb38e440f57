"""The table of health documents: what searches, filing and reports ask of those that messages hold."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text

from mssmail.store.columns import Id, Words, metadata

documents = Table(  # one health document of a message; it goes with the message
    "documents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Words, nullable=False),  # cda, hprim, or a media type
    Column("type_code", Words, nullable=False),
    Column("document_id", Words, nullable=False),
    Column("replaces", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("dated", Words, nullable=False),  # as the document writes it
    Column("author", Words, nullable=False),
    Column("patient", Words, nullable=False),
    Column("birthdate", Text, nullable=False),  # YYYY-MM-DD, or as the document writes it
    Column("ins", Words, nullable=False),
    Column("is_qualified", Boolean, nullable=False),
    Column("loinc_codes", Words, nullable=False),  # JSON: [code, …]
    Column("mark", Text, nullable=False),
    Column("is_fileable", Boolean, nullable=False),
    Column("words", Words, nullable=False),  # what SEARCH TEXT finds the message by
    Index("documents_by_message", "message_id"),
    Index("documents_by_ins", "ins"),
    Index("documents_by_document_id", "document_id"),
    sqlite_autoincrement=True,
)
