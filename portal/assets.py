"""Set-up only: browser files -> the git-ignored static/vendor/, with hashed names, pre-compressed.

The design system's CSS and ours become one file, htmx and our scripts another. The design system's own script is left out: native
`details`, `dialog` and `datalist` do what we need of it, work inside swapped HTML, and spare every reader 20 kB.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import brotli

ROOT = Path(__file__).resolve().parents[1]
USWDS = Path("@uswds/uswds/dist")
FONTS = (
    "sourcesanspro-regular-webfont.woff2",
    "sourcesanspro-bold-webfont.woff2",
    "sourcesanspro-italic-webfont.woff2",
)
IMAGES = (
    "correct8.svg",
    "unfold_more.svg",
)  # tick of a checkbox, arrow of a select: the two that our forms show
OWN_CSS = ("base.css", "parts.css")  # these first, then a file per room


def build(modules: Path, static: Path, vendor: Path) -> dict[str, str]:
    """Write all files and return plain name -> hashed name. Raises FileNotFoundError when a package is not installed."""
    vendor.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    for font in FONTS:
        source = modules / USWDS / "fonts" / "source-sans-pro" / font
        names[font] = _write(vendor, font, source.read_bytes(), packed=True)
    for image in sorted((static / "img").iterdir()):
        names[image.name] = _write(vendor, image.name, image.read_bytes())
    for name in IMAGES:
        source = next((modules / USWDS / "img").rglob(name))
        names[name] = _write(vendor, name, source.read_bytes())
    names["app.css"] = _write(vendor, "app.css", _css(modules, static, names).encode())
    names["app.js"] = _write(vendor, "app.js", _js(modules, static).encode())
    keep = {name + ending for name in names.values() for ending in ("", ".br", ".gz")} | {"manifest.json"}
    for old in vendor.iterdir():
        if old.name not in keep:
            old.unlink()
    fresh = vendor / "manifest.json.new"
    fresh.write_text(json.dumps(names, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(vendor / "manifest.json")
    return names


def _css(modules: Path, static: Path, names: dict[str, str]) -> str:
    text = (modules / USWDS / "css" / "uswds.min.css").read_text(encoding="utf-8")
    text = re.sub(
        r"@font-face\{[^}]*\}", "", text
    )  # the design system declares 30 faces; base.css declares our three
    text = re.sub(r"/\*# sourceMappingURL.*?\*/", "", text)
    text = re.sub(
        r"url\([\"']?\.\./img/(?:[^)]*/)?([^/)\"']+)[\"']?\)",
        lambda f: f"url({names[f[1]]})" if f[1] in names else "none",
        text,
    )
    own = [static / "css" / name for name in OWN_CSS]
    own += sorted(path for path in (static / "css").glob("*.css") if path.name not in OWN_CSS)
    ours = "\n".join(path.read_text(encoding="utf-8") for path in own)
    ours = re.sub(r"url\(vendor:([^)]+)\)", lambda found: f"url({names[found[1]]})", ours)
    return text + "\n" + ours


def _js(modules: Path, static: Path) -> str:
    parts = [modules / "htmx.org" / "dist" / "htmx.min.js", *sorted((static / "js").glob("*.js"))]
    return ";\n".join(path.read_text(encoding="utf-8") for path in parts)


def _write(vendor: Path, name: str, data: bytes, *, packed: bool = False) -> str:
    digest = hashlib.sha256(data).hexdigest()[:12]
    stem, _, ending = name.rpartition(".")
    hashed = f"{stem}.{digest}.{ending}"
    path = vendor / hashed
    if not path.exists():
        fresh = vendor / (hashed + ".new")
        fresh.write_bytes(data)
        fresh.replace(path)
        if not packed:  # woff2 is compressed already
            (vendor / (hashed + ".br")).write_bytes(brotli.compress(data, quality=11))
            (vendor / (hashed + ".gz")).write_bytes(gzip.compress(data, 9, mtime=0))
    return hashed


def main() -> int:
    modules = ROOT / "node_modules"
    try:
        names = build(modules, ROOT / "static", ROOT / "static" / "vendor")
    except FileNotFoundError as error:
        print(f"assets: {error.filename} is missing: run 'npm ci' first", file=sys.stderr)
        return 1
    shutil.copystat(ROOT / "static", ROOT / "static" / "vendor")
    print(f"assets: {len(names)} files in static/vendor")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
