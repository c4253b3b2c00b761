"""What a panel keeps of a visit and the next one finds: lists, choices, records in their order, want of room."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from pycore import messages as m
from pycore.effects import Remember
from pycore.layout import Structure
from pycore.remembered import read
from pycore.selection import Quick
from tests.archive.server import ArchiveServer
from tests.contract.plain_browser import DATASET, LocalFile, Shelf, World, live
from web import ports
from web.memory import Memory


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as running:
        yield running


def product_list(*names: str) -> str:
    rows = [
        {
            "filename": name,
            "dataset": DATASET,
            "size": 1000,
            "category": "2b",
            "file_suffix": "_cal",
            "type": "science",
        }
        for name in names
    ]
    return json.dumps({"mission": "JWST", "products": rows})


async def idle(world: World) -> None:
    await world.until(lambda: not world.panel._tasks)


async def used(archive: ArchiveServer, shelf: Shelf, *names: str) -> World:
    """A visit that opens lists from files and chooses something."""
    world = World(archive, shelf)
    for name in names:
        await world.panel.open_text(name, "", product_list(f"{name}_cal.fits"))
    world.panel.hear(m.QuickSelected(Quick.NONE))
    world.panel.hear(m.StructureChosen(Structure.FLAT))
    await idle(world)
    return world


async def next_visit(archive: ArchiveServer, shelf: Shelf, *asked: str) -> World:
    world = World(archive, shelf)
    await world.panel.look_back(asked)
    return world


def test_all_lists_and_the_choice_are_there_again(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        before = await used(archive, shelf, "a.json", "b.json")
        shelf.close_pages()
        after = await next_visit(archive, shelf)
        assert "2 files of 2 lists" in after.page.regions["empty"]
        after.panel.hear(m.GoOnAsked())
        await idle(after)
        assert after.page.regions["summary"] == before.page.regions["summary"]
        assert after.panel.state.choices() == before.panel.state.choices()
        # The texts stay where they are: nothing is written twice.
        assert len(shelf.lists()) == 2
        # Another choice is kept in the same visit.
        after.panel.hear(m.QuickSelected(Quick.ALL))
        await idle(after)
        third = await next_visit(archive, shelf)
        assert third.panel.state.memory.last is not None
        assert third.panel.state.memory.last.remembered.choices == after.panel.state.choices()
        assert len(shelf.saved) == 1

    live(go)


def test_the_demo_and_an_empty_list_are_not_kept(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        world.panel.show_demo([("./demo.json", product_list("a_cal.fits"))], "https://page.example/")
        await world.panel.open_text("empty", "", product_list())
        await world.panel.open_text("broken", "", "{")
        world.panel.hear(m.QuickSelected(Quick.NONE))
        await idle(world)
        assert world.shelf.texts == {}

    live(go)


def test_of_choices_in_quick_succession_the_last_is_written(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = await used(archive, Shelf(), "a.json")
        shelf, before = world.shelf, world.shelf.records_written
        shelf.let.clear()
        for number in range(50):
            world.panel.hear(m.QuickSelected(Quick.ALL if number % 2 else Quick.NONE))
        world.panel.hear(m.StructureChosen(Structure.NESTED))
        await asyncio.sleep(0)
        shelf.let.set()
        await idle(world)
        assert shelf.records_written - before <= 2
        (visit,) = shelf.saved
        assert read(shelf.texts[visit, "record"]).choices == world.panel.state.choices()

    live(go)


def test_nobody_waits_for_a_list_to_be_kept(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        world.shelf.let.clear()
        await asyncio.wait_for(world.panel.open_text("a.json", "", product_list("a_cal.fits")), 20)
        assert "1 file" in world.page.regions["summary"]
        assert "kept in this browser" not in world.page.regions["sources"]
        world.shelf.let.set()
        await idle(world)
        assert "kept in this browser" in world.page.regions["sources"]

    live(go)


def test_a_list_by_address_whose_server_has_gone_opens_from_the_kept_copy(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf, url = Shelf(), "https://lab.example/a.json"
        first = World(archive, shelf)
        await first.panel.open_text("a.json", url, product_list("a_cal.fits"))
        await idle(first)
        # Something else was open since.
        await used(archive, shelf, "other.json")
        after = await next_visit(archive, shelf, url)
        await after.panel.open_url(f"{archive.origin}/nothing", "a.json")
        assert "1 file of" in after.page.regions["empty"]
        assert "a.json" in after.page.regions["empty"]
        assert "UTC" in after.page.regions["empty"]
        after.panel.hear(m.GoOnAsked())
        await idle(after)
        assert "1 file" in after.page.regions["summary"]

    live(go)


def test_a_reload_by_address_keeps_the_last_choice_on_offer_until_it_is_taken(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf, url = Shelf(), "https://lab.example/a.json"
        for _ in range(2):
            world = await next_visit(archive, shelf, url)
            await world.panel.open_text("a.json", url, product_list("a_cal.fits"))
            world.panel.hear(m.StructureChosen(Structure.FLAT))
            await idle(world)
        # Two reloads on which nothing is done.
        for _ in range(2):
            world = await next_visit(archive, shelf, url)
            await world.panel.open_text("a.json", url, product_list("a_cal.fits"))
            await idle(world)
            assert "What you had chosen of the list here" in world.page.regions["sources"]
        world.panel.hear(m.GoOnAsked())
        await idle(world)
        assert world.panel.state.structure is Structure.FLAT

    live(go)


def test_tabs_side_by_side_have_a_visit_each_and_old_ones_go(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        one, two = await used(archive, shelf, "one.json"), await used(archive, shelf, "two.json")
        one.panel.hear(m.QuickSelected(Quick.ALL))
        await idle(one)
        after = await next_visit(archive, shelf)
        assert "one.json" in after.page.regions["empty"]
        assert len(shelf.saved) == 2
        # However many tabs are open, each keeps what it says it keeps.
        for number in range(5):
            await used(archive, shelf, f"{number}.json")
        assert len(shelf.saved) == 7
        for world in (one, two):
            world.panel.hear(m.StructureChosen(Structure.NESTED))
            await idle(world)
            assert "kept in this browser" in world.page.regions["sources"]
            (kept,) = world.panel.state.memory.lists
            assert await shelf.list_text(kept.key)
        shelf.close_pages()
        await used(archive, shelf, "last.json")
        assert len(shelf.saved) == 3
        assert len(shelf.lists()) == 3

    live(go)


def test_what_is_on_offer_does_not_go_for_being_old(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf, url = Shelf(), "https://lab.example/a.json"
        first = World(archive, shelf)
        await first.panel.open_text("a.json", url, product_list("a_cal.fits"))
        await first.panel.open_text("b.json", "", product_list("b_cal.fits"))
        await idle(first)
        for name in ("c.json", "d.json"):
            await used(archive, shelf, name)
        world = await next_visit(archive, shelf, url)
        await world.panel.open_text("a.json", url, product_list("a_cal.fits"))
        await idle(world)
        world.panel.hear(m.GoOnAsked())
        await idle(world)
        assert world.notices() == []
        assert "2 files" in world.page.regions["summary"]

    live(go)


def test_a_copy_that_has_gone_is_told_and_the_rest_opens(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        await used(archive, shelf, "a.json", "b.json")
        after = await next_visit(archive, shelf)
        del shelf.texts[next(place for place in shelf.texts if place[1] != "record")]
        after.panel.hear(m.GoOnAsked())
        await idle(after)
        assert any("a.json" in told and "[memory.gone]" in told for told in after.notices())
        assert "1 file" in after.page.regions["summary"]
        assert after.panel.state.structure is Structure.FLAT

    live(go)


@pytest.mark.parametrize(
    ("record", "code"),
    [("{}", "memory.version"), ("hostile", "memory.damaged"), ('{"version":2}', "memory.damaged")],
)
def test_what_is_not_to_be_understood_is_told_once_and_forgotten(
    archive: ArchiveServer, record: str, code: str
) -> None:
    async def go() -> None:
        shelf = Shelf()
        await used(archive, shelf, "good.json")
        await shelf.put_list("bad", [], "k", product_list("x"))
        await shelf.put_record("bad", ["k"], record)
        after = await next_visit(archive, shelf)
        assert [f"[{code}]" in told for told in after.notices()] == [True]
        assert "good.json" in after.page.regions["empty"]
        assert "bad" not in shelf.saved
        assert (await next_visit(archive, shelf)).notices() == []

    live(go)


def test_for_want_of_room_earlier_visits_go_first(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        await used(archive, shelf, "a.json")
        shelf.close_pages()
        shelf.room = sum(map(len, shelf.texts.values())) + 100
        world = await used(archive, shelf, "b.json")
        assert world.notices() == []
        assert "b.json" in (await next_visit(archive, shelf)).page.regions["empty"]
        assert len(shelf.saved) == 1

    live(go)


def test_a_list_that_finds_no_room_is_told_and_open(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        shelf.room = 10
        world = await used(archive, shelf, "a.json")
        assert [told.startswith("a.json is open, but could not be kept") for told in world.notices()] == [
            True
        ]
        assert "1 file" in world.page.regions["summary"]
        assert shelf.texts == {}

    live(go)


@pytest.mark.parametrize(("why", "told"), [("not in private windows", 1), ("", 0)])
def test_a_browser_that_keeps_nothing_is_told_once_unless_the_page_has(
    archive: ArchiveServer, why: str, told: int
) -> None:
    async def go() -> None:
        shelf = Shelf()
        shelf.refusal = ports.Refusal(why)
        world = await used(archive, shelf, "a.json", "b.json")
        assert world.notices() == []
        assert world.page.regions["sources"].count("keeps no lists") == told
        assert (await next_visit(archive, shelf)).page.regions["sources"].count("Go on") == 0

    live(go)


def test_forgetting_removes_every_visit_and_keeps_nothing_more_of_this_one(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        await used(archive, shelf, "a.json")
        world = await used(archive, shelf, "b.json")
        # A list is still on its way to the shelf.
        shelf.let.clear()
        await world.panel.open_text("c.json", "", product_list("c_cal.fits"))
        world.panel.hear(m.QuickSelected(Quick.ALL))
        world.panel.hear(m.ForgetAsked())
        shelf.let.set()
        await idle(world)
        world.panel.hear(m.QuickSelected(Quick.NONE))
        await world.panel.open_text("d.json", "", product_list("d_cal.fits"))
        await idle(world)
        assert (shelf.texts, shelf.saved) == ({}, {})
        assert "Nothing of this visit is kept." in world.page.regions["sources"]

    live(go)


def test_a_new_version_goes_on_by_itself_with_lists_and_choice(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        world = await used(archive, shelf, "a.json")
        world.panel.watch_offline()
        world.offline.hear("new", "0")
        assert "Use the new version" in world.page.regions["notices"]
        world.panel.hear(m.QuickSelected(Quick.ALL))
        world.panel.hear(m.NewVersionAsked())
        await world.until(lambda: world.offline.taken == 1)
        after = World(archive, shelf)
        note = after.panel.note()
        assert note is not None
        after.panel.hear(note)
        await idle(after)
        assert after.panel.state.choices() == world.panel.state.choices()
        assert after.page.regions["summary"] == world.page.regions["summary"]
        assert World(archive, shelf).panel.note() is None

    live(go)


def test_a_new_version_that_is_refused_leaves_no_word(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = await used(archive, Shelf(), "a.json")
        world.offline.refusal = "another tab shows this page"
        world.panel.watch_offline()
        world.offline.hear("new", "0")
        world.panel.hear(m.NewVersionAsked())
        await idle(world)
        assert "another tab shows this page" in world.page.regions["notices"]
        assert world.shelf.note == ""

    live(go)


def test_a_list_that_is_opened_while_the_page_changes_over_is_refused_and_not_lost_in_silence(
    archive: ArchiveServer,
) -> None:
    async def go() -> None:
        world = await used(archive, Shelf(), "a.json")
        world.panel.watch_offline()
        world.offline.hear("new", "0")
        world.panel.hear(m.NewVersionAsked())
        world.panel.open_file(LocalFile("b.json", product_list("b_cal.fits"), 1000))
        assert "b.json: It was not opened" in world.page.regions["notices"]
        await world.until(lambda: world.offline.taken == 1)
        world.offline.refusal = "another tab shows this page"
        world.panel.hear(m.NewVersionRefused(world.offline.refusal))
        world.panel.open_file(LocalFile("b.json", product_list("b_cal.fits"), 1000))
        await idle(world)
        assert "2 files" in world.page.regions["summary"]

    live(go)


def test_a_change_from_elsewhere_leaves_word_at_once(archive: ArchiveServer) -> None:
    async def go() -> None:
        world = World(archive)
        world.panel.show_demo([("./demo.json", product_list("a_cal.fits"))], "https://page.example/")
        world.panel.hear(m.StructureChosen(Structure.FLAT))
        world.panel.watch_offline()
        world.offline.hear("gone", "")
        after = World(archive, world.shelf)
        after.panel.show_demo([("./demo.json", product_list("a_cal.fits"))], "https://page.example/")
        note = after.panel.note()
        assert note is not None
        after.panel.hear(note)
        await idle(after)
        assert after.panel.state.structure is Structure.FLAT
        assert after.panel.state.demo

    live(go)


@pytest.mark.parametrize("note", ["", "v", "v\n{}", "v\n{", "\n\n"])
def test_a_note_that_is_none_is_passed_over(archive: ArchiveServer, note: str) -> None:
    async def go() -> None:
        world = World(archive)
        world.shelf.note = note
        assert world.panel.note() is None

    live(go)


def test_a_record_without_a_visit_is_written_nowhere() -> None:
    async def go() -> None:
        shelf, tasks = Shelf(), list[asyncio.Future[None]]()
        memory = Memory(shelf, lambda _: None, lambda work: tasks.append(asyncio.ensure_future(work)))
        memory.write(Remember("{}").record)
        await asyncio.gather(*tasks)
        await memory.settled()
        assert shelf.texts == {}

    live(go)


def test_a_list_opened_again_by_its_address_is_written_once_and_takes_no_other_visits_place(
    archive: ArchiveServer,
) -> None:
    async def go() -> None:
        shelf, url = Shelf(), "https://lab.example/a.json"
        other = await used(archive, shelf, "other.json")
        mine = set(shelf.open)
        for _ in range(4):
            world = await next_visit(archive, shelf, url)
            await world.panel.open_text("a.json", url, product_list("a_cal.fits"))
            await idle(world)
            shelf.open = set(mine)
        assert shelf.lists_written == 2
        assert len(shelf.saved) == 2
        other.panel.hear(m.QuickSelected(Quick.ALL))
        await idle(other)
        assert "kept in this browser" in other.page.regions["sources"]
        after = await next_visit(archive, shelf)
        after.panel.hear(m.GoOnAsked())
        await idle(after)
        assert after.notices() == []
        assert "1 file" in after.page.regions["summary"]

    live(go)


def test_what_one_tab_forgets_no_other_brings_back(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        one, two = await used(archive, shelf, "one.json"), await used(archive, shelf, "two.json")
        one.panel.hear(m.ForgetAsked())
        await idle(one)
        two.panel.hear(m.QuickSelected(Quick.ALL))
        await idle(two)
        assert "Nothing of this visit is kept." in two.page.regions["sources"]
        await two.panel.open_text("more.json", "", product_list("more_cal.fits"))
        await idle(two)
        assert (shelf.texts, shelf.saved, shelf.claims) == ({}, {}, set())

    live(go)


def test_a_list_that_is_opened_after_another_tab_forgot_is_not_kept(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        one, two = await used(archive, shelf, "one.json"), await used(archive, shelf, "two.json")
        one.panel.hear(m.ForgetAsked())
        await idle(one)
        await two.panel.open_text("more.json", "", product_list("more_cal.fits"))
        await idle(two)
        assert shelf.texts == {}
        assert "Nothing of this visit is kept." in two.page.regions["sources"]

    live(go)


def test_visits_without_a_list_are_told_once_and_forgotten(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        for name in ("a.json", "b.json"):
            await used(archive, shelf, name)
        for key in shelf.lists():
            del shelf.texts["", key]
        after = await next_visit(archive, shelf)
        assert ["[memory.gone]" in told for told in after.notices()] == [True]
        assert "Go on" not in after.page.regions["empty"]
        assert shelf.saved == {}
        assert (await next_visit(archive, shelf)).notices() == []

    live(go)


def test_a_visit_that_another_tab_has_open_is_gone_on_with_as_a_visit_of_its_own(
    archive: ArchiveServer,
) -> None:
    async def go() -> None:
        shelf = Shelf()
        one = await used(archive, shelf, "one.json")
        two = await next_visit(archive, shelf)
        two.panel.hear(m.GoOnAsked())
        await idle(two)
        assert len(shelf.saved) == 2
        assert shelf.lists_written == 1
        one.panel.hear(m.QuickSelected(Quick.ALL))
        await idle(one)
        kept = [read(text).choices for (_, key), text in shelf.texts.items() if key == "record"]
        assert one.panel.state.choices() in kept
        assert two.panel.state.choices() in kept

    live(go)


def test_where_open_pages_are_not_known_the_newest_visits_stay(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        shelf.has_locks = False
        for number in range(5):
            await used(archive, shelf, f"{number}.json")
        assert len(shelf.saved) == 3
        assert len(shelf.lists()) == 3

    live(go)


def test_the_same_list_opened_twice_is_one(archive: ArchiveServer) -> None:
    async def go() -> None:
        shelf = Shelf()
        world = World(archive, shelf)
        for _ in range(2):
            await world.panel.open_text("mine.json", "", product_list("a_cal.fits"))
        await idle(world)
        assert len(shelf.lists()) == 1
        after = await next_visit(archive, shelf)
        assert "2 lists" not in after.page.regions["empty"]
        assert "mine.json" in after.page.regions["empty"]

    live(go)
