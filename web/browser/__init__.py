"""The edge in the browser: the only modules beside ``web.app`` that import ``js`` and ``pyodide``."""
