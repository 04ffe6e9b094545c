"""The attacks that the hostile programs must cover, and the cases for each."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache

from tests.sandbox.hostile.cases import cases

#: Attack -> its cases, by name or pattern. The first one represents the attack in `make test`.
COVERAGE: Mapping[str, tuple[str, ...]] = {
    # grader hacks
    "objects whose __eq__ lies": (
        "liars/object",
        "liars/equal_in_a_call",
        "liars/class_property",
        "liars/nested_in_*",
        "liars/mock_any*",
    ),
    "int and str subclasses whose __eq__ lies": (
        "liars/int_subclass",
        "liars/str_subclass",
        "liars/equal_*_plus",
        "liars/*_subclass",
    ),
    "__sub__/__abs__ lie": ("liars/arithmetic_*", "liars/abs_returns_smaller_*", "liars/equal_in_a_call"),
    "True for 1": ("liars/true_for_1_*", "liars/nested_true_for_1"),
    "sys.exit(0) at import": ("exits/sys_exit_at_import_*", "exits/sys_exit_stdin"),
    "os._exit(0) at import": ("exits/os_exit_at_import_*", "exits/os_exit_stdin"),
    "sys.exit(0) and os._exit(0) in the call": (
        "exits/sys_exit_in_call_*",
        "exits/os_exit_in_call_*",
        "exits/in_constructor",
        "exits/in_attribute",
    ),
    "sys.exit(0) and os._exit(0) after k right results": (
        "exits/sys_exit_after_two_right_*",
        "exits/after_two_right_*",
        "exits/before_the_last_result_*",
    ),
    "catching BaseException around everything": ("exits/catches_everything*", "honest/catches_everything"),
    "replacing builtins": (
        "patching/builtins_*",
        "patching/type_*",
        "patching/equality_*",
        "patching/import_*",
        "patching/assertion_error_*",
    ),
    "replacing json": ("patching/json_*", "patching/grader_modules_*", "patching/code_of_functions_*"),
    "replacing print": ("patching/print_*",),
    "replacing sys.stdout": ("patching/print_*", "patching/stdout_liar", "patching/stdout_closed"),
    "writing forged results to fd 1": ("forging/stdout_in_call", "output/passed", "output/verdict"),
    "writing forged results to every other fd": (
        "forging/*_on_every_fd",
        "forging/more_results",
        "forging/exit_frames",
        "forging/inherited_socket",
    ),
    "walking frames for expected values": (
        "snooping/frames",
        "snooping/objects_*",
        "snooping/constants_of_caller",
        "snooping/traceback_of_caller",
    ),
    "walking gc for expected values": ("snooping/objects_*", "snooping/evalplus_results"),
    "walking memory for expected values": ("leaks/memory_find", "leaks/answers_*", "snooping/memory_*"),
    "reading the test file": ("snooping/file_of_tests", "snooping/files_*"),
    "reading argv": ("snooping/file_of_tests", "snooping/files_*"),
    "reading /proc": ("snooping/files_*", "escape/proc_1", "escape/proc_secrets"),
    "overwriting the test file": ("escape/writes_outside", "leaks/modules_plant"),
    "planting modules for the next job": (
        "leaks/modules_find",
        "leaks/modules_*",
        "leaks/files_*",
        "leaks/patched_library_*",
    ),
    "printing a prefix of the output": (
        "output/count_prefix",
        "output/prefix_of_answer",
        "output/count_right_then_prefix",
        "liars/prefix_of_list",
    ),
    "printing more than the output": (
        "output/count_more",
        "output/answer_and_*",
        "output/answer_twice",
        "liars/more_than_list",
    ),
    "printing passed": ("output/passed", "forging/passed_on_every_fd*", "forging/stdout_in_call"),
    "printing a verdict frame": (
        "forging/verdict_on_every_fd",
        "forging/exit_frames",
        "forging/eight_byte_frames",
        "output/verdict",
    ),
    "a syntax error that makes tests vanish": (
        "exits/unclosed_string",
        "exits/open_*",
        "exits/trailing_backslash",
        "exits/syntax_error_late",
    ),
    "magic words in comments": ("exits/comment_of_tests", "honest/magic_words"),
    "the right answer and then sleeping for ever": (
        "exits/right_then_sleep",
        "exits/right_results_then_sleep",
        "exits/right_then_*",
    ),
    # resources
    "endless loop": ("resources/endless_*",),
    "sleep": ("resources/sleep*",),
    "all signals ignored": ("resources/all_signals_caught", "resources/all_signals_ignored"),
    "fork bomb": ("resources/fork_bomb", "resources/fork_*", "resources/pid_chase"),
    "thread bomb": ("resources/threads_until_refused", "resources/thread_bomb"),
    "zombies": ("resources/zombies", "resources/zombie_leader"),
    "daemons that outlive their parent": ("resources/daemon_*", "leaks/daemon_*"),
    "daemons with stdout closed": ("resources/daemon_with_stdout_closed",),
    "daemons with stdout kept open": ("resources/daemon_with_stdout_open", "resources/daemon_that_prints"),
    "memory hogs in the parent": (
        "resources/hog",
        "resources/hog_at_once",
        "resources/hog_of_objects",
        "resources/hog_in_call",
    ),
    "memory hogs in the child": (
        "resources/hog_child",
        "resources/hog_children_together",
        "resources/hog_shared_mappings_of_children",
    ),
    "decompression bombs": ("resources/decompression_bomb_gzip", "resources/decompression_bomb_*"),
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
        "output/nul_*",
        "output/invalid_utf_8",
        "output/surrogate*",
        "output/ansi",
        "honest/crlf",
        "honest/echo*",
        "output/line_of_50_mb",
        "output/every_byte",
    ),
    "as many results as calls, or it fails": ("forging/more_results", "exits/before_the_last_result_*"),
    # programs that are not hostile, or no programs
    "idioms of honest programs": ("honest/many_imports", "honest/*"),
    "source that is not Python": ("source/nul", "source/prose", "source/*"),
}


def covering(attack: str) -> list[str]:
    """Return the names of an attack's cases. Raises ValueError for a pattern that matches no case."""
    names: dict[str, None] = {}
    for pattern in COVERAGE[attack]:
        matching = [case.name for case in cases() if fnmatchcase(case.name, pattern)]
        if not matching:
            raise ValueError(f"no case is called {pattern!r}")
        names |= dict.fromkeys(matching)
    return list(names)


@cache
def representatives() -> frozenset[str]:
    """Return the first case of each attack."""
    return frozenset(covering(attack)[0] for attack in COVERAGE)
