"""What a part answers about itself."""

from mssmail.core.message import Span
from mssmail.mime.tree import Part, walk

LEAF = Part(Span(10, 12), Span(12, 20))


def test_walks_in_the_order_of_the_bytes() -> None:
    deep = Part(Span(0, 1), Span(1, 40), "multipart", "mixed", children=(LEAF, Part(Span(20, 21), Span(21, 40))))
    assert [part.header.start for part in walk(deep)] == [0, 10, 20]


def test_a_composite_without_children_is_a_leaf() -> None:
    assert not Part(Span(0, 1), Span(1, 2), "multipart", "mixed").is_multipart
    assert not Part(Span(0, 1), Span(1, 2), "message", "rfc822").is_message
    assert Part(Span(0, 10), Span(10, 20), "message", "rfc822", children=(LEAF,)).is_message


def test_the_file_name_is_the_dispositions_first() -> None:
    named = Part(Span(0, 1), Span(1, 2), params=(("name", "old.txt"),))
    assert named.file_name == "old.txt"
    both = Part(Span(0, 1), Span(1, 2), params=(("name", "o"),), disposition_params=(("filename", "n"),))
    assert (both.file_name, both.find_param("charset"), LEAF.file_name) == ("n", None, None)


def test_the_span_of_a_part_is_header_and_body() -> None:
    assert LEAF.span == Span(10, 20)
