"""Reading the documents of an archive, as a multiple of what nobody can avoid: unpacking it and parsing its XML.

Both are measured in turns in one run; the smallest of many rounds counts. Three archives of about 200 kB: a laboratory
report with its PDF copy inside (what laboratories send), one dense with results, and several reports in one.
"""

import base64
import random
import time
import zipfile
from collections.abc import Callable
from io import BytesIO

from lxml import etree
from rich.console import Console

from mssmail.documents.inspect import Reading, inspect_file
from tests.support.health import make_cda, make_entry, make_metadata, make_quantity, make_result, make_zip

ROUNDS, CALLS = 25, 4
_READING = Reading(test_space=True)


def build_archive(*documents: bytes) -> bytes:
    """An XDM archive of these documents."""
    names = [f"DOC{number:04}.XML" for number in range(1, len(documents) + 1)]
    listed = [make_entry(name, document) for name, document in zip(names, documents, strict=True)]
    place = "IHE_XDM/SUBSET01/"
    files = {place + name: document for name, document in zip(names, documents, strict=True)}
    return make_zip({place + "METADATA.XML": make_metadata(*listed), **files})


def build_report(results: int, pdf_octets: int, dice: random.Random, number: int = 1) -> bytes:
    """A report of so many results with narrative, intervals, earlier values, and its PDF copy."""
    made = []
    for each in range(results):
        value, earlier = (f"{dice.uniform(1, 200):.2f}" for _ in range(2))
        before = make_result(value=make_quantity(earlier), flags=["H"])
        before = f'<entryRelationship typeCode="REFR">{before}</entryRelationship>'
        code = f"{dice.randrange(1_000, 99_999)}-{each % 10}"
        made.append(make_result(code, make_quantity(value), [dice.choice("NNNNHL")], "3.5", "150.1", more=before))
    rows = "".join(f"<tr><td>Analyse {each}</td><td>{dice.random():.3f} mmol/L</td></tr>" for each in range(results))
    entries = "".join(f'<entryRelationship typeCode="COMP">{each}</entryRelationship>' for each in made)
    copy = ""
    if pdf_octets:
        text = base64.encodebytes(b"%PDF-1.4" + dice.randbytes(pdf_octets)).decode()
        copy = (
            '<component><section><code code="55108-5"/><entry><organizer><component><observationMedia>'
            f'<value mediaType="application/pdf" representation="B64">{text}</value></observationMedia></component>'
            "</organizer></entry></section></component>"
        )
    body = (
        f"<structuredBody><component><section><code code='18719-5'/><text><table><tbody>{rows}</tbody></table></text>"
        f"<entry><act>{entries}</act></entry></section></component>{copy}</structuredBody>"
    )
    return make_cda(body=body, document_id=f"1.2.3.{number}")


def unpack_and_parse(archive: bytes) -> None:
    """The floor: every XML file of the archive, unpacked and parsed."""
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        for name in opened.namelist():
            parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_pis=True, remove_comments=True)
            etree.fromstring(opened.read(name), parser)


def measure_in_turns(*calls: Callable[[], object]) -> list[float]:
    """Milliseconds of CPU of each call: the best round of each, taken in turns."""
    best = [float("inf")] * len(calls)
    for _ in range(ROUNDS):
        for place, call in enumerate(calls):
            start = time.process_time()
            for _ in range(CALLS):
                call()
            best[place] = min(best[place], (time.process_time() - start) / CALLS * 1e3)
    return best


def main() -> None:
    """Print floor, reading and their ratio."""
    dice = random.Random(7)
    archives = {
        "a report of 60 results with its PDF copy": build_archive(build_report(60, 140_000, dice)),
        "a report of 1,200 results": build_archive(build_report(1_200, 0, dice)),
        "four reports of 40 results with copies": build_archive(
            *(build_report(40, 33_000, dice, number) for number in range(4))
        ),
    }
    say = Console(width=110, highlight=False).print
    for name, archive in archives.items():
        inspection = inspect_file(archive, "IHE_XDM.zip", _READING)
        floor, ours = measure_in_turns(
            lambda archive=archive: unpack_and_parse(archive),  # type: ignore[misc]
            lambda archive=archive: inspect_file(archive, "IHE_XDM.zip", _READING).mark,  # type: ignore[misc]
        )
        results = sum(len(each.results) for each in inspection.cda_documents)
        say(f"{name}: {len(archive) // 1000} kB, {results} results, {inspection.mark.value}")
        say(f"  unpack and parse {floor:.2f} ms, inspect {ours:.2f} ms = {ours / floor:.2f} x")


if __name__ == "__main__":
    main()
