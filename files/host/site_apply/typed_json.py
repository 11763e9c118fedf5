"""Converts JSON to typed values: dataclasses, lists, dictionaries with text keys, optional values, texts, numbers, booleans."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints


class NotUnderstood(Exception):
    """A value does not fit its type. The text says where."""


def parse(kind: Any, value: Any, where: str, strict: bool = True) -> Any:
    """
    Converts a JSON value to a type. Throws NotUnderstood.

    kind: the type. where: the value's path for errors. strict: whether unknown keys are an error.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Union:
        return parse(inner[0], value, where, strict)
    if origin is list and isinstance(value, list):
        return [parse(inner[0], each, f"{where}[{number}]", strict) for number, each in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        return {key: parse(inner[1], each, f"{where}.{key}", strict) for key, each in value.items()}
    if is_dataclass(kind) and isinstance(value, dict):
        return _parse_fields(kind, value, where, strict)
    if origin is None and isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise NotUnderstood(f"{where} is not understood")


@cache
def _types_of(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _parse_fields(kind: Any, value: dict[str, Any], where: str, strict: bool) -> Any:
    types = _types_of(kind)
    unknown = sorted(set(value) - {each.name for each in fields(kind)})
    if unknown and strict:
        raise NotUnderstood(f"{where}.{unknown[0]} is not known")
    known = {name: each for name, each in value.items() if name in types}
    try:
        return kind(**{name: parse(types[name], each, f"{where}.{name}", strict) for name, each in known.items()})
    except TypeError as error:
        raise NotUnderstood(f"{where} is incomplete: {error}") from error
