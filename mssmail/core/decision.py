"""What policy answers: accept, or refuse with a reply."""

from dataclasses import dataclass

from mssmail.core.reply import Reply


@dataclass(frozen=True, slots=True)
class Accept:
    """Yes. ``rule`` names the rule that decided, for the journal."""

    rule: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """No, with the reply the other side reads. A 4xx reply means: not now."""

    rule: str
    reply: Reply

    def __post_init__(self) -> None:
        if self.reply.code < 400:
            raise ValueError("a refusal's reply is 4xx or 5xx")

    @property
    def is_temporary(self) -> bool:
        """Only our side is in doubt; the same message may pass later."""
        return self.reply.is_temporary


Decision = Accept | Refuse


def refuse(rule: str, code: int, status: str, text: str) -> Refuse:
    """A refusal, spelled in one line where a rule stands."""
    return Refuse(rule, Reply(code, status, text))
