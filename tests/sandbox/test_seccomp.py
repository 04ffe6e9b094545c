"""The system call filter, run by an interpreter of BPF instructions."""

from __future__ import annotations

import struct

import pytest

from sandbox.inside import seccomp

X86_64, I386 = 0xC000003E, 0x40000003
ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
PROGRAM = seccomp.instructions()


def decide(number: int, *arguments: int, arch: int = X86_64) -> tuple[int, int]:
    """Return the filter's action and the number of instructions that ran."""
    data = struct.pack("<IIQ6Q", number, arch, 0, *arguments, *(0,) * (6 - len(arguments)))
    accumulator = at = steps = 0
    while True:
        code, if_true, if_false, k = PROGRAM[at]
        at, steps = at + 1, steps + 1
        if code == 0x06:
            return k, steps
        if code == 0x20:
            accumulator = int.from_bytes(data[k : k + 4], "little")
            continue
        holds = {0x15: accumulator == k, 0x35: accumulator >= k, 0x45: bool(accumulator & k)}[code]
        at += if_true if holds else if_false


def test_exactly_what_is_named_is_allowed() -> None:
    allowed = {number for number in range(1024) if decide(number)[0] == ALLOW}
    assert allowed == {*seccomp._PLAIN.values(), 56, 302}, "clone without flags, and prlimit on itself"


@pytest.mark.parametrize(
    "name",
    [
        "socket=41", "execve=59", "execveat=322", "ptrace=101", "unshare=272", "setns=308", "mount=165",
        "pivot_root=155", "chroot=161", "mknod=133", "mknodat=259", "setuid=105", "setgid=106", "setresuid=117",
        "setgroups=116", "capset=126", "keyctl=250", "add_key=248", "request_key=249", "bpf=321",
        "perf_event_open=298", "userfaultfd=323", "io_uring_setup=425", "io_uring_enter=426", "memfd_create=319",
        "memfd_secret=447", "process_vm_readv=310", "process_vm_writev=311", "shmget=29", "semget=64", "msgget=68",
        "mq_open=240", "personality=135", "modify_ldt=154", "kexec_load=246", "init_module=175", "finit_module=313",
        "pidfd_open=434", "pidfd_getfd=438", "pidfd_send_signal=424", "open_by_handle_at=304", "clock_settime=227",
        "settimeofday=164", "sethostname=170", "setpriority=141", "sched_setscheduler=144", "ioprio_set=251",
        "seccomp=317", "landlock_create_ruleset=444", "vmsplice=278", "splice=275", "tee=276",
    ],
)  # fmt: skip
def test_refused(name: str) -> None:
    assert decide(int(name.partition("=")[2]))[0] == EPERM, name


def test_what_the_arguments_decide() -> None:
    assert decide(56, 0x003D0F00)[0] == ALLOW, "a thread"
    for flag in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x8000):
        assert decide(56, flag | 17)[0] == EPERM, f"clone with {flag:#x}"
    assert decide(435)[0] == ENOSYS, "clone3: the C library falls back to clone"
    assert [decide(53, family)[0] for family in (1, 2, 16, 40)] == [ALLOW, EPERM, EPERM, EPERM]
    assert [decide(302, pid)[0] for pid in (0, 1, 2)] == [ALLOW, EPERM, EPERM]
    assert [decide(157, option)[0] for option in (15, 4, 38, 22)] == [ALLOW, EPERM, EPERM, EPERM]
    assert [decide(16, 0, request)[0] for request in (0x541B, 0x5412, 0x8912)] == [ALLOW, EPERM, EPERM]


def test_other_architectures() -> None:
    assert decide(0, arch=I386)[0] == KILL, "32-bit calls have other numbers"
    assert decide(0x40000000)[0] == EPERM, "x32"


def test_its_depth_is_a_cost_of_each_job() -> None:
    assert max(decide(number)[1] for number in range(512)) <= 24
