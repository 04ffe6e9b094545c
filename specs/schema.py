"""The model of a spec file, and its JSON schema.

The sections stand in `specs/sections.py`; rules that join two keys in `specs/checks.py`; reading files, environment and
`--set` in `specs/load.py`.

    python -m specs.schema > specs/schema.json
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import model_validator

from specs.checks import broken_rules
from specs.sections import Sections
from specs.sources import with_verifier_of_terms


class Spec(Sections):  # the fields stand in specs/sections.py
    """An experiment: all that a spec file says."""

    @model_validator(mode="before")
    @classmethod
    def _verifier_by_terms(cls, values: Any) -> Any:
        return with_verifier_of_terms(values)

    @model_validator(mode="after")
    def _cross_fields(self) -> Spec:
        lines = broken_rules(self)
        if lines:
            raise ValueError("\n".join(lines))
        return self

    def checkpointed_iterations(self) -> list[int]:
        """Return after how many iterations the policy is saved: start, every so many, end, and each reference."""
        last, every = self.train.iterations, self.checkpoint.every
        return sorted({0, last, *range(every, last, every), *self.reference_iterations()})

    def reference_at(self, iteration: int) -> int | None:
        """Return after how many iterations the policy was taken of which `iteration` reads a copy; None: of none."""
        reference = self.objective.reads_reference
        return None if reference is None or reference.policy == "base" else reference.taken_at(iteration)

    def reference_iterations(self) -> list[int]:
        """Return after how many iterations the policies were taken of which any iteration reads a copy."""
        return sorted({at for k in range(self.train.iterations) if (at := self.reference_at(k)) is not None})


def json_schema() -> str:
    """Return the JSON schema that editors read: the text of `specs/schema.json`."""
    schema = Spec.model_json_schema()
    for name in ("advantage", "objective"):  # the tag may stand in another file, so that several members may fit
        schema["properties"][name]["anyOf"] = schema["properties"][name].pop("oneOf")
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "Spec file (relative to this one) that this one changes; mappings are merged.",
    }
    for section in (schema, *(schema["$defs"][name] for name in ("Data", "PassAtK"))):
        del section["required"]  # an extending file inherits what it does not say
    return json.dumps(schema, indent=2, sort_keys=True)


if __name__ == "__main__":
    print(json_schema())
