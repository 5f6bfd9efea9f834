"""Ctrl-C while a command loads: the first half second of it. The process then ends as others do, without a traceback.

Only where this package is loaded by its own command; :func:`.entry.main` installs handlers later.
"""

import signal
import sys
from pathlib import PurePath

if PurePath(sys.argv[0] if sys.argv else "").name in ("-m", "systola"):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
