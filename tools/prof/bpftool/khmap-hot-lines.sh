#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# The hottest cache lines, by bpftool: it loads and pins the programs and dumps their maps as
# JSON; jq makes the table. Debian 12's bpftool 7.1 cannot attach a program to a tracepoint, which
# is left to "khmap-prof attach"; a newer one does it itself (autoattach), and khmap-prof only
# tells the programs which maps there are and to begin.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
built=$here/../../../build/prof
me=${0##*/}

usage() {
	cat <<-EOF
	Usage: $me [OPTION...] [-- COMMAND [ARGUMENT...]]
	Profiles the stores of khmap's maps with bpftool, for a time, while COMMAND runs, or until
	Ctrl-C, and prints the hottest cache lines. Needs root, bpftool, jq and khmap-prof.

	  --map NAME      profile this map only (default: all)
	  --map-id N      the same, by the map's id
	  --duration S    record for S seconds
	  --sample N      take one event in N of each processor (default 1)
	  --top N         print N lines at most (default $top)
	  --json          print JSON
	  --object FILE   the programs (default: store.bpf.o of this project's build)
	  --bpffs DIR     where to pin them meanwhile (default: $bpffs)
	  -h, --help      print this

	Transfers between processors are modelled from the order of events, as "khmap-prof record
	--help" tells; they are no misses.

	Exit status: that of COMMAND; 2 wrong usage; 1 anything else; or what khmap-prof says.
	EOF
}

die() {
	echo "$me: $*" >&2
	exit 1
}

wrong_usage() {
	echo "$me: $*" >&2
	echo "Try $me --help." >&2
	exit 2
}

is_number() {
	case $1 in
	'' | *[!0-9]* | 0) return 1 ;;
	esac
}

# The tools, wherever this was put.
find_beside() {
	for file in "$here/$1" "$built/$1"; do
		[ ! -f "$file" ] || { echo "$file"; return; }
	done
	command -v "$1" || :
}

top=20 bpffs=/sys/fs/bpf duration='' json=false object=''
attach=''
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--json) json=true ;;
	--map | --map-id | --duration | --sample | --top | --object | --bpffs)
		[ $# -ge 2 ] || wrong_usage "$1 needs a value"
		case $1 in
		--map)
			case $2 in
			'' | *[!A-Za-z0-9_-]*) wrong_usage "not a map's name: $2" ;;
			esac
			attach="$attach --map=$2" ;;
		--map-id | --sample)
			is_number "$2" || wrong_usage "$1 needs a number above 0"
			attach="$attach $1=$2" ;;
		--duration)
			case $2 in
			*[!0-9.]* | '') wrong_usage '--duration needs a number of seconds' ;;
			esac
			duration=$2 ;;
		--top)
			is_number "$2" || wrong_usage '--top needs a number above 0'
			top=$2 ;;
		--object) object=$2 ;;
		--bpffs) bpffs=$2 ;;
		esac
		shift ;;
	--) shift; break ;;
	-*) wrong_usage "no such option: $1" ;;
	*) break ;;
	esac
	shift
done
[ -z "$duration" ] || [ $# -eq 0 ] || wrong_usage 'give --duration or a command, not both'

[ "$(id -u)" -eq 0 ] || die 'this needs root'
PATH=$PATH:/usr/sbin:/sbin
for tool in bpftool jq; do
	command -v $tool >/dev/null || die "$tool is missing (Debian package $tool)"
done
[ -n "$object" ] || object=$(find_beside store.bpf.o)
[ -f "$object" ] || die 'store.bpf.o is missing: "make prof" builds it'
prof=$(find_beside khmap-prof)
[ -n "$prof" ] || die 'khmap-prof is missing: "make prof" builds it'
grep -q " $bpffs bpf " /proc/mounts || die "$bpffs is no bpffs: mount -t bpf bpf $bpffs"

# Says in one line what is missing, if anything is.
# shellcheck disable=SC2086 # a list of words
"$prof" attach --check $attach

# All that keeps programs and maps alive are the pins below this folder.
pins=$bpffs/khmap-hot-lines-$$
work=''
sleeper=''
# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null || :
	rm -rf "$pins" ${work:+"$work"}
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# A run that was killed could not remove its own.
for stale in "$bpffs"/khmap-hot-lines-*; do
	if [ -d "$stale" ] && [ ! -d "/proc/${stale##*-}" ]; then
		echo "$me: removing $stale of a run that was killed" >&2
		rm -rf "$stale"
	fi
done

work=$(mktemp -d "${TMPDIR:-/tmp}/khmap-hot-lines.XXXXXX")
mkdir "$pins" "$pins/programs" "$pins/maps"
autoattach=''
if bpftool prog help 2>&1 | grep -q autoattach; then
	autoattach=autoattach
fi
# shellcheck disable=SC2086 # empty, or a word
if ! bpftool prog loadall "$object" "$pins/programs" pinmaps "$pins/maps" $autoattach \
	>"$work/load.log" 2>&1; then
	tail -n 20 "$work/load.log" >&2
	die 'bpftool cannot load the programs; what it says is above'
fi
# shellcheck disable=SC2086 # a list of words
"$prof" attach $attach "$pins"

# Ctrl-C ends the recording, not the report.
stop=''
status=0
trap 'stop=yes' INT
if [ $# -gt 0 ]; then
	"$@" || status=$?
else
	[ -n "$duration" ] || echo "$me: recording; Ctrl-C ends it" >&2
	while [ -z "$stop" ]; do
		# In the background, so that a signal ends the waiting at once.
		sleep "${duration:-3600}" &
		sleeper=$!
		wait "$sleeper" || :
		[ -z "$duration" ] || stop=yes
	done
	kill "$sleeper" 2>/dev/null || :
	sleeper=''
fi
trap 'exit 130' INT

# A newer bpftool has pinned links in place of programs.
for program in "$pins/programs"/*; do
	bpftool -j prog show pinned "$program" 2>/dev/null ||
		bpftool -j prog show id "$(bpftool -j link show pinned "$program" | jq .prog_id)"
done >"$work/programs"

# Without its link a program is detached; the maps stay as long as they are pinned.
rm -rf "$pins/links" "$pins/programs"
for map in lines line_cpus maps totals; do
	bpftool -j map dump pinned "$pins/maps/$map" >"$work/$map"
done

# Columns of equal width; the last row, the totals, is no row of the table.
align() {
	awk -F '\t' '
		$1 == "" { sum = $2; next }
		{
			rows++
			for (i = 1; i <= NF; i++) {
				cell[rows, i] = $i
				if (length($i) > width[i])
					width[i] = length($i)
			}
			columns = NF
		}
		END {
			for (row = 1; row <= rows; row++) {
				text = ""
				for (i = 1; i <= columns; i++) {
					left = i < 3 || i == 6 ? "-" : ""
					text = text sprintf("%" left width[i] "s ", cell[row, i])
				}
				sub(/ +$/, "", text)
				print text
			}
			print ""
			print sum
		}'
}

render() {
	jq -M -r -n --argjson top "$top" --argjson json "$json" --slurpfile lines "$work/lines" \
		--slurpfile line_cpus "$work/line_cpus" --slurpfile maps "$work/maps" \
		--slurpfile totals "$work/totals" --slurpfile programs "$work/programs" \
		-f "$here/hot-lines.jq"
}

if [ "$json" = true ]; then
	render
else
	render >"$work/rows"
	align <"$work/rows"
fi
exit "$status"
