"""Handling of Ctrl-C while a command is loading (about 0.5 s): the process ends without a traceback.

This applies only if the package is loaded by its own command. :func:`.entry.main` installs the final handlers later.
"""

import signal
import sys
from pathlib import PurePath

if PurePath(sys.argv[0] if sys.argv else "").name in ("-m", "systola"):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
