"""All names of one moment."""

from mssmail.imap.tree import load_tree
from tests.imap.support import World, sign_in


async def test_mailboxes_come_with_what_lies_below_and_what_they_are_for(world: World) -> None:
    talk = await sign_in(world, select="")
    await talk.do("CREATE a/b")
    await talk.do("SUBSCRIBE nowhere")
    tree = await load_tree(world.mailboxes, world.anne)
    assert next(iter(tree.mailboxes)) == "INBOX"
    assert tree.describe("a") == ("\\HasChildren",)
    assert tree.describe("a/b") == ("\\HasNoChildren",)
    assert tree.describe("Sent") == ("\\HasNoChildren", "\\Sent")
    assert tree.describe("nowhere") == ("\\Noselect", "\\HasNoChildren")
    assert "nowhere" in tree.subscribed
