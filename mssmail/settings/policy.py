"""How the rules are applied."""

from dataclasses import dataclass

from mssmail.settings.meaning import setting


@dataclass(frozen=True, slots=True)
class Policy:
    """How the rules are applied."""

    shadow: tuple[str, ...] = setting(
        (), "Rules in shadow: what they would refuse is logged, journaled and counted, and never changes an answer."
    )

    @property
    def in_shadow(self) -> frozenset[str]:
        """The same as a set."""
        return frozenset(self.shadow)
