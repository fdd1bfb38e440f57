from mssmail.core.report import Action


def test_actions_are_the_words_of_the_standard() -> None:
    assert {action.value for action in Action} == {"failed", "delayed", "delivered", "relayed", "expanded"}
