"""A visitor of a site: goes from page to page, fills forms and looks at answers as a browser without scripts does.

Every answer is looked at (`core.testing.rules`), and 5xx fails the test unless it said that it would come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from werkzeug.test import Client, TestResponse

from core.orm.once import asked_once
from core.testing import rules
from core.testing.markup import Element, read, typed

Typed = Mapping[str, "str | Sequence[str] | None"]
"""What a person changes in a form: a text, the boxes ticked, None for an input that is not sent, or which button is
pressed, by its name and value."""
INPUTS = ("input", "select", "textarea", "button")


class Answer(TestResponse):
    """An answer with its page."""

    @asked_once
    def page(self) -> Element:
        """The HTML of the answer. A redirect has none: `get(answer.location)` has the page to which it leads."""
        assert not self.location, f"the answer is a redirect to {self.location}: get that"
        return read(self.text)

    @property
    def title(self) -> str:
        """The title of the window."""
        return self.page.one("title").text

    @property
    def main(self) -> Element:
        """What is inside the frame."""
        return self.page.one("main")


class Visitor:
    """Somebody who goes from page to page with the cookies of one browser."""

    around: Callable[[], AbstractContextManager[None]] = nullcontext
    """What is done before and after each request."""

    def __init__(self, application: Callable[..., Any], lang: str, host: str = "localhost") -> None:
        self.lang = lang
        self.host = host
        self.client = Client(application, response_wrapper=Answer)

    def get(self, path: str, *, fails: int | None = None, **options: Any) -> Answer:
        """The answer to a link; `fails` is the 5xx that the test is about."""
        return self._ask("GET", path, fails=fails, **options)

    def post(self, path: str, data: Any = None, *, fails: int | None = None, **options: Any) -> Answer:
        """The answer to a form as it is, forged or not. What a page holds is sent by `fill`."""
        return self._ask("POST", path, fails=fails, data=data or {}, **options)

    def fill(self, path: str, changes: Typed | None = None, *, action: str | None = None) -> Answer:
        """Opens a page, changes what its form holds and sends it."""
        return self.send(self.get(path), changes, action=action)

    def send(self, shown: Answer, changes: Typed | None = None, *, action: str | None = None) -> Answer:
        """Changes what the form of a page holds and sends it: the one with `action`, else the one in main."""
        form = shown.page.one("form", action=action) if action else form_in(shown.main)
        data: dict[str, Any] = dict(typed(form))
        for name, value in (changes or {}).items():
            assert name in data or _has_input(form, name), f"{shown.request.path} has no input {name!r}"
            data[name] = value
        return self.post(form["action"], {name: value for name, value in data.items() if value is not None})

    def token(self, path: str) -> str:
        """The token that the first form of a page carries."""
        return self.get(path).page.all("input", name="csrf_token")[0]["value"]

    @contextmanager
    def watched(self) -> Iterator[Callable[[], bool]]:
        """Around a request: says whether it wrote something. Here nobody looks; who does overrides it."""
        yield lambda: False

    def _ask(self, method: str, path: str, *, fails: int | None = None, **options: Any) -> Answer:
        headers = {"Accept-Language": self.lang, **options.pop("headers", {})}
        options |= {"base_url": f"http://{self.host}", "buffered": True, "headers": headers}
        with self.around(), self.watched() if fails is None else Visitor.watched(self) as is_changed:
            answer: Any = self.client.open(path, method=method, **options)
            rules.check(answer)
            if fails is not None:
                assert answer.status_code == fails, answer.text[:3000]
                return answer  # type: ignore[no-any-return]
            assert answer.status_code < 500, f"{method} {path}: {answer.status}\n{answer.text[:3000]}"
            wrote = answer.status_code >= 400 and is_changed()
            assert not wrote, f"{method} {path}: refused with {answer.status}, but it wrote"
            return answer  # type: ignore[no-any-return]


def form_in(main: Element) -> Element:
    """The form that is filled in on a page; the other ones are buttons."""
    found = [form for form in main.all("form", method="post") if form.get("data-check") is not None]
    return found[0] if len(found) == 1 else main.one("form", method="post")


def _has_input(form: Element, name: str) -> bool:
    return bool([item for item in form.all(name=name) if item.tag in INPUTS])
