"""What a browser has laid down of a visit."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

from tests.browser.waiting import wait_until

#: The record that tells of something, if there is one.
_RECORD: Final = """
async (wanted) => {
  for (const name of await caches.keys()) {
    if (!name.startsWith("download-overlay visits")) continue;
    const shelf = await caches.open(name);
    for (const request of await shelf.keys()) {
      if (!request.url.endsWith("/record")) continue;
      const text = (await (await shelf.match(request))?.text()) ?? "";
      if (text.includes(wanted)) return text;
    }
  }
  return "";
}
"""


def record(page: Page, wanted: str) -> str:
    """Wait until the record of a visit has these words, and give it."""
    found: str = wait_until(page, lambda: page.evaluate(_RECORD, wanted))
    return found
