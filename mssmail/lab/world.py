"""The lab's life: up, down, and how it stands."""

import fcntl
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from mssmail.core.clock import read_clock
from mssmail.errors import Fault
from mssmail.lab.build import build_lab, plan_endpoints
from mssmail.lab.layout import STATE_FILE, Lab, LabOperator, load_lab
from mssmail.lab.ports import require_free
from mssmail.lab.processes import is_listening, is_running, start_process, stop_process, wait_until

LOCK_FILE = "lab.lock"
_START_SECONDS = 60.0
Tell = Callable[[str], None]


class NoLab(Fault):
    """There is no lab in this folder."""


def find_lab(folder: Path) -> Lab:
    """The lab of this folder; raises NoLab."""
    try:
        return load_lab(folder.absolute())
    except FileNotFoundError as error:
        raise NoLab(f"no lab in {folder}: run mssmail lab up --dir {folder}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"{folder}/{STATE_FILE} is damaged or of another version: remove the folder, or use another --dir"
        raise NoLab(text, cause=repr(error)) from error


def is_up(lab: Lab) -> bool:
    """Publisher and every operator run, and the folder is still where they were started."""
    pids = [lab.services_pid, *(operator.pid for operator in lab.operators)]
    return lab.started_in == lab.folder and all(pid is not None and is_running(pid, lab.folder) for pid in pids)


def bring_up(folder: Path, port_base: int | None, tell: Tell) -> Lab:
    """Build the lab if there is none, start what does not run, and wait until it answers; else nothing stays up."""
    with hold_folder(folder):
        lab = _open_or_build(folder, port_base, tell)
        if is_up(lab):
            tell("the lab is already up")
        else:
            bring_down(lab)
            require_free(plan_endpoints(lab.port_base))
            try:
                lab = _start(lab, tell)
            except BaseException:
                bring_down(load_lab(lab.path))
                raise
        for operator in lab.operators:
            wait_for_operator(operator)
        return lab


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Keep a second ``lab up`` from building or starting in the same folder at the same time; raises Fault."""
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if names and not names & {LOCK_FILE, STATE_FILE}:
        raise Fault(f"{folder} is neither empty nor a lab; use another --dir")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Fault(f"another mssmail lab up is at work in {folder}") from error
        yield


def _start(lab: Lab, tell: Tell) -> Lab:
    """Start everything; each process number is on disk before the next step, so that ``lab down`` finds it."""
    tell("starting the publisher of white list and revocation lists")
    services = start_process(["lab", "publish", "--dir", lab.folder], lab.path / "publisher.log")
    lab = lab.with_pids(services, {})
    lab.save()
    _wait_for_publisher(lab, services)
    pids: dict[str, int | None] = {}
    for operator in lab.operators:
        tell(f"starting operator {operator.name} ({', '.join(operator.domains)})")
        pids[operator.name] = start_operator(operator)
        lab = lab.with_pids(services, pids)
        lab.save()
    for operator in lab.operators:
        wait_for_operator(operator)
    return lab


def start_operator(operator: LabOperator) -> int:
    """Start one operator's ``mssmail serve``; its process number."""
    return start_process(["serve", "--config", str(operator.config)], operator.path / "serve.log")


def wait_for_operator(operator: LabOperator) -> None:
    """Return when the operator answers that it is well; ProcessFault when it does not come up."""
    pid = operator.pid

    def is_alive() -> bool:
        return pid is not None and is_running(pid, operator.folder)

    wait_until(
        lambda: is_well(operator), is_alive, _START_SECONDS, f"operator {operator.name}", operator.path / "serve.log"
    )


def is_well(operator: LabOperator) -> bool:
    """Its health page says ok."""
    try:
        answer = httpx.get(f"http://{operator.endpoint('http')}/healthz", timeout=2, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


def bring_down(lab: Lab) -> int:
    """Stop whatever of the lab runs; how many processes that were."""
    pids = [*(operator.pid for operator in lab.operators), lab.services_pid]
    stopped = sum(stop_process(pid, lab.started_in) for pid in pids if pid is not None)
    lab.with_pids(None, {}).save()
    return stopped


def _open_or_build(folder: Path, port_base: int | None, tell: Tell) -> Lab:
    if (folder / STATE_FILE).exists():
        lab = find_lab(folder)
        if port_base not in {None, lab.port_base}:
            raise Fault(f"the lab in {folder} was built for --port-base {lab.port_base}; use another --dir")
        return lab
    for rest in folder.iterdir():  # of a build that was interrupted: the state file comes last
        if rest.name != LOCK_FILE:
            shutil.rmtree(rest) if rest.is_dir() else rest.unlink()
    port_base = port_base or DEFAULT_PORT_BASE
    require_free(plan_endpoints(port_base))
    tell(f"building the lab in {folder}: CAs, certificates, white list, operators, accounts")
    return build_lab(folder, port_base, read_clock())


DEFAULT_PORT_BASE = 20_000


def _wait_for_publisher(lab: Lab, pid: int) -> None:
    wait_until(
        lambda: is_listening(lab.crl_endpoint) and is_listening(lab.list_endpoint),
        lambda: is_running(pid, lab.folder),
        _START_SECONDS,
        "the publisher",
        lab.path / "publisher.log",
    )


def describe_thunderbird(lab: Lab) -> str:
    """How to read the lab's mail in Thunderbird, step by step."""
    account = lab.accounts[0]
    operator = lab.find_operator(account.operator)
    return "\n".join(
        (
            "To read this mail in Thunderbird:",
            "  1. Settings > Privacy & Security > Manage Certificates > Authorities > Import:",
            f"     {lab.ca_file}",
            "     and tick both boxes (websites, e-mail users).",
            "  2. New account > Mail, configure by hand:",
            f"     address   {account.address}",
            f"     password  {account.password}",
            f"     incoming  IMAP, 127.0.0.1, port {operator.ports.imaps}, SSL/TLS, normal password",
            f"     outgoing  SMTP, 127.0.0.1, port {operator.ports.submissions}, SSL/TLS, normal password",
            "  3. Write to one of the others, and watch the line pass here:",
            *(f"     {each.address:<28} password {each.password}" for each in lab.accounts[1:]),
            f"  Ports and certificates: {Path(sys.argv[0])} lab info --dir {lab.folder}",
        )
    )
