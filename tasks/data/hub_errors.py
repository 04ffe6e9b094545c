"""What to say of a name of the hub that gives nothing. The client's own hints speak of its calls, not of a spec."""

from __future__ import annotations

from huggingface_hub.constants import is_offline_mode
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError: of whichever HTTP library it uses
    GatedRepoError,
    HTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)


def hub_reason(error: Exception, instead: str) -> str:
    """Return why the hub's client raised `error`, and what to do. `instead`: what to do without the hub."""
    if isinstance(error, LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # the local cache was tried after the hub
    if isinstance(error, GatedRepoError):
        return "it is gated: accept its terms on the hub, and give a token (HF_TOKEN)"
    if isinstance(error, RepositoryNotFoundError):
        return f"the hub shows none of this name: correct it, give a token (HF_TOKEN) if it is private, or {instead}"
    if isinstance(error, RevisionNotFoundError):
        return "the hub has no such revision of it: correct the revision"
    response = getattr(error, "response", None)
    if response is not None:
        return f"the hub answers with status {response.status_code}: try again later, or {instead}"
    if is_offline_mode():
        return f"HF_HUB_OFFLINE is set: unset it, or {instead}"
    if isinstance(error, ConnectionError | TimeoutError | FileNotFoundError | HTTPError):
        return f"the hub does not answer: check the network, or {instead}"
    return f"{first_line(error)}; correct that, or {instead}"


def no_answer(error: Exception) -> bool:
    """Return whether the hub was not reached, so that nothing is known of the name that was asked for."""
    reached = getattr(error, "response", None) is not None
    return not reached and (is_offline_mode() or isinstance(error, ConnectionError | TimeoutError | HTTPError))


def first_line(error: BaseException) -> str:
    """Return the type of an error, and the first line of its text."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
