"""What a delivery report says to people, in French and English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Final

from mssmail.core.report import Action
from mssmail.delivery.reported import Report, ReportedRecipient, clean_text


@dataclass(frozen=True, slots=True)
class _Words:
    """One language's sentences about one action; ``one`` and ``many`` end before the recipients."""

    one: str
    many: str
    answered: str
    after: str


_FRENCH: Final[Mapping[Action, _Words]] = {
    Action.FAILED: _Words(
        "Votre message n'a pas pu être remis au destinataire :",
        "Votre message n'a pas pu être remis aux destinataires suivants :",
        "Réponse de son serveur :",
        "Il n'y aura plus d'autre tentative.",
    ),
    Action.DELAYED: _Words(
        "Votre message attend encore d'être remis au destinataire :",
        "Votre message attend encore d'être remis aux destinataires suivants :",
        "Réponse de son serveur :",
        "Nous continuons d'essayer ; vous n'avez rien à faire et ne devez pas le renvoyer.",
    ),
    Action.DELIVERED: _Words(
        "Votre message a été déposé dans la boîte du destinataire :",
        "Votre message a été déposé dans les boîtes des destinataires suivants :",
        "Réponse de son serveur :",
        "Cela ne dit pas qu'il a été lu.",
    ),
    Action.RELAYED: _Words(
        "Votre message a été confié au serveur du destinataire :",
        "Votre message a été confié au serveur des destinataires suivants :",
        "Réponse de son serveur :",
        "Ce serveur n'envoie pas d'avis de remise : vous n'en recevrez pas d'autre.",
    ),
    Action.EXPANDED: _Words(
        "Votre message a été transmis à plusieurs personnes par cette adresse :",
        "Votre message a été transmis à plusieurs personnes par chacune de ces adresses :",
        "Réponse de son serveur :",
        "La remise à chacune d'elles n'est pas confirmée ; un échec le serait.",
    ),
}
_ENGLISH: Final[Mapping[Action, _Words]] = {
    Action.FAILED: _Words(
        "Your message could not be delivered to this recipient:",
        "Your message could not be delivered to these recipients:",
        "Its server answered:",
        "It will not be tried again.",
    ),
    Action.DELAYED: _Words(
        "Your message still waits to be delivered to this recipient:",
        "Your message still waits to be delivered to these recipients:",
        "Its server answered:",
        "We keep trying; there is nothing you have to do, and no need to send it again.",
    ),
    Action.DELIVERED: _Words(
        "Your message was put into the mailbox of this recipient:",
        "Your message was put into the mailboxes of these recipients:",
        "Its server answered:",
        "This does not say that it was read.",
    ),
    Action.RELAYED: _Words(
        "Your message was handed to the server of this recipient:",
        "Your message was handed to the server of these recipients:",
        "Its server answered:",
        "That server sends no reports of delivery: you will not get another one.",
    ),
    Action.EXPANDED: _Words(
        "Your message was handed on to several people by this address:",
        "Your message was handed on to several people by each of these addresses:",
        "Its server answered:",
        "Delivery to each of them is not confirmed; a failure would be.",
    ),
}
SUBJECTS: Final[Mapping[Action, str]] = {
    Action.FAILED: "Message non remis / Undelivered mail",
    Action.DELAYED: "Message en attente / Delayed mail",
    Action.DELIVERED: "Message remis / Delivered mail",
    Action.RELAYED: "Message transmis / Relayed mail",
    Action.EXPANDED: "Message distribue / Mail handed on",
}


def build_text(report: Report, *, returns_all: bool) -> str:
    """The first part of the report, lines ended by CRLF."""
    french = "Votre message est joint." if returns_all else "L'en-tête de votre message est joint."
    english = "Your message is attached." if returns_all else "The header of your message is attached."
    if not report.message.data:
        arrived = format_datetime(report.message.arrived_at)
        french, english = f"Il nous est parvenu le {arrived}.", f"It reached us at {arrived}."
    lines = [
        *_build_paragraph(report, _FRENCH[report.action], "Dernière tentative au plus tard :", french),
        "--",
        "",
        *_build_paragraph(report, _ENGLISH[report.action], "Tried until:", english),
        f"Référence / Reference: {report.message.trace_id}",
        "",
    ]
    return "\r\n".join(lines)


def _build_paragraph(report: Report, words: _Words, until: str, attached: str) -> Sequence[str]:
    recipients = report.recipients
    lines = [words.many if len(recipients) > 1 else words.one, ""]
    for recipient in recipients:
        lines += [f"  {recipient.address}", *_build_reason(recipient, words.answered)]
        if recipient.will_retry_until is not None:
            lines.append(f"  {until} {format_datetime(recipient.will_retry_until)}")
        lines.append("")
    return [*lines, f"{words.after} {attached}", ""]


def _build_reason(recipient: ReportedRecipient, answered: str) -> Sequence[str]:
    reason = clean_text(recipient.reason if recipient.reply is None else str(recipient.reply))
    if not reason:
        return ()
    said_by_peer = recipient.reply is not None and recipient.server
    return (f"  {answered} {reason}" if said_by_peer else f"  {reason}",)
