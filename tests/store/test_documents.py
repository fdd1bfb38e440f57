from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, func, select, text

from mssmail.core.findings import DocumentFacts, Mark
from mssmail.core.mailbox import UID
from mssmail.core.search import AnyText
from mssmail.store.bodies import BodyFiles
from mssmail.store.document_tables import documents
from mssmail.store.documents import MAX_WORDS, KeptDocument, find_words, list_documents, spell_document
from mssmail.store.engine import DATABASE, Store, build_engine, open_store
from mssmail.store.messages import Placement, deliver
from mssmail.store.revisions import build_config
from mssmail.store.rows import expunge
from mssmail.store.search import build_search
from tests.support.store import NOW, add_account, build_delivery, build_message

REPORT = DocumentFacts(
    "cda",
    "DOC0001.XML",
    Mark.ABNORMAL,
    fileable=True,
    document_id="1.2.3^4",
    type_code="11502-2",
    title="Examens biologiques",
    dated="20260310",
    author="Anne BIOLOGISTE",
    patient="FICTIF-ÉPOUX ALICE",
    birthdate="19790315",
    ins="279035121518989",
    ins_is_qualified=True,
    loinc_codes=("2823-3",),
    labels=("CR d'examens biologiques", "Potassium [Moles/volume] sérum"),
)


def _deliver(store: Store, *found: DocumentFacts) -> tuple[int, int, int]:
    account = add_account(store)
    place = Placement(account.id, flags=frozenset(("\\Deleted",)))
    plain = build_delivery(store, build_message("nothing to see"), place)
    done = store.submit(lambda conn: deliver(conn, replace(plain, documents=found))).result()
    return done.message_id, done.placed[0].mailbox_id, done.placed[0].uid


def test_the_documents_of_a_message_are_kept_with_it(store: Store) -> None:
    second = replace(REPORT, kind="hprim", birthdate="le 15 mars", loinc_codes=(), mark=Mark.NONE, fileable=False)
    message_id, _, _ = _deliver(store, REPORT, second)
    first, other = store.read(lambda conn: list_documents(conn, message_id)).result()
    assert first == KeptDocument(
        "cda",
        "11502-2",
        "1.2.3^4",
        "Examens biologiques",
        "20260310",
        "Anne BIOLOGISTE",
        "FICTIF-ÉPOUX ALICE",
        "1979-03-15",
        "279035121518989",
        ("2823-3",),
        Mark.ABNORMAL,
        is_fileable=True,
    )
    assert (other.kind, other.birthdate, other.mark, other.is_fileable) == ("hprim", "le 15 mars", Mark.NONE, False)


@pytest.mark.parametrize(
    "wanted",
    [
        "fictif-epoux",
        "Alice Fictif-Époux",
        "FICTIF-ÉPOUX ALICE",
        "15/03/1979",
        "15 mars 1979",
        "19790315",
        "1979-03-15",
        "potassium [moles",
        "2823-3",
        "11502-2",
        "examens BIOLOGIQUES",
        "anne biologiste",
        "279035121518989",
    ],
)
def test_search_text_finds_patient_birth_and_titles(store: Store, wanted: str) -> None:
    _, mailbox_id, uid = _deliver(store, REPORT)
    search = build_search(mailbox_id, AnyText(wanted))
    assert list(store.read(lambda conn: search.find_page(conn, UID(0))).result().uids) == [uid]


@pytest.mark.parametrize("wanted", ["fictifs", "16/03/1979", "2823-4"])
def test_search_text_finds_nothing_else(store: Store, wanted: str) -> None:
    _, mailbox_id, _ = _deliver(store, REPORT)
    search = build_search(mailbox_id, AnyText(wanted))
    assert list(store.read(lambda conn: search.find_page(conn, UID(0))).result().uids) == []


def test_a_message_without_documents_has_no_words(store: Store) -> None:
    message_id, _, _ = _deliver(store)
    assert store.read(lambda conn: find_words(conn, message_id)).result() == ""


def test_words_are_bounded() -> None:
    long = replace(REPORT, labels=tuple(f"{number} {'x' * 400}" for number in range(300)))
    assert len(spell_document(long, NOW)) == MAX_WORDS


def test_rows_go_with_their_message(store: Store) -> None:
    message_id, mailbox_id, uid = _deliver(store, REPORT)
    store.submit(lambda conn: expunge(conn, mailbox_id, [UID(uid)], 1)).result()

    def count(conn: Connection) -> int:
        return conn.execute(select(func.count()).select_from(documents)).scalar_one()

    assert store.read(count).result() == 0
    assert store.read(lambda conn: list_documents(conn, message_id)).result() == []


def test_a_store_of_the_first_schema_is_upgraded_with_its_mail(tmp_path: Path) -> None:
    (tmp_path / DATABASE).touch()
    engine = build_engine(tmp_path, BodyFiles(tmp_path / "bodies"), begin="BEGIN IMMEDIATE")
    with engine.begin() as conn:
        command.upgrade(build_config(conn), "0001")
        conn.execute(text("INSERT INTO bodies VALUES (1, x'00', 2, x'6869')"))
        columns = [row[1] for row in conn.execute(text("PRAGMA table_info(messages)"))]
        blobs = {"prefix", "relay_prefix", "envelope", "body", "bodystructure", "parts"}
        numbers = {"id", "body_id", "length", "header_start", "header_end", "received_at"}
        values = ["x''" if each in blobs else "1" if each in numbers else "'[]'" for each in columns]
        conn.execute(text(f"INSERT INTO messages VALUES ({', '.join(values)})"))
    engine.dispose()
    store = open_store(tmp_path)
    try:
        assert store.read(lambda conn: find_words(conn, 1)).result() == ""
        assert store.read(lambda conn: conn.execute(text("SELECT count(*) FROM messages")).scalar()).result() == 1
    finally:
        store.close()
