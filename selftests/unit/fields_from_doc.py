#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Holds the tables of legal values in Documentation/image-format.rst against library and engine.

    fields_from_doc.py RST IMAGES BIN     BIN has the programs probe, probe_restore and khmap-read

Each row of the tables of the header, the geometry and the bucket is violated in every way that is
listed here, with checksums made anew; what the row promises must come of it.  A row without a
violation, a violation without a row, a range in the page whose neighbours are not tried, and an
errno that does not come are failures.  The report is TAP.
"""

import os
import re
import subprocess
import sys
import tempfile

from reader_from_doc import FIELDS, Image, xxh64

MAX32, MAX64, PAGE = (1 << 32) - 1, (1 << 64) - 1, 4096
NO_TABLE = {"checksum_offset": 0, "checksum_count": 0, "checksum_checksum": 0,
            "header_checksum": 0}


def tables(text):
    """All simple tables with a header: (columns, rows); cells of several lines are joined."""
    blocks = re.findall(r"^(=+(?:  +=+)+)\n(.*)\n\1\n((?:.*\n)*?)\1$", text, re.M)
    for border, head, body in blocks:
        starts = [match.start() for match in re.finditer("=+", border)]
        spans = list(zip(starts, starts[1:] + [None]))
        rows = []
        for line in body.splitlines():
            cells = [line[a:b].strip() for a, b in spans]
            if cells[0]:
                rows.append(cells)
            else:
                rows[-1] = [" ".join(pair).strip() for pair in zip(rows[-1], cells)]
        yield [head[a:b].strip() for a, b in spans], rows


def violations(h):
    """Of each field: (changes, errno), the errno None if the row names only one."""
    primary_end = h.primary_offset + h.primary_pages_max * PAGE
    need = 8 + h.tags_size + h.bucket_slots * h.slot_stride
    one = {
        "magic": [b"KHMAPIMg"], "features_read": [1, 1 << 31], "kind": [0, 1, 3],
        "hash_kind": [0, 3, MAX32], "load_percent": [9, 96],
        "page_shift": [0, 11, 17, 40], "layout": [0, 3], "key_size": [0, 4097, MAX32],
        "value_size": [0, 4097, MAX32],
        "value_offset": [h.key_size - 1, h.key_size + 1, PAGE + 8, MAX32],
        "slot_stride": [h.value_offset + h.value_size - 8, h.slot_stride + 1, PAGE + 8, MAX32 - 7],
        "meta_kind": [1, 2], "meta_offset": [1, 8], "value_kind": [1],
        "bucket_stride": [0, need - 8, h.bucket_stride + 4, PAGE + 8],
        "bucket_slots": [0, h.bucket_slots + 1, 16, MAX32],
        "buckets_per_page": [0, PAGE // h.bucket_stride + 1, 1025, MAX32],
        "tags_size": [0, 7, 9, 15, 17, 24], "overflow_slots": [0, 8, MAX32],
        "overflow_stride": [0, 16 + h.overflow_slots * h.slot_stride - 8, h.overflow_stride + 4,
                            PAGE + 8],
        "overflow_per_page": [0, PAGE // h.overflow_stride + 1, MAX32],
        "overflow_shift": [1, 17, MAX32], "inline_slots": [16, MAX32],
        "inline_offset": [0, 632, h.inline_offset + 4, PAGE - 8, MAX32], "reserved": [1],
        "primary_offset": [0, h.primary_offset + 8, h.image_size, MAX64 - PAGE + 1],
        "primary_pages_max": [h.primary_pages_max + 1, 1 << 22, MAX64],
        "overflow_offset": [0, h.primary_offset, primary_end + 8, h.image_size,
                            MAX64 - PAGE + 1],
        "overflow_pages_max": [h.overflow_pages_max + 1, 1 << 32, MAX64],
        "image_size": [0, PAGE - 1, h.image_size + 1, h.image_size - PAGE, 1 << 63],
        "generation_offset": [1], "schema_hash": [0, h.schema_hash ^ 1],
        "schema_offset": [0, 639, h.inline_offset, MAX32], "schema_length": [1025, MAX32],
        "checksum_count": [0, h.checksum_count + 1, MAX64],
        "checksum_offset": [0, PAGE, h.checksum_offset + 8],
        "primary_pages": [h.primary_pages_max + 1, MAX32],
        "overflow_pages": [h.overflow_pages_max + 1, MAX32],
        "name": [b"x" * 64, b"a\0b".ljust(64, b"\0")],
        "reserved_header": [b"\1".ljust(144, b"\0"), b"\1".rjust(144, b"\0")],
        "reserved_shape": [b"\1".ljust(116, b"\0"), b"\1".rjust(116, b"\0")],
        "shape": [1, 1023, (h.primary_pages_max << 10) + 1, MAX32],
        "mask": [0, h.mask ^ 1], "successor": [1],
    }
    found = {name: [({name: value}, None) for value in values] for name, values in one.items()}
    found["byte_order"] = [({"byte_order": 0x04030201}, "EPROTONOSUPPORT"),
                           ({"byte_order": 0x01020305}, "EUCLEAN")]
    found["version"] = [({"version": 0}, "EUCLEAN"), ({"version": 2}, "EPROTONOSUPPORT"),
                        ({"version": MAX32}, "EPROTONOSUPPORT")]
    found["header_checksum"] = [({"header_checksum": h.header_checksum ^ 1}, "EBADMSG"),
                                ({"header_checksum": 0}, "EUCLEAN"),
                                ({**NO_TABLE, "header_checksum": 1}, "EBADMSG")]
    found["checksum_checksum"] = [({"checksum_checksum": h.checksum_checksum ^ 1}, "EBADMSG"),
                                  ({**NO_TABLE, "checksum_checksum": 1}, "EUCLEAN")]
    return found


def restore_violations(h):
    """Likewise, of what a restore asks: more values, and some that a reader takes."""
    found = violations(h)
    more = {
        "features_write": [1, 1 << 31], "hash_secret": [bytes(16)],
        "entries": [0, h.entries - 1, h.entries + 1],
        "overflow_entries": [0, h.overflow_entries + 1, MAX64],
        "overflow_buckets": [0, h.overflow_buckets - 1, MAX64],
        "max_entries": [0, h.entries - 1, MAX64 - 1],
        "primary_pages": [0, h.primary_pages_max - 1],
        "primary_pages_max": [h.primary_pages_max - 1],
        "overflow_pages": [0, h.overflow_pages_max - 1, 1 << 22],
        "overflow_pages_max": [0, h.overflow_pages_max - 1],
        "primary_offset": [2 * PAGE], "overflow_offset": [h.overflow_offset + PAGE],
        "image_size": [h.image_size + PAGE], "schema_offset": [648],
        "shape": [h.shape + 1, h.shape - 1024, h.shape + 1024],
        # Legal for a reader, and not as solved.
        "layout": [2], "value_offset": [h.value_offset + 8], "slot_stride": [h.slot_stride + 8],
        "bucket_stride": [h.bucket_stride - 8, h.bucket_stride + 8],
        "bucket_slots": [h.bucket_slots - 1], "buckets_per_page": [h.buckets_per_page - 1],
        "tags_size": [16], "overflow_stride": [h.overflow_stride + 8],
        "overflow_slots": [h.overflow_slots - 1, h.overflow_slots + 1],
        "overflow_per_page": [h.overflow_per_page - 1], "overflow_shift": [h.overflow_shift + 1],
        "inline_slots": [h.inline_slots - 1], "inline_offset": [h.inline_offset + 8],
        "key_size": [4], "value_size": [4096],
    }
    for name, values in more.items():
        found.setdefault(name, []).extend(({name: value}, None) for value in values)
    found["page_shift"] = [({"page_shift": value}, errno) for value, errno in
                           [(0, "EUCLEAN"), (11, "EUCLEAN"), (17, "EUCLEAN"), (MAX32, "EUCLEAN"),
                            (13, "EPROTONOSUPPORT"), (16, "EPROTONOSUPPORT")]]
    found["kind"] = [({"kind": 1}, "EINVAL"), ({"kind": 0}, "EUCLEAN"), ({"kind": 3}, "EUCLEAN")]
    for name in RESTORE_ANY:
        found.pop(name, None)
    return found


# Of fields with any legal value, some other value.
ANY = {name: 1 << 31 for name in
       "features_compat features_write map_id created_ns snapshot_ns epoch entries "
       "overflow_entries overflow_buckets max_entries".split()}
ANY["hash_secret"] = bytes(16)

# Of those at which a restore does not look.
RESTORE_ANY = {name: 1 << 31 for name in
               "features_compat map_id created_ns snapshot_ns epoch checksum_offset checksum_count "
               "checksum_checksum header_checksum".split()}
RESTORE_ANY["name"] = b"/" * 64

PLACES = {name: (at, code) for name, at, code in FIELDS}
PLACES.update({"hash_secret": (32, "16s"), "reserved": PLACES["reserved_geometry"],
               "reserved_header": (368, "144s"), "reserved_shape": (524, "116s")})


def put(data, name, value):
    at, code = PLACES[name]
    if isinstance(value, bytes):
        data[at:at + len(value)] = value
    else:
        size = {"I": 4, "Q": 8}[code]
        data[at:at + size] = value.to_bytes(size, "little")


def sign(data, header, keep=()):
    """Checksums as if the image were right; @keep are fields that a violation has set."""
    offset, count = header.checksum_offset, header.checksum_count
    for i in range(1, count):
        if data[i * PAGE:(i + 1) * PAGE] != header.data[i * PAGE:(i + 1) * PAGE]:
            data[offset + 8 * i:offset + 8 * i + 8] = xxh64(
                bytes(data[i * PAGE:(i + 1) * PAGE]), i).to_bytes(8, "little")
    if "checksum_checksum" not in keep:
        put(data, "checksum_checksum", xxh64(bytes(data[offset:offset + 8 * count]), 0))
    if "header_checksum" not in keep:
        page = bytearray(data[:PAGE])
        page[200:208] = bytes(8)
        page[520:524] = bytes(4)
        put(data, "header_checksum", xxh64(bytes(page), 0))


class Report:
    """TAP."""

    def __init__(self):
        self.count = self.failed = 0

    def check(self, fine, text, note=""):
        self.count += 1
        self.failed += not fine
        print(f"{'' if fine else 'not '}ok {self.count} - {text}")
        if not fine and note:
            print(f"# {note}")


class Prober:
    """Asks the library, and the standalone reader, about images."""

    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs

    def ask(self, data, key=""):
        path = os.path.join(self.folder, "image.khm")
        with open(path, "wb") as file:
            file.write(data)
        run = subprocess.run([f"{self.programs}/probe", f"{path}:{key}" if key else path],
                             capture_output=True, text=True, check=True)
        plain, verify, damaged, *more = run.stdout.split()[1:]
        read = subprocess.run([f"{self.programs}/khmap-read", path] + ([key] if key else []),
                              capture_output=True, check=False)
        return {"plain": plain, "verify": verify, "damaged": damaged, "walk": (more or [""])[0],
                "get": (more[1:] or [""])[0], "rules": more[2:], "read": read.returncode}


    def restore(self, data):
        """(errno, enum khmap_damage, the field that is refused, what it must be)"""
        path = os.path.join(self.folder, "restore.khm")
        with open(path, "wb") as file:
            file.write(data)
        run = subprocess.run([f"{self.programs}/probe_restore", path], capture_output=True,
                             text=True, check=True)
        errno, what, *more = run.stdout.rstrip("\n").split(" ", 3)
        return errno, int(what), (more or [""])[0], (more[1:] or [""])[0]


def header_rows(text):
    """(name, legal, errno text) of the two tables."""
    for columns, rows in tables(text):
        if columns == ["At", "Bytes", "Field", "Legal", "Errno"]:
            for _, _, name, legal, errno in rows:
                if name == "geometry":
                    continue
                yield "reserved_header" if name == "reserved" else name, legal, errno
        elif columns[:2] == ["At", "Field (each a u32)"] and "with EUCLEAN" in columns[2]:
            for _, name, legal in rows:
                yield name, legal, "EUCLEAN"


def neighbours(legal):
    """What lies just outside a range that the page gives in numbers."""
    match = re.match(r"(\d+)\.\.(?:2\^(\d+) - 1|(\d+))(?!\d| bytes)", legal)
    if not match:
        return []
    low, high = int(match[1]), (1 << int(match[2])) - 1 if match[2] else int(match[3])
    return ([low - 1] if low else []) + [high + 1]


def check_header(report, text, image, prober):
    listed, rows = violations(image), list(header_rows(text))
    names = [name for name, _, _ in rows]
    report.check(sorted(names) == sorted([*listed, *ANY]), "each row has its violations",
                 str(sorted(set(names) ^ set([*listed, *ANY]))))
    for name, legal, errno in rows:
        if name in ANY:
            data = bytearray(image.data)
            put(data, name, ANY[name])
            sign(data, image)
            got = prober.ask(data)
            report.check(not errno and got["plain"] == "0" and got["read"] == 0,
                         f"{name}: any value opens", str(got))
            continue
        tried = [changes.get(name) for changes, _ in listed.get(name, [])]
        report.check(set(neighbours(legal)) <= set(tried), f"{name}: both ends of {legal}")
        promised, seen, wrong = set(re.findall(r"\b(E[A-Z]+)(\*?)", errno)), set(), []
        for changes, wanted in listed.get(name, []):
            wanted = wanted or next(iter(promised))[0]
            star = (wanted, "*") in promised
            late = f"{wanted} with" in errno
            data = bytearray(image.data)
            for field, value in changes.items():
                put(data, field, value)
            sign(data, image, changes)
            got = prober.ask(data)
            if wanted not in dict(promised):
                wrong.append(f"{wanted} is not in the row")
            seen |= {pair for pair in promised if pair[0] == wanted}
            expected = {"plain": "0" if late else wanted, "verify": wanted,
                        "damaged": "0" if star or late else wanted}
            fine = all(got[how] == value for how, value in expected.items()) and \
                (got["read"] == 2) == (not star and not late) and \
                (got["damaged"] != "0" or got["rules"])
            if not fine:
                wrong.append(f"{changes}: expected {expected}, found {got}")
        report.check(not wrong, f"{name}: {len(tried)} other values: {errno}", "; ".join(wrong))
        report.check(seen == promised, f"{name}: each errno of the row has come")


def check_restore(report, text, image, prober):
    """The table of what a restore asks of the header."""
    listed = restore_violations(image)
    rows = {row[0]: row[1:] for columns, rows in tables(text)
            if columns == ["Field", "What RESTORE asks", "Errno"] for row in rows}
    geometry = {name for columns, found in tables(text)
                if columns[:2] == ["At", "Field (each a u32)"] for _, name, *_ in found}
    short = {field: field.replace("geometry.", "") if field.startswith("geometry.") else
             "reserved_header" if field == "reserved" else field for field in rows}
    report.check(sorted(short.values()) == sorted(name for name, _, _ in header_rows(text)) and
                 all(field.startswith("geometry.") == (short[field] in geometry)
                     for field in rows), "a restore asks something of each field")
    report.check(sorted(short.values()) == sorted([*listed, *RESTORE_ANY]),
                 "restore: each row has its violations",
                 str(sorted(set(short.values()) ^ set([*listed, *RESTORE_ANY]))))
    report.check(prober.restore(image.data) == ("0", 0, "", ""), "the image becomes a map")
    for field, (asked, errno) in rows.items():
        name, promised, seen, wrong = short[field], set(re.findall(r"\bE[A-Z]+", errno)), set(), []
        if name in RESTORE_ANY:
            data = bytearray(image.data)
            put(data, name, RESTORE_ANY[name])
            got = prober.restore(data)
            report.check(not errno and asked == "anything" and got[0] == "0",
                         f"restore: {field}: anything", str(got))
            continue
        for changes, wanted in listed.get(name, []):
            wanted = wanted if wanted in promised else next(iter(promised))
            data = bytearray(image.data)
            for other, value in changes.items():
                put(data, other, value)
            got, what, refused, must = prober.restore(data)
            seen.add(got)
            # A field that does not agree with it may be looked at first.
            if got != wanted or not what or (what == 1 and must != rows[refused][0]):
                wrong.append(f"{changes}: expected {wanted}, found {got} {what} {refused} {must}")
            elif refused == field:
                seen.add("named")
        report.check(not wrong, f"restore: {field}: {len(listed.get(name, []))} other values: "
                     f"{errno}", "; ".join(wrong))
        report.check(seen == promised | ({"named"} if field != "hash_secret" else set()),
                     f"restore: {field}: each errno has come, and the field was named", str(seen))


class Scene:
    """An image, and in it a chain whose overflow buckets have room."""

    def __init__(self, path, length):
        with open(path, "rb") as file:
            self.image = image = Image(file.read())
        heads = [at for at in image.heads() if len(list(image.chain(at))) == length]
        chain = list(image.chain(heads[0]))
        self.head, self.tags, self.slots = chain[0]
        self.second, self.last = chain[1 % length][0], chain[-1][0]
        self.other = heads[-1]
        self.slot = self.head + 8 + self.tags
        self.key = self.at(self.slot, image.key_size)
        self.further = self.at(self.second + 16, image.key_size)
        self.filter = self.slot - 1

    def at(self, offset, size=1):
        return self.image.data[offset:offset + size]

    def reference(self, page, bucket):
        return (page << self.image.overflow_shift | bucket).to_bytes(4, "little")

    def free_slot(self):
        """The tag's offset of an empty slot of the last, an overflow bucket, and the slot's."""
        slot = self.at(self.last + 8, self.image.overflow_slots).index(0)
        return self.last + 8 + slot, self.last + 16 + slot * self.image.slot_stride

    def absent_key(self):
        """One that is not there, of this chain, and of a class that is in overflow."""
        for number in range(1 << 20, 1 << 21):
            key = number.to_bytes(self.image.key_size, "little")
            found = self.image.hash(key)
            in_filter = self.at(self.filter)[0] >> (found >> 32 & 7) & 1
            if self.image.home(found) == self.head and in_filter:
                return key
        raise LookupError("no such key")

    def other_bit(self, offset, bits=0x40):
        return {offset: bytes([self.at(offset)[0] ^ bits])}


def bucket_violations(images):
    """Of each row of the bucket's table: (scene, bytes by their offset, the key concerned)."""
    chains = Scene(os.path.join(images, "v1-chains.khm"), 3)
    inline = Scene(os.path.join(images, "v1-inline.khm"), 1)
    schema = Scene(os.path.join(images, "v1-schema.khm"), 2)
    tag, empty = chains.free_slot()
    beyond = chains.image.overflow_pages_max + 1
    back = chains.at(chains.head + 4, 4)
    packed = Scene(os.path.join(images, "v1-packed.khm"), 2)
    past = packed.reference(1, packed.image.overflow_per_page)
    unused = chains.image.overflow_offset + chains.image.overflow_pages_max * PAGE - 1
    return {
        "sequence": [(chains, {chains.head: b"\1"}, chains.key)],
        "sequence, overflow bucket": [(chains, {chains.second: b"\2"}, chains.further)],
        "sequence, inline bucket": [(inline, {inline.head: b"\1"}, inline.key)],
        "reference, page": [(chains, {chains.head + 4: value}, chains.further) for value in
                            (chains.reference(0, 1), chains.reference(beyond, 0), b"\xff" * 4)],
        "reference, bucket": [(packed, {packed.head + 4: past}, packed.further)],
        "reference, last bucket": [(chains, {chains.last + 4: back}, chains.absent_key())],
        "reference, to another chain": [
            (chains, {chains.head + 4: chains.at(chains.other + 4, 4)}, chains.further)],
        "reference, inline bucket": [
            (inline, {inline.head + 4: inline.reference(1, 0)}, inline.key)],
        "tag": [(chains, chains.other_bit(chains.head + 8, 1), chains.key)],
        "tag, used slot": [(chains, {chains.head + 8: b"\0"}, chains.key)],
        "tag, empty slot": [(chains, {tag: b"\x55"}, chains.further)],
        "tags behind the last slot": [
            (packed, {packed.head + 8 + packed.slots: b"\1"}, packed.key)],
        "filter, of a class in overflow": [(chains, {chains.filter: b"\0"}, chains.further)],
        "filter, of another class": [
            (inline, {inline.filter: b"\1"}, inline.key),
            (chains, {chains.filter: b"\xff"}, chains.key)],
        "filter, overflow bucket": [(chains, {chains.second + 15: b"\1"}, chains.further)],
        "filter, inline bucket": [(inline, {inline.filter: b"\x80"}, inline.key)],
        "key": [(chains, chains.other_bit(chains.slot), chains.key)],
        "key, again": [(chains, {chains.second + 16: chains.key,
                                 chains.second + 8: chains.at(chains.head + 8)}, chains.key)],
        "padding of a slot": [
            (schema, {schema.slot + schema.image.key_size: b"\1"}, schema.key)],
        "empty slot": [(chains, {empty + 3: b"\1"}, chains.further)],
        "overflow bucket in no chain": [(chains, {unused: b"\1"}, chains.key)],
        "inline bucket, shape not 0": [
            (chains, {chains.image.inline_offset + 8: b"\1"}, chains.key)],
    }


def check_buckets(report, text, images, prober):
    listed = bucket_violations(images)
    rows = next(rows for columns, rows in tables(text)
                if columns == ["Field", "Legal", "Get", "Walk", "Rule", "Restore"])
    names = [row[0] for row in rows]
    report.check(sorted(names) == sorted(listed), "each row of the bucket has its violations",
                 str(set(names) ^ set(listed)))
    for name, legal, get, walk, rule, restore in rows:
        for scene, changes, key in listed.get(name, []):
            data = bytearray(scene.image.data)
            for offset, value in changes.items():
                data[offset:offset + len(value)] = value
            sign(data, scene.image)
            got = prober.ask(data, key.hex())
            # The same lookup by the reader that knows nothing of the library.
            read = {"0": 0, "ENOENT": 1, "EUCLEAN": 2}[get]
            report.check(data != scene.image.data and
                         (got["plain"], got["get"], got["walk"], got["read"]) ==
                         ("0", get, walk, read) and rule in got["rules"],
                         f"{name}, not {legal}: {get}, {walk}, {rule}", str(got))
            errno, what, *_ = prober.restore(data)
            # Of a bucket, not of the header.
            report.check(errno == restore and what > 1, f"{name}, not {legal}: restore: {restore}",
                         f"{errno} {what}")


def main(arguments):
    page, images, programs = arguments
    with open(page, encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(images, "v1-chains.khm"), "rb") as file:
        image = Image(file.read())
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        check_header(report, text, image, Prober(folder, programs))
        check_restore(report, text, image, Prober(folder, programs))
        check_buckets(report, text, images, Prober(folder, programs))
    print(f"1..{report.count}")
    return report.failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
