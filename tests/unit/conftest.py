"""How many examples Hypothesis tries: fewer where Python runs in WebAssembly, or has its branches counted."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None)
settings.register_profile("counted", deadline=None, max_examples=40)
settings.register_profile(
    "pyodide", deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
