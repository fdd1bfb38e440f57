"""What a verdict rests on, as JSON between processes; decoding checks every field, as ``codec`` does."""

from datetime import UTC, datetime

from mssmail.core.proof import PathStep, Proof, StatusSource
from mssmail.workers.checked import require_list, require_moment, require_text


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
    path, sources = require_list(tree)
    return Proof(tuple(map(_decode_step, require_list(path))), tuple(map(_decode_source, require_list(sources))))


def _decode_step(tree: object) -> PathStep:
    subject, serial, fingerprint, not_after = map(require_text, require_list(tree))
    return PathStep(subject, int(serial, 16), fingerprint, require_moment(not_after))


def _decode_source(tree: object) -> StatusSource:
    kind, issuer, number, this_update, next_update = require_list(tree)
    return StatusSource(
        require_text(kind),
        require_text(issuer),
        None if number is None else int(require_text(number), 16),
        require_moment(this_update),
        None if next_update is None else require_moment(next_update),
    )


def _write(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
