#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Reads snapshot files, written from Documentation/image-format.rst alone.

    reader_from_doc.py get FILE HEX...     values of keys, as hex
    reader_from_doc.py dump FILE           keys and values as bytes, back to back
    reader_from_doc.py digest FILE         the digest of all of them
    reader_from_doc.py compare FILE RAW    hold the image against another dump
    reader_from_doc.py page RST            check the page's vectors and its example

No code of the project is used.  If this program cannot read an image, either the image or the
page is wrong.
"""

import re
import struct
import sys

MASK = (1 << 64) - 1

# Header: name, offset, struct code.
FIELDS = [
    ("magic", 0, "8s"), ("byte_order", 8, "I"), ("version", 12, "I"),
    ("features_compat", 16, "I"), ("features_read", 20, "I"), ("features_write", 24, "I"),
    ("kind", 28, "I"), ("s0", 32, "Q"), ("s1", 40, "Q"), ("hash_kind", 48, "I"),
    ("load_percent", 52, "I"), ("page_shift", 56, "I"), ("layout", 60, "I"),
    ("key_size", 64, "I"), ("value_size", 68, "I"), ("value_offset", 72, "I"),
    ("slot_stride", 76, "I"), ("meta_kind", 80, "I"), ("meta_offset", 84, "I"),
    ("value_kind", 88, "I"), ("bucket_stride", 92, "I"), ("bucket_slots", 96, "I"),
    ("buckets_per_page", 100, "I"), ("tags_size", 104, "I"), ("overflow_stride", 108, "I"),
    ("overflow_slots", 112, "I"), ("overflow_per_page", 116, "I"), ("overflow_shift", 120, "I"),
    ("inline_slots", 124, "I"), ("inline_offset", 128, "I"), ("reserved_geometry", 132, "I"),
    ("primary_offset", 136, "Q"), ("primary_pages_max", 144, "Q"),
    ("overflow_offset", 152, "Q"), ("overflow_pages_max", 160, "Q"), ("image_size", 168, "Q"),
    ("checksum_offset", 176, "Q"), ("checksum_count", 184, "Q"),
    ("checksum_checksum", 192, "Q"), ("header_checksum", 200, "Q"),
    ("generation_offset", 208, "Q"), ("schema_hash", 216, "Q"), ("schema_offset", 224, "I"),
    ("schema_length", 228, "I"), ("map_id", 232, "Q"), ("created_ns", 240, "Q"),
    ("snapshot_ns", 248, "Q"), ("epoch", 256, "Q"), ("entries", 264, "Q"),
    ("overflow_entries", 272, "Q"), ("overflow_buckets", 280, "Q"), ("max_entries", 288, "Q"),
    ("primary_pages", 296, "I"), ("overflow_pages", 300, "I"), ("name", 304, "64s"),
    ("shape", 512, "I"), ("mask", 516, "I"), ("successor", 520, "I"),
]


class Refused(Exception):
    """The file is no image that the page describes."""


def need(condition, what):
    if not condition:
        raise Refused(what)


def rotl(value, bits):
    return (value << bits | value >> (64 - bits)) & MASK


def xxh64(data, seed):
    p1, p2, p3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
    p4, p5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5

    def step(acc, word):
        return rotl((acc + word * p2) & MASK, 31) * p1 & MASK

    at, size = 0, len(data)
    if size >= 32:
        v = [(seed + p1 + p2) & MASK, (seed + p2) & MASK, seed, (seed - p1) & MASK]
        while size - at >= 32:
            words = struct.unpack_from("<4Q", data, at)
            v = [step(acc, word) for acc, word in zip(v, words)]
            at += 32
        h = (rotl(v[0], 1) + rotl(v[1], 7) + rotl(v[2], 12) + rotl(v[3], 18)) & MASK
        for acc in v:
            h = ((h ^ step(0, acc)) * p1 + p4) & MASK
    else:
        h = (seed + p5) & MASK
    h = (h + size) & MASK
    while size - at >= 8:
        word, = struct.unpack_from("<Q", data, at)
        h = (rotl(h ^ step(0, word), 27) * p1 + p4) & MASK
        at += 8
    if size - at >= 4:
        word, = struct.unpack_from("<I", data, at)
        h = (rotl(h ^ (word * p1 & MASK), 23) * p2 + p3) & MASK
        at += 4
    for byte in data[at:]:
        h = rotl(h ^ (byte * p5 & MASK), 11) * p1 & MASK
    h = (h ^ h >> 33) * p2 & MASK
    h = (h ^ h >> 29) * p3 & MASK
    return h ^ h >> 32


def sipround(v, times=1):
    for _ in range(times):
        v[0] = (v[0] + v[1]) & MASK
        v[1] = rotl(v[1], 13) ^ v[0]
        v[0] = rotl(v[0], 32)
        v[2] = (v[2] + v[3]) & MASK
        v[3] = rotl(v[3], 16) ^ v[2]
        v[0] = (v[0] + v[3]) & MASK
        v[3] = rotl(v[3], 21) ^ v[0]
        v[2] = (v[2] + v[1]) & MASK
        v[1] = rotl(v[1], 17) ^ v[2]
        v[2] = rotl(v[2], 32)


def siphash13(key, s0, s1):
    v = [s0 ^ 0x736F6D6570736575, s1 ^ 0x646F72616E646F6D,
         s0 ^ 0x6C7967656E657261, s1 ^ 0x7465646279746573]

    whole = len(key) // 8 * 8
    words = [int.from_bytes(key[i:i + 8], "little") for i in range(0, whole, 8)]
    words.append(int.from_bytes(key[whole:], "little") | len(key) % 256 << 56)
    for word in words:
        v[3] ^= word
        sipround(v)
        v[0] ^= word
    v[2] ^= 0xFF
    sipround(v, 3)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def siphash24_128(secret, message):
    """SipHash-2-4 with 128 bits, as a number."""
    s0, s1 = struct.unpack("<2Q", secret)
    v = [s0 ^ 0x736F6D6570736575, s1 ^ 0x646F72616E646F6D ^ 0xEE,
         s0 ^ 0x6C7967656E657261, s1 ^ 0x7465646279746573]
    whole = len(message) // 8 * 8
    words = [int.from_bytes(message[i:i + 8], "little") for i in range(0, whole, 8)]
    words.append(int.from_bytes(message[whole:], "little") | len(message) % 256 << 56)
    for word in words:
        v[3] ^= word
        sipround(v, 2)
        v[0] ^= word
    v[2] ^= 0xEE
    sipround(v, 4)
    low = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    sipround(v, 4)
    return (v[0] ^ v[1] ^ v[2] ^ v[3]) << 64 | low


def fold_hash(key, s0, s1, order):
    n = len(key)

    def load(at, size=8):
        return int.from_bytes(key[at:at + size], order)

    def fold(x, y):
        product = x * y
        return product & MASK ^ product >> 64

    a, b = s0, s1
    if n > 16:
        i, left = 0, n
        while left > 16:
            a = fold(load(i) ^ s1, load(i + 8) ^ a)
            i += 16
            left -= 16
        a ^= load(n - 16)
        b ^= load(n - 8)
    elif n > 8:
        a ^= load(0)
        b ^= load(n - 8)
    elif n == 8:
        a ^= load(0)
    elif n >= 4:
        a ^= load(0, 4) << 32 | load(n - 4, 4)
    else:
        a ^= key[0] << 16 | key[n // 2] << 8 | key[n - 1]
    product = a * b
    return fold(product & MASK ^ s0, product >> 64 ^ 0x9E3779B97F4A7C15)


def alignment(size):
    return min(size & -size, 8)


class Image:
    """A snapshot file, checked when it is opened."""

    def __init__(self, data):
        self.data = data
        need(len(data) >= 8 and data[:8] == b"KHMAPIMG", "no khmap image")
        need(len(data) >= 640, "truncated")
        self.order = {b"\4\3\2\1": "little", b"\1\2\3\4": "big"}.get(data[8:12])
        need(self.order, "byte_order")
        self.mark = "<" if self.order == "little" else ">"
        for name, offset, code in FIELDS:
            setattr(self, name, struct.unpack_from(self.mark + code, data, offset)[0])
        need(self.version == 1, "version")
        need(self.features_read == 0, "features_read")
        need(12 <= self.page_shift <= 16, "page_shift")
        self.page = 1 << self.page_shift
        need(len(data) >= self.page, "truncated")
        self.check_header_checksum()
        self.check_geometry()
        self.check_regions()
        self.check_rest()

    def check_header_checksum(self):
        if not self.header_checksum:
            return
        page = bytearray(self.data[:self.page])
        page[200:208] = bytes(8)
        page[520:524] = bytes(4)
        need(xxh64(page, 0) == self.header_checksum, "header_checksum")

    def check_geometry(self):
        key, value = self.key_size, self.value_size
        need(self.layout in (1, 2), "layout")
        need(1 <= key <= 4096 and 1 <= value <= 4096, "sizes")
        need(key <= self.value_offset <= self.page, "value_offset")
        need(self.value_offset % alignment(value) == 0, "value_offset")
        need(self.value_offset + value <= self.slot_stride <= self.page, "slot_stride")
        need(self.slot_stride % max(alignment(key), alignment(value)) == 0, "slot_stride")
        need(not self.meta_kind and not self.meta_offset and not self.value_kind, "kinds")
        need(self.tags_size in (8, 16), "tags_size")
        need(1 <= self.bucket_slots <= 15 and self.bucket_slots < self.tags_size, "slots")
        need(8 + self.tags_size + self.bucket_slots * self.slot_stride <= self.bucket_stride
             <= self.page and self.bucket_stride % 8 == 0, "bucket_stride")
        need(1 <= self.buckets_per_page <= 1024, "buckets_per_page")
        need(self.buckets_per_page * self.bucket_stride <= self.page, "buckets_per_page")
        need(1 <= self.overflow_slots <= 7, "overflow_slots")
        need(16 + self.overflow_slots * self.slot_stride <= self.overflow_stride <= self.page
             and self.overflow_stride % 8 == 0, "overflow_stride")
        need(self.overflow_per_page >= 1, "overflow_per_page")
        need(self.overflow_per_page * self.overflow_stride <= self.page, "overflow_per_page")
        need(self.overflow_shift <= 16, "overflow_shift")
        need(1 << self.overflow_shift >= self.overflow_per_page, "overflow_shift")
        need(self.inline_slots <= 15, "inline_slots")
        need(self.inline_offset >= 640 and self.inline_offset % 8 == 0, "inline_offset")
        need(self.inline_offset + 24 + self.inline_slots * self.slot_stride <= self.page,
             "inline_offset")
        need(self.reserved_geometry == 0, "geometry.reserved")

    def check_regions(self):
        need(self.primary_pages_max < 1 << 22, "primary_pages_max")
        need(self.overflow_pages_max < 1 << 32, "overflow_pages_max")
        need(self.image_size >= self.page and self.image_size % self.page == 0, "image_size")
        ends = []
        for start, pages in ((self.primary_offset, self.primary_pages_max),
                             (self.overflow_offset, self.overflow_pages_max)):
            end = start + pages * self.page
            need(start >= self.page and start % self.page == 0, "region")
            need(end <= self.image_size, "region")
            ends.append((start, end))
        need(ends[0][1] <= ends[1][0] or ends[1][1] <= ends[0][0], "regions overlap")
        need(self.primary_pages <= self.primary_pages_max, "primary_pages")
        need(self.overflow_pages <= self.overflow_pages_max, "overflow_pages")
        need(self.shape == 0 or self.shape >= 1024, "shape")
        self.pages = (self.shape >> 10) + (self.shape & 1023 != 0)
        need(self.pages <= self.primary_pages_max, "shape")
        self.shape_mask = (2 << self.shape.bit_length() - 1) - 1 if self.shape else 0
        need(self.mask == self.shape_mask, "mask")

    def check_rest(self):
        need(self.kind == 2, "kind")
        need(self.hash_kind in (1, 2), "hash_kind")
        need(10 <= self.load_percent <= 95, "load_percent")
        size = self.image_size
        if self.checksum_offset:
            need(self.header_checksum, "header_checksum")
            need(self.checksum_offset >= size and self.checksum_offset % self.page == 0,
                 "checksum_offset")
            need(self.checksum_count == self.checksum_offset // self.page, "checksum_count")
            size = self.checksum_offset + -(-self.checksum_count * 8 // self.page) * self.page
        else:
            need(not self.checksum_count and not self.checksum_checksum and
                 not self.header_checksum, "checksums without a table")
        need(len(self.data) == size, "size")
        need(self.schema_length <= 1024, "schema_length")
        self.schema = b""
        if self.schema_length:
            end = self.schema_offset + self.schema_length
            need(640 <= self.schema_offset and end <= self.inline_offset, "schema_offset")
            self.schema = self.data[self.schema_offset:end]
            need(all(32 <= byte <= 126 for byte in self.schema), "schema")
        wanted = siphash13(self.schema, 0, 0) if self.schema else 0
        need(self.schema_hash == wanted, "schema_hash")
        need(self.generation_offset == 0 and self.successor == 0, "reserved")
        if not self.features_compat:
            need(not any(self.data[368:512]) and not any(self.data[524:640]), "reserved")

    def check_pages(self):
        """Compare the checksum of every page."""
        if not self.checksum_offset:
            return
        table = self.data[self.checksum_offset:self.checksum_offset + 8 * self.checksum_count]
        need(xxh64(table, 0) == self.checksum_checksum, "checksum_checksum")
        need(not any(self.data[self.checksum_offset + len(table):]), "slack of the table")
        sums = struct.unpack(f"{self.mark}{self.checksum_count}Q", table)
        need(sums[0] == 0, "entry 0 of the table")
        for i in range(1, self.checksum_count):
            page = self.data[i * self.page:(i + 1) * self.page]
            need(xxh64(page, i) == sums[i], f"checksum of page {i}")

    def hash(self, key):
        if self.hash_kind == 1:
            return fold_hash(key, self.s0, self.s1, self.order)
        return siphash13(key, self.s0, self.s1)

    def home(self, key_hash):
        """The offset of a hash's first bucket."""
        if not self.shape:
            return self.inline_offset
        place = key_hash & self.shape_mask
        if place >= self.shape:
            place &= self.shape_mask >> 1
        bucket = ((place & 1023) * self.buckets_per_page) >> 10
        return self.primary_offset + (place >> 10) * self.page + bucket * self.bucket_stride

    def first_form(self):
        """Tag bytes and slots of a chain's first bucket."""
        if not self.shape:
            return 16, self.inline_slots
        return self.tags_size, self.bucket_slots

    def chain(self, offset):
        """(offset, tag bytes, slots) of each bucket of a chain."""
        sequence, = struct.unpack_from(self.mark + "I", self.data, offset)
        need(sequence % 2 == 0, "an odd sequence")
        form = self.first_form()
        for _ in range(32):
            yield (offset,) + form
            reference, = struct.unpack_from(self.mark + "I", self.data, offset + 4)
            if not reference:
                return
            page = (reference >> self.overflow_shift) - 1
            bucket = reference & ((1 << self.overflow_shift) - 1)
            need(self.shape and 0 <= page < self.overflow_pages_max and
                 bucket < self.overflow_per_page, "a reference out of range")
            offset = self.overflow_offset + page * self.page + bucket * self.overflow_stride
            form = 8, self.overflow_slots
        raise Refused("a chain without an end")

    def slots(self, offset, tags_size, count):
        """(tag, key, value) of each used slot of a bucket."""
        for slot in range(count):
            tag = self.data[offset + 8 + slot]
            at = offset + 8 + tags_size + slot * self.slot_stride
            value = at + self.value_offset
            if tag:
                yield (tag, self.data[at:at + self.key_size],
                       self.data[value:value + self.value_size])

    def get(self, key):
        """The value of a key, or None."""
        key_hash = self.hash(key)
        tophash = key_hash >> 56 or 1
        offset = self.home(key_hash)
        filter_at = offset + 8 + self.first_form()[0] - 1
        for bucket in self.chain(offset):
            for tag, found, value in self.slots(*bucket):
                if tag == tophash and found == key:
                    return value
            if not self.data[filter_at] >> (key_hash >> 32 & 7) & 1:
                return None
        return None

    def heads(self):
        if not self.shape:
            yield self.inline_offset
        for page in range(self.pages):
            for bucket in range(self.buckets_per_page):
                yield self.primary_offset + page * self.page + bucket * self.bucket_stride

    def items(self):
        """All keys and values."""
        for head in self.heads():
            for bucket in self.chain(head):
                for _, key, value in self.slots(*bucket):
                    yield key, value


    def digest(self):
        """The digest of what the map holds, as hex."""
        total = count = 0
        sizes = struct.pack("<II", self.key_size, self.value_size)
        for key, value in self.items():
            total += siphash24_128(b"khmap record key", sizes + key + value)
            count += 1
        message = (total % (1 << 128)).to_bytes(16, "little") + struct.pack("<Q", count)
        whole = siphash24_128(b"khmap digest key", message + sizes + self.schema)
        return whole.to_bytes(16, "little").hex()


def read_image(path):
    with open(path, "rb") as file:
        image = Image(file.read())
    image.check_pages()
    return image


def compare(path, raw_path):
    image = read_image(path)
    with open(raw_path, "rb") as file:
        raw = file.read()
    size = image.key_size + image.value_size
    need(len(raw) % size == 0, "a dump of whole records")
    records = [(raw[i:i + image.key_size], raw[i + image.key_size:i + size])
               for i in range(0, len(raw), size)]
    need(sorted(records) == sorted(image.items()), "the same records")
    need(image.entries == len(records), "entries")
    known = dict(records)
    need(len(known) == len(records), "each key once")
    for key, value in records:
        need(image.get(key) == value, f"the value of {key.hex()}")
        other = bytes([key[0] ^ 0x55]) + key[1:]
        need(image.get(other) == known.get(other), f"the value of {other.hex()}")
    return len(records)


def page_table(text, header):
    """Rows of the table that has these words as its columns."""
    lines = iter(text.splitlines())
    for line in lines:
        if re.split(r"  +", line.strip()) == header:
            break
    else:
        raise Refused(f"the page has no table {header}")
    next(lines)
    for line in lines:
        if line.startswith("=") or not line.strip():
            return
        yield re.split(r"  +", line.strip())


def page_check(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    s0, s1, checked = 0x243F6A8885A308D3, 0x13198A2E03707344, 0
    for n, fold, sip in page_table(text, ["n", "fold", "siphash13"]):
        key = bytes(range(int(n)))
        need(fold_hash(key, s0, s1, "little") == int(fold, 16), f"fold of {n} bytes")
        need(siphash13(key, s0, s1) == int(sip, 16), f"siphash13 of {n} bytes")
        checked += 2
    for n, zero, one in page_table(text, ["n", "xxh64, seed 0", "xxh64, seed 1"]):
        need(xxh64(bytes(range(int(n))), 0) == int(zero, 16), f"xxh64 of {n} bytes")
        need(xxh64(bytes(range(int(n))), 1) == int(one, 16), f"xxh64 of {n} bytes")
        checked += 2
    for shape, mask, ones, some in page_table(text, ["shape", "mask", "place of 0xffffffff",
                                                     "place of 0xaaa"]):
        wanted = (2 << int(shape).bit_length() - 1) - 1
        need(int(mask, 16) == wanted, f"mask of {shape}")
        for hashed, place in ((0xFFFFFFFF, ones), (0xAAA, some)):
            got = hashed & wanted
            got = got & wanted >> 1 if got >= int(shape) else got
            need(got == int(place), f"place of {hashed:#x} under {shape}")
            checked += 1
    image = page_example(text)
    image.check_pages()
    found = {int.from_bytes(k, "little"): int.from_bytes(v, "little") for k, v in image.items()}
    need(found == {7: 700, 8: 800}, "the entries of the example")
    need(image.hash((7).to_bytes(8, "little")) == 0x8F8FB32C214243B2, "the hash of key 7")
    need(image.hash((158).to_bytes(8, "little")) == 0x643D2C4986BF6CD7, "the hash of key 158")
    need(image.digest() in text, "the digest of the example")
    for key in found:
        need(image.get(key.to_bytes(8, "little")), f"key {key} of the example")
    return checked + 5


def page_example(text):
    """The file that the page shows as hex; lines of * are zeros."""
    start = text.index("A worked example")
    data = bytearray()
    for line in text[start:].splitlines():
        match = re.match(r"    ([0-9a-f]{8})((?:  ?[0-9a-f]{2}){0,16})(?: |$)", line)
        if match:
            offset = int(match[1], 16)
            data.extend(bytes(offset - len(data)))
            data.extend(bytes.fromhex(match[2]))
            if not match[2].strip():
                return Image(bytes(data))
    raise Refused("the page has no whole example")


def main(arguments):
    command, *rest = arguments or [""]
    if command == "get" and len(rest) >= 2:
        image = read_image(rest[0])
        missing = 0
        for text in rest[1:]:
            value = image.get(bytes.fromhex(text))
            print(value.hex() if value is not None else "-")
            missing |= value is None
        return int(missing)
    if command == "dump" and len(rest) == 1:
        for key, value in read_image(rest[0]).items():
            sys.stdout.buffer.write(key + value)
        return 0
    if command == "digest" and len(rest) == 1:
        print(f"{read_image(rest[0]).digest()}  {rest[0]}")
        return 0
    if command == "compare" and len(rest) == 2:
        print(f"{rest[0]}: {compare(*rest)} records are the same")
        return 0
    if command == "page" and len(rest) == 1:
        print(f"{rest[0]}: {page_check(rest[0])} facts are right")
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as error:
        print(f"refused: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
