"""What memory a process takes, as Linux tells it."""

from pathlib import Path


def forget_peak(pid: int) -> None:
    """Count the process's highest memory from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def measure_peak(pid: int) -> int:
    """The most resident kB the process has had since ``forget_peak``."""
    return _find_kb(pid, "VmHWM:")


def measure_resident(pid: int) -> int:
    """Resident kB of the process."""
    return _find_kb(pid, "VmRSS:")


def _find_kb(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
