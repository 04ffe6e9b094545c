"""The system call filter of a job: an allow-list for x86-64, assembled with `struct`. Other calls fail with EPERM.

It is an allow-list so that calls of future kernels are closed by default: AF_VSOCK, io_uring, bpf, userfaultfd, keyctl,
memfd_create and the like are closed without being named. It holds what CPython, numpy, threads and files in /tmp need.
Nothing may be executed, no socket opened, no namespace made. Of other processes only the job's own can be signalled:
the job cannot name any other.
"""

from __future__ import annotations

import ctypes
import struct

# BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_JMP|JSET|K, BPF_RET|K
_LOAD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_NR, _ARCH = 0, 4  # offsets in struct seccomp_data
_X86_64, _X32_BIT = 0xC000003E, 0x40000000
_SECCOMP, _SET_MODE_FILTER = 317, 1

#: The system calls that are allowed with any arguments.
_NAMES = """
    read=0 write=1 close=3 fstat=5 lseek=8 mmap=9 mprotect=10 munmap=11 brk=12 pread64=17 pwrite64=18 readv=19
    writev=20 mremap=25 msync=26 mincore=27 madvise=28 rt_sigaction=13 rt_sigprocmask=14 rt_sigreturn=15
    rt_sigpending=127 rt_sigtimedwait=128 rt_sigsuspend=130 sigaltstack=131 open=2 stat=4 lstat=6 access=21 openat=257
    newfstatat=262 faccessat=269 statx=332 faccessat2=439 poll=7 select=23 epoll_create=213 epoll_wait=232
    epoll_ctl=233 pselect6=270 ppoll=271 epoll_pwait=281 epoll_create1=291 eventfd2=290 eventfd=284 pipe=22 pipe2=293
    dup=32 dup2=33 dup3=292 fcntl=72 flock=73 close_range=436 sendto=44 recvfrom=45 fsync=74 fdatasync=75 truncate=76
    ftruncate=77 fallocate=285 sendfile=40 copy_file_range=326 getdents=78 getdents64=217 getcwd=79 chdir=80 fchdir=81
    rename=82 renameat=264 renameat2=316 mkdir=83 mkdirat=258 rmdir=84 creat=85 link=86 linkat=265 unlink=87
    unlinkat=263 symlink=88 symlinkat=266 readlink=89 readlinkat=267 chmod=90 fchmod=91 fchmodat=268 umask=95
    utime=132 utimes=235 futimesat=261 utimensat=280 statfs=137 fstatfs=138 nanosleep=35 clock_nanosleep=230
    gettimeofday=96 time=201 clock_gettime=228 clock_getres=229 times=100 getitimer=36 alarm=37 setitimer=38
    timer_create=222 timer_settime=223 timer_gettime=224 timer_getoverrun=225 timer_delete=226 timerfd_create=283
    timerfd_settime=286 timerfd_gettime=287 pause=34 getrlimit=97 getrusage=98 sysinfo=99 setrlimit=160 uname=63
    sched_yield=24 sched_setaffinity=203 sched_getaffinity=204 getcpu=309 getrandom=318 getpid=39 getuid=102
    getgid=104 geteuid=107 getegid=108 getppid=110 getpgrp=111 setsid=112 getpgid=121 getsid=124 setpgid=109
    getresuid=118 getresgid=120 getgroups=115 gettid=186 fork=57 vfork=58 wait4=61 waitid=247 exit=60 exit_group=231
    restart_syscall=219 kill=62 tkill=200 tgkill=234 signalfd=282 signalfd4=289 futex=202 set_robust_list=273
    get_robust_list=274 rseq=334 set_tid_address=218 arch_prctl=158 membarrier=324
"""
_PLAIN = {name: int(number) for name, number in (pair.split("=") for pair in _NAMES.split())}
_CLONE, _CLONE3, _SOCKETPAIR, _PRLIMIT, _PRCTL, _IOCTL = 56, 435, 53, 302, 157, 16
# Refused flags of clone: CLONE_NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET; and CLONE_PARENT, which would make
# a sibling of the job instead of a child.
_NO_CLONE = 0x7E020000 | 0x8000
_PRCTLS = (15, 16, 1, 2, 0x53564D41)  # SET_NAME GET_NAME SET_PDEATHSIG GET_PDEATHSIG SET_VMA (malloc names its arenas)
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX
_AF_UNIX = 1

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, k


def _argument(index: int) -> int:
    """Return the offset of an argument's low half: the arguments checked here are 32 bits wide in the kernel too."""
    return 16 + 8 * index


def _only(number: int, checks: list[Instruction]) -> list[Instruction]:
    """Return `checks`, which end in a return, for the system call `number` only.

    The accumulator holds the number of the system call before and after.
    """
    return [(_JEQ, 0, len(checks), number), *checks]


def _one_of(number: int, index: int, values: tuple[int, ...]) -> list[Instruction]:
    jumps: list[Instruction] = [(_JEQ, len(values) - i, 0, value) for i, value in enumerate(values)]
    return _only(number, [(_LOAD, 0, 0, _argument(index)), *jumps, (_RET, 0, 0, _EPERM), (_RET, 0, 0, _ALLOW)])


def instructions() -> list[Instruction]:
    """Return the filter as BPF instructions."""
    flags = [(_LOAD, 0, 0, _argument(0)), (_JSET, 0, 1, _NO_CLONE), (_RET, 0, 0, _EPERM), (_RET, 0, 0, _ALLOW)]
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH), (_JEQ, 1, 0, _X86_64), (_RET, 0, 0, _KILL),
        (_LOAD, 0, 0, _NR), (_JGE, 0, 1, _X32_BIT), (_RET, 0, 0, _EPERM),
        *_only(_CLONE, flags),
        *_only(_CLONE3, [(_RET, 0, 0, _ENOSYS)]),  # a filter cannot read its flags in memory; glibc falls back to clone
        *_one_of(_SOCKETPAIR, 0, (_AF_UNIX,)),
        *_one_of(_PRLIMIT, 0, (0,)),  # 0 is the process itself
        *_one_of(_PRCTL, 0, _PRCTLS),
        *_one_of(_IOCTL, 1, _IOCTLS),
    ]  # fmt: skip
    return [*program, *_search(_ranges(sorted(_PLAIN.values())))]


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Return (first number, action) of each range of numbers with the same action, from 0 on."""
    found = [(0, _EPERM)] if numbers[0] > 0 else []
    for number in numbers:
        if not found or found[-1] != (number, _EPERM) or number == 0:
            found.append((number, _ALLOW))
        else:
            found.pop()
        found.append((number + 1, _EPERM))
    return found


def _search(ranges: list[tuple[int, int]]) -> list[Instruction]:
    """Return a binary search over the ranges.

    The kernel runs the filter for each system call number when it is installed, so its depth is a cost of each job.
    """
    if len(ranges) == 1:
        return [(_RET, 0, 0, ranges[0][1])]
    half = len(ranges) // 2
    low, high = _search(ranges[:half]), _search(ranges[half:])
    if len(low) > 255:
        raise ValueError("a jump over more than 255 instructions")
    return [(_JGE, len(low), 0, ranges[half][0]), *low, *high]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


class Filter:
    """The assembled filter."""

    def __init__(self) -> None:
        code = b"".join(struct.pack("=HBBI", *each) for each in instructions())
        self._program = _Program(len(code) // 8, code)
        self._reference = ctypes.byref(self._program)

    def install(self, libc: ctypes.CDLL) -> None:
        """Apply the filter to this process and its future children, which need no_new_privs. Raises OSError."""
        if libc.syscall(_SECCOMP, _SET_MODE_FILTER, 0, self._reference):
            raise OSError(ctypes.get_errno(), "the system call filter cannot be installed")
