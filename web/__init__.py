"""The page: what touches the browser, and the steps that build it."""
