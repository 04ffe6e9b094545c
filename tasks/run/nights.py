"""The record of a night: which policy of a run was evaluated, what came of it, and what it was compared with.

    runs/<name>/<identity>/nights/<when>/night.json    written last: a night without it did not end
    runs/<name>/<identity>/nights/<when>/report.html   and what lies beside it

Views of evaluations in the store, which keep them from being swept (infra/marks.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from infra.errors import StoreError
from infra.files import MissingError
from infra.store import Store

WHEN = "%Y-%m-%dT%H-%M-%SZ"  # UTC; sorts as text


@dataclass(frozen=True, slots=True)
class Night:
    """`evaluations`, `base`: suite -> key of the evaluate step, of the night's policy and of the run's first one.

    `regressions`: a line each. `against`: when the night it was compared with began, None for a first one.
    """

    run: str
    when: str
    iteration: int
    lineage: str
    evaluations: Mapping[str, str]
    base: Mapping[str, str]
    against: str | None
    comparisons: Sequence[Mapping[str, Any]]
    regressions: Sequence[str]

    @property
    def folder(self) -> str:
        """Return the night's folder in the store."""
        return f"runs/{self.run}/nights/{self.when}"

    def to_json(self) -> dict[str, Any]:
        """Return the record, with references to its evaluations, which gc follows."""
        steps = sorted({f"evaluate/{key}" for keys in (self.evaluations, self.base) for key in keys.values()})
        return {**asdict(self), "steps": steps}


def now() -> str:
    """Return the present as a night is named, in UTC."""
    return datetime.now(UTC).strftime(WHEN)


def nights(store: Store, run: str) -> list[Night]:
    """Return the nights of a run that ended, oldest first. StoreError for a record that cannot be read."""
    found = []
    for when in store.files.list(f"runs/{run}/nights"):
        name = f"runs/{run}/nights/{when}/night.json"
        try:
            record = json.loads(store.files.read(name))
            found.append(Night(**{key: record[key] for key in Night.__dataclass_fields__}))
        except MissingError:
            continue
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"{store.uri}/{name}: not the record of a night ({error}); delete its folder: its evaluations "
                "stay in the store"
            ) from error
    return found


def write(store: Store, night: Night) -> None:
    """Write the record of a night, as `nights` reads it."""
    store.files.write(f"{night.folder}/night.json", json.dumps(night.to_json(), indent=1, sort_keys=True).encode())
