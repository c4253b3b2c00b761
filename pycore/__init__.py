"""Everything that the download overlay decides, without a browser: pure functions and frozen values.

Standard library only; no input or output, no clock, no randomness. The same modules run in the browser under
Pyodide, in the build on CPython, and in the tests on both.
"""

__version__ = "0.1.0"
