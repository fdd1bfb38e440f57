"""The base subject of a message: what remains when replies, forwards and list tags are taken off (RFC 5256 §2.1)."""

import re

MAX_SUBJECT = 2_000  # characters that are looked at

# subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
# subj-blob = "[" *BLOBCHAR "]" *WSP
# subj-leader = (*subj-blob subj-refwd) / WSP
_BLOB = r"\[[^\[\]]*+\][ \t]*+"
_LEADER = re.compile(rf"(?:{_BLOB})*+(?:re|fwd?)[ \t]*+(?:{_BLOB})?:", re.IGNORECASE)
_BLOBS = re.compile(_BLOB)
# subj-trailer = "(fwd)" / WSP
_TRAILER = re.compile(r"\(fwd\)\Z", re.IGNORECASE)
_FORWARD, _FORWARD_END = "[fwd:", "]"
_BLANKS = re.compile(r"[ \t\r\n]+")


def find_base_subject(subject: str) -> tuple[str, bool]:
    """The base subject of a decoded subject, and whether it was that of a reply or forward (RFC 5256 §3)."""
    text = _BLANKS.sub(" ", subject[:MAX_SUBJECT])  # step 1
    is_reply = False
    while True:
        text, cut = _cut_trailers(text)  # step 2
        is_reply |= cut
        text, cut = _cut_leaders(text)  # steps 3 to 5
        is_reply |= cut
        if not (text[: len(_FORWARD)].lower() == _FORWARD and text.endswith(_FORWARD_END)):
            return text, is_reply
        text, is_reply = text[len(_FORWARD) : -len(_FORWARD_END)], True  # step 6


def _cut_trailers(text: str) -> tuple[str, bool]:
    text, cut = text.rstrip(" "), False
    while _TRAILER.search(text):
        text, cut = text[: -len("(fwd)")].rstrip(" "), True
    return text, cut


def _cut_leaders(text: str) -> tuple[str, bool]:
    start, cut = 0, False
    while True:
        while text[start : start + 1] == " ":
            start += 1
        leader = _LEADER.match(text, start)
        if leader is not None:
            start, cut = leader.end(), True
            continue
        blob = _BLOBS.match(text, start)
        if blob is None or blob.end() == len(text):  # a tag that is all there is stays
            return text[start:], cut
        start = blob.end()
