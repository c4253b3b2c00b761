"""HTML read back as a browser or a screen reader would: elements by role and accessible name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(["input", "br", "hr", "img", "link", "meta"])
_IMPLIED = {"a": "link", "button": "button", "select": "combobox", "dialog": "dialog", "nav": "navigation"}
_INPUTS = {"checkbox": "checkbox", "radio": "radio", "text": "textbox", "password": "textbox"}


@dataclass
class Node:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """All elements below this one, in the order of the page."""
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    @property
    def heard(self) -> str:
        """The text that a screen reader reads, with blanks put together: nothing that is hidden from it."""
        return " ".join(self._heard().split())

    def _heard(self) -> str:
        if self.says("aria-hidden") == "true":
            return ""
        return "".join(child if isinstance(child, str) else child._heard() for child in self.children)

    def has(self, attribute: str) -> bool:
        """Whether the attribute is there, with a value or without."""
        return attribute in self.attributes

    def says(self, attribute: str) -> str:
        """The attribute's value, ``""`` where it has none or is not there."""
        return self.attributes.get(attribute) or ""

    @property
    def role(self) -> str:
        """The role that assistive technology is told."""
        if self.says("role"):
            return self.says("role")
        if self.tag == "input":
            return _INPUTS.get(self.says("type"), "")
        return _IMPLIED.get(self.tag, "")

    def all(self, tag: str = "", *, role: str = "", **attributes: str) -> list[Node]:
        """The elements below with this tag, role and attributes (``data_do`` stands for ``data-do``)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            node
            for node in self.walk()
            if (not tag or node.tag == tag)
            and (not role or node.role == role)
            and all(node.attributes.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str = "", *, role: str = "", **attributes: str) -> Node:
        """The only such element."""
        found = self.all(tag, role=role, **attributes)
        assert len(found) == 1, f"{len(found)} of {tag or role} {attributes}"
        return found[0]

    def name_of(self, node: Node) -> str:
        """The accessible name of an element below this one, with blanks put together."""
        return " ".join(self._name_of(node).split())

    def _name_of(self, node: Node) -> str:
        if node.says("aria-label"):
            return node.says("aria-label")
        if node.says("aria-labelledby"):
            return " ".join(self.one(id=id).text for id in node.says("aria-labelledby").split())
        if node.tag in ("input", "select"):
            for label in self.all("label"):
                if node in label.walk() or (node.says("id") and label.says("for") == node.says("id")):
                    return label.text
            return ""
        return node.text

    def names_as_written(self, role: str) -> list[str]:
        """The texts of all elements of a role, every blank as it is."""
        return [node.text for node in self.all(role=role)]

    def named(self, role: str, name: str) -> Node:
        """The only element of that role and accessible name."""
        found = [node for node in self.all(role=role) if self.name_of(node) == name]
        assert len(found) == 1, f"{len(found)} of {role} “{name}”"
        return found[0]

    def names(self, role: str) -> list[str]:
        """The accessible names of all elements of a role, in the order of the page."""
        return [self.name_of(node) for node in self.all(role=role)]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"{tag} has an attribute twice: {attrs}"
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends {self.open[-1].tag}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


class _WholePage(_Reader):
    def handle_comment(self, data: str) -> None:
        pass


def read_html(html: str, *, whole_page: bool = False) -> Node:
    """The elements of a piece of HTML, which must be well-formed; only a whole page may hold comments."""
    reader = _WholePage() if whole_page else _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root], f"{reader.open[-1].tag} is not closed"
    return reader.root
