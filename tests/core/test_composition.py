"""Normal forms: Unicode's own for what people write, and linear time for what they do not."""

import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mssmail
from mssmail.core.composition import Form, normalise_text
from tests.support.budget import examples

FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")


@examples(200)
@given(st.text(max_size=80), st.sampled_from(FORMS))
def test_text_has_unicodes_own_form(text: str, form: Form) -> None:
    assert normalise_text(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("word", ["é", "e\u0301", "─", "日本語", "ｶﾞ", "क़", "각"])
def test_long_texts_of_letters_with_marks_have_unicodes_own_form(form: Form, word: str) -> None:
    text = word * 300
    assert normalise_text(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f73", "\u0344\u0316", "\uff9e\u0301", "\U0001d165\u0301\u0316"])
def test_any_number_of_marks_on_one_letter_do_not_stop_the_process(form: Form, marks: str) -> None:
    began = time.process_time()
    found = normalise_text(form, "a" + marks * (300_000 // len(marks)))
    assert time.process_time() - began < 30  # by insertion it would be minutes
    assert set(found[1:]) <= set(unicodedata.normalize(form, marks)) | set(unicodedata.normalize(form, "a" + marks))
    assert len(found) >= 300_000 - 3


def test_thirty_marks_are_put_in_order_as_ever() -> None:
    text = "a" + "\u0301\u0316" * 15
    assert normalise_text("NFD", text) == "a" + "\u0316" * 15 + "\u0301" * 15


def test_nothing_normalises_text_past_this() -> None:
    root = Path(mssmail.__file__).parent
    found = [path.name for path in root.rglob("*.py") if "unicodedata.normalize" in path.read_text("utf-8")]
    assert found == ["composition.py"]
