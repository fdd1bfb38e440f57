"""The verdict on a 20 kB message, RSA-2048 throughout, as multiples of the C floor measured in the same run.

The floor is what no verifier can avoid: SHA-256 over the message and one RSA verification, both in C. Warm, the
signer's path is remembered; cold, every message is the first of a new store (anchors and lists are read, and nothing
is remembered).
"""

import time
from collections.abc import Callable
from datetime import timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console

from mssmail.lab.pki import KeyKind, create_root, issue_person
from mssmail.mime.headers import find_authors
from mssmail.mime.parts import scan
from mssmail.smime.verify import verify_message
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.pki import NOW
from tests.support.signed_mail import ALICE, build_message, sign

# Short rounds: on a busy machine a long one is never left alone.
ROUNDS, CALLS = 200, 8


def measure(call: Callable[[], object], calls: int = CALLS) -> float:
    """Microseconds of a call, undisturbed: the best round."""
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        took.append((time.perf_counter() - start) / calls * 1e6)
    return min(took)


def measure_cold(build: Callable[[], TrustStore], judge: Callable[[TrustStore], object]) -> float:
    """Microseconds of the first verdict under a new store; building it is not counted. The best of many."""
    took = []
    for _ in range(ROUNDS):
        store = build()
        start = time.perf_counter()
        judge(store)
        took.append((time.perf_counter() - start) * 1e6)
    return min(took)


def main() -> None:
    """Print floor, warm and cold."""
    root_ca = create_root("Bench Root", NOW - timedelta(days=9), kind=KeyKind.RSA_2048)
    issuing = root_ca.issue_authority("Bench Issuing", NOW - timedelta(days=9), kind=KeyKind.RSA_2048)
    person = issue_person(issuing, ALICE, NOW - timedelta(days=1), kind=KeyKind.RSA_2048)
    data = sign(person, build_message(text="A line of a letter, as long as they are.\r\n" * 450))
    root = scan(data)
    authors = find_authors(data, root)
    snapshot = TrustSnapshot(
        1,
        (root_ca.certificate.public_bytes(Encoding.DER),),
        (issuing.certificate.public_bytes(Encoding.DER),),
        (issuing.build_crl(NOW), root_ca.build_crl(NOW)),
    )

    def judge(store: TrustStore) -> object:
        return verify_message(data, root, authors, store, NOW)

    key = person.key
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the floor is of RSA")
    signature, public = key.sign(data, padding.PKCS1v15(), hashes.SHA256()), key.public_key()
    floor = measure(lambda: public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256()))  # hashes it as well
    store = build_trust_store(snapshot)
    verdict, _ = verify_message(data, root, authors, store, NOW)
    warm = measure(lambda: judge(store))
    cold = measure_cold(lambda: build_trust_store(snapshot), judge)
    say = Console(width=100, highlight=False).print
    say(f"{len(data)} octets, verdict {type(verdict.summary).__name__}; floor {floor:.1f} µs")
    say(f"warm {warm:.1f} µs = {warm / floor:.1f} x floor; cold {cold:.1f} µs = {cold / floor:.1f} x floor")


if __name__ == "__main__":
    main()
