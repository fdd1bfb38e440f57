"""Mail between professionals and patients (Mon espace santé): each rule can be switched off."""

from dataclasses import dataclass

from mssmail.settings.meaning import setting


@dataclass(frozen=True, slots=True)
class Patient:
    """Patients' domains of the trust space, and what is asked of mail to and from them. No domain: no rule."""

    domains: tuple[str, ...] = setting((), "Domains whose addresses are patients', such as patient.mssante.fr.")
    check_address: bool = setting(True, "A patient's address begins with an INS whose key is right.")
    professional_first: bool = setting(True, "Patients only answer: a professional opens each exchange.")
    honour_closing: bool = setting(True, "After X-MSS-MES: FIN or the subject mark answers are refused.")
    closing_mark: str = setting("[FIN]", "What in a subject closes an exchange; empty: only X-MSS-MES does.")
    require_thread: bool = setting(False, "An answer names the message it answers (In-Reply-To, References).")
    one_patient: bool = setting(True, "A message goes to one patient and names no other.")
    max_message_bytes: int = setting(26_214_400, "Largest message to a patient (25 MB).")
    remember_days: int = setting(730, "An exchange in which nobody wrote for so long is forgotten: it is over.")
