"""Which files are the knowledge base, in a folder and in git alike.

`<type>/<id>.md`, three YAML files, per area what is to be covered (`coverage/`) and found (`golden/`), and pictures
named after their bytes (`images/`), so that one of a name is never another one.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path, PurePosixPath

from portal.core.problem import Problem
from portal.knowledge.article import ArticleKind

_KINDS, _AREAS = sorted(kind.value for kind in ArticleKind), ("coverage", "golden")
FOLDERS = frozenset({*_KINDS, *_AREAS, "images"})
YAML_FILES = ("catalogue.yml", "facilities.yml", "error_codes.yml")
LIMIT_BYTES, PICTURE_BYTES = 512 * 1024, 300 * 1024
NOT_REGULAR = "is a link or not a regular file, so it was left out"
TAKEN_OUT = b"(removed)"  # stands for what a redaction took out; plain in YAML and in Markdown

_ARTICLE = re.compile(rf"(?:{'|'.join(_KINDS)})/[a-z0-9-]{{1,80}}\.md")
_AREA = re.compile(rf"(?:{'|'.join(_AREAS)})/[a-z0-9-]{{1,80}}\.yml")
_PICTURE = re.compile(r"images/[0-9a-f]{16}\.(?:webp|png)")


def is_content_path(path: str) -> bool:
    """May this file be part of the knowledge base?"""
    return path in YAML_FILES or any(form.fullmatch(path) for form in (_ARTICLE, _AREA, _PICTURE))


def is_picture(path: str) -> bool:
    return _PICTURE.fullmatch(path) is not None


def picture_path(data: bytes, ending: str) -> str:
    return f"images/{hashlib.sha256(data).hexdigest()[:16]}.{ending}"


def article_id(path: str) -> str | None:
    """The article that the file holds; None for the catalogue and its siblings."""
    return PurePosixPath(path).stem if _ARTICLE.fullmatch(path) else None


def name_of(path: str) -> str | None:
    """By which people edit the file: the article's id, or the name of one of YAML_FILES; None for what is not written here."""
    return path if path in YAML_FILES else article_id(path)


def misplaced(path: str) -> str | None:
    """Why the path cannot be content."""
    if path.startswith("images/") and not is_picture(path):
        return "is not named as a picture: images/<first 16 digits of its SHA-256>.webp or .png"
    return None if is_content_path(path) else f"is neither <type>/<id>.md nor one of {', '.join(YAML_FILES)}"


def oversized(path: str, size: int) -> str | None:
    most = PICTURE_BYTES if is_picture(path) else LIMIT_BYTES
    return f"is larger than {most // 1024} KB, so it was left out" if size > most else None


def unreadable(data: bytes) -> str | None:
    """Why the bytes are not text."""
    try:
        return "holds a NUL character" if "\0" in data.decode("utf-8") else None
    except UnicodeDecodeError:
        return "is not UTF-8 text"


def damaged(path: str, data: bytes) -> str | None:
    """Why these bytes cannot stand at the path, whatever they say."""
    if not is_picture(path):
        return unreadable(data)
    is_png, is_webp = data.startswith(b"\x89PNG\r\n\x1a\n"), data[:4] + data[8:12] == b"RIFFWEBP"
    if not (is_png if path.endswith(".png") else is_webp):
        return "is not the kind of picture that its name says, so it was left out"
    is_own = path == picture_path(data, path.rpartition(".")[2])
    return None if is_own else "is not named after its bytes, so it was left out"


def unfit(path: str, data: bytes) -> str | None:
    """Why this file cannot be content."""
    return misplaced(path) or oversized(path, len(data)) or damaged(path, data)


def read_folder(folder: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """The content files of a folder, and what was left out; names that begin with a dot are passed over."""
    files: dict[str, bytes] = {}
    problems: list[Problem] = []

    def named(path: str) -> str:
        return os.fsencode(os.path.relpath(path, folder)).decode("utf-8", "replace")

    def refuse(error: OSError) -> None:
        problems.append(Problem(named(error.filename), "", "cannot be read, so it was left out"))

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in [*names, *links]:
            if name.startswith("."):
                continue
            path = named(os.path.join(place, name))
            try:
                data = _read_regular(os.path.join(place, name))
            except OSError as error:
                refuse(error)
                continue
            if data is None:
                problems.append(Problem(path, "", NOT_REGULAR))
            elif mistake := unfit(path, data):
                problems.append(Problem(path, "", mistake))
            else:
                files[path] = data
    return files, sorted(problems, key=lambda problem: problem.file)


def _read_regular(path: str) -> bytes | None:
    """At most one byte over the limit; None for a link, a pipe and the like."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return None
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read(LIMIT_BYTES + 1)
