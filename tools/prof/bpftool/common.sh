# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What the scripts for bpftool share, from the options to the dumps: it loads and pins the
# programs, lets them run for a time, and leaves their maps as JSON in $work, one file each, and
# "programs" for "bpftool prog show" of them. Debian 12's bpftool 7.1 cannot attach a program to a
# tracepoint, which is left to "khmap-prof attach"; a newer one does it itself (autoattach), and
# khmap-prof only tells the programs which maps there are and to begin.
#
# Sourced, with the words of the command line in place; the caller has set here (its folder), me
# (its name), shows (what it prints, in words) and dumped (the maps it needs). Afterwards top, json
# and status are set, and all that was made goes when the script ends, however it does.
# shellcheck disable=SC2154,SC2034 # names of, and for, the caller

built=$here/../../../build/prof

usage() {
	cat <<-EOF_USAGE
	Usage: $me [OPTION...] [-- COMMAND [ARGUMENT...]]
	Profiles the stores of khmap's maps with bpftool, for a time, while COMMAND runs, or until
	Ctrl-C, and prints $shows. Needs root, bpftool, jq and khmap-prof.

	  --map NAME      profile this map only (default: all)
	  --map-id N      the same, by the map's id
	  --duration S    record for S seconds
	  --sample N      take one event in N of each processor (default 1)
	  --top N         print N rows at most (default $top)
	  --json          print JSON
	  --cost          print what a put's program costs, by "bpftool prog profile"; where that
	                  does not work, say so
	  --object FILE   the programs (default: store.bpf.o of this project's build)
	  --bpffs DIR     where to pin them meanwhile (default: $bpffs)
	  -h, --help      print this

	Transfers between processors are modelled from the order of events, as "khmap-prof record
	--help" tells; they are no misses.

	Exit status: that of COMMAND; 2 wrong usage; 1 anything else; or what khmap-prof says.
	EOF_USAGE
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

# A number above 0.
is_number() {
	case $1 in
	*[!0-9]*) return 1 ;;
	*[1-9]*) ;;
	*) return 1 ;;
	esac
}

# The tools, wherever this was put.
find_beside() {
	for file in "$here/$1" "$built/$1"; do
		[ ! -f "$file" ] || { echo "$file"; return; }
	done
	command -v "$1" || :
}

top=20 bpffs=/sys/fs/bpf duration='' json=false object='' cost=''
attach=''
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--json) json=true ;;
	--cost) cost=yes ;;
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
			*[!0-9.]* | *.*.*) wrong_usage '--duration needs a number of seconds' ;;
			*[1-9]*) ;;
			*) wrong_usage '--duration needs a number of seconds above 0' ;;
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
name=${me%.sh}
pins=$bpffs/$name-$$
work=''
sleeper=''
meter=''
# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null || :
	[ -z "$meter" ] || kill "$meter" 2>/dev/null || :
	rm -rf "$pins" ${work:+"$work"}
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 131' QUIT
trap 'exit 143' TERM

# A run that was killed could not remove its own.
for stale in "$bpffs/$name"-*; do
	if [ -d "$stale" ] && [ ! -d "/proc/${stale##*-}" ]; then
		echo "$me: removing $stale of a run that was killed" >&2
		rm -rf "$stale"
	fi
done

work=$(mktemp -d "${TMPDIR:-/tmp}/$name.XXXXXX")
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

# A newer bpftool has pinned links in place of programs.
program_show() {
	bpftool -j prog show pinned "$1" 2>/dev/null ||
		bpftool -j prog show id "$(bpftool -j link show pinned "$1" | jq .prog_id)"
}

# Its counters are told by bpftool when it is interrupted.
cost_begin() {
	bpftool prog profile id "$(program_show "$pins/programs/store_put" | jq .id)" \
		duration 1000000 cycles instructions >"$work/cost" 2>&1 &
	meter=$!
	sleep 1
}

# One that has ended, and was not waited for, is still there, as a zombie.
is_running() {
	case $(cat "/proc/$1/stat" 2>/dev/null) in
	'' | *') Z '*) return 1 ;;
	esac
}

# Until it has set up what ends it, it does not heed the signal.
cost_end() {
	while is_running "$meter"; do
		kill -INT "$meter" 2>/dev/null || :
		sleep 1
	done
	# Built without this it says so, and exits with 0 all the same.
	if wait "$meter" && ! grep -q '^Error' "$work/cost"; then
		echo 'What store_put, the program of puts, costs:'
		cat "$work/cost"
		echo
	else
		echo "$me: no costs: $(head -n 1 "$work/cost")"
	fi
	meter=''
}

[ -z "$cost" ] || cost_begin
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

[ -z "$cost" ] || cost_end >&2
for program in "$pins/programs"/*; do
	program_show "$program"
done >"$work/programs"

# Without its link a program is detached; the maps stay as long as they are pinned.
rm -rf "$pins/links" "$pins/programs"
for map in $dumped; do
	bpftool -j map dump pinned "$pins/maps/$map" >"$work/$map"
done

# render FILTER: all dumps, each by its name, through a file of jq's beside this one.
render() {
	filter=$1
	set --
	for map in $dumped programs; do
		set -- "$@" --slurpfile "$map" "$work/$map"
	done
	jq -M -r -n --argjson top "$top" --argjson json "$json" "$@" -f "$here/$filter"
}

# align: columns of equal width, those of numbers on the right; a row that begins with an empty
# column ends a table and is printed below it.
align() {
	awk -F '\t' '
		function table(row, i, text) {
			for (row = 1; row <= rows; row++) {
				text = ""
				for (i = 1; i <= columns; i++)
					text = text sprintf("%" (words[i] ? "-" : "") width[i] "s ",
						cell[row, i])
				sub(/ +$/, "", text)
				print text
			}
			rows = 0
			split("", width)
			split("", words)
		}
		$1 == "" {
			table()
			print ""
			if ($2 != "")
				print $2
			next
		}
		{
			rows++
			for (i = 1; i <= NF; i++) {
				cell[rows, i] = $i
				if (length($i) > width[i])
					width[i] = length($i)
				if (rows > 1 && $i !~ /^[0-9]+$/)
					words[i] = 1
			}
			columns = NF
		}'
}
