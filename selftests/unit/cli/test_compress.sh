#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# snapshot --compress and unpack; every command reads a compressed file as it reads the plain one;
# compressed files that were kept open for ever.
# shellcheck disable=SC2317 # functions that check calls by their names

top=$(cd "$(dirname "$0")/../../.." && pwd)
# shellcheck source=selftests/unit/cli/lib.sh
. "${0%/*}/lib.sh"

images=$top/selftests/images

numbers 1 20000 | "$bin/mkimage" -n 20000 ./plain.khm
check 'compressed, by zstd' 0 '^\./zstd\.khz: [0-9.]+ KiB in [0-9.]+ s, compressed by zstd from [0-9.]+ [KM]iB$' \
	khmapctl snapshot ./plain.khm ./zstd.khz --compress
check 'by lz4' 0 'compressed by lz4 from' khmapctl snapshot ./plain.khm ./lz4.khz --compress=lz4
check 'with a level' 0 '' khmapctl snapshot ./plain.khm ./nine.khz --compress=lz4:9 -q
check 'with runs of a page' 0 '' khmapctl snapshot -z -r 4K ./plain.khm ./page.khz -q
check 'the highest level' 0 '' khmapctl snapshot ./plain.khm ./high.khz -zzstd:22 -r1M -q

for file in zstd lz4 nine page high; do
	khmapctl unpack ./$file.khz ./out.khm -q
	same "$file: unpacked, it is the plain file" ./plain.khm ./out.khm
	khmapctl snapshot ./$file.khz ./out.khm -q
	same "$file: so is a snapshot of it" ./plain.khm ./out.khm
done
check 'a smaller file of a higher level' 0 '' test "$(stat -c %s nine.khz)" -lt "$(stat -c %s lz4.khz)"
check 'a larger one of short runs' 0 '' test "$(stat -c %s page.khz)" -gt "$(stat -c %s zstd.khz)"
khmapctl snapshot ./lz4.khz ./again.khz --compress=zstd -q
same 'compressed otherwise, it is as if it were of the plain file' ./zstd.khz ./again.khz

# Every command that reads.
cp zstd.khz packed.khm
mkdir a b
cp plain.khm a/file.khm
cp zstd.khz b/file.khm
# alike COMMAND...: of the plain file and the compressed one the same comes.
alike() {
	(cd a && khmapctl "$@") >want 2>&1
	(cd b && khmapctl "$@") >got 2>&1
	same "$*: as of the plain file" want got
}
alike get ./file.khm 7 19999 -j
alike get ./file.khm 7 20001
alike dump ./file.khm -f csv --sort
alike digest ./file.khm
alike verify ./file.khm
alike inspect ./file.khm header
alike inspect ./file.khm key 17
alike stat ./file.khm
check 'diff: nothing' 0 '^0 added, 0 removed, 0 changed$' khmapctl diff ./plain.khm ./lz4.khz
numbers 1 20001 | "$bin/mkimage" -n 20000 ./new.khm
khmapctl snapshot ./new.khm ./new.khz --compress -q
check 'diff: a key' 1 '20001' khmapctl diff ./zstd.khz ./new.khz
khmapctl delta ./plain.khm ./new.khm ./want.delta -q
khmapctl delta ./zstd.khz ./new.khz ./got.delta -q
same 'delta: as of the plain files' want.delta got.delta
khmapctl apply ./lz4.khz ./got.delta ./out.khm -q
same 'apply: to a compressed base' ./new.khm ./out.khm

# info
check 'info says both sizes' 0 \
	"^compressed +by zstd from [0-9.]+ [KM]iB, ratio [0-9]+\.[0-9]{2}; runs of 64\.0 KiB, 0 of [0-9]+ zeros\$" \
	khmapctl info ./zstd.khz
check 'the file is the compressed one' 0 '^file +[0-9.]+ KiB, ' khmapctl info ./zstd.khz
khmapctl info ./page.khz --json | jq -c '[.file_bytes, .compressed.file_bytes,
	.compressed.unpacked_bytes, .compressed.codec, .compressed.run_bytes]' >got
echo "[$(stat -c %s page.khz),$(stat -c %s page.khz),$(stat -c %s plain.khm),\"zstd\",4096]" >want
same 'and as JSON' want got
check 'of a plain file, null' 0 '"compressed": null' khmapctl info ./plain.khm --json

# Permissions, as of plain files.
chmod 600 plain.khm
(umask 000 && khmapctl snapshot ./plain.khm ./private.khz --compress -q &&
	khmapctl unpack ./private.khz ./private.khm -q &&
	khmapctl snapshot ./private.khz ./copied.khm -q)
stat -c %a private.khz private.khm copied.khm | sort -u >got
check 'no more readable than the map' 0 '^600$' cat got

# What is refused.
check 'a codec that is none' 2 '"gzip" is none of lz4, zstd' \
	khmapctl snapshot ./plain.khm ./x.khz --compress=gzip
check 'a level that is none' 2 'zstd:LEVEL' khmapctl snapshot ./plain.khm ./x.khz --compress=zstd:x
check 'a level too high' 3 'levels of lz4 are 1\.\.12, not 13' \
	khmapctl snapshot ./plain.khm ./x.khz --compress=lz4:13
check 'a run that is no page' 2 'a multiple of 4096 bytes' \
	khmapctl snapshot ./plain.khm ./x.khz -z --run 1000
check 'a run too large' 2 '1\.\.1M' khmapctl snapshot ./plain.khm ./x.khz -z --run 2M
check 'a run without --compress' 2 'about --compress' khmapctl snapshot ./plain.khm ./x.khz --run 4K
check 'nothing was written' 2 'No such file' ls ./x.khz
check 'unpack: a plain file' 4 'one that is not compressed' khmapctl unpack ./plain.khm ./x.khm
check 'unpack: no file' 3 'No such file' khmapctl unpack ./nothing.khz ./x.khm
check 'put: a file cannot be changed' 3 'is a file and cannot be changed' \
	khmapctl put ./zstd.khz 1 1
check 'a map that is not there' 3 'No such file' khmapctl get ./nothing.khz 1
printf '\377' | dd of=packed.khm bs=1 seek=20000 conv=notrunc 2>dd.log
check 'a damaged frame: verify' 4 'damaged: run [0-9]+ \([0-9]+ bytes at 0x[0-9a-f]+\): checksum of its frame' \
	khmapctl verify ./packed.khm
check 'dump' 4 'checksum of its frame' khmapctl dump ./packed.khm
check 'unpack' 4 'checksum of its frame' khmapctl unpack ./packed.khm ./x.khm
check 'inspect' 4 'checksum of its frame' khmapctl inspect ./packed.khm header
for key in $(seq 1 100); do
	khmapctl get ./packed.khm "$key"
done >got 2>errors
check 'get: most keys, as their runs are whole' 0 '' test "$(wc -l <got)" -gt 70
check 'the others are told' 0 'get: \./packed\.khm: damaged: run .* checksum of its frame' cat errors
head -c 30000 zstd.khz >cut.khz
check 'a file that is cut' 4 'truncated: expected [0-9]+ bytes, found 30000' \
	khmapctl get ./cut.khz 1
check 'a write that fails' 3 'File too large|write' \
	sh -c "trap '' XFSZ; cp ./lz4.khz ./keep.khz; ulimit -f 10; '$bin/khmapctl' snapshot ./plain.khm ./keep.khz -z"
same 'leaves the old file as it was' ./lz4.khz ./keep.khz
check 'no temporary file is left' 0 '^0$' sh -c 'ls -d ./*tmp-* 2>/dev/null | wc -l'

# Kept files: IMAGE-CODEC.khz is IMAGE.khm.
for file in "$images"/*.khz; do
	name=${file##*/}
	case $name in
	*-be-*)
		check "$name: is of the other byte order" 4 'restore --portable' \
			khmapctl unpack "$file" ./kept.khm -q
		continue
		;;
	esac
	check "$name: unpacked" 0 '' khmapctl unpack "$file" ./kept.khm -q
	same "$name: it is the image that was compressed" "$images/${name%-*}.khm" ./kept.khm
done
check 'kept: a key by the index' 0 '^1500$' khmapctl get "$images/v1-chains-lz4.khz" 500
check 'kept: and of the other codec' 0 '^900$' khmapctl get "$images/v1-mid-split-zstd.khz" 300
check 'kept: how many there are' 0 '^4$' sh -c "ls '$images'/*.khz | grep -vc -e -be-"

finish
