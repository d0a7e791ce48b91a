"""The generic tests of an addon: inherit the class, name the addon, and each check is a test of its own.

A test fails with one line for each fault: addon, file and line, what is wrong, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import pytest

from core.errors import LoadError
from core.i18n import catalogs
from core.testing.checks import declared, importing, installs, pages, sources, texts
from core.testing.kit import Kit
from core.testing.stock import Stock
from core.testing.subject import Subject


class AddonTestCase:
    """What every addon must hold. `addon` is its name or that of its package.

    `values` says, by model, with which values a record can be made where the kinds of its fields do not tell enough:
    `{"crm.deal": {"amount": 5, "partner": lambda kit: kit.make("base.partner")}}`.
    """

    addon: ClassVar[str] = ""
    values: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    subject: Subject

    @pytest.fixture(autouse=True)
    def _take_subject(self, lumbung_stock: Stock) -> Iterator[None]:
        self.subject = Subject(lumbung_stock, lumbung_stock.named(self.addon))
        with catalogs.speaking("en"):
            yield

    @pytest.fixture
    def kit(self) -> Iterator[Kit]:
        """A transaction in which the addon and what it depends on are installed; nothing is kept."""
        with self.subject.installation.kit() as made:
            yield made

    # ------------------------------------------------------------- manifest and sources
    def test_it_is_put_together(self) -> None:
        """Hooks are known and take known arguments, models and pages have access, implied roles exist, views show

        fields that exist, links lead somewhere, columns on the tables of others may be empty, and what else a load
        error tells (docs/hooks.md).
        """
        assert self.subject.name in self.subject.installation.assembly.names

    def test_version_and_label_are_well_formed(self) -> None:
        none_of(declared.manifest(self.subject))

    def test_no_finding(self) -> None:
        none_of(declared.findings(self.subject))

    def test_only_the_facade_is_imported(self) -> None:
        none_of(sources.private_imports(self.subject))

    def test_only_what_it_depends_on_is_imported(self) -> None:
        none_of(sources.strange_imports(self.subject))

    def test_nothing_happens_at_import(self) -> None:
        none_of(importing.effects(self.subject))

    def test_names_are_defined(self) -> None:
        none_of(sources.names_of_nothing(self.subject))

    def test_no_raw_connection(self) -> None:
        none_of(sources.raw_connections(self.subject))

    def test_no_assembled_sql(self) -> None:
        none_of(sources.assembled_sql(self.subject))

    def test_no_bare_table(self) -> None:
        none_of(sources.bare_tables(self.subject))

    def test_sudo_and_unsafe_sql_say_why(self) -> None:
        none_of(sources.without_reason(self.subject))

    def test_no_eval_and_no_pickle(self) -> None:
        none_of(sources.dangers(self.subject))

    def test_overrides_call_super(self) -> None:
        none_of(sources.overrides_without_super(self.subject))

    # ------------------------------------------------------------- what it declares
    def test_every_hook_is_heard(self) -> None:
        none_of(sources.unheard_hooks(self.subject))

    def test_hooks_are_pure(self) -> None:
        none_of(declared.impure_hooks(self.subject))

    def test_access_is_declared(self) -> None:
        none_of(declared.access(self.subject))

    def test_roles_include_the_staff(self) -> None:
        none_of(declared.roles(self.subject))

    def test_no_unused_view(self) -> None:
        none_of(declared.unused_views(self.subject))

    def test_menus_lead_somewhere(self) -> None:
        none_of(declared.menus(self.subject))

    # ------------------------------------------------------------- texts and templates
    def test_labels_are_there_and_translated(self) -> None:
        none_of(declared.labels(self.subject))

    def test_texts_can_be_read(self) -> None:
        none_of(texts.catalogues(self.subject, "code", "file"))

    def test_catalogues_are_complete(self) -> None:
        none_of(texts.catalogues(self.subject, "missing"))

    def test_placeholders_are_the_same(self) -> None:
        none_of(texts.catalogues(self.subject, "different"))

    def test_no_unused_text(self) -> None:
        none_of(texts.catalogues(self.subject, "unused"))

    def test_templates_can_be_read(self) -> None:
        none_of(texts.faulty_templates(self.subject))

    def test_no_code_in_templates(self) -> None:
        none_of(texts.code_in_templates(self.subject))

    def test_no_unused_template(self) -> None:
        none_of(texts.unused_templates(self.subject))

    # ------------------------------------------------------------- installing
    def test_it_installs_alone(self) -> None:
        none_of(installs.alone(self.subject))

    def test_it_installs_with_all_others(self) -> None:
        none_of(installs.together(self.subject))

    def test_installing_twice_changes_nothing(self) -> None:
        none_of(installs.twice(self.subject))

    def test_rows_can_be_read(self) -> None:
        none_of(installs.rows(self.subject))

    def test_demo_data_is_made(self) -> None:
        none_of(installs.demo(self.subject))

    def test_upgrades_can_be_read(self) -> None:
        none_of(installs.upgrades(self.subject))

    def test_it_goes_and_comes_back(self) -> None:
        none_of(installs.back_again(self.subject))

    # ------------------------------------------------------------- at work
    def test_pages_are_protected(self, kit: Kit) -> None:
        none_of(pages.protected(self.subject, kit))

    def test_pages_answer(self, kit: Kit) -> None:
        none_of(pages.answering(self.subject, kit))

    def test_rules_run_for_every_role(self, kit: Kit) -> None:
        none_of(pages.running_rules(self.subject, kit))

    def test_own_records_are_hidden_from_others(self, kit: Kit) -> None:
        none_of(pages.hidden_from_others(self.subject, kit, self.values))

    def test_pages_of_models_answer(self, kit: Kit) -> None:
        none_of(pages.model_pages(self.subject, kit, self.values))

    def test_records_are_made_changed_and_archived(self, kit: Kit) -> None:
        none_of(pages.round_trip(self.subject, kit, self.values))

    def test_lists_are_exported(self, kit: Kit) -> None:
        none_of(pages.files(self.subject, kit, self.values))

    def test_search_finds(self, kit: Kit) -> None:
        none_of(pages.found_again(self.subject, kit, self.values))

    def test_lists_take_the_same_statements(self, kit: Kit) -> None:
        none_of(pages.constant_statements(self.subject, kit, self.values))


def none_of(faults: Iterable[LoadError]) -> None:
    """Fails the test where there are faults, with a line for each."""
    told = list(dict.fromkeys(str(fault).strip() for fault in faults))
    if told:
        pytest.fail("\n".join(told), pytrace=False)
