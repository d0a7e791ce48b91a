"""The page of teams: the tree, its leaders and who belongs where."""

from __future__ import annotations

from tests.web import kit
from tests.web.test_keeping import user

PATH = "/settings/teams"


def test_the_tree_names_leaders_and_members(shared: kit.Served) -> None:
    page = shared.sign_in("dewi", lang="en").get(PATH).main
    outer = page.all("ul", **{"class": "tree"})
    assert len(outer) == 2 and len(outer[1].all("a", **{"class": "fw"})) == 2, "two teams below the first"
    assert "led by Ayu Lestari" in page.text and "Rizky Aditya" in page.text


def test_a_team_below_one_that_is_archived_stands_by_itself_and_who_is_out_is_not_named(
    served: kit.Served,
) -> None:
    served.change("base.team", served.first("base.team", name="Penjualan"), archived=True)
    served.change("base.user", user(served, "rizky"), active=False)
    page = served.sign_in("made").get(PATH).main
    assert len(page.all("ul", **{"class": "tree"})) == 1
    assert "Rizky Aditya" not in page.text and "Siti Rahmawati" in page.text


def test_without_teams_the_page_says_what_they_are(bare: kit.Served) -> None:
    page = bare.sign_in("made", lang="en").get(PATH).main
    assert "No teams yet" in page.text
    assert page.all("a", href="/app/base.team/new")
    assert bare.sign_in("made").get(PATH).status_code == 200


def test_sellers_have_the_list_only(shared: kit.Served) -> None:
    assert shared.sign_in("ayu").get(PATH).status_code == 403
    assert shared.sign_in("ayu").get("/app/base.team").status_code == 200
