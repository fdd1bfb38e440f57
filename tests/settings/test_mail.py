"""The domains we hold."""

from pathlib import Path

from mssmail.settings import load_settings


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_domains_come_out_in_normal_form(tmp_path: Path) -> None:
    settings = load_settings(_write(tmp_path / "m.toml", "[[domain]]\nname = 'UC-CMP.mssante.fr'"))
    assert settings.domain[0].name == "uc-cmp.mssante.fr"
