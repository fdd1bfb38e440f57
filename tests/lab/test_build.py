"""A lab's folder holds everything an operator needs, and the list it publishes is believed."""

from pathlib import Path

import pytest

from mssmail.app.checks import check_settings
from mssmail.core.clock import read_clock
from mssmail.lab.build import LIST_SIGNER, build_lab, plan_endpoints
from mssmail.lab.layout import Lab, load_lab
from mssmail.settings import load_settings
from mssmail.store.accounts import list_accounts
from mssmail.store.engine import open_store
from mssmail.trust.anchors import load_certificates
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.whitelist import load_white_list


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return build_lab(tmp_path_factory.mktemp("built") / "lab", 20_000, read_clock())


def test_every_operator_passes_its_own_configuration_check(lab: Lab) -> None:
    for operator in lab.operators:
        assert check_settings(load_settings(operator.config)) == []


def test_the_white_list_is_believed_and_names_all_domains(lab: Lab) -> None:
    folder = lab.operators[0].path
    crls = tuple((lab.published / f"{name}.crl").read_bytes() for name in ("root", "issuing"))
    snapshot = TrustSnapshot(
        1, load_certificates(folder / "anchors"), load_certificates(folder / "intermediates"), crls
    )
    white_list = load_white_list(
        lab.white_list_file.read_bytes(), build_trust_store(snapshot), f"mail={LIST_SIGNER}", read_clock()
    )
    assert {domain for operator in lab.operators for domain in operator.domains} <= set(white_list.domains)


def test_every_account_has_a_box_a_key_and_a_p12_file(lab: Lab) -> None:
    for operator in lab.operators:
        store = open_store(operator.path / "store", exclusive=False)
        held = {str(account.address) for account in store.read(list_accounts).result()}
        store.close()
        assert held == {account.address for account in lab.accounts_of(operator.name)}
    for account in lab.accounts:
        assert Path(account.p12).with_suffix(".pem").stat().st_mode & 0o077 == 0


def test_a_built_lab_is_found_again(tmp_path: Path) -> None:
    made = build_lab(tmp_path / "lab", 21_000, read_clock())
    assert load_lab(tmp_path / "lab") == made


def test_the_addresses_are_known_before_anything_is_built(lab: Lab) -> None:
    planned = {str(endpoint) for endpoint in plan_endpoints(lab.port_base)}
    names = ("smtp", "submission", "submissions", "imap", "imaps", "http", "setup")
    used = {str(operator.endpoint(name)) for operator in lab.operators for name in names}
    assert planned == used | {str(lab.crl_endpoint), str(lab.list_endpoint), str(lab.filing_endpoint)}
