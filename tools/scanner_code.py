"""Write `docs/scanner-calibration.svg`: the scanner's calibration code, to print and keep.

python tools/scanner_code.py           # write it
python tools/scanner_code.py --check   # exit 1 if it has drifted
"""

import io
import sys
from pathlib import Path

import segno

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "docs" / "scanner-calibration.svg"


def main() -> int:
    """Write or check; return the exit code."""
    sys.path.insert(0, str(ROOT))
    from kiosk_contracts.scanning import CALIBRATION_TEXT  # noqa: PLC0415  it is found only now

    written = io.BytesIO()
    code = segno.make(CALIBRATION_TEXT, error="m", micro=False)
    title = "Scanner calibration: scan on the kiosk's Scanner screen (Admit, F9)"
    code.save(written, kind="svg", scale=10, border=4, title=title, light="#ffffff", nl=True)
    if "--check" in sys.argv:
        drifted = not CODE.exists() or CODE.read_bytes() != written.getvalue()
        if drifted:
            print("the calibration code has changed: run `make scanner-code`")
        return 1 if drifted else 0
    CODE.write_bytes(written.getvalue())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
