"""The standard library and the installed wheel without what only people read, as sources and as bytecode.

Comments and docstrings go; every line keeps its number, so tracebacks tell the truth. The sources are what the site
offers. The bytecode is what a snapshot is made from: nothing is left in memory of reading and compiling sources, nor of
the types that the overlay's own functions tell.
"""

import ast
import importlib.util
import io
import marshal
import tokenize
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What no page asks for, whichever wheels it has: programs, graphics, debuggers, mail, servers, sub-processes, and
#: what stands in for C modules that are there.
UNUSED: Final = _words(
    """
    _pydatetime _pydecimal _pyio _pyrepl antigravity bdb cmd code cProfile curses dbm doctest ensurepip ftplib idlelib
    imaplib lib2to3 mailbox modulefinder multiprocessing netrc nturl2path optparse pdb pickletools poplib profile pstats
    pyclbr pydoc pydoc_data rlcompleter smtplib socketserver sre_compile sre_constants sre_parse tabnanny this timeit
    tkinter trace turtle unittest venv webbrowser wsgiref xmlrpc zipapp
    """
)
#: Encodings that are not of one country's old files; those are half of the package.
ENCODINGS: Final = _words(
    """
    __init__ _win_cp_codecs aliases ascii base64_codec charmap cp1252 cp437 hex_codec idna iso8859_1 iso8859_15 latin_1
    punycode raw_unicode_escape undefined unicode_escape utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le utf_7
    utf_8 utf_8_sig
    """
)
#: What others import if it is there, and go on without: of no use in a browser's Python, and large in its memory. The
#: sources that the site offers have it.
NOT_IN_MEMORY: Final = _words("bz2 compression/zstd/__init__ compression/zstd/_zstdfile lzma ssl")
#: The packages of the project's wheel.
OWN: Final = ("pycore", "web")
#: Members of archives have this time: equal sources give equal bytes.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
#: Never looked up: hash-based and unchecked (PEP 552).
_UNCHECKED: Final = (1).to_bytes(4, "little")


def tidy(stdlib: str, library: str, packages: str, out: str) -> None:
    """Write ``python_stdlib.zip``, ``bytecode.zip`` and the folder ``packages`` into `out`.

    `stdlib` is Pyodide's archive of the standard library and `library` the path at which Python has it; `packages`
    is the folder into which wheels were installed. Of those the overlay's own packages are taken, modules as bytecode.
    """
    folder = Path(out)
    with (
        zipfile.ZipFile(stdlib) as given,
        zipfile.ZipFile(folder / "python_stdlib.zip", "w") as sources,
        zipfile.ZipFile(folder / "bytecode.zip", "w") as compiled,
    ):
        for name in sorted(_wanted(given.namelist())):
            content = given.read(name)
            if name.endswith(".py"):
                content = without_words(content.decode())
                if name.removesuffix(".py") not in NOT_IN_MEMORY:
                    # Stored: it is read once, by the build.
                    _add(compiled, f"{name}c", bytecode(content, f"{library}/{name}"), zipfile.ZIP_STORED)
            _add(sources, name, content, zipfile.ZIP_DEFLATED)
    for path in sorted(each for own in OWN for each in Path(packages, own).rglob("*") if each.is_file()):
        target = folder / "packages" / path.relative_to(packages)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            target = target.with_suffix(".pyc")
            source = without_words(path.read_text("utf-8"))
            target.write_bytes(bytecode(source, str(path), typed=False))
        else:
            target.write_bytes(path.read_bytes())


def without_words(source: str) -> bytes:
    """Give a source without comments and docstrings, in which every statement has its line still."""
    lines = [bytearray(line.encode()) for line in source.splitlines(keepends=True)]
    for start, end in sorted(_comments(source), reverse=True):
        del lines[start[0] - 1][start[1] : end[1]]
    for start, end in sorted(_docstrings(ast.parse(source)), reverse=True):
        # An empty one stays: it may be all that a body has, and something may follow it on its last line.
        if start[0] == end[0]:
            lines[start[0] - 1][start[1] : end[1]] = b"''"
            continue
        lines[start[0] - 1][start[1] :] = b"'''\n"
        for between in lines[start[0] : end[0] - 1]:
            between[:] = b"\n"
        lines[end[0] - 1][: end[1]] = b"'''"
    return b"".join(lines)


def bytecode(source: bytes, filename: str, *, typed: bool = True) -> bytes:
    """Compile a source to what a ``.pyc`` file holds, its functions with or without the types of what they take."""
    tree = ast.parse(source, filename)
    code = compile(tree if typed else _untyped(tree), filename, "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source) + marshal.dumps(code)


def _untyped(tree: ast.Module) -> ast.Module:
    """Take the annotations off all functions; those of classes make their fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return tree


#: A place in a source: its line, from 1, and its column in bytes, from 0.
_Place = tuple[int, int]


def _comments(source: str) -> Iterator[tuple[_Place, _Place]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line = token.start[0]
            columns = (len(token.line[: place[1]].encode()) for place in (token.start, token.end))
            start, end = columns
            yield (line, start), (line, end)


def _docstrings(tree: ast.AST) -> Iterator[tuple[_Place, _Place]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                assert first.end_lineno is not None and first.end_col_offset is not None
                yield (first.lineno, first.col_offset), (first.end_lineno, first.end_col_offset)


def _wanted(names: list[str]) -> Iterator[str]:
    for name in names:
        top, _, rest = name.removesuffix(".py").partition("/")
        if name.endswith("/") or top in UNUSED or (top == "encodings" and rest not in ENCODINGS):
            continue
        yield name


def _add(archive: zipfile.ZipFile, name: str, content: bytes, method: int) -> None:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.compress_type = method
    archive.writestr(member, content, compresslevel=9)
