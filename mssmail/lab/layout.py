"""What a lab is: names, ports and places, and the file that remembers them (``lab.json``)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mssmail.settings import Endpoint

HOST = "127.0.0.1"
STATE_FILE = "lab.json"
P12_PASSWORD = "lab"  # noqa: S105 - protects nothing: the key was made for this lab


@dataclass(frozen=True, slots=True)
class Ports:
    """One operator's listeners, as offsets that remind of the well-known ports."""

    smtp: int
    submission: int
    submissions: int
    imap: int
    imaps: int
    http: int
    setup: int = 0  # labs made before there was one have none


def plan_ports(base: int) -> Ports:
    """25 → base + 25, 587 → + 87, 465 → + 65, 143 → + 43, 993 → + 93; metrics → + 80, mail programs ask + 44."""
    return Ports(base + 25, base + 87, base + 65, base + 43, base + 93, base + 80, base + 44)


@dataclass(frozen=True, slots=True)
class LabAccount:
    """An account with its password in the clear: the lab's accounts guard nothing."""

    address: str
    password: str
    operator: str
    kind: str
    display_name: str
    p12: str  # path of the PKCS#12 file, password P12_PASSWORD


@dataclass(frozen=True, slots=True)
class LabOperator:
    """One operator of the lab. Paths are absolute."""

    name: str
    domains: tuple[str, ...]
    dn: str
    ports: Ports
    folder: str
    pid: int | None = None

    @property
    def path(self) -> Path:
        """Its folder: configuration, certificate, keys, store, log."""
        return Path(self.folder)

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.path / "mssmail.toml"

    def endpoint(self, listener: str) -> Endpoint:
        """Where one of its listeners is."""
        return Endpoint(HOST, getattr(self.ports, listener))


@dataclass(frozen=True, slots=True)
class Lab:
    """The whole lab."""

    folder: str
    port_base: int
    operators: tuple[LabOperator, ...] = ()
    accounts: tuple[LabAccount, ...] = ()
    scenarios: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    services_pid: int | None = None
    started_in: str = ""  # where the folder was when its processes were started: they carry that path

    @property
    def path(self) -> Path:
        """The lab's folder."""
        return Path(self.folder)

    @property
    def ca_file(self) -> Path:
        """The root certificate, for mail programs to import."""
        return self.path / "ca" / "root.crt"

    @property
    def published(self) -> Path:
        """What the lab's publisher serves: revocation lists and the white list."""
        return self.path / "published"

    @property
    def white_list_file(self) -> Path:
        """The signed white list."""
        return self.published / "white-list.xml"

    @property
    def crl_endpoint(self) -> Endpoint:
        """Where revocation lists are served over HTTP."""
        return Endpoint(HOST, self.port_base + 280)

    @property
    def list_endpoint(self) -> Endpoint:
        """Where the white list is served over HTTPS."""
        return Endpoint(HOST, self.port_base + 243)

    @property
    def filing_endpoint(self) -> Endpoint:
        """Where the lab's software takes documents over HTTPS."""
        return Endpoint(HOST, self.port_base + 287)

    @property
    def filed(self) -> Path:
        """Where that software keeps them."""
        return self.path / "filed"

    @property
    def filing_secret(self) -> Path:
        """The key that signs what is handed to it."""
        return self.path / "ca" / "filing.secret"

    def crl_url(self, name: str) -> str:
        """The address of one revocation list."""
        return f"http://{self.crl_endpoint}/{name}.crl"

    @property
    def white_list_url(self) -> str:
        """The address of the white list."""
        return f"https://{self.list_endpoint}/{self.white_list_file.name}"

    def find_operator(self, name: str) -> LabOperator:
        """The operator of this name; KeyError when there is none."""
        for operator in self.operators:
            if operator.name == name:
                return operator
        raise KeyError(name)

    def accounts_of(self, operator: str) -> list[LabAccount]:
        """The accounts this operator holds."""
        return [account for account in self.accounts if account.operator == operator]

    def with_pids(self, services: int | None, operators: Mapping[str, int | None]) -> "Lab":
        """The same lab with other process numbers."""
        changed = tuple(replace(operator, pid=operators.get(operator.name)) for operator in self.operators)
        return replace(self, operators=changed, services_pid=services, started_in=self.folder)

    def save(self) -> None:
        """Remember the lab in its folder, in one step."""
        target = self.path / STATE_FILE
        draft = target.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        draft.replace(target)


def load_lab(folder: Path) -> Lab:
    """The lab in this folder, also when it was moved since; FileNotFoundError when there is none."""
    tree: dict[str, Any] = json.loads((folder / STATE_FILE).read_text("utf-8"))
    started_in = tree.pop("started_in")
    tree = _rebase(tree, tree["folder"], str(folder))
    operators = tuple(
        LabOperator(**{**row, "domains": tuple(row["domains"]), "ports": Ports(**row["ports"])})
        for row in tree.pop("operators")
    )
    accounts = tuple(LabAccount(**row) for row in tree.pop("accounts"))
    return Lab(operators=operators, accounts=accounts, started_in=started_in, **tree)


def _rebase(value: Any, old: str, new: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The same with every path in the old folder moved to the new one."""
    match value:
        case dict():
            return {key: _rebase(inner, old, new) for key, inner in value.items()}
        case list():
            return [_rebase(inner, old, new) for inner in value]
        case str() if value == old or value.startswith(f"{old}/"):
            return new + value.removeprefix(old)
        case _:
            return value


def describe_lab(lab: Lab) -> dict[str, object]:
    """What ``mssmail lab info --json`` prints."""
    return {
        "folder": lab.folder,
        "operators": [_describe_operator(operator) for operator in lab.operators],
        "accounts": [{**asdict(account), "p12_password": P12_PASSWORD} for account in lab.accounts],
        "ca_file": str(lab.ca_file),
        "crl_dir": str(lab.published),
        "crl_urls": [lab.crl_url("root"), lab.crl_url("issuing")],
        "white_list": {"url": lab.white_list_url, "file": str(lab.white_list_file)},
        "scenarios": {name: dict(scenario) for name, scenario in lab.scenarios.items()},
        "services_pid": lab.services_pid,
    }


def _describe_operator(operator: LabOperator) -> dict[str, object]:
    listeners = {name: {"host": HOST, "port": port} for name, port in asdict(operator.ports).items()}
    return {
        "name": operator.name,
        "domains": list(operator.domains),
        "dn": operator.dn,
        **listeners,
        "cert": str(operator.path / "operator.crt"),
        "key": str(operator.path / "operator.key"),
        "config": str(operator.config),
        "store": str(operator.path / "store"),
        "log": str(operator.path / "serve.log"),
        "pid": operator.pid,
    }
