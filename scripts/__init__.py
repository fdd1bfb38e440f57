"""Commands for people, and what they stand on."""
