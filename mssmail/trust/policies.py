"""Certificate policies along a path, RFC 5280 §6.1, kept as the graph of RFC 9618 §5.

RFC 5280's tree doubles with every mapping, so that a dozen certificates can fill a memory. Here one level holds at most
one node for each policy, and each node knows under which policies of the anchor's domain it was reached: that is all
the answer asks of the levels above, so they are not kept.
"""

from dataclasses import dataclass
from typing import Final

from mssmail.errors import BadSyntax
from mssmail.trust.link import Link

ANY_POLICY: Final = "2.5.29.32.0"
# A certificate with more policies, or more mappings, than this is refused: nobody has so many, and the work is squared.
_MAX_POLICIES: Final = 500


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """The inputs of RFC 5280 §6.1.1 (c) and (e) to (g): which policies we accept, and what we forbid."""

    acceptable: frozenset[str] = frozenset({ANY_POLICY})
    explicit: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """Why the policies of a path are not accepted, or empty; and those of ours that hold for it."""

    fault: str
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Node:
    """One policy at one level: what the level below may call it, and the anchor's policies it stands for."""

    expected: frozenset[str]
    roots: frozenset[str]


def find_policies(path: tuple[Link, ...], request: PolicyRequest) -> PolicyAnswer:
    """The policies for which the path (leaf first, anchor last) is valid."""
    try:
        return _Walk(path, request).finish()
    except BadSyntax as error:
        return PolicyAnswer(str(error))


class _Walk:
    """The state variables of RFC 5280 §6.1.2 on their way from the anchor to the leaf."""

    def __init__(self, path: tuple[Link, ...], request: PolicyRequest) -> None:
        self._path, self._request = path, request
        self._explicit = 0 if request.explicit else len(path) + 1
        self._mapping = 0 if request.inhibit_mapping else len(path) + 1
        self._any = 0 if request.inhibit_any else len(path) + 1
        self._nodes: dict[str, _Node] = {ANY_POLICY: _Node(frozenset({ANY_POLICY}), frozenset({ANY_POLICY}))}

    def finish(self) -> PolicyAnswer:
        """Walk down, wrap up (RFC 5280 §6.1.5), and intersect with what we accept."""
        leaf, *above, anchor = self._path if len(self._path) > 1 else (*self._path, self._path[0])
        self._tighten(anchor)  # RFC 5937 §2: the anchor's owner may demand as much as any other CA
        for link in reversed(above):
            fault = self._process(link, is_last=False) or self._prepare(link)
            if fault:
                return PolicyAnswer(fault)
        fault = self._process(leaf, is_last=True)
        if fault:
            return PolicyAnswer(fault)
        return self._wrap_up(leaf)

    def _process(self, link: Link, *, is_last: bool) -> str:
        """RFC 5280 §6.1.3 (d) to (f)."""
        policies = link.policies
        if policies is None:
            self._nodes = {}
        else:
            _bound(link, len(policies))
            self._grow(policies, may_be_any=self._any > 0 or (link.is_self_issued and not is_last))
        if self._explicit == 0 and not self._nodes:
            return f"a certificate policy is demanded, and down to {link.text} none holds"
        return ""

    def _grow(self, policies: frozenset[str], *, may_be_any: bool) -> None:
        expected = self._expect()
        is_any_above = ANY_POLICY in expected
        grown: dict[str, _Node] = {}
        for policy in policies - {ANY_POLICY}:
            roots = expected.get(policy)
            if roots is None and is_any_above:
                roots = {policy}
            if roots:
                grown[policy] = _Node(frozenset({policy}), frozenset(roots))
        if ANY_POLICY in policies and may_be_any:
            for policy, roots in expected.items():
                grown.setdefault(policy, _Node(frozenset({policy}), frozenset(roots)))
        self._nodes = grown

    def _expect(self) -> dict[str, set[str]]:
        """Each policy the level above expects, with the anchor's policies it stands for."""
        expected: dict[str, set[str]] = {}
        for node in self._nodes.values():
            for policy in node.expected:
                expected.setdefault(policy, set()).update(node.roots)
        return expected

    def _prepare(self, link: Link) -> str:
        """RFC 5280 §6.1.4 (a), (b) and (h) to (j)."""
        fault = self._map(link)
        if not link.is_self_issued:
            self._explicit, self._mapping = max(self._explicit - 1, 0), max(self._mapping - 1, 0)
            self._any = max(self._any - 1, 0)
        self._tighten(link)
        return fault

    def _map(self, link: Link) -> str:
        mappings = link.policy_mappings
        _bound(link, sum(map(len, mappings.values())))
        for policy, mapped in mappings.items():
            if ANY_POLICY in {policy, *mapped}:
                return f"{link.text} maps anyPolicy (RFC 5280 section 4.2.1.5)"
            if self._mapping == 0:
                self._nodes.pop(policy, None)
            elif policy in self._nodes:
                self._nodes[policy] = _Node(mapped, self._nodes[policy].roots)
            elif ANY_POLICY in self._nodes:
                self._nodes[policy] = _Node(mapped, frozenset({policy}))
        return ""

    def _tighten(self, link: Link) -> None:
        constraints, skip = link.policy_constraints, link.inhibit_any_policy
        if constraints is not None and constraints.require_explicit_policy is not None:
            self._explicit = min(self._explicit, constraints.require_explicit_policy)
        if constraints is not None and constraints.inhibit_policy_mapping is not None:
            self._mapping = min(self._mapping, constraints.inhibit_policy_mapping)
        if skip is not None:
            self._any = min(self._any, skip)

    def _wrap_up(self, leaf: Link) -> PolicyAnswer:
        constraints = leaf.policy_constraints
        explicit = max(self._explicit - 1, 0)
        if constraints is not None and constraints.require_explicit_policy == 0:
            explicit = 0
        roots = {root for node in self._nodes.values() for root in node.roots}
        acceptable = self._request.acceptable
        if ANY_POLICY in acceptable:
            held = roots
        elif ANY_POLICY in self._nodes:
            held = set(acceptable)
        else:
            held = roots & acceptable
        if explicit == 0 and not held:
            return PolicyAnswer(f"a certificate policy is demanded, and {leaf.text} is valid for none that is accepted")
        return PolicyAnswer("", tuple(sorted(held)))


def _bound(link: Link, count: int) -> None:
    if count > _MAX_POLICIES:
        raise BadSyntax(f"{link.text} names more than {_MAX_POLICIES} policies")
