"""Words of a contract that are taken one by one: what is wrong is named, and what was meant."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from open_data_contract_standard.model import CustomProperty
from pydantic import BaseModel, ValidationError

from hub.dataset import Words
from hub.errors import ContractError

_W = TypeVar("_W", bound=Words)


class CustomProperties:
    """Takes custom properties one by one, and refuses what nobody took."""

    def __init__(self, properties: Sequence[CustomProperty] | None, place: str) -> None:
        self._place = place
        self._left = {str(item.property): item.value for item in properties or []}

    def take(self, name: str, *default: Any) -> Any:
        """The value of a property, or the default; each is taken once.

        Raises:
            ContractError: it is missing, and has no default.
        """
        if name in self._left:
            return self._left.pop(name)
        if default:
            return default[0]
        close = get_close_matches(name, self._left, n=1)
        meant = f"; did you mean it by {close[0]!r}?" if close else "."
        message = f"{self._place} lacks the custom property {name!r}{meant}"
        raise ContractError(message)

    def refuse_leftovers(self) -> None:
        """Refuse what nobody has taken.

        Raises:
            ContractError: names what is left.
        """
        if self._left:
            names = ", ".join(sorted(self._left))
            message = f"{self._place} has unknown custom properties: {names}."
            raise ContractError(message)


def read_words(model: type[_W], words: Any, place: str) -> _W:
    """Words of ours as their model has them.

    Raises:
        ContractError: names the place, and what is wrong first.
    """
    try:
        return model.model_validate(words)
    except ValidationError as error:
        message = f"{place}: {first_fault(error, model)}"
        raise ContractError(message) from None


def first_fault(error: ValidationError, model: type[BaseModel]) -> str:
    """What is wrong first, where, and which key was probably meant."""
    first = error.errors(include_url=False, include_input=False)[0]
    *above, key = first["loc"] or ("",)
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg']}."
    known = _keys(model)
    for part in above:
        inner = known.get(str(part))
        known = _keys(inner) if isinstance(inner, type) and issubclass(inner, BaseModel) else {}
    close = get_close_matches(str(key), known, n=1)
    return f"unknown key {where!r}" + (f"; did you mean {close[0]!r}?" if close else ".")


def _keys(model: type[BaseModel]) -> dict[str, Any]:
    return {item.alias or name: item.annotation for name, item in model.model_fields.items()}


def refuse_unknown_keys(document: Any, model: BaseModel, place: str = "") -> None:
    """Refuse keys that the standard's model would silently drop.

    Raises:
        ContractError: names the key, where it stands, and the key that was probably meant.
    """
    known = {field.alias or key: key for key, field in type(model).model_fields.items()}
    for key, value in document.items():
        if key not in known:
            close = get_close_matches(str(key), known, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else "."
            message = f"unknown key {place}{key!r}{meant}"
            raise ContractError(message)
        inner = getattr(model, known[key])
        pairs = zip(value, inner, strict=True) if isinstance(inner, list) else [(value, inner)]
        for raw, part in pairs:
            if isinstance(part, BaseModel):
                refuse_unknown_keys(raw, part, f"{place}{key}.")
