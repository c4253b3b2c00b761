"""What a browser has laid down of a visit."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

#: Waits until the record that was written last tells of something, and gives it.
_RECORD: Final = """
async (wanted) => {
  for (;;) {
    for (const name of await caches.keys()) {
      if (!name.startsWith("download-overlay visits")) continue;
      const shelf = await caches.open(name);
      for (const request of await shelf.keys()) {
        if (!request.url.endsWith("/record")) continue;
        const text = await (await shelf.match(request)).text();
        if (text.includes(wanted)) return text;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
"""


def record(page: Page, wanted: str) -> str:
    """Wait until the record of a visit has these words, and give it."""
    found: str = page.evaluate(_RECORD, wanted)
    return found
