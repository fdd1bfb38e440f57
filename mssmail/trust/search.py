"""Search for paths: from a certificate up to an anchor, each step a signature that holds (RFC 4158).

Whether such a path may be used is the next question, ``path``'s. The search is bounded: certificates of a message
are the sender's to choose, and cross-certified CAs make many paths out of few certificates.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Final

from mssmail.trust.inheritance import complete_key, is_inherited_from
from mssmail.trust.link import Link
from mssmail.trust.signature import is_signed_with
from mssmail.trust.snapshot import TrustStore

MAX_PATH_LINKS: Final = 20
MAX_SIGNATURE_CHECKS: Final = 64
MAX_PATHS: Final = 16
MAX_STEPS: Final = 400  # certificates laid upon a path; without a bound few of them make a maze of millions of ways
MAX_GIVERS: Final = 4  # certificates a DSA key may have its parameters from, and how far up they are looked for

Path = tuple[Link, ...]


@dataclass
class Search:
    """One search; ``trouble`` says, when no path was found, how far the best try came."""

    store: TrustStore
    extra: Sequence[Link]
    trouble: str = ""
    _checks: int = 0
    _steps: int = 0
    _signed: dict[tuple[bytes, bytes], bool] = field(default_factory=dict)

    def iterate_paths(self, leaf: Link) -> Iterator[Path]:
        """Paths leaf … anchor, likely ones first."""
        whole = self._complete(leaf, MAX_GIVERS)
        yield from islice(chain.from_iterable(self._extend((each,)) for each in whole), MAX_PATHS)

    def _extend(self, path: Path) -> Iterator[Path]:
        last = path[-1]
        self._steps += 1
        if self._steps > MAX_STEPS:
            self.trouble = f"the search for a path from {path[0].text} was given up as too long"
            return
        if not last.issuer:  # RFC 5280 §4.1.2.4
            self.trouble = f"{last.text} names no issuer"
            return
        for anchor in _sort_likely(last, self.store.anchors.get(last.issuer, ())):
            if anchor.der != last.der and self._is_signed(last, anchor):
                yield (*path, anchor)
        if len(path) >= MAX_PATH_LINKS - 1:
            self.trouble = f"no path from {path[0].text} of at most {MAX_PATH_LINKS} certificates"
            return
        for found in self._find_issuers(path):
            for issuer in self._complete(found, MAX_GIVERS):
                if self._is_signed(last, issuer):
                    yield from self._extend((*path, issuer))
                if self._steps > MAX_STEPS:
                    return

    def _complete(self, link: Link, depth: int) -> tuple[Link, ...]:
        """The link itself; or, where its key inherits its parameters, once for each it may have them from."""
        if not link.inherits_parameters:
            return (link,)
        if depth == 0:
            return ()
        anchors = self.store.anchors.get(link.issuer, ())
        known = (*self.store.intermediates.get(link.issuer, ()), *self.extra)
        above = (*anchors, *(each for each in known if each.subject == link.issuer and each.der != link.der))
        givers = chain.from_iterable(self._complete(each, depth - 1) for each in above[:MAX_GIVERS])
        keys = (complete_key(link.der, giver.public_key) for giver in givers)
        return tuple(replace(link, inherited=key) for key in keys if key is not None)[:MAX_GIVERS]

    def _find_issuers(self, path: Path) -> list[Link]:
        last = path[-1]
        known = (*self.store.intermediates.get(last.issuer, ()), *self.extra)
        seen = {(link.subject, link.spki) for link in path}
        anchors = {anchor.der for anchor in self.store.anchors.get(last.issuer, ())}
        fresh: dict[bytes, Link] = {}
        for link in known:
            if link.subject == last.issuer and (link.subject, link.spki) not in seen and link.der not in anchors:
                fresh.setdefault(link.der, link)
        if not fresh and not anchors:
            self.trouble = f"no CA certificate is known for the issuer of {last.text}"
        return _sort_likely(last, fresh.values())

    def _is_signed(self, child: Link, issuer: Link) -> bool:
        if child.inherited is not None and not is_inherited_from(child.inherited, issuer.public_key):
            return False  # its key was made whole with the parameters of another issuer
        key = (child.der, issuer.spki)
        if key not in self._signed:
            if self._checks >= MAX_SIGNATURE_CHECKS:
                self.trouble = f"the search for a path from {child.text} was given up as too long"
                return False
            self._checks += 1
            self._signed[key] = is_signed_with(child.certificate, issuer.public_key, child.der)
        if not self._signed[key]:
            self.trouble = f"the signature on {child.text} does not verify with a known key of its issuer"
        return self._signed[key]


def _sort_likely(child: Link, issuers: Iterable[Link]) -> list[Link]:
    """Matching key identifiers first: only a hint, because nobody has to write them (RFC 5280 §4.2.1.1)."""
    wanted = child.authority_key_id
    return sorted(issuers, key=lambda link: wanted is not None and link.key_id != wanted)
