from mssmail.core.lists import MemberState, Posting, PostState, Role


def test_the_words_kept_in_stores_stay_what_they_are() -> None:
    assert [each.value for each in PostState] == ["held", "rejected", "expanding", "sending", "done"]
    assert [each.value for each in MemberState] == ["pending", "queued", "delivered", "failed", "bounced"]
    assert [each.value for each in Posting] == ["closed", "members", "anyone"]
    assert [each.value for each in Role] == ["moderator", "writer"]
