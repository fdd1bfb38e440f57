"""The lab remembers itself, and tells programs in a fixed shape."""

import json
from pathlib import Path

import pytest

from mssmail.lab.layout import Lab, LabAccount, LabOperator, describe_lab, load_lab, plan_ports


def _lab(folder: Path) -> Lab:
    operator = LabOperator(
        "nord", ("a.test", "b.test"), "CN=x,C=FR", plan_ports(20_000), str(folder / "operators" / "nord")
    )
    account = LabAccount("m@a.test", "secret", "nord", "PER", "M", str(folder / "m.p12"))
    return Lab(str(folder), 20_000, (operator,), (account,), {"peer": {"cert": "c", "key": "k"}})


def test_what_is_saved_loads_back(tmp_path: Path) -> None:
    lab = _lab(tmp_path).with_pids(7, {"nord": 8})
    lab.save()
    assert load_lab(tmp_path) == lab
    assert (tmp_path / "lab.json").stat().st_mode & 0o077 == 0


def test_ports_remind_of_the_well_known_ones() -> None:
    ports = plan_ports(20_000)
    assert (ports.smtp, ports.submission, ports.submissions) == (20_025, 20_087, 20_065)
    assert (ports.imap, ports.imaps, ports.http, ports.setup) == (20_043, 20_093, 20_080, 20_044)


def test_programs_read_a_fixed_shape(tmp_path: Path) -> None:
    tree = json.loads(json.dumps(describe_lab(_lab(tmp_path))))
    assert {"operators", "accounts", "ca_file", "crl_dir", "white_list", "scenarios"} <= set(tree)
    operator = tree["operators"][0]
    assert operator["smtp"] == {"host": "127.0.0.1", "port": 20_025}
    listeners = {"smtp", "submission", "submissions", "imap", "imaps", "http", "setup"}
    assert listeners | {"name", "domains", "dn", "cert", "key", "config", "store", "pid"} <= set(operator)
    assert {"address", "password", "operator", "p12"} <= set(tree["accounts"][0])
    assert set(tree["white_list"]) == {"url", "file"}


def test_an_operator_is_found_by_name(tmp_path: Path) -> None:
    lab = _lab(tmp_path)
    assert lab.accounts_of("nord") == list(lab.accounts)
    assert str(lab.find_operator("nord").endpoint("imap")) == "127.0.0.1:20043"
    with pytest.raises(KeyError):
        lab.find_operator("none")
