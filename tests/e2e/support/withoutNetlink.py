#!/usr/bin/env python3
"""Runs the program $PROGRAM with the arguments given, without netlink sockets: Linux does not tell it that networks change."""

import ctypes
import os
import struct
import sys

AF_NETLINK = 16
# The number of the system call socket(), by architecture.
SOCKET = {"x86_64": 41, "aarch64": 198}[os.uname().machine]

# From <linux/filter.h>: load a word of the call; skip instructions unless the word is this one; return.
LOAD, SKIP_UNLESS, RETURN = 0x20, 0x15, 0x06
# Offsets in struct seccomp_data.
NUMBER, FIRST_ARGUMENT = 0, 16
# EAFNOSUPPORT, as from a kernel without netlink.
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 97

INSTRUCTIONS = [
    (LOAD, 0, NUMBER),
    (SKIP_UNLESS, 3, SOCKET),
    (LOAD, 0, FIRST_ARGUMENT),
    (SKIP_UNLESS, 1, AF_NETLINK),
    (RETURN, 0, REFUSE),
    (RETURN, 0, ALLOW),
]
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38


class Filter(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


libc = ctypes.CDLL(None, use_errno=True)
libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


def prctl(option, *values):
    if libc.prctl(option, *values) != 0:
        raise OSError(ctypes.get_errno(), "Linux refuses the seccomp filter")


packed = Filter(len(INSTRUCTIONS), b"".join(struct.pack("=HBBI", code, 0, skip, value) for code, skip, value in INSTRUCTIONS))
# Other users than root may set a filter only with this.
prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(packed), 0, 0)
program = os.environ["PROGRAM"]
os.execv(program, [program, *sys.argv[1:]])
