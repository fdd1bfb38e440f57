"""LOINC codes that need a word of their own (long common names as published at loinc.org)."""

from typing import Final

NEUTRAL_CODES: Final = (
    # Blood groups: "Rh positive" is no finding.
    "882-1",  # ABO and Rh group [Type] in Blood
    "883-9",  # ABO group [Type] in Blood
    "10331-7",  # Rh [Type] in Blood
    "1305-2",  # D Ag [Presence] in Blood
    # Immunity, after vaccination or illness: positive is wanted, negative is what one asks.
    "8014-3",  # Rubella virus IgG Ab [Units/volume] in Serum
    "5334-8",  # … by Immunoassay
    "25514-1",  # Rubella virus IgG Ab [Presence] in Serum
    "5388-4",  # Toxoplasma gondii IgG Ab [Units/volume] in Serum by Immunoassay
    "8047-3",  # Varicella zoster virus IgG Ab [Units/volume] in Serum
    "5403-1",  # … by Immunoassay
    "19162-7",  # Varicella zoster virus IgG Ab [Presence] in Serum
    "15410-4",  # … by Immunoassay
    "22322-2",  # Hepatitis B virus surface Ab [Presence] in Serum
    "10900-9",  # … by Immunoassay
    "16935-9",  # Hepatitis B virus surface Ab [Units/volume] in Serum
    "5193-8",  # … by Immunoassay
)
"""Results whose outcome carries no alarm by itself: unassessed unless the laboratory flags them.

Each name was found so in public value sets. What could not be confirmed, or is named otherwise elsewhere (8039-0 as
IgM), is left out: a code too many would hide a finding, one too few only calls attention.
"""
