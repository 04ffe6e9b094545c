"""The hostile programs: one file each in `programs/`, told by the comments at its top what is wanted of it.

    # problem: name of a problem in problems.json, or of _generated_problems()
    # want: the verdicts that are right, by comma
    # limits: cpu_s=1 wall_s=3 memory_mb=128     (may be missing; what is not named is DEFAULTS')
    # after: group/name                          (may be missing: the case that runs just before, on the same slot)
    # why: one line

A few programs cannot be files and are made here (GENERATED). COVERAGE names the cases for each phrase of the facts about hostile programs.
Never run a program of these outside of the sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, cast

from sandbox.job import Limits
from sandbox.verdict import Kind

FOLDER = Path(__file__).parent
PROGRAMS = FOLDER / "programs"
DEFAULTS = Limits(cpu_s=1, wall_s=4, memory_mb=128)
#: What the sandbox of the suite is started with: the most that any case asks for.
MOST = Limits(cpu_s=1, wall_s=4, memory_mb=512)
_KEYS = ("problem", "want", "limits", "after", "why")


@dataclass(frozen=True, slots=True)
class Case:
    """A program and the verdicts on it that are right. `name` is group/name; `after` is the name of the case to run first."""

    name: str
    problem: str
    want: frozenset[Kind]
    why: str
    program: bytes | str
    limits: Limits = DEFAULTS
    after: str | None = None

    @property
    def group(self) -> str:
        return self.name.partition("/")[0]


def read_case(path: Path) -> Case:
    """The case in a program's file. ValueError, naming the file, where its header is not as it should be."""
    name = f"{path.parent.name}/{path.stem}"
    program = path.read_bytes()
    header: dict[str, str] = {}
    for line in program.decode("utf-8", "replace").splitlines():
        if not line.startswith("#"):
            break
        key, colon, value = line.removeprefix("#").strip().partition(": ")
        if colon and key in _KEYS:
            if key in header:
                raise ValueError(f"{path}: two lines for {key!r}")
            header[key] = value.strip()
    missing = {"problem", "want", "why"} - header.keys()
    if missing:
        raise ValueError(f"{path}: its first lines must say {', '.join(sorted(missing))}")
    try:
        want = frozenset(Kind(word.strip()) for word in header["want"].split(","))
        limits = _limits(header.get("limits", ""))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error
    return Case(name, header["problem"], want, header["why"], program, limits, header.get("after"))


def _limits(text: str) -> Limits:
    fields = dict(pair.split("=", 1) for pair in text.split())
    numbers = {key: float(value) if key.endswith("_s") else int(value) for key, value in fields.items()}
    if "cpu_s" in numbers and "wall_s" not in numbers:
        numbers["wall_s"] = max(DEFAULTS.wall_s, 2 * numbers["cpu_s"])
    return replace(DEFAULTS, **cast(Any, numbers))


@cache
def cases() -> tuple[Case, ...]:
    """All of them, in the order of their names; the case that another one names in `after` comes first."""
    found = {case.name: case for case in (*map(read_case, sorted(PROGRAMS.glob("*/*.py"))), *GENERATED)}
    for case in found.values():
        if case.after is not None and case.after not in found:
            raise ValueError(f"{case.name}: `after` names {case.after}, which is no case")
        if case.problem not in problems():
            raise ValueError(f"{case.name}: no problem {case.problem!r}")
    return tuple(found.values())


def by_name(name: str) -> Case:
    return next(case for case in cases() if case.name == name)


@cache
def problems() -> Mapping[str, dict[str, Any]]:
    """Problems in the code schema, by id."""
    rows: list[dict[str, Any]] = json.loads((FOLDER / "problems.json").read_text(encoding="utf-8"))
    return {row["id"]: row for row in (*rows, *_generated_problems())}


def _generated_problems() -> Iterator[dict[str, Any]]:
    """What is too long for a file: the sum of the first line of 100 MB."""
    pad = ("x" * 999 + "\n") * 100_000
    yield {
        "id": "big_stdin", "source": "hostile", "split": "test", "prompt": "Print the sum of the first line's two integers.", "prompt_style": "stdin",
        "starter_code": "", "entry_point": None, "test_type": "stdin", "timeout_s": 10,
        "tests": [{"input": f"3 4\n{pad}", "output": "7\n"}, {"input": f"-10 4\n{pad[:1000]}", "output": "-6\n"}],
        "reference_solution": "a, b = map(int, input().split())\nprint(a + b)\n",
    }  # fmt: skip


_SUM = b"a, b = map(int, input().split())\nprint(a + b)\n"


def _made(name: str, want: str, why: str, program: bytes | str, **limits: Any) -> Case:
    return Case(
        f"source/{name}",
        "sum",
        frozenset(Kind(word) for word in want.split(", ")),
        why,
        program,
        replace(DEFAULTS, **limits),
    )


GENERATED = (
    _made("empty", "wrong", "no program at all", b""),
    _made("nul", "compile_error", "a NUL in the source", _SUM + b"x = '\x00'\n"),
    _made("invalid_utf_8", "compile_error", "a source that is no UTF-8", b"x = '\xff\xfe'\n" + _SUM),
    _made(
        "lone_surrogate", "compile_error", "a source as text that cannot be encoded", "x = '\ud800'\n" + _SUM.decode()
    ),
    _made("noise", "compile_error", "bytes that are no text", bytes(range(256)) * 40),
    _made(
        "prose",
        "compile_error",
        "an answer in words",
        b"The answer is simple: add both numbers.\n```python\nprint(5)\n```\n",
    ),
    _made("byte_order_mark", "accepted", "a byte order mark at the beginning", b"\xef\xbb\xbf" + _SUM),
    _made("crlf", "accepted", "lines that end as on Windows", _SUM.replace(b"\n", b"\r\n")),
    _made(
        "carriage_returns", "accepted", "lines that end as on old Macs: Python takes them", _SUM.replace(b"\n", b"\r")
    ),
    _made("form_feeds", "accepted", "form feeds between lines", b"\x0c\n" + _SUM.replace(b"\n", b"\n\x0c")),
    _made("no_last_newline", "accepted", "no line end at the end", _SUM.rstrip()),
    _made(
        "latin_1",
        "accepted",
        "an encoding that is declared",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\nassert len(x) == 1\n" + _SUM,
    ),
    _made(
        "deep_parentheses",
        "compile_error, runtime_error",
        "parentheses 100,000 deep",
        b"x = " + b"(" * 100_000 + b")" * 100_000 + b"\n" + _SUM,
    ),
    _made(
        "deep_brackets",
        "compile_error, runtime_error",
        "lists 190 deep, and more",
        b"x = " + b"[" * 5000 + b"]" * 5000 + b"\n" + _SUM,
    ),
    _made(
        "long_minus",
        "compile_error, runtime_error, memory_limit",
        "a million signs",
        b"x = " + b"-" * 1_000_000 + b"1\n" + _SUM,
    ),
    _made(
        "long_sum",
        "compile_error, runtime_error, memory_limit",
        "a sum of half a million terms",
        b"x = " + b"1+" * 500_000 + b"1\n" + _SUM,
    ),
    _made(
        "long_attribute",
        "compile_error, runtime_error, memory_limit",
        "half a million attributes",
        b"x = a" + b".a" * 500_000 + b"\n" + _SUM,
    ),
    _made(
        "long_elif",
        "compile_error, runtime_error, memory_limit, time_limit",
        "100,000 times elif",
        b"if 0: pass\n" + b"elif 0: pass\n" * 100_000 + _SUM,
    ),
    _made(
        "deep_indentation",
        "compile_error",
        "100 blocks in each other",
        b"".join(b" " * k + b"if 1:\n" for k in range(101)) + b" " * 101 + b"x\n" + _SUM,
    ),
    _made(
        "long_source",
        "time_limit, memory_limit, compile_error",
        "twenty megabytes of assignments",
        b"x = [1, 2]\n" * 2_000_000 + _SUM,
    ),
    _made(
        "compile_bomb",
        "wrong, memory_limit, time_limit",
        "constants that fold to more",
        b"x = " + b"(" * 60 + b"'a' * 4000" + b" * 4000)" * 60 + b"\n",
    ),
    _made(
        "long_number",
        "compile_error, wrong, runtime_error",
        "a literal of a million digits",
        b"x = " + b"7" * 1_000_000 + b"\n",
    ),
    _made(
        "null_coding",
        "compile_error, wrong",
        "an encoding in which the program is another",
        b"# -*- coding: rot13 -*-\ncevag(7)\n",
    ),
)

#: Phrases of the facts about hostile programs -> cases, by name or pattern.
COVERAGE: Mapping[str, tuple[str, ...]] = {
    # grader hacks
    "objects whose __eq__ lies": ("liars/object", "liars/equal_in_a_call", "liars/class_property", "liars/nested_in_*", "liars/mock_any*"),
    "int and str subclasses whose __eq__ lies": ("liars/int_subclass", "liars/str_subclass", "liars/equal_*_plus", "liars/*_subclass"),
    "__sub__/__abs__ lie": ("liars/arithmetic_*", "liars/abs_returns_smaller_*", "liars/equal_in_a_call"),
    "True for 1": ("liars/true_for_1_*", "liars/nested_true_for_1"),
    "sys.exit(0) at import": ("exits/sys_exit_at_import_*", "exits/sys_exit_stdin"),
    "os._exit(0) at import": ("exits/os_exit_at_import_*", "exits/os_exit_stdin"),
    "sys.exit(0) and os._exit(0) in the call": ("exits/sys_exit_in_call_*", "exits/os_exit_in_call_*", "exits/in_constructor", "exits/in_attribute"),
    "sys.exit(0) and os._exit(0) after k right results": ("exits/after_two_right_*", "exits/sys_exit_after_two_right_*", "exits/before_the_last_result_*"),
    "catching BaseException around everything": ("exits/catches_everything*", "honest/catches_everything"),
    "replacing builtins": ("patching/builtins_*", "patching/type_*", "patching/equality_*", "patching/import_*", "patching/assertion_error_*"),
    "replacing json": ("patching/json_*", "patching/grader_modules_*", "patching/code_of_functions_*"),
    "replacing print": ("patching/print_*",),
    "replacing sys.stdout": ("patching/print_*", "patching/stdout_liar", "patching/stdout_closed"),
    "writing forged results to fd 1": ("forging/stdout_in_call", "output/passed", "output/verdict"),
    "writing forged results to every other fd": ("forging/*_on_every_fd", "forging/more_results", "forging/exit_frames", "forging/inherited_socket"),
    "walking frames for expected values": ("snooping/frames", "snooping/objects_*", "snooping/constants_of_caller", "snooping/traceback_of_caller"),
    "walking gc for expected values": ("snooping/objects_*", "snooping/evalplus_results"),
    "walking memory for expected values": ("snooping/memory_*", "leaks/answers_*", "leaks/memory_*"),
    "reading the test file": ("snooping/file_of_tests", "snooping/files_*"),
    "reading argv": ("snooping/file_of_tests", "snooping/files_*"),
    "reading /proc": ("snooping/files_*", "escape/proc_1", "escape/proc_secrets"),
    "overwriting the test file": ("escape/writes_outside", "leaks/modules_plant"),
    "planting modules for the next job": ("leaks/modules_*", "leaks/files_*", "leaks/patched_library_*"),
    "printing a prefix of the output": ("output/count_prefix", "output/prefix_of_answer", "output/count_right_then_prefix", "liars/prefix_of_list"),
    "printing more than the output": ("output/count_more", "output/answer_and_*", "output/answer_twice", "liars/more_than_list"),
    "printing passed": ("output/passed", "forging/passed_on_every_fd*", "forging/stdout_in_call"),
    "printing a verdict frame": ("forging/verdict_on_every_fd", "forging/exit_frames", "forging/eight_byte_frames", "output/verdict"),
    "a syntax error that makes tests vanish": ("exits/unclosed_string", "exits/open_*", "exits/trailing_backslash", "exits/syntax_error_late"),
    "magic words in comments": ("exits/comment_of_tests", "honest/magic_words"),
    "the right answer and then sleeping for ever": ("exits/right_then_sleep", "exits/right_results_then_sleep", "exits/right_then_*"),
    # resources
    "endless loop": ("resources/endless_*",),
    "sleep": ("resources/sleep*",),
    "all signals ignored": ("resources/all_signals_*",),
    "fork bomb": ("resources/fork_*", "resources/pid_chase"),
    "thread bomb": ("resources/thread_bomb", "resources/threads_until_refused"),
    "zombies": ("resources/zombies", "resources/zombie_leader"),
    "daemons that outlive their parent": ("resources/daemon_*", "leaks/daemon_*"),
    "daemons with stdout closed": ("resources/daemon_with_stdout_closed",),
    "daemons with stdout kept open": ("resources/daemon_with_stdout_open", "resources/daemon_that_prints"),
    "memory hogs in the parent": ("resources/hog", "resources/hog_at_once", "resources/hog_of_objects", "resources/hog_in_call"),
    "memory hogs in the child": ("resources/hog_child", "resources/hog_children_combined", "resources/hog_shared_mappings_of_children"),
    "decompression bombs": ("resources/decompression_bomb_*",),
    "10**10**8": ("resources/power_tower*", "output/huge_integer"),
    "a regex that holds the GIL": ("resources/regex*",),
    "recursion": ("resources/recursion*", "output/deep*", "source/deep_*"),
    "segfault": ("resources/segfault*", "resources/bus_error"),
    "abort": ("resources/abort",),
    "1 GB on stdout": ("resources/gigabyte_on_stdout", "resources/white_space_without_end"),
    "1 GB on stderr": ("resources/gigabyte_on_stderr",),
    "never reading 100 MB of stdin": ("resources/stdin_never_read*",),
    "/tmp filled by size": ("files/size", "files/deleted_but_open"),
    "/tmp filled by inodes": ("files/inodes", "files/folders", "files/hard_links"),
    "/tmp filled by sparse files": ("files/sparse",),
    "/tmp filled by depth": ("files/depth*", "leaks/deep_folders_*"),
    "/tmp filled by mode-000 directories": ("files/mode_000", "files/mode_of_tmp", "files/depth_without_rights"),
    "fifos": ("files/fifos",),
    "core dumps": ("resources/core_dump", "leaks/core_*"),
    # escape and leaks
    "network": ("escape/network*", "escape/socket_*", "escape/server"),
    "DNS": ("escape/dns",),
    "169.254.169.254": ("escape/metadata_service",),
    "AF_VSOCK": ("escape/socket_vsock", "escape/socket_by_syscall"),
    "AF_NETLINK": ("escape/socket_netlink",),
    "AF_PACKET": ("escape/socket_packet",),
    "AF_ALG": ("escape/socket_alg",),
    "io_uring": ("escape/io_uring",),
    "bpf": ("escape/bpf",),
    "perf": ("escape/perf",),
    "userfaultfd": ("escape/userfaultfd",),
    "ptrace": ("escape/ptrace",),
    "process_vm_readv": ("escape/process_vm_readv",),
    "keyctl": ("escape/keyctl", "leaks/keyring_*"),
    "abstract sockets between jobs": ("leaks/abstract_socket_*",),
    "SysV ipc between jobs": ("leaks/sysv_*",),
    "POSIX ipc between jobs": ("leaks/posix_shm_*", "leaks/message_queue_*"),
    "kill(1)": ("escape/kill_init",),
    "kill(-1)": ("escape/kill_all", "escape/kill_by_child"),
    "kill(parent)": ("escape/kill_parent", "escape/kill_group"),
    "/proc/1": ("escape/proc_1",),
    "setuid(0)": ("escape/setuid_0", "escape/capabilities"),
    "unshare": ("escape/unshare", "escape/clone*_namespaces"),
    "mount": ("escape/mount",),
    "pivot_root": ("escape/pivot_root",),
    "mknod": ("escape/mknod",),
    "setns": ("escape/setns",),
    "symlinks left for the host to follow": ("files/symlinks", "escape/symlink_out"),
    "environment secrets": ("escape/environment*", "honest/code_of_tests_sees_no_secret"),
    "docker.sock": ("escape/engine_sockets",),
    "/dev/kvm": ("escape/device_files",),
    "binaries executed from /tmp": ("escape/exec_written", "escape/exec_mapping", "escape/exec_memfd"),
    # what the grader says of outputs
    "NUL, invalid UTF-8, lone surrogates, ANSI, CRLF and one 50 MB line are data": (
        "output/nul_*", "output/invalid_utf_8", "output/surrogate*", "output/ansi", "honest/crlf", "honest/echo*", "output/line_of_50_mb", "output/every_byte",
    ),
    "as many results as calls, or it fails": ("forging/more_results", "exits/before_the_last_result_*"),
}  # fmt: skip


def covering(patterns: tuple[str, ...]) -> set[str]:
    """Names of the cases that the patterns match; ValueError for a pattern that matches none."""
    names: set[str] = set()
    for pattern in patterns:
        matching = {case.name for case in cases() if fnmatchcase(case.name, pattern)}
        if not matching:
            raise ValueError(f"no case is called {pattern!r}")
        names |= matching
    return names
