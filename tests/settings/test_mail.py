"""The domains we hold."""

from pathlib import Path

from mssmail.settings import TlsFloor, load_settings


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_domains_come_out_in_normal_form(tmp_path: Path) -> None:
    settings = load_settings(_write(tmp_path / "m.toml", "[[domain]]\nname = 'UC-CMP.mssante.fr'"))
    assert settings.domain[0].name == "uc-cmp.mssante.fr"


def test_a_route_may_have_several_servers_and_a_floor(tmp_path: Path) -> None:
    text = (
        "[[route]]\ndomain = 'CH-B.test'\nhost = 'mx1.ch-b.test'\nfurther = ['mx2.ch-b.test:2525', '[::1]:26']\n"
        "min_tls = 'TLSv1.3'\n[[route]]\ndomain = '*'\nhost = 'smarthost.test'\n"
    )
    exact, others = load_settings(_write(tmp_path / "m.toml", text)).route
    assert exact.domain == "ch-b.test"
    assert [str(server) for server in exact.servers] == ["mx1.ch-b.test:25", "mx2.ch-b.test:2525", "[::1]:26"]
    assert exact.min_tls is TlsFloor.TLS13
    assert (others.domain, others.min_tls) == ("*", TlsFloor.TLS12)
