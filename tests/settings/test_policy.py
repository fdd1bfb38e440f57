from pathlib import Path

from mssmail.settings import Policy, Settings, encode_settings, load_settings


def test_no_rule_is_in_shadow_unless_named(tmp_path: Path) -> None:
    assert Settings().policy.in_shadow == frozenset()
    path = tmp_path / "m.toml"
    path.write_text(encode_settings(Settings(policy=Policy(("unsigned", "untrusted", "unsigned")))))
    assert load_settings(path).policy.in_shadow == {"unsigned", "untrusted"}
