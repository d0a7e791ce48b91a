"""Composition: the fragments of one model become one class, later addons first, by Python's own MRO."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import FieldError, LoadError, Origin
from core.i18n.lazy import TextLike, _
from core.orm.choices import MoreChoices
from core.orm.fields import RESERVED_PREFIX, Field
from core.orm.info import ModelInfo
from core.orm.kinds import Char, Select
from core.orm.links import Link, Many2one, One2many
from core.orm.model import RESERVED, Fragment, Model
from core.orm.names import FIELD_NAME

SYSTEM_FIELDS = tuple(name for name, value in vars(Model).items() if isinstance(value, Field))
LABEL_FIELDS = ("name", "title", "code")


@dataclass(frozen=True)
class Finding:
    """Something that works but is likely a mistake: shown by `lumbung check` and on the Apps page."""

    addon: str
    text: TextLike
    origin: Origin | None = None


class Publication:
    """Which addon published which fragment, and which addons each may build on."""

    def __init__(
        self, published: Mapping[str, Sequence[type[Model]]], depends: Mapping[str, frozenset[str]]
    ) -> None:
        self.depends = depends
        self.order = tuple(published)
        """The addons, each behind those that it builds on."""
        self.addon_of: dict[type, str] = {Model: "base"}
        self.fragments: dict[str, list[type[Model]]] = {}
        for addon, fragments in published.items():
            for fragment in fragments:
                self._add(addon, fragment)

    def _add(self, addon: str, fragment: type[Model]) -> None:
        info = _fragment(fragment, addon)
        if fragment in self.addon_of:
            raise LoadError(
                _("%(name)s is published twice, by %(first)s and %(second)s.", name=fragment.__name__,
                  first=self.addon_of[fragment], second=addon),
                _("Name each fragment once in models()."), addon=addon, origin=info.origin)  # fmt: skip
        self.addon_of[fragment] = addon
        begun = self.fragments.setdefault(info.model, [])
        if not info.extends and begun:
            raise LoadError(
                _("Model %(model)s begins twice, in %(first)s and in %(second)s.", model=info.model,
                  first=self.addon_of[begun[0]], second=addon),
                _("Extend it by a subclass without name=, or choose another name."), addon=addon,
                origin=info.origin)  # fmt: skip
        if info.extends and not begun:
            raise LoadError(
                _("%(name)s extends %(model)s, which no installed addon publishes.", name=fragment.__name__,
                  model=info.model),
                _("Name it in models() of its addon, and that addon in depends."), addon=addon,
                origin=info.origin)  # fmt: skip
        begun.append(fragment)

    def owner(self, cls: type) -> str:
        """The addon of a fragment; of an unpublished mixin, none."""
        return self.addon_of.get(cls, "")


def compose(publication: Publication) -> tuple[dict[str, ModelInfo], list[Finding]]:
    """One `ModelInfo` per concrete model. Raises LoadError naming the addon at fault."""
    findings: list[Finding] = []
    models = {
        name: _compose_one(name, fragments, publication, findings)
        for name, fragments in publication.fragments.items()
        if not _fragment(fragments[0], "").abstract
    }
    return models, findings


def _compose_one(
    name: str, fragments: Sequence[type[Model]], publication: Publication, findings: list[Finding]
) -> ModelInfo:
    bases = _bases(name, fragments, publication)
    cls = _make_class(name, fragments, bases, publication)
    fields = _fields(name, cls, publication)
    findings.extend(_silent_overrides(name, cls, publication))
    first = fragments[0].__lumbung__
    info = ModelInfo(
        name=name,
        cls=cls,
        fragments=tuple(fragments),
        fields=fields,
        label=_last(fragments, "label") or first.model,
        plural=_last(fragments, "plural") or _last(fragments, "label") or first.model,
        access=_access(name, fragments, publication),
        order=_last(fragments, "order"),
        label_field=_label_field(fields),
        addon=publication.owner(fragments[0]),
        keeps_history=_last(fragments, "history") is not False,
    )
    cls.__lumbung__ = info
    return info


def _bases(name: str, fragments: Sequence[type[Model]], publication: Publication) -> tuple[type[Model], ...]:
    """The model's own leaves, later first, then the leaves of the mixins' extensions."""
    used = {
        base.__dict__["__lumbung__"].model
        for part in fragments
        for base in part.__mro__
        if _published(base, publication)
    }
    mixins = [
        part for model, parts in publication.fragments.items() if model in used - {name} for part in parts
    ]
    own = _leaves(fragments)
    inside = {base for part in own for base in part.__mro__}
    return (*own, *(part for part in _leaves(mixins) if part not in inside))


def _published(base: type, publication: Publication) -> bool:
    return base is not Model and base in publication.addon_of


def _leaves(fragments: Sequence[type[Model]]) -> list[type[Model]]:
    inner = {base for part in fragments for base in part.__mro__[1:]}
    return [part for part in reversed(fragments) if part not in inner]


def _make_class(
    name: str, fragments: Sequence[type[Model]], bases: tuple[type[Model], ...], publication: Publication
) -> type[Model]:
    first = fragments[0]
    body = {"__module__": f"registry.{name}", "__composed__": True, "__doc__": first.__doc__}
    try:
        return type(first.__name__, bases, body)
    except TypeError as error:
        names = ", ".join(f"{publication.owner(base)}:{base.__qualname__}" for base in bases)
        raise LoadError(
            _("The fragments of %(model)s cannot be put in an order: %(names)s.", model=name, names=names),
            _("Let the base classes stand in the same order in each."),
            addon=publication.owner(bases[0]), origin=bases[0].__lumbung__.origin) from error  # fmt: skip


def _fields(name: str, cls: type[Model], publication: Publication) -> dict[str, Field[Any]]:
    fields: dict[str, Field[Any]] = {}
    more: list[tuple[type, str, MoreChoices]] = []
    for part in reversed(cls.__mro__[1:]):
        for key, value in part.__dict__.items():
            if isinstance(value, Field):
                _check_field(name, part, value, fields.get(key), publication)
                fields[key] = value
            elif isinstance(value, MoreChoices):
                more.append((part, key, value))
    for part, key, choices in more:
        fields[key] = _with_choices(name, publication.owner(part), fields.get(key), key, choices)
    _check_columns(name, fields, publication)
    return fields


def _with_choices(model: str, addon: str, item: Field[Any] | None, key: str, more: MoreChoices) -> Field[Any]:
    """A Select with what an addon adds to it. Raises LoadError where it is none, or has such a choice already."""
    if not isinstance(item, Select):
        raise LoadError(
            _("%(model)s.%(field)s has no choices to which more could be added.", model=model, field=key),
            _("Name a Select of the model by the attribute."), addon=addon, origin=more.origin)  # fmt: skip
    for choice in more.choices:
        if choice in item.choices:
            raise LoadError(
                _("%(model)s.%(field)s has the choice “%(choice)s” already.", model=model, field=key, choice=choice),
                _("Give yours another key."), addon=addon, origin=more.origin)  # fmt: skip
    return more.added_to(item)


def _check_field(
    model: str, part: type, item: Field[Any], old: Field[Any] | None, publication: Publication
) -> None:
    addon = publication.owner(part)
    if part is Model:
        return
    if item.name in RESERVED or item.name.startswith(RESERVED_PREFIX) or not FIELD_NAME.fullmatch(item.name):
        raise LoadError(
            _("Field %(model)s.%(field)s takes a reserved name.", model=model, field=item.name),
            _("Choose another: at most 60 small letters, no name that every record has, and not x_ in front."),
            addon=addon, origin=item.origin)  # fmt: skip
    if item.unique and isinstance(item, Char) and item.translate:
        raise LoadError(
            _("Field %(model)s.%(field)s is translated, so it cannot be unique.", model=model, field=item.name),
            _("Leave out unique=True, or translate=True."), addon=addon, origin=item.origin)  # fmt: skip
    _check_default(model, item, addon)
    if old is None or old.owner is part:
        return
    other = publication.owner(old.owner)
    if not issubclass(part, old.owner):
        raise LoadError(
            _("Field %(model)s.%(field)s is defined by %(first)s and by %(second)s, and neither extends the other.",
              model=model, field=item.name, first=other, second=addon),
            _("Rename one, or let one addon depend on the other."), addon=addon, origin=item.origin)  # fmt: skip
    if not item.override:
        raise LoadError(
            _("Field %(model)s.%(field)s of %(addon)s is defined again.", model=model, field=item.name, addon=other),
            _("Write override=True if that is meant."), addon=addon, origin=item.origin)  # fmt: skip


def _check_default(model: str, item: Field[Any], addon: str) -> None:
    try:
        item.settle_default()
    except (FieldError, TypeError) as error:
        raise LoadError(
            _("The default of %(model)s.%(field)s does not fit: %(error)s", model=model, field=item.name,
              error=error.message if isinstance(error, FieldError) else str(error)),
            _("Give default= a value of this kind of field, or a function that takes the env."),
            addon=addon, origin=item.origin) from error  # fmt: skip


def _check_columns(model: str, fields: Mapping[str, Field[Any]], publication: Publication) -> None:
    """Refuses a field with the name of the column of another; of the two, the later is at fault."""
    places = list(fields)
    for item in fields.values():
        other = fields.get(item.key) if item.key != item.name else None
        if other is not None:
            later = max(item, other, key=lambda one: places.index(one.name))
            raise LoadError(
                _("Field %(model)s.%(field)s has the name of the column of %(other)s.", model=model,
                  field=other.name, other=item.name),
                _("Rename it; a typed key is declared by the annotation “%(key)s: Ref” only.", key=item.key)
                if isinstance(item, Many2one) else _("Rename one of them."),
                addon=publication.owner(later.owner), origin=later.origin)  # fmt: skip


def check_links(models: Mapping[str, ModelInfo], publication: Publication) -> None:
    """Raises LoadError on a link to an unknown model, or a One2many whose inverse does not lead back."""
    for info in models.values():
        for item in info.fields.values():
            if isinstance(item, Link):
                _check_link(info.name, item, models, publication)


def _check_link(
    model: str, link: Link[Any], models: Mapping[str, ModelInfo], publication: Publication
) -> None:
    addon = publication.owner(link.owner)
    target = models.get(link.target_name)
    if target is None:
        raise LoadError(
            _("Field %(model)s.%(field)s leads to %(target)s, which no installed addon defines.", model=model,
              field=link.name, target=link.target_name),
            _("Correct the target, or name its addon in depends."), addon=addon, origin=link.origin)  # fmt: skip
    if isinstance(link, One2many):
        back = target.fields.get(link.inverse)
        if not isinstance(back, Many2one) or back.target_name != model:
            raise LoadError(
                _("Field %(model)s.%(field)s names %(target)s.%(inverse)s as its inverse, which is no link back.",
                  model=model, field=link.name, target=target.name, inverse=link.inverse),
                _("Name the Many2one of %(target)s that leads to %(model)s.", target=target.name, model=model),
                addon=addon, origin=link.origin)  # fmt: skip


def check_required(models: Mapping[str, ModelInfo], publication: Publication) -> None:
    """Raises LoadError on a NOT NULL column without a default that lies on another addon's table."""
    for info in models.values():
        for item in info.own_fields:
            addon = publication.owner(item.owner)
            foreign = addon != info.addon and addon != ""
            if foreign and _is_bare(item) and not _is_old(item, info):
                raise LoadError(
                    _("Field %(model)s.%(field)s is required on a table of %(addon)s and has no default.",
                      model=info.name, field=item.name, addon=info.addon),
                    _("Give it a constant default=, or drop required=True: rows of before have no value."),
                    addon=addon, origin=item.origin)  # fmt: skip


def _is_bare(item: Field[Any]) -> bool:
    """Whether rows that are there already would have no value in a column that must have one."""
    if isinstance(item, Link):
        return item.required and isinstance(item, Many2one)
    return item.required and item.stored_default is None


def _is_old(item: Field[Any], info: ModelInfo) -> bool:
    """Whether the model demanded the value from its first row on, by itself or by a mixin that it took."""
    inside = (vars(part).get(item.name) for part in info.fragments[0].__mro__)
    own = next((field for field in inside if field is not None), None)
    return isinstance(own, Field) and own.required


def check_access(models: Mapping[str, ModelInfo], publication: Publication) -> None:
    """Raises LoadError on a model of which nobody may do anything: denied by default must be meant."""
    for info in models.values():
        if not info.access:
            raise LoadError(
                _("Model %(model)s says nobody who may use it.", model=info.name),
                _("Add access={\"role\": \"r\"} to its class, or access={\"base.admin\": \"rwcd\"}."),
                addon=info.addon, origin=info.fragments[0].__lumbung__.origin)  # fmt: skip


def _access(name: str, fragments: Sequence[type[Model]], publication: Publication) -> dict[str, str]:
    merged: dict[str, str] = {}
    for part in fragments:
        for role, letters in (_fragment(part, "").access or {}).items():
            merged[role] = f"{merged[role]} {letters}" if role in merged else letters
    return merged


def _silent_overrides(name: str, cls: type[Model], publication: Publication) -> Iterable[Finding]:
    """Methods that replace another fragment's without calling super(): they take behaviour away."""
    seen: dict[str, type] = {}
    for part in reversed(cls.__mro__[1:]):
        for key, value in part.__dict__.items():
            function = inspect.unwrap(value.__func__ if isinstance(value, classmethod) else value)
            if part is Model or key.startswith("__") or not inspect.isfunction(function):
                continue
            if key in seen and "__class__" not in function.__code__.co_freevars:
                yield Finding(
                    publication.owner(part),
                    _("%(model)s.%(method)s() replaces that of %(addon)s without calling super().", model=name,
                      method=key, addon=publication.owner(seen[key])),
                    Origin(function.__code__.co_filename, function.__code__.co_firstlineno))  # fmt: skip
            seen[key] = part


def _label_field(fields: Mapping[str, Field[Any]]) -> str | None:
    for name in LABEL_FIELDS:
        if name in fields and not isinstance(fields[name], Link):
            return name
    return next((name for name, item in fields.items() if isinstance(item, Char)), None)


def _last(fragments: Sequence[type[Model]], attribute: str) -> Any:
    """What the last fragment that says it says."""
    said = [getattr(part.__lumbung__, attribute) for part in fragments]
    return next((value for value in reversed(said) if value is not None), None)


def _fragment(cls: type[Model], addon: str) -> Fragment:
    info = cls.__dict__.get("__lumbung__")
    if not isinstance(info, Fragment):
        raise LoadError(
            _("models() of %(addon)s gives %(name)s, which is no model.", addon=addon, name=repr(cls)),
            _("Give classes that build on core.Model only."), addon=addon)  # fmt: skip
    return info
