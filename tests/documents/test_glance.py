"""What a glance takes for worth a closer look."""

import pytest

from mssmail.documents.glance import GLANCED_PARTS, DocumentKind, glance_at, iterate_leaves, may_hold_documents
from mssmail.mime.parts import scan
from tests.support.health import make_cda, make_hprim, make_message, make_xdm


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (("application/zip", "a.zip", make_xdm(make_cda())), DocumentKind.XDM),
        (("text/xml", "a.xml", make_cda()), DocumentKind.CDA),
        (("text/plain", "", make_hprim().encode()), DocumentKind.HPRIM),
        (("text/plain", "", b"Good day.\r\n"), None),
        (("application/pdf", "a.pdf", b"%PDF"), None),
    ],
)
def test_glances(part: tuple[str, str, bytes], kind: DocumentKind | None) -> None:
    data = make_message(part)
    root = scan(data)
    [leaf] = iterate_leaves(root)
    assert glance_at(data, leaf) is kind
    assert may_hold_documents(data, root) is (kind is not None)


def test_fields_that_speak_of_documents_are_looked_into() -> None:
    data = make_message(("text/plain", "", b"x"), fields="X-MSS-NIL: D\r\n")
    assert may_hold_documents(data, scan(data))


def test_glances_at_so_many_parts_and_no_more() -> None:
    parts = [("text/plain", "", b"x")] * GLANCED_PARTS
    data = make_message(*parts, ("application/zip", "a.zip", make_xdm(make_cda())))
    assert not may_hold_documents(data, scan(data))
