"""What the archive holds: products by mission, dataset and name, and the tokens that open them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

Row = dict[str, Any]
ANONYMOUS: Final = "anonymous"


@dataclass(frozen=True, slots=True)
class Product:
    """A file of the archive; ``datasets`` are all that list it, ``version`` counts its replacements."""

    mission: str
    filename: str
    size: int
    exclusive: bool
    datasets: tuple[str, ...]
    version: int = 1

    @property
    def etag(self) -> str:
        """A strong validator: another version has another one."""
        key = f"{self.mission}/{self.filename}/{self.size}/{self.version}"
        return f'"{hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Grant:
    """Who a token stands for, and the datasets that it opens by the beginnings of their names."""

    user: str
    prefixes: tuple[str, ...]

    def opens(self, product: Product) -> bool:
        """Whether the holder may have an exclusive product."""
        beginnings = tuple(prefix.lower() for prefix in self.prefixes)
        return any(dataset.lower().startswith(beginnings) for dataset in product.datasets)


class Store:
    """Products and tokens. Thread-safe; a product keeps its place when it is deleted or replaced."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.RLock()
        self._rows: dict[str, dict[str, list[Row]]] = {}
        self._products: dict[tuple[str, str, int], Product] = {}
        self._by_uri: dict[tuple[str, str], tuple[str, str, int]] = {}
        self._deleted: set[tuple[str, str, int]] = set()
        self._grants: dict[str, Grant] = {}
        self._uses_left: dict[str, int] = {}

    def add(self, mission: str, rows: Iterable[Row]) -> None:
        """Add products by their rows; in one mission equal name and size are one product."""
        mission = mission.upper()
        with self._lock:
            listed = self._rows.setdefault(mission, {})
            for row in rows:
                dataset, filename, size = str(row["dataset"]), str(row["filename"]), int(row["size"])
                listed.setdefault(dataset, []).append(dict(row))
                key = (mission, filename, size)
                exclusive = row.get("access") == "EXCLUSIVE_ACCESS"
                known = self._products.get(key) or Product(mission, filename, size, exclusive, ())
                if dataset not in known.datasets:
                    known = replace(known, datasets=(*known.datasets, dataset))
                self._products[key] = replace(known, exclusive=known.exclusive or exclusive)
                uri = row.get("uri") or f"{dataset}/{filename}"
                for name in (uri, f"{dataset}/{filename}", f"mast:{mission}/product/{filename}"):
                    self._by_uri.setdefault((mission, str(name)), key)

    def rows(self, mission: str, datasets: Iterable[str]) -> list[Row]:
        """Give the rows of some datasets in the order asked; unknown datasets have none."""
        with self._lock:
            listed = self._rows.get(mission.upper(), {})
            return [dict(row) for dataset in datasets for row in listed.get(dataset, ())]

    def missions(self) -> list[str]:
        """Give the missions that have products."""
        with self._lock:
            return list(self._rows)

    def datasets(self, mission: str) -> list[str]:
        """Give the datasets of a mission in the order in which they were added."""
        with self._lock:
            return list(self._rows.get(mission.upper(), {}))

    def find(self, mission: str, uri: str) -> Product | None:
        """Give the product that a URI names, ``None`` where there is none, or none any more.

        It is a row's ``uri``, ``<dataset>/<filename>`` or ``mast:<mission>/product/<filename>``.
        """
        with self._lock:
            key = self._by_uri.get((mission.upper(), uri))
            return None if key is None or key in self._deleted else self._products[key]

    def find_anywhere(self, uri: str) -> Product | None:
        """Give the product of a whole URI, whatever its mission."""
        return next((found for mission in self.missions() if (found := self.find(mission, uri))), None)

    def named(self, filename: str) -> Iterator[Product]:
        """Give every product of that name."""
        with self._lock:
            found = [product for product in self._products.values() if product.filename == filename]
        return iter(found)

    def delete(self, filename: str) -> None:
        """Take files of that name away; lists go on naming them. Raises ``KeyError`` for none."""
        with self._lock:
            keys = self._keys(filename)
            self._deleted.update(keys)

    def restore(self, filename: str) -> None:
        """Bring deleted files of that name back. Raises ``KeyError`` for none."""
        with self._lock:
            self._deleted.difference_update(self._keys(filename))

    def change(self, filename: str) -> None:
        """Replace files of that name by others of the same size. Raises ``KeyError`` for none."""
        with self._lock:
            for key in self._keys(filename):
                self._products[key] = replace(self._products[key], version=self._products[key].version + 1)

    def _keys(self, filename: str) -> list[tuple[str, str, int]]:
        keys = [key for key in self._products if key[1] == filename]
        if not keys:
            raise KeyError(filename)
        return keys

    def add_token(self, token: str, user: str, prefixes: Iterable[str]) -> None:
        """Accept a token for a user who may have the exclusive products of datasets with these beginnings."""
        with self._lock:
            self._grants[token] = Grant(user, tuple(prefixes))
            self._uses_left.pop(token, None)

    def end_token(self, token: str, after: int) -> None:
        """Let a token end after that many more requests that show it."""
        with self._lock:
            self._uses_left[token] = after

    def grant(self, authorization: str | None) -> Grant | None:
        """Give what an ``Authorization`` header stands for, counting one use; ``None`` for nobody."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "token":
            return None
        with self._lock:
            token = token.strip()
            if token in self._uses_left:
                if self._uses_left[token] <= 0:
                    return None
                self._uses_left[token] -= 1
            return self._grants.get(token)
