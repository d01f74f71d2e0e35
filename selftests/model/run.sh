#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Lets spin search the models of readers, writers and snapshots: the right ones must hold, each broken
# one must be refuted for its reason. As many are searched at a time as there are processors. Writes
# build/report/model.tap.

set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
report=$build/report/model.tap
work=$build/model

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--all] [--trail] [NAME...]
	Searches the models, default all but the long ones, and runs the litmus tests if there
	is a herd7. NAME is a test as the report names it, or its beginning: refuted/split.

	  --all     the long ones too: some minutes, and 1.5 GB of memory
	  --trail   show the steps that refute a broken model

	LKMM names a kernel's tools/memory-model, which herd7 needs. Report: build/report/model.tap
	EOF
}

all=
trail=
only= # by a call of itself: the one test that this is for, or "names" for what there is
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--all) all=yes ;;
	--trail) trail=yes ;;
	--only) only=$2; shift ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
wanted=$*

# A name on the command line is a beginning, so that a folder of names can be asked for.
is_wanted() {
	if [ -n "$only" ] && [ "$only" != names ]; then
		[ "$1" = "$only" ]
		return
	fi
	for beginning in ${wanted:-''}; do
		case $1 in
		"$beginning"*)
			echo "$1"
			break
			;;
		esac
	done
	return 1
}

# Each test has a part of the report for itself, where its number comes later.
part=$build/model/$only.tap

# verdict NAME [WHY]: passed, if nothing says why not.
verdict() {
	if [ -z "${2-}" ]; then
		echo "ok $1" >"$part"
		printf '  %-7s %s\n' ok "$1"
	else
		printf 'not ok %s\n# %s\n' "$1" "$2" >"$part"
		printf '  %-7s %s: %s\n' FAILED "$1" "$2"
	fi
}

skip() {
	echo "ok $1 # SKIP $2" >"$part"
}

# search FOLDER OPTIMISE TABLE MODEL DEFINITION...: leaves spin's answer in FOLDER/pan.out; the
# hash table has 2^TABLE entries.
search() {
	folder=$1
	optimise=$2
	table=$3
	model=$4
	shift 4
	rm -rf "$folder"
	mkdir -p "$folder" && cd "$folder" || return 1
	spin -a "$@" "$here/$model.pml" >spin.out 2>&1 &&
		${CC:-gcc} "$optimise" -w -DSAFETY -DCOLLAPSE -DMEMLIM=3000 -o pan pan.c >gcc.out 2>&1 &&
		timeout 900 ./pan -m10000 -w"$table" >pan.out 2>&1
}

# reached FOLDER PROCESS: whether the search came to every step of it.
reached() {
	grep -A 1 "^unreached in $2\$" "$1/pan.out" | grep -q '(0 of '
}

diagnose() {
	sed -nE 's/^ *([0-9]+) states, stored.*/# \1 states/p; s/^pan: elapsed time (.*)/# \1/p
		s/^pan:1: (assertion violated) *!\(([a-z]*)\) .*/# \1: \2/p
		s/^State-vector.*depth reached ([0-9]+).*/# depth \1/p' "$1/pan.out" >>"$part"
}

# holds NAME OPTIMISE TABLE MODEL DEFINITION...: the search is complete and finds nothing.
holds() {
	name=holds/$1
	shift
	is_wanted "$name" || return 0
	folder=$work/$name
	why=
	if ! (search "$folder" "$@"); then
		why="no search: $(cat "$folder"/*.out 2>/dev/null | head -n 1)"
	elif ! grep -q 'errors: 0$' "$folder/pan.out"; then
		why=$(sed -n 's/^pan:1: //p' "$folder/pan.out")
		why="refuted: ${why:-it does not say why}"
	elif grep -Eq 'max search depth too small|not completed|out of memory|MEMLIM|hash-table' \
		"$folder/pan.out"; then
		why='the search was cut short'
	elif ! reached "$folder" 'proctype reader' || ! reached "$folder" init; then
		why='a step of the reader or of the last check was never reached'
	elif [ "$3" = snapshot ] &&
		grep -q '^unreached in proctype splitter$' "$folder/pan.out" &&
		! reached "$folder" 'proctype splitter'; then
		why='a step of the splitter was never reached'
	fi
	verdict "$name" "$why"
	[ ! -e "$folder/pan.out" ] || diagnose "$folder"
}

# refuted NAME REASON MODEL DEFINITION...: it fails, by one of the assertions of REASON ("a|b").
refuted() {
	name=refuted/$1
	reason=$2
	shift 2
	is_wanted "$name" || return 0
	folder=$work/$name
	why=
	# Most fail early: to compile faster tells more than to search faster.
	if ! (search "$folder" -O0 20 "$@"); then
		why="no search: $(cat "$folder"/*.out 2>/dev/null | head -n 1)"
	elif ! grep -Eq "^pan:1: assertion violated *!\\(($reason)\\)" "$folder/pan.out"; then
		why=$(sed -n 's/^pan:1: //p' "$folder/pan.out")
		why="should violate $reason, but: ${why:-nothing was found}"
	fi
	verdict "$name" "$why"
	[ ! -e "$folder/pan.out" ] || diagnose "$folder"
	if [ -n "$trail" ] && [ -e "$folder/$1.pml.trail" ]; then
		model=$1
		shift
		spin -t -p -g -l -k "$folder/$model.pml.trail" "$@" "$here/$model.pml"
	fi
}

# litmus FILE: herd7 finds that its "exists" clause never comes true.
litmus() {
	name=litmus/$(basename "$1" .litmus)
	is_wanted "$name" || return 0
	if ! command -v herd7 >/dev/null; then
		skip "$name" 'there is no herd7 here; Debian 12 has no package of it'
	elif [ ! -e "${LKMM:-/nonexistent}/linux-kernel.cfg" ]; then
		skip "$name" "LKMM names no kernel's tools/memory-model"
	else
		mkdir -p "$work/litmus"
		log=$work/$name.out
		why=
		if ! (cd "$LKMM" && timeout 60 herd7 -conf linux-kernel.cfg "$1") >"$log" 2>&1 ||
			! grep -q '^Observation .* Never ' "$log"; then
			why=$(grep '^Observation' "$log" || tail -n 1 "$log")
		fi
		verdict "$name" "$why"
	fi
}

tests() {
	holds split -O0 22 split -DSTRIPES=1
	holds split-across -O0 22 split -DSTRIPES=2
	holds split-long -O1 24 split -DSTRIPES=1 -DSTAYS
	holds promote -O1 24 promote
	holds compact -O1 24 compact
	holds snapshot -O1 24 snapshot -DSTATIC
	holds snapshot-growth -O1 22 snapshot -DSINGLE
	holds snapshot-best-effort -O1 24 snapshot -DSTATIC -DLOOSE
	holds snapshot-atomic -O1 24 snapshot -DSTATIC -DATOMIC
	holds snapshot-atomic-growth -O1 22 snapshot -DSINGLE -DATOMIC
	holds retire -O1 22 retire
	if [ -n "$all" ]; then
		holds split-across-long -O2 25 split -DSTRIPES=2 -DSTAYS
		holds promote-long -O2 25 promote -DSTAYS
	fi

	refuted split/shape-early missed split -DSHAPE_EARLY
	refuted split/no-recheck missed split -DNO_RECHECK
	refuted split/empty-after-even 'unheld|missed' split -DEMPTY_AFTER_EVEN
	refuted split/no-recompute 'lost|misplaced' split -DNO_RECOMPUTE
	refuted split/trust-overflow-count missed split -DTRUST_OVERFLOW_COUNT
	refuted split/begin-low backwards split -DBEGIN_LOW
	# Another chain of the stripe takes the bucket without a split only where there are three keys.
	refuted split/free-early unheld split -DFREE_EARLY -DSTAYS
	# Without the writer, which would stumble over an empty page before any reader.
	refuted promote/shape-early missed promote -DSHAPE_EARLY -DALONE
	refuted promote/no-recheck missed promote -DNO_RECHECK
	refuted promote/empty-after-even unheld promote -DEMPTY_AFTER_EVEN
	refuted compact/move-even 'missed|unheld' compact -DMOVE_EVEN
	refuted compact/link-after-even 'missed|unheld' compact -DLINK_AFTER_EVEN
	refuted compact/trust-overflow-count 'missed|unheld|corrupt' compact -DTRUST_OVERFLOW_COUNT
	refuted promote/no-recompute 'lost|misplaced' promote -DNO_RECOMPUTE
	refuted snapshot/no-gate inside snapshot -DSTATIC -DNO_GATE
	refuted snapshot/gate-before-lock inside snapshot -DSTATIC -DGATE_BEFORE_LOCK
	refuted snapshot/epoch-early wrong snapshot -DSTATIC -DEPOCH_EARLY
	refuted snapshot/epoch-late outdated snapshot -DSTATIC -DEPOCH_LATE
	refuted snapshot/epoch-staged outdated snapshot -DSINGLE -DEPOCH_STAGED
	refuted snapshot/no-pass inside snapshot -DSTATIC -DNO_PASS
	refuted snapshot/no-recount unserved snapshot -DSINGLE -DNO_RECOUNT
	refuted snapshot/link-after-open wrong snapshot -DSTATIC -DLINK_AFTER_OPEN
	refuted snapshot/copy-late wrong snapshot -DSTATIC -DCOPY_LATE
	refuted snapshot/copy-unlocked wrong snapshot -DSTATIC -DCOPY_UNLOCKED
	refuted snapshot/reader-epoch wrong snapshot -DSTATIC -DREADER_EPOCH
	refuted snapshot/drop-no-pass freed snapshot -DSTATIC -DDROP_NO_PASS
	refuted snapshot/drop-shared freed snapshot -DSTATIC -DDROP_SHARED
	refuted snapshot/lost-zero wrong snapshot -DSTATIC -DLOOSE -DLOST_ZERO
	refuted snapshot/giver-late freed snapshot -DSTATIC -DLOOSE -DGIVER_LATE
	refuted snapshot/spare-kept leaked snapshot -DSTATIC -DLOOSE -DSPARE_KEPT
	refuted snapshot/lost-empty wrong snapshot -DSTATIC -DLOOSE -DLOST_EMPTY
	refuted snapshot/no-mutex half snapshot -DSTATIC -DATOMIC -DNO_MUTEX
	refuted retire/bit-before-lock 'late|both' retire -DBIT_BEFORE_LOCK
	refuted retire/no-pass 'late|both' retire -DNO_PASS
	refuted retire/no-mutex 'late|both|leaked' retire -DNO_MUTEX
	refuted retire/revive-early both retire -DREVIVE_EARLY
	refuted retire/open-unlocked turned retire -DOPEN_UNLOCKED
	refuted retire/tell-unlocked missed retire -DTELL_UNLOCKED
	refuted retire/word-late missed retire -DWORD_LATE
	for file in "$here"/litmus/*.litmus; do
		litmus "$file"
	done
}

command -v spin >/dev/null || {
	echo "${0##*/}: there is no spin here (run tools/setup.sh test)" >&2
	exit 1
}
if [ -n "$only" ]; then
	mkdir -p "${part%/*}"
	tests
	exit 0
fi

# shellcheck disable=SC2086 # a list of words
names=$("$here/run.sh" ${all:+--all} --only names $wanted)
rm -rf "$work"
mkdir -p "$build/report" "$work"
jobs=$(nproc)
# Steps of one at a time can be read.
[ -z "$trail" ] || jobs=1
# shellcheck disable=SC2086 # a list of words
printf '%s\n' $names | xargs -r -n 1 -P "$jobs" \
	"$here/run.sh" ${all:+--all} ${trail:+--trail} --only

number=0
for name in $names; do
	number=$((number + 1))
	[ -e "$work/$name.tap" ] || echo "not ok $name: it ended early" >"$work/$name.tap"
	sed "1s/ok /ok $number /" "$work/$name.tap"
done >"$work/model.tap"
{
	echo 'TAP version 13'
	cat "$work/model.tap"
	echo "1..$number"
} >"$report"
"$top/tools/vm/tap.sh" --title model "$report"
