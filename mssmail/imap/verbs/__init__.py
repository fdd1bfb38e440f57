"""The commands, one file each: a verb takes the session and the parsed command, acts, and answers.

A verb sends its untagged responses itself and returns the tagged one, or None when it waits for a line of its own (a
SASL response, DONE). What goes wrong it raises: ``replies`` has the words. Read first: ``noop``, then ``fetch``.
"""
