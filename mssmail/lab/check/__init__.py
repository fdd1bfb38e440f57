"""A stranger that plays peer and client against a running lab, with the standard library's smtplib and imaplib.

``cases`` says what is tried and what must come of it; ``stage`` is how the stranger speaks; ``report`` prints.
"""
