"""init and check-config, as an administrator's first hour."""

import json
from pathlib import Path

from mssmail.lab.pki import KeyKind
from tests.support.command import run
from tests.support.pki import build_pki


def _init(tmp_path: Path) -> Path:
    answer = run("init", str(tmp_path / "op"), "--name", "mss.a.test", "--domain", "a.test")
    assert answer.code == 0, answer.err
    return tmp_path / "op" / "mssmail.toml"


def test_init_leaves_a_commented_configuration_and_an_empty_store(tmp_path: Path) -> None:
    config = _init(tmp_path)
    assert 'name = "mss.a.test"' in config.read_text()
    assert "# Where peers deliver" in config.read_text()
    assert run("account", "list", "--config", str(config), "--json").out == "[]\n"


def test_init_never_overwrites(tmp_path: Path) -> None:
    config = _init(tmp_path)
    before = config.read_text()
    answer = run("init", str(config.parent))
    assert (answer.code, config.read_text()) == (78, before)


def test_check_config_names_every_file_that_is_missing(tmp_path: Path) -> None:
    answer = run("check-config", "--config", str(_init(tmp_path)))
    assert answer.code == 78
    for words in ("relay.certificate", "relay.key", "trust.anchors", "trust.white_list_url"):
        assert words in answer.err


def test_check_config_is_content_when_everything_is_there(tmp_path: Path) -> None:
    config = _init(tmp_path)
    pki = build_pki()
    pki.make_operator("mss.a.test").write(config.parent, "operator")
    pki.write_anchors(config.parent / "anchors")
    text = config.read_text().replace('white_list_file = ""', 'white_list_file = "list.xml"')
    config.write_text(text.replace('white_list_signer = ""', 'white_list_signer = "mail=l@a.test"'))
    answer = run("check-config", "--config", str(config), "--json")
    assert json.loads(answer.out)["faults"] == []
    assert answer.code == 0


def test_check_config_sees_a_key_that_is_another_certificates(tmp_path: Path) -> None:
    config = _init(tmp_path)
    pki = build_pki()
    pki.make_operator("mss.a.test").write(config.parent, "operator")
    (config.parent / "operator.key").write_bytes(pki.make_person("x@a.test", KeyKind.P256).key_pem)
    answer = run("check-config", "--config", str(config))
    assert "does not go with" in answer.err


def test_init_with_a_name_that_cannot_be_leaves_nothing_behind(tmp_path: Path) -> None:
    for options in (("--domain", "bad domain"), ("--name", "a b")):
        answer = run("init", str(tmp_path / "op"), *options)
        assert answer.code == 64
        assert options[0] in answer.err
        assert not (tmp_path / "op").exists()
