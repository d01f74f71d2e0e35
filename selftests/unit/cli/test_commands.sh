#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What commands print of snapshot files, and what they say to wrong command lines.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

cat >routes.csv <<'END'
key,gateway,metric,name
10.0.0.0,192.168.0.1,10,home
10.1.0.0,192.168.0.2,20,"the ""other"" one"
10.2.0.0,192.168.0.3,30,"a,b"
END
"$bin/mkimage" -n 4 -k ipv4 -v '{gateway:ipv4,metric:u32,name:str[16]}' ./routes.khm <routes.csv
numbers 1 5000 | "$bin/mkimage" -n 5000 ./numbers.khm

# get
check 'get a key' 0 '^\{gateway:192\.168\.0\.1,metric:10,name:"?home"?\}$' \
	khmapctl get ./routes.khm 10.0.0.0
check 'get a field' 0 '^20$' khmapctl get ./routes.khm 10.1.0.0 -f metric
check 'get several keys, each named' 0 '^10\.1\.0\.0  20$' \
	khmapctl get ./routes.khm 10.0.0.0 10.1.0.0 -f value.metric
check 'get as JSON' 0 '^\{"key":"10.2.0.0","value":\{.*"metric":30.*\}\}$' \
	khmapctl get ./routes.khm 10.2.0.0 --json
check 'a missing key' 1 '^khmapctl: get: 10.9.9.9: there is no such key$' \
	khmapctl get ./routes.khm 10.9.9.9
check 'a missing key as JSON' 1 '^\{"key":"10.9.9.9","value":null\}$' \
	khmapctl get ./routes.khm 10.9.9.9 -j
check 'a key that is none' 2 'key: ' khmapctl get ./routes.khm 10.0.0
check 'a field that is none' 2 'there is no|no such|unknown' khmapctl get ./routes.khm 10.0.0.0 -f speed
check 'keys from standard input' 1 '^5000  15000$' \
	sh -c "seq 4999 5001 | '$bin/khmapctl' get ./numbers.khm -"
check 'all of them' 0 '^5000 5000$' sh -c "seq 1 5000 | '$bin/khmapctl' get ./numbers.khm - |
	awk '\$2 == 3 * \$1 { right++ } END { print NR, right }'"
check 'a bad line' 3 'standard input:3: key: "x" is no' \
	sh -c "printf '1\n\nx\n' | '$bin/khmapctl' get ./numbers.khm -"
check 'lines of CRLF, empty ones and a mark' 0 '^2 1  3,2  6,$' sh -c \
	"printf '\357\273\2771\r\n\r\n\n2\r\n' | '$bin/khmapctl' get ./numbers.khm - |
	tr '\n' , | awk '{ print gsub(/,/, \"&\"), \$0 }'"
echo 'key,value
-,1' | "$bin/mkimage" -k 'str[4]' -v u8 ./dash.khm
check 'a key that is a dash' 0 '^1$' khmapctl get ./dash.khm -- -
check 'standard input that is closed' 3 'standard input: Bad file descriptor' \
	sh -c "exec '$bin/khmapctl' get ./numbers.khm - <&-"
check 'standard output that is closed' 3 'standard output: Bad file descriptor' \
	sh -c "exec '$bin/khmapctl' get ./numbers.khm 1 >&-"
khmapctl get ./routes.khm 10.0.0.0 --raw >raw
check 'raw bytes' 0 '^24$' sh -c 'wc -c <raw'

# dump, and what it dumps makes the same image again
for format in csv ndjson raw text; do
	khmapctl dump ./routes.khm -f $format >dump.$format
done
check 'dump as CSV has a header' 0 '^key,gateway,metric,name$' cat dump.csv
sort routes.csv >want
sort dump.csv >got
same 'dump as CSV gives what was loaded' want got
check 'dump as NDJSON' 0 '^\{"key": ?"10\.0\.0\.0", ?"value": ?\{' cat dump.ndjson
check 'dump raw is keys and values' 0 '^84$' sh -c 'wc -c <dump.raw'
check 'dump as text' 0 '10\.1\.0\.0  .*metric=20' cat dump.text
"$bin/mkimage" -k ipv4 -v '{gateway:ipv4,metric:u32,name:str[16]}' ./again.khm <dump.csv
khmapctl dump ./again.khm -f csv | sort >got
same 'dump, made into an image and dumped again' want got
numbers 1 5000 | sort >want
khmapctl dump ./numbers.khm -f csv | sort >got
same 'dump of 5000 entries has each once' want got
numbers 1 5000 | sed 1d >rows
for rows in rows 'rows -r'; do
	# shellcheck disable=SC2086 # a file and an option
	{ echo key,value; sort -t , -k 1n $rows; } |
		"$bin/mkimage" -n 5000 -k i64be -v u64 ./sorted.khm
	khmapctl dump ./sorted.khm -f csv --sort >got
	{ echo key,value; sort -t , -k 1n rows; } >want
	same 'a sorted dump is in the order of numbers, however they were put in' want got
done
printf 'a,b,value\n-1,x,1\n-2,y,2\n0.5,b,3\n0.5,a,4\ninf,a,5\n' |
	"$bin/mkimage" -k '{a:f32,b:str[4]}' -v u8 ./fields.khm
khmapctl dump ./fields.khm -f csv --no-header --sort >got
printf '%s\n' -2.0,y,2 -1.0,x,1 0.5,a,4 0.5,b,3 inf,a,5 >want
same 'a sorted dump goes by the fields of a key' want got
check 'a sorted dump with a limit has the first' 0 '^1,3$' \
	khmapctl dump ./sorted.khm -f csv --no-header --sort --limit 1
check 'limit' 0 '^7$' sh -c "'$bin/khmapctl' dump ./numbers.khm --limit 7 | wc -l"
check 'a reader that stops early is no error' 0 '^1$' \
	sh -c "'$bin/khmapctl' dump ./numbers.khm | head -n 1 | wc -l"
check 'a full disk is one' 3 '^khmapctl: dump: standard output: No space left' \
	sh -c "'$bin/khmapctl' dump ./numbers.khm >/dev/full"
check 'told in one line' 0 '^1$' \
	sh -c "'$bin/khmapctl' dump ./numbers.khm 2>&1 >/dev/full | wc -l"

# info, stat, inspect
check 'info: entries' 0 '^entries +5000 of ' khmapctl info ./numbers.khm
check 'info: chains' 0 '^chains +.*1: [0-9]+' khmapctl info ./numbers.khm
check 'info: waste' 0 '^waste per slot +2\.29 bytes: head 2\.29, padding 0\.00' \
	khmapctl info ./numbers.khm
check 'info: types' 0 '^value +\{gateway:ipv4,metric:u32,name:str\[16\]\}  \(24 bytes\)$' \
	khmapctl info ./routes.khm
check 'info as JSON' 0 '"bytes_per_entry": ' khmapctl info ./numbers.khm --json
check 'stat' 0 '^entries +5000$' khmapctl stat ./numbers.khm
check 'stat as JSON' 0 '"kind": "snapshot"' khmapctl stat ./numbers.khm --json
check 'inspect the header' 0 'hash_kind +1 \(fold\)$' khmapctl inspect ./numbers.khm
check 'inspect a page' 0 '^checksum [0-9a-f]{16}: right$' khmapctl inspect ./numbers.khm page 1
check 'inspect a bucket' 0 'slot 0 key +[0-9]+$' khmapctl inspect ./numbers.khm bucket 0.0
check 'inspect the inline bucket' 0 'slot 0 value +\{gateway' khmapctl inspect ./routes.khm inline
check 'inspect a key' 0 'slot [0-9] key +17$' khmapctl inspect ./numbers.khm key 17
check 'inspect a key that is not there' 1 'no such key' khmapctl inspect ./numbers.khm key 6000
check 'inspect as JSON' 0 '"field": "sequence"' khmapctl inspect ./numbers.khm bucket 0.0 --json
check 'a page that is not there' 2 'page 99999 does not exist' \
	khmapctl inspect ./numbers.khm page 99999
check 'a bucket that is not there' 2 'with buckets 0\.\.31' \
	khmapctl inspect ./numbers.khm bucket 0.32

# snapshot of a snapshot: the same bytes, and all or nothing
khmapctl snapshot ./numbers.khm ./copy.khm >out
same 'a copy of a snapshot is the same' ./numbers.khm ./copy.khm
check 'snapshot says what it wrote' 0 '^\./copy\.khm: [0-9.]+ KiB in ' cat out
check 'no temporary file is left' 0 '^0$' sh -c 'ls -d ./*tmp-* 2>/dev/null | wc -l'
mkdir folder
check 'a snapshot does not replace a folder' 3 'not a plain file' \
	khmapctl snapshot ./numbers.khm ./folder
check 'nor a device' 3 'not a plain file' khmapctl snapshot ./numbers.khm /dev/null
check 'a folder that is not there' 3 'No such file' \
	khmapctl snapshot ./numbers.khm ./nowhere/copy.khm
cp routes.khm keep.khm
check 'a write that fails' 3 'File too large|write' \
	sh -c "trap '' XFSZ; ulimit -f 100; '$bin/khmapctl' snapshot ./numbers.khm ./keep.khm"
same 'leaves the old file as it was' ./routes.khm ./keep.khm
check 'and no temporary one' 0 '^0$' sh -c 'ls -d ./*tmp-* 2>/dev/null | wc -l'
chmod 600 ./numbers.khm
(umask 000 && khmapctl snapshot ./numbers.khm ./private.khm -q)
check 'a copy is no more readable than the map' 0 '^600$' stat -c %a ./private.khm

# Command lines.
check 'no command' 2 '^Usage: khmapctl COMMAND' khmapctl
check 'an unknown command' 2 'there is no command "fly"' khmapctl fly
check 'help' 0 '^  verify +check' khmapctl --help
check 'version' 0 'image format 1' khmapctl --version
for command in create ls info stat load get put del clear dump inspect snapshot verify destroy; do
	check "$command --help" 0 "^Usage: khmapctl $command" khmapctl $command --help
	check "$command --help has examples" 0 '^Examples?:' khmapctl $command --help
	check "$command --nonsense" 2 "khmapctl $command --help" khmapctl $command --nonsense
	check "$command --nonsense: who says it" 2 "^khmapctl: $command: unrecognized option" \
		khmapctl $command --nonsense
done
for command in create info stat load get put del clear dump inspect snapshot verify destroy; do
	check "$command without arguments" 2 'needed' khmapctl $command
done
check 'create: a type that is none' 2 'u65' khmapctl create x --key u65 --value u8
check 'create: a record of no size' 2 'whole number 1\.\.' khmapctl create x --key 'bytes[0]' --value u8
check 'create: a record too large' 2 '4096' khmapctl create x --key u8 --value 'bytes[5000]'
check 'create: a name with a slash' 2 'is no name for a map' \
	khmapctl create a/b --key u8 --value u8
check 'create: a name with a dot' 2 'is no name for a map' khmapctl create a.b --key u8 --value u8
check 'create: a name of 200 bytes' 2 'at most 63 bytes' \
	khmapctl create "$(printf '%0200d' 0)" --key u8 --value u8
check 'create: control' 2 '"control" is the control device, not a map' khmapctl create control --key u8 --value u8
check 'create: a load out of range' 2 '10\.\.95' khmapctl create x --key u8 --value u8 --load-percent 5
check 'create: a mode that is none' 2 'octal' khmapctl create x --key u8 --value u8 --mode 0777
check 'create: a size that is none' 2 'is not a whole number 1\.\.9223372036854775807; K, M, G and T' \
	khmapctl create x --key u8 --value u8 --max-bytes 64X
check 'load: a format that is none' 2 'csv, json, ndjson, msgpack or raw' khmapctl load x y --format xml
check 'create: entries that are none' 2 '"1e6" is not a whole number 1\.\.' \
	khmapctl create x --key u8 --value u8 -n 1e6
check 'get: control' 2 'is the control device, not a map' khmapctl get control 1
check 'destroy: a name that is none' 2 'is no name for a map' khmapctl destroy a/b
check 'load: a column without =' 2 'FIELD=COLUMN is expected' khmapctl load x y.csv -c key
check 'load: no format' 2 'is needed' khmapctl load x
if [ ! -e /dev/khmap ]; then
	check 'without the module: create' 3 'the module is not loaded' \
		khmapctl create x --key u8 --value u8
	for command in 'ls' 'get x 1' 'destroy x' 'snapshot x ./x' 'put x 1 1' 'stat x'; do
		# shellcheck disable=SC2086 # the words of a command
		check "without the module: $command" 3 \
			'the module is not loaded: insmod khmap\.ko, or modprobe khmap$' \
			khmapctl $command
	done
fi

finish
