"""What a verdict rests on, as JSON between processes; decoding checks every field, as ``codec`` does."""

from datetime import UTC, datetime

from mssmail.core.proof import PathStep, Proof, StatusSource


def encode_proof(proof: Proof) -> list[object]:
    """The JSON that ``decode_proof`` reads; numbers travel as hexadecimal, being longer than other readers take."""
    return [
        [[step.subject, f"{step.serial:x}", step.fingerprint, _write(step.not_after)] for step in proof.path],
        [
            [
                source.kind,
                source.issuer,
                None if source.number is None else f"{source.number:x}",
                _write(source.this_update),
                None if source.next_update is None else _write(source.next_update),
            ]
            for source in proof.sources
        ],
    ]


def decode_proof(tree: object) -> Proof:
    """The proof; raises ValueError or TypeError on anything that is none."""
    path, sources = _list(tree)
    return Proof(tuple(map(_decode_step, _list(path))), tuple(map(_decode_source, _list(sources))))


def _decode_step(tree: object) -> PathStep:
    subject, serial, fingerprint, not_after = map(_text, _list(tree))
    return PathStep(subject, int(serial, 16), fingerprint, _read(not_after))


def _decode_source(tree: object) -> StatusSource:
    kind, issuer, number, this_update, next_update = _list(tree)
    return StatusSource(
        _text(kind),
        _text(issuer),
        None if number is None else int(_text(number), 16),
        _read(_text(this_update)),
        None if next_update is None else _read(_text(next_update)),
    )


def _write(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _read(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return moment


def _text(tree: object) -> str:
    if not isinstance(tree, str):
        raise TypeError("a text is wanted")
    return tree


def _list(tree: object) -> list[object]:
    if not isinstance(tree, list):
        raise TypeError("a list is wanted")
    return tree
