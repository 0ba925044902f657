"""From a template to one self-contained HTML file: scripts, styles and data inside it.

Nothing is loaded from anywhere. The content policy names the hash of every script, so whatever
else might get into the page is not run; names of a site are escaped wherever they stand.
"""

import base64
import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from optimizer.phrases import LANGUAGES, phrase, said, str_of

CHARTS = ("d3.min.js", "plot.umd.min.js", "charts.js", "page.js")  # in the order they need
_VENDORED = ("d3.min.js", "plot.umd.min.js", "highs.js", "highs.wasm.gz")
_ESCAPES = str.maketrans(
    {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}  # no end of a script within a script
)


def rendered(
    template: str,
    content: Mapping[str, Any],
    *,
    title: str,
    language: str = "en",
    scripts: Sequence[str] = CHARTS,
) -> str:
    """Return a page as one HTML text.

    Parameters
    ----------
    template : str
        File of ``templates/``, which extends ``base.html.j2``.
    content : mapping
        What the template asks for; texts are plain (names) or of two languages (phrases).
    title : str
        Of the page, a phrase.
    language : str
        The first to be shown.
    scripts : sequence of str
        Files of ``assets/`` or ``vendor/`` to run, in this order.
    """
    texts = [_script(name) for name in scripts]
    tags = "\n".join(f"<script>{text}</script>" for text in texts)
    head = {
        "language": language,
        "title": both(title),
        "title_text": said(title, language),
        "csp": _policy(texts),
        "scripts": Markup(tags),  # noqa: S704 - files of this package
    }
    return _environment().get_template(template).render(**content, **head)


def both(text: object) -> dict[str, str]:
    """Return a text in both languages, as scripts take it."""
    return {language: said(str_of(text), language) for language in LANGUAGES}


def spans(text: object) -> Markup:
    """Return a text as HTML: a span for each language where they differ."""
    said_in = both(text)
    if len(set(said_in.values())) == 1:
        return Markup.escape(said_in["en"])
    parts = [
        Markup('<span class="{0}" lang="{0}">{1}</span>').format(language, words)
        for language, words in said_in.items()
    ]
    return Markup("").join(parts)


def json_block(name: str, content: object) -> Markup:
    """Return data for scripts, which no text in it can end early."""
    text = json.dumps(content, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    body = Markup(text.translate(_ESCAPES))  # noqa: S704 - no character of HTML is left in it
    return Markup('<script type="application/json" id="{}">{}</script>').format(name, body)


@cache
def file_bytes(name: str) -> bytes:
    """Return a file the page is made of; a vendored one only with the hash it should have."""
    folder = files("optimizer.report")
    if name not in _VENDORED:
        return (folder / "assets" / name).read_bytes()
    found = (folder / "vendor" / name).read_bytes()
    expected = tomllib.loads((folder / "vendor" / "vendor.toml").read_text(encoding="utf-8"))
    if hashlib.sha256(found).hexdigest() != expected[name]["sha256"]:
        raise ValueError(f"vendor/{name} is not the file of vendor.toml. Install the package anew.")
    return found


def _script(name: str) -> str:
    """Return a script's text, which must not hold the end of a script."""
    text = file_bytes(name).decode("utf-8")
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError(f"{name} can't stand in a page: it holds the end of a script.")
    return text


def _policy(texts: Sequence[str]) -> str:
    """Return the content policy: these scripts, a worker of their own, styles, nothing else."""
    hashes = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in texts]
    allowed = " ".join(f"'sha256-{h}'" for h in hashes)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {allowed} 'wasm-unsafe-eval'",
            "worker-src blob:",
            "style-src 'unsafe-inline'",  # Plot writes style elements into its drawings
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


@cache
def _environment() -> Environment:
    """Return the templates, with escaping on and unknown names refused."""
    made = Environment(
        loader=PackageLoader("optimizer.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["t"] = lambda template, values=None: spans(phrase(template, values))
    made.globals["both"] = both
    made.globals["say"] = spans
    made.globals["asset"] = _style
    made.globals["json_block"] = json_block
    return made


def _style(name: str) -> Markup:
    """Return a style sheet's text."""
    return Markup(file_bytes(name).decode("utf-8"))  # noqa: S704 - a file of this package
