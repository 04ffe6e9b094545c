"""The base classes of every section of a spec, and the types that sections share.

A section with members (`advantage`, `objective`) is a tagged union: one model for each choice, with exactly the
fields that this choice reads. The tag is a key of the section (`estimator`, `kind`); `use: path/file.py:Name` in its
place names a user's own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, SerializerFunctionWrapHandler, model_serializer

Dtype = Literal["float32", "bfloat16"]
Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]

USE = "use"  # the key, and the tag, of a user's own code
SAID = "said"  # the type of a PydanticCustomError whose message tells all but the key


class Section(BaseModel):
    """Frozen, strict (a number in quotes is text), no unknown keys, no infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Member(Section):
    """A member of a tagged union. `TAG` is the key that names the member in the spec."""

    TAG: ClassVar[str]
    #: Fields that came after keys were first made: a key has them where they are set, so that older keys stay.
    ADDED: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _tag_first(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = handler(self)
        return {key: values[key] for key in sorted(values, key=lambda key: key not in (self.TAG, USE))}

    @property
    def tag(self) -> str:
        """Return the member's name, as the spec writes it under `TAG`."""
        return str(getattr(self, self.TAG))

    @property
    def unset(self) -> set[str]:
        """Return the fields of `ADDED` that have their default."""
        fields = type(self).model_fields
        return {
            name for name in self.ADDED if getattr(self, name) == fields[name].get_default(call_default_factory=True)
        }


def tagged_by(tag: str, default: str) -> Discriminator:
    """Return the discriminator of a union whose members are named by the key `tag`; without that key it is `default`.

    A mapping with the key `use` is a user's own code, whatever else it holds.
    """

    def tag_of(value: Any) -> Any:
        if isinstance(value, Member):
            return USE if USE in type(value).model_fields else value.tag
        if not isinstance(value, Mapping):
            return None
        return USE if USE in value else str(value.get(tag, default))

    return Discriminator(tag_of)
