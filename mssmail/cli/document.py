"""``mssmail document``: health documents, read as the server reads them."""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from rich.text import Text

from mssmail.cli.document_send import send
from mssmail.cli.files import existing_file
from mssmail.cli.output import json_option, print_json, print_table
from mssmail.core.findings import Mark
from mssmail.documents.cda import CdaDocument
from mssmail.documents.findings import Assessment
from mssmail.documents.hprim import HprimRecord
from mssmail.documents.inspect import Inspection, Reading, inspect_file
from mssmail.documents.message import MessageReading, read_message
from mssmail.documents.report import encode_inspection, encode_message, name_assessment
from mssmail.documents.xdm import XdmArchive
from mssmail.workers.reader import open_layer

_STYLES = {Mark.CRITICAL: "bold white on red", Mark.ABNORMAL: "bold red", Mark.REJECTED: "magenta"}
_LINE_STYLES = {Assessment.CRITICAL: "bold white on red", Assessment.ABNORMAL: "bold red"}
_COLUMNS = ("code", "what", "value", "unit", "interval", "flag", "assessment")


@click.group()
def document() -> None:
    """Health documents: IHE XDM archives, CDA, HPRIM.

    Example: mssmail document inspect IHE_XDM.zip
    """


document.add_command(send)


@document.command()
@click.argument("file", type=existing_file)
@click.option("--name", help="Treat the file as if it had this name.")
@click.option(
    "--production-space", is_flag=True, help="Test and demonstration identities (INS) do not count as qualified."
)
@json_option
def inspect(file: Path, *, name: str | None, production_space: bool, as_json: bool) -> int:
    """Read FILE (.eml, .zip, .xml, .hpr): its documents, patients, results, and what they call for.

    The mark is that of the most severe result; it is a convenience, no medical device: a document without mark is no
    good news. Exit 0 when everything could be read, 1 when something was rejected.

    Example: mssmail document inspect message.eml --json
    """
    data, shown = file.read_bytes(), name or file.name
    reading = Reading(test_space=not production_space)
    if shown.lower().endswith(".eml"):
        message = read_message(open_layer(data), reading)
        if as_json:
            print_json(encode_message(message, hashlib.sha256(data).hexdigest(), reading))
        else:
            _print_message(message)
        return int(message.findings.mark is Mark.REJECTED)
    inspection = inspect_file(data, shown, reading)
    if as_json:
        print_json(encode_inspection(inspection, reading))
    else:
        _print_inspection(inspection)
    return int(inspection.mark is Mark.REJECTED)


def _print_message(message: MessageReading) -> None:
    findings = message.findings
    for each in message.inspections:
        _print_inspection(each)
        click.echo()
    rows: list[tuple[object, object]] = [("documents", len(message.inspections)), ("mark", _show_mark(findings.mark))]
    rows += [("fileable", "yes" if findings.fileable else "no")]
    rows += [("inconsistent", each) for each in findings.inconsistencies]
    print_table(("message", ""), rows)


def _print_inspection(inspection: Inspection) -> None:
    rows: list[tuple[object, object]] = [
        (inspection.kind.value, inspection.name),
        ("mark", _show_mark(inspection.mark)),
        ("fileable", "yes" if inspection.fileable else f"no: {inspection.doubt or inspection.mark.value}"),
    ]
    if isinstance(inspection.content, XdmArchive):
        rows += [("note", each) for each in inspection.content.warnings]
    print_table(("file", ""), rows)
    for each in inspection.cda_documents:
        _print_cda(each)
    content = inspection.content
    if content is not None and not isinstance(content, CdaDocument | XdmArchive):
        for record in content.records:
            _print_record(record)


def _print_cda(cda: CdaDocument) -> None:
    rows: list[tuple[object, object]] = [
        ("type", f"{cda.type_code or ''} {cda.type_display or ''}"),
        ("title", cda.title),
        ("patient", f"{cda.patient.shown} {cda.patient.ins or ''}"),
        ("author", cda.author),
        ("date", cda.acted or cda.dated),
        ("mark", _show_mark(cda.mark)),
    ]
    rows += [("replaces", cda.replaces)] if cda.replaces else []
    rows += [("resistance", "an antibiogram names drugs that will not work")] if cda.has_resistance else []
    rows += [("scanned results", "another laboratory's, to be read by a person")] if cda.has_scanned_results else []
    print_table(("document", cda.document_id or ""), rows)
    lines = []
    for result in cda.results:
        value = result.value
        shown = _show_range(value.low, value.high) if value.kind == "IVL_PQ" else value.display or value.text
        interval = "" if result.shown_range is None else _show_range(*result.shown_range)
        told = name_assessment(result) if result.was_performed else "not performed"
        cells = (result.code, result.label, shown, value.unit, interval, " ".join(result.flags), told)
        lines.append(_paint(cells, result.assessment))
    if lines:
        print_table(_COLUMNS, lines)


def _print_record(record: HprimRecord) -> None:
    print_table(
        ("report", record.report_number),
        [
            ("patient", record.patient.shown),
            ("sender", record.sender),
            ("date", record.date),
            ("mark", _show_mark(record.mark)),
            ("complete", "yes" if record.is_complete else "no: it breaks off"),
        ],
    )
    lines = []
    for result in record.results:
        interval = _show_range(result.low, result.high)
        cells = (result.code, result.label, result.value, result.unit, interval, result.flag, result.assessment.value)
        lines.append(_paint(cells, result.assessment))
    if lines:
        print_table(_COLUMNS, lines)


def _show_range(low: str | None, high: str | None) -> str:
    if low and high:
        return f"{low} - {high}"
    return f"> {low}" if low else f"< {high}" if high else ""


def _show_mark(mark: Mark) -> Text:
    return Text(mark.value, _STYLES.get(mark, "") if sys.stdout.isatty() else "")


def _paint(cells: Iterable[object], assessment: Assessment) -> tuple[Text, ...]:
    style = _LINE_STYLES.get(assessment, "") if sys.stdout.isatty() else ""
    return tuple(Text(_clean(cell), style) for cell in cells)


def _clean(value: object) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(value or ""))
