"""Sessions against plain lists: what a mailbox is, what a client hears, what commands do (``test_session_model``)."""
