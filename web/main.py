"""What runs when Python is up; the page has this text in itself."""

import traceback

import js

try:
    from web.app import main

    main()
except Exception:
    # PyScript tells nobody but the console.
    js.overlayEdge.fail(traceback.format_exc())
    raise
