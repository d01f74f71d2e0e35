#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""
Compares selftests/fuzz/khmap.txt and its constants with include/uapi/linux/khmap.h.

  syzlang.py c           a C file that compiles if both say the same
  syzlang.py missing     what the header has and the description has not, one a line
  syzlang.py const       khmap.txt.const, from a C compiler
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
HEADERS = [os.path.join(TOP, "include/uapi/linux", name)
           for name in ("khmap.h", "khmap_batch.h", "khmap_version.h")]
INCLUDES = ["-I" + os.path.join(TOP, "include/uapi"), "-I" + os.path.join(TOP, "include")]
# Numbers that only say how far something goes, and words of C.
UNSAID = re.compile(r"KHMAP_(ABI_VERSION|DEVICE_DIR|CONTROL_NAME|IOC_TYPE|\w+_FLAGS|GROWTH_\w+"
                    r"|VERSION_(LIVE|SECOND|KEPT|FORMER)|POOL_PAGES_DEFAULT|BATCH_MAX|ATOMIC_MAX"
                    r"|OP_SIZE_MAX|STRIDE_MAX|SAMPLERS_MAX)$")
# Another view of a struct of the header.
VIEWS = {"khmap_ioc_record_put": "khmap_ioc_record", "khmap_ioc_batch_ops": "khmap_ioc_batch"}
# Of other headers, as a description of them says.
FOREIGN = "#include <fcntl.h>\n#include <linux/io_uring.h>\n"


def read(name):
    with open(name, encoding="ascii") as file:
        return file.read()


def description():
    """The lines of khmap.txt that say something."""
    text = read(os.environ.get("KHMAP_SYZLANG", os.path.join(HERE, "khmap.txt")))
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def constants():
    """Names and values of khmap.txt.const."""
    name = os.environ.get("KHMAP_SYZLANG", os.path.join(HERE, "khmap.txt")) + ".const"
    found = {}
    for line in read(name).splitlines():
        match = re.match(r"(\w+) = (\d+)$", line)
        if match and not line.startswith("arches"):
            found[match.group(1)] = int(match.group(2))
    return found


def names_used(lines):
    """Constants that the description names."""
    return set(re.findall(r"\b((?:KHMAP|IORING_OP|IOSQE|O|AT)_[A-Z0-9_]+)\b",
                          "\n".join(re.sub(r"\$\w+", "", line) for line in lines)))


def structs(lines):
    """Name to a list of (field, type)."""
    found, current = {}, None
    for line in lines:
        match = re.match(r"(khmap_\w+) \{$", line)
        if match:
            current = found.setdefault(match.group(1), [])
        elif line.startswith("}") or line.startswith("type "):
            current = None
        elif current is not None:
            field, kind = line.split(None, 1)
            current.append((field, re.sub(r"\s*\((in|out|inout)\)$", "", kind)))
    return found


def size_of(kind):
    """Bytes of a field."""
    match = re.match(r"array\[int8, (\d+)\]$", kind)
    if match:
        return int(match.group(1))
    if kind.startswith("ptr64["):
        return 8
    if kind.startswith("fd_khmap") or kind in ("uid", "gid"):
        return 4
    if kind in ("khmap_id", "khmap_generation"):
        return 8
    match = re.match(r"int(\d+)(\[[^]]*\])?$", kind) or re.search(r"\bint(\d+)\]$", kind)
    if not match:
        sys.exit(f"syzlang.py: not a type that is known here: {kind}")
    return int(match.group(1)) // 8


def layout(name, fields):
    """Asserts that a struct lies as in the header."""
    of, at = VIEWS.get(name, name), 0
    for field, kind in fields:
        size = size_of(kind)
        align = 1 if kind.startswith("array[int8") else size
        at = (at + align - 1) // align * align
        yield (f'_Static_assert(offsetof(struct {of}, {field}) == {at} && '
               f'sizeof(((struct {of} *)0)->{field}) == {size}, "{name}.{field}");')
        at += size
    at = (at + 7) // 8 * 8 if any(size_of(kind) == 8 for _, kind in fields) else at
    yield f'_Static_assert(sizeof(struct {of}) == {at}, "size of {name}");'


def c_file():
    """Everything as static assertions."""
    lines = description()
    yield "#include <stddef.h>\n" + FOREIGN + "#include <linux/khmap.h>\n"
    known = constants()
    for name in sorted(names_used(lines) - set(known)):
        yield f'_Static_assert(0, "{name} is not among the constants");'
    for name, value in sorted(known.items()):
        yield f'_Static_assert((unsigned long long){name} == {value}ull, "{name}");'
    for name, fields in structs(lines).items():
        yield from layout(name, fields)


def header_names():
    """Constants, structs and fields of the header."""
    text = re.sub(r"/\*.*?\*/", "", "".join(read(name) for name in HEADERS), flags=re.S)
    names = re.findall(r"^#define\s+(KHMAP_\w+)\s", text, flags=re.M)
    for body in re.findall(r"^enum \w+ \{(.*?)^\};", text, flags=re.M | re.S):
        names += re.findall(r"^\s*(KHMAP_\w+)", body, flags=re.M)
    fields = {}
    for name, body in re.findall(r"^struct (khmap_\w+) \{(.*?)^\};", text, flags=re.M | re.S):
        fields[name] = re.findall(r"(\w+)(?:\[[^]]*\])?;", body)
    return names, fields


def missing():
    """What nothing is said of."""
    lines = description()
    names, fields = header_names()
    used = names_used(lines)
    described = structs(lines)
    for name in names:
        if name not in used and not UNSAID.match(name):
            yield name
        if name.startswith("KHMAP_IOC_") and not UNSAID.match(name) and \
                not any(line.startswith("ioctl$" + name) for line in lines):
            yield f"ioctl${name}"
        if name.startswith("KHMAP_URING_") and \
                not any(f"syz_io_uring_submit${name}(" in line for line in lines):
            yield f"syz_io_uring_submit${name}"
    for name, expected in fields.items():
        if name not in described:
            yield f"struct {name}"
            continue
        for view in [name] + [v for v, of in VIEWS.items() if of == name]:
            if [field for field, _ in described[view]] != expected:
                yield f"struct {view}: other fields, or another order"


def const_file():
    """The constants, as a compiler knows them."""
    names = sorted(names_used(description()))
    source = FOREIGN + "#include <stdio.h>\n#include <linux/khmap.h>\nint main(void) {\n"
    for name in names:
        source += f'printf("{name} = %llu\\n", (unsigned long long){name});\n'
    source += "}\n"
    program = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"khmap-const.{os.getpid()}")
    try:
        subprocess.run(["gcc", "-D_GNU_SOURCE", "-x", "c", *INCLUDES, "-o", program, "-"],
                       input=source.encode(), check=True)
        values = subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout
    finally:
        if os.path.exists(program):
            os.unlink(program)
    yield "# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause"
    yield "# Made by syzlang.py const."
    yield "arches = 386, amd64, arm, arm64, riscv64, s390x"
    yield values.decode().rstrip()


PARTS = {"c": c_file, "missing": missing, "const": const_file}

if len(sys.argv) != 2 or sys.argv[1] not in PARTS:
    sys.exit(__doc__.strip())
for part in PARTS[sys.argv[1]]():
    print(part)
