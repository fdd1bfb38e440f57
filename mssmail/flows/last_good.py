"""The last good trust data on disk: what a restart without network begins with.

::

    <store>/trust/
      white-list.json              the list in use: digest, when it was accepted, where it came from
      held-list.json               a list that waits for an administrator's word, and why
      confirmed-list               the digest of the held list that was confirmed
      white-list-<sha256>.xml      the octets of either
      crls/<key>.crl               the newest CRL of each issuer and scope
      ocsp/<key>.json              the newest OCSP answer about a certificate, with it and its issuer's

A file is written aside, flushed, renamed and its folder flushed; a list's octets are there before the note that names
them. So a kill at any moment leaves the old state or the new one. Nothing read here is believed without verification.
"""

import contextlib
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mssmail.errors import StoreUnavailable
from mssmail.flows.fetch import NO_VALIDATORS, Validators

_CURRENT, _HELD, _CONFIRMED = "white-list.json", "held-list.json", "confirmed-list"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list's octets with what must be remembered of them."""

    raw: bytes
    accepted_at: datetime
    source: str  # address or path; validators of another source mean nothing
    validators: Validators = NO_VALIDATORS
    reason: str = ""  # why it is held

    @property
    def sha256(self) -> str:
        """The name of the octets."""
        return hashlib.sha256(self.raw).hexdigest()


class LastGood:
    """The folder. Methods block on the disk and are called in threads; they raise StoreUnavailable."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def load_list(self) -> KeptList | None:
        """The list in use, or None when there is none or it cannot be read."""
        return self._load(_CURRENT)

    def load_held(self) -> KeptList | None:
        """The list that waits, or None."""
        return self._load(_HELD)

    def keep_list(self, kept: KeptList) -> None:
        """Make this the list in use; whatever was held is settled by it."""
        self._keep(_CURRENT, kept)
        self.drop_held()

    def keep_held(self, kept: KeptList) -> None:
        """Put a list aside until it is confirmed."""
        self._keep(_HELD, kept)

    def drop_held(self) -> None:
        """Forget the list that waits, and its octets."""
        with _naming_faults(self._directory):
            for name in (_HELD, _CONFIRMED):
                (self._directory / name).unlink(missing_ok=True)
            self._sweep()

    def confirm(self) -> str:
        """Say that the held list shall be used; its digest, or "" when none is held. The server takes it from there."""
        held = self.load_held()
        if held is None:
            return ""
        with _naming_faults(self._directory):
            _write(self._directory / _CONFIRMED, held.sha256.encode("ascii"))
        return held.sha256

    def find_confirmed(self) -> KeptList | None:
        """The held list once it is confirmed."""
        try:
            confirmed = (self._directory / _CONFIRMED).read_text("ascii")
        except (OSError, UnicodeDecodeError):
            return None
        held = self.load_held()
        return held if held is not None and held.sha256 == confirmed else None

    def load_crls(self) -> list[bytes]:
        """The octets of every CRL kept."""
        found: list[bytes] = []
        for path in sorted((self._directory / "crls").glob("*.crl")):
            try:
                found.append(path.read_bytes())
            except OSError as error:
                _log.warning("a kept CRL cannot be read: %s", error)
        return found

    def keep_crl(self, key: str, raw: bytes) -> None:
        """Keep a CRL in place of the last one with this key (lower-case hex)."""
        if not _DIGEST.fullmatch(key):
            raise ValueError("the key of a CRL is a SHA-256 in hex")
        with _naming_faults(self._directory):
            (self._directory / "crls").mkdir(parents=True, exist_ok=True)
            _write(self._directory / "crls" / f"{key}.crl", raw)

    def load_answers(self) -> dict[str, bytes]:
        """Every OCSP answer kept, by key."""
        found: dict[str, bytes] = {}
        for path in sorted((self._directory / "ocsp").glob("*.json")):
            try:
                found[path.stem] = path.read_bytes()
            except OSError as error:
                _log.warning("a kept OCSP answer cannot be read: %s", error)
        return found

    def keep_answer(self, key: str, note: bytes) -> None:
        """Keep an OCSP answer in place of the last one with this key (lower-case hex)."""
        if not _DIGEST.fullmatch(key):
            raise ValueError("the key of an answer is a SHA-256 in hex")
        with _naming_faults(self._directory):
            (self._directory / "ocsp").mkdir(parents=True, exist_ok=True)
            _write(self._directory / "ocsp" / f"{key}.json", note)

    def drop_answer(self, key: str) -> None:
        """Let go of an answer."""
        with contextlib.suppress(OSError):
            (self._directory / "ocsp" / f"{key}.json").unlink(missing_ok=True)

    def _load(self, name: str) -> KeptList | None:
        try:
            note = json.loads((self._directory / name).read_bytes())
            kept = KeptList(
                self._path(str(note["sha256"])).read_bytes(),
                datetime.fromisoformat(note["accepted_at"]),
                str(note["source"]),
                Validators(str(note["etag"]), str(note["last_modified"])),
                str(note["reason"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s cannot be read and is passed over: %s", self._directory / name, error)
            return None
        if kept.sha256 != note["sha256"] or kept.accepted_at.tzinfo is None:
            _log.warning("%s is damaged and is passed over", self._directory / name)
            return None
        return kept

    def _keep(self, name: str, kept: KeptList) -> None:
        note = {
            "sha256": kept.sha256,
            "accepted_at": kept.accepted_at.isoformat(),
            "source": kept.source,
            "etag": kept.validators.etag,
            "last_modified": kept.validators.last_modified,
            "reason": kept.reason,
        }
        with _naming_faults(self._directory):
            self._directory.mkdir(parents=True, exist_ok=True)
            _write(self._path(kept.sha256), kept.raw)
            _write(self._directory / name, json.dumps(note, indent=1).encode("utf-8"))
            self._sweep()

    def _find_digest(self, name: str) -> str:
        """Of the octets that a note names; "" of a note that is not there or cannot be read."""
        try:
            digest = json.loads((self._directory / name).read_bytes())["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        return digest if isinstance(digest, str) and _DIGEST.fullmatch(digest) else ""

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError("no digest")
        return self._directory / f"white-list-{digest}.xml"

    def _sweep(self) -> None:
        """Remove octets that no note names."""
        named = {self._path(digest) for digest in map(self._find_digest, (_CURRENT, _HELD)) if digest}
        for path in self._directory.glob("white-list-*.xml"):
            if path not in named:
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def _naming_faults(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"trust data cannot be kept in {directory}: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    """Replace the file in one step that survives a crash."""
    aside = path.with_name(path.name + ".new")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
