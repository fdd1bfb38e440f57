"""Commands about rights are offered with all others."""

from mssmail.imap.wire import acl_values, commands


def test_commands_offers_them() -> None:
    for name in ("SetAcl", "DeleteAcl", "GetAcl", "ListRights", "MyRights"):
        assert getattr(commands, name) is getattr(acl_values, name)
