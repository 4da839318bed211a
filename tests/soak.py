"""How long the random tests run: SOAK_FACTOR=20 gives them twenty times as many examples."""

import os

FACTOR = int(os.environ.get("SOAK_FACTOR", "1"))
