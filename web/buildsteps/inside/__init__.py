"""Programs that the build runs inside Pyodide, under Node.js: what they compile is for that Python and no other."""
