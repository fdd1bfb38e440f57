"""That migrations make these tables as they are said here is in ``test_revisions``."""

from mssmail.store.annotation_tables import mailbox_annotations, server_annotations


def test_annotations_go_with_what_they_are_about() -> None:
    for table, name in ((mailbox_annotations, "mailboxes.id"), (server_annotations, "accounts.id")):
        (key,) = table.foreign_keys
        assert (key.target_fullname, key.ondelete) == (name, "CASCADE")
