"""The INS, France's national health identity: thirteen characters and a key of two digits."""

import re

# sex, year, month, département (2A and 2B in Corsica), commune, order, key
_MATRICULE = re.compile(r"([0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{6})([0-9]{2})")


def is_right_ins(matricule: str) -> bool:
    """Thirteen characters and the key that belongs to them: 97 minus the number modulo 97.

    Corsica's 2A and 2B count as 19 and 18, in their own place only: a replacement anywhere would make wrong keys right.
    """
    match = _MATRICULE.fullmatch(matricule)
    if match is None:
        return False
    number, department = match[1], match[1][5:7]
    return 97 - int(number[:5] + _CORSICA.get(department, department) + number[7:]) % 97 == int(match[2])


_CORSICA = {"2A": "19", "2B": "18"}
