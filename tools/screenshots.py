"""Takes the pictures of the README from a demo database of its own: `python -m tools.screenshots`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from core.web.server import application
from tools.chromium import system_chromium

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs/screenshots"
SELLER, ADMIN = "ayu@griyasentosa.example", "made@griyasentosa.example"
PASSWORD = "lumbung-demo"


@dataclass(frozen=True)
class Picture:
    """One picture: where, in which language, how wide, light or dark."""

    name: str
    path: str
    lang: str = "id"
    size: tuple[int, int] = (1440, 900)
    dark: bool = False
    person: str = SELLER


PICTURES = (
    Picture("board", "/app/crm.deal?view=kanban"),
    Picture("today-dark", "/", "en", dark=True),
    Picture("board-phone", "/app/crm.deal?view=kanban", size=(390, 780)),
    Picture("calendar", "/app/base.activity?view=calendar", "en"),
    Picture("leads", "/app/crm.lead?limit=20"),
    Picture("leads-grouped-dark", "/app/crm.lead?state__in=new,working&group=state", "en", dark=True),
    Picture("lead-phone", "/app/crm.lead?limit=20", size=(390, 780)),
    Picture("deal", "/app/crm.deal/264"),
    Picture("form", "/app/crm.lead/new"),
    Picture("contact", "/app/base.partner/1"),
    Picture("roles", "/settings/roles/3", person=ADMIN),
)


def main() -> None:
    """Makes the demo database, serves it and takes every picture."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LUMBUNG_DATA"] = folder
        subprocess.run([sys.executable, "-m", "core.cli", "demo", "--no-serve"], check=True)
        with closing(application(f"sqlite:///{folder}/demo.db")) as site:
            server = make_server("127.0.0.1", 0, site, threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            _take_all(f"http://127.0.0.1:{server.server_port}")
            server.shutdown()


def _take_all(address: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=system_chromium(), args=flags)
        for picture in PICTURES:
            _take(browser, address, picture)
        browser.close()


def _take(browser: Browser, address: str, picture: Picture) -> None:
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if picture.dark else "light"
    )
    page = context.new_page()
    page.goto(f"{address}/language/{picture.lang}?next=/login")
    page.fill("#email", picture.person)
    page.fill("#password", PASSWORD)
    page.click("button.pri")
    page.wait_for_url(f"{address}/")
    page.goto(address + picture.path)
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


if __name__ == "__main__":
    main()
