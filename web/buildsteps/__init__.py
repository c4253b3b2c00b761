"""The steps behind build.py. They run on the developer's Python, with the standard library alone."""
