"""Where mail programs connect, as the configuration has it."""

from mssmail.core.client_setup import ClientSetup
from mssmail.settings import Endpoint, Settings


def find_client_setup(settings: Settings) -> ClientSetup:
    """The listeners under the name and ports they have from outside."""
    setup, host = settings.setup, settings.setup.host or settings.server.name

    def see(listen: Endpoint | None, port: int) -> Endpoint | None:
        return None if listen is None else Endpoint(host, port or listen.port)

    return ClientSetup(
        imap_tls=see(settings.imap.listen_tls, setup.imap_tls_port),
        imap=see(settings.imap.listen, setup.imap_port),
        submission_tls=see(settings.submission.listen_tls, setup.submission_tls_port),
        submission=see(settings.submission.listen, setup.submission_port),
        web=see(settings.setup.listen, 443),
    )
