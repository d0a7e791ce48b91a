"""Texts in templates: `_("...")` and `ngettext("...", "...", n)` bound to the domain of the template's addon.

The domain is written into each call when the template is compiled. A global function would not do: a
parent template runs in the context of the template that extends it, which may be another addon's. Where templates
are compiled for one language, a text without values is written into them as well: a page has a hundred.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast

from jinja2 import Environment, TemplateSyntaxError, pass_eval_context
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.nodes import EvalContext
from markupsafe import Markup

from core.i18n import catalogs

TEXT = "_gettext_of"
FUNCTIONS = {"_": TEXT, "ngettext": "_ngettext_of"}
"""The name that a template writes, and the global that is called with the domain in front."""


class TextEnvironment(Protocol):
    """What the extension asks of its environment."""

    def domain_of_template(self, filename: str | None) -> str:
        """The domain of the template in this file; of one made from a string (None), `core`."""
        ...


class TextExtension(Extension):
    """Gives templates `_` and `ngettext`. Where autoescape is on, messages are markup and arguments escaped.

    A message that is not written out, so that `lumbung i18n extract` cannot find it, is a TemplateSyntaxError.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals.update(_gettext_of=_gettext_of, _ngettext_of=_ngettext_of)

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Turns `_(` into `_gettext_of("domain", `, and `ngettext(` likewise."""
        domain = cast(TextEnvironment, self.environment).domain_of_template(stream.filename)
        after_dot = False
        while stream:
            token = next(stream)
            if token.type == "name" and token.value in FUNCTIONS and not after_dot and _opens(stream):
                yield from _bound(token, domain, stream)
            else:
                yield token
            after_dot = token.type == "dot"


def _opens(stream: TokenStream) -> bool:
    return stream.current.type == "lparen"


def _bound(function: Token, domain: str, stream: TokenStream) -> Iterator[Token]:
    """The tokens of a call up to and with its first message."""
    line = function.lineno
    yield Token(line, "name", FUNCTIONS[function.value])
    yield next(stream)
    yield from (Token(line, "string", domain), Token(line, "comma", ","))
    written = False
    while stream.current.type == "string":
        written = True
        yield next(stream)
    if not written or stream.current.type not in ("comma", "rparen"):
        raise TemplateSyntaxError(
            f"{function.value}() takes a message that is written out, and values as %(name)s.",
            line, stream.name, stream.filename)  # fmt: skip


@pass_eval_context
def _gettext_of(context: EvalContext, domain: str, message: str, /, **args: Any) -> str:
    if context.autoescape and not args:
        return catalogs.marked(domain, message)
    return _filled(context, catalogs.gettext(domain, message), message, args)


@pass_eval_context
def _ngettext_of(
    context: EvalContext, domain: str, message: str, plural: str, count: int, /, **args: Any
) -> str:
    text = catalogs.ngettext(domain, message, plural, count)
    return _filled(context, text, message if count == 1 else plural, {"count": count, **args})


def _filled(context: EvalContext, text: str, message: str, args: dict[str, Any]) -> str:
    if not args:
        return Markup(text) if context.autoescape else text
    if context.autoescape:
        text, message = Markup(text), Markup(message)
    return catalogs.fill(text, message, args)
