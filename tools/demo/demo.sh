#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Shows khmap at work: real data go into two maps in a guest, are looked up there without a system
# call, and come back as files of pages that this machine reads, where no module is loaded.
# Every record is compared with where it came from.

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tools/demo
build=${BUILD:-$top/build}
demo=$build/demo
data=$demo/data
out=$demo/out
steps=$demo/steps
oui=/usr/share/ieee-data/oui.csv
lookups=${KHMAP_DEMO_LOOKUPS:-1000000}
PATH=$build/bin:$PATH
export LC_ALL=C
separator=$(printf '\037')

case ${1-} in
-h | --help)
	cat <<-EOF
	Usage: ${0##*/}
	Shows khmap at work on real data, in a guest. "make demo" calls it when all is set up.
	KHMAP_DEMO_LOOKUPS is how many lookups are made in each way (default 1000000).
	Exit status: 0 if every answer and every record is right.
	EOF
	exit 0
	;;
esac

die() {
	echo "demo: FAILED: $*" >&2
	exit 1
}

. "$here/step.sh"

rm -rf "$data" "$out" "$steps"
mkdir -p "$data" "$out"
started=$(now)
echo 'khmap: a hash map in the kernel that everybody reads from memory. A demonstration.'

step 'Build the library, khmapctl, the module and the profiler'
cd "$top"
must 'make all && make -C tools/demo all'

# --- Data.

# size FIELD FILE: the longest cell in bytes, rounded up to 8.
size() {
	awk -F '\037' -v field="$1" 'length($field) > max { max = length($field) }
		END { print int((max + 7) / 8) * 8 }' "$2"
}

# some FILE: about a thousand of its lines, evenly.
some() {
	awk -v every="$(($(wc -l <"$1") / 1000 + 1))" 'NR % every == 1 || every == 1' "$1"
}

package_index() {
	# shellcheck disable=SC2016 # for apt-get
	apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages'
}

step 'Real data: the registry of network cards, and every package of this Debian'
[ -r "$oui" ] || die "there is no $oui (run tools/setup.sh)"
cp "$oui" "$data/oui.csv"
awk -f "$here/csv.awk" "$oui" | sed 1d >"$demo/oui.all"
# What the map must hold: of an assignment that is listed twice, the last line.
awk -F '\037' -v OFS='\037' '{ line[tolower($2)] = tolower($2) OFS $3 OFS $4 }
	END { for (key in line) print line[key] }' "$demo/oui.all" | sort >"$demo/oui.sorted"
oui_entries=$(wc -l <"$demo/oui.sorted")
tell "$oui: $(wc -l <"$demo/oui.all") MA-L assignments of $oui_entries OUIs."
tell 'IEEE lists some old ones more than once; a map has each key once, so the last line stands:'
cut -d "$separator" -f 2,3 "$demo/oui.all" | sort -s -t "$separator" -k 1,1 |
	awk -F '\037' '
	{ lines[$1] = lines[$1] "     " $1 "  " $2 "\n"; count[$1]++ }
	END { for (key in lines) if (count[key] > 1) printf "%s", lines[key] }'
[ "$oui_entries" -gt 30000 ] || die "these are too few assignments"

if [ -z "$(package_index)" ]; then
	tell 'This machine has no package index yet: apt-get update.'
	as_root=
	[ "$(id -u)" -eq 0 ] || as_root=sudo
	$as_root apt-get -qq update || die 'apt-get update failed'
fi
apt-cache dumpavail >"$demo/packages.index"
awk -v architecture="$(dpkg --print-architecture)" -f "$here/packages.awk" \
	"$demo/packages.index" >"$data/packages.ndjson"
sort "$data/packages.ndjson" >"$demo/packages.sorted"
packages_entries=$(wc -l <"$demo/packages.sorted")
tell "The package index of this machine, as JSON: $packages_entries packages, the first:"
head -n 1 "$data/packages.ndjson" | sed 's/^/     /'
[ "$packages_entries" -gt 1000 ] || die "these are too few packages: see apt-get update"
for writer in 0 1; do
	awk -v writer=$writer -f "$here/tally.awk" "$demo/packages.index" >"$data/tally-$writer.csv"
done

# Questions, some of them without an answer.
{ some "$demo/oui.sorted" | cut -c 1-6; echo ffffff; echo 02:00:00; } >"$data/oui.keys"
sed 's/^{"key":"//; s/".*//' "$demo/packages.sorted" >"$demo/packages.names"
{ some "$demo/packages.names"; echo no-such-package; } >"$data/packages.keys"
sed 's/^{"key":"[^"]*","value":{"version":"//; s/".*//' "$demo/packages.sorted" \
	>"$demo/packages.versions"
cat >"$data/config" <<EOF
oui_entries=$oui_entries
oui_value='{organization:str[$(size 3 "$demo/oui.all")],address:str[$(size 4 "$demo/oui.all")]}'
packages_entries=$packages_entries
packages_key='str[$(size 1 "$demo/packages.names")]'
packages_value='{version:str[$(size 1 "$demo/packages.versions")],size:u64}'
tally_puts=$(($(cat "$data"/tally-?.csv | wc -l) - 2))
lookups=$lookups
EOF

# --- The guest, whose steps go on with our numbers.

step 'A guest with the module'
step_name=''
guest_start=$(now)
"$top/tools/vm/run.sh" ${KERNEL:+--kernel "$KERNEL"} --timeout 280 --out "$out" \
	--file "$here/guest.sh" --file "$here/step.sh" --file "$build/bin/khmapctl" \
	--file "$build/prof/khmap-prof" --file "$demo/lookups" --file "$data" \
	-- "tools/demo/guest.sh $number" || die "the guest ended with status $?"
guest_seconds=$(since "$guest_start")
awk -v all="$guest_seconds" '{ print; sum += $1 }
	END { printf "%.1f Prepare and stop the guest, copy its files out\n", all - sum }' \
	"$out/guest.steps" >>"$steps"
number=$((number + $(wc -l <"$out/guest.steps") - 1))

# --- The host again.

step 'Read the snapshots here, where no module is loaded'
cd "$out"
must '[ ! -e /sys/module/khmap ] && [ ! -e /dev/khmap ]'
must 'ls -l *.khmap'
must 'khmapctl verify *.khmap'
must 'khmapctl info ./oui.khmap'
must 'khmapctl get ./oui.khmap 00:00:0c --field organization'
must 'khmapctl get ./packages.khmap dash'

step 'Compare: the same questions, then every record with its source'
tell "$(wc -l <"$data/oui.keys") and $(wc -l <"$data/packages.keys") keys, some of which are not there (that is status 1):"
must 'khmapctl get ./oui.khmap - --json <../data/oui.keys >oui.host || [ $? -eq 1 ]'
must 'khmapctl get ./packages.khmap - --json <../data/packages.keys >packages.host || [ $? -eq 1 ]'
must 'cmp oui.guest oui.host && cmp packages.guest packages.host'
tell "All $oui_entries and $packages_entries records:"
# shellcheck disable=SC2016 # expanded by show
must 'khmapctl dump ./oui.khmap --format csv | awk -f "$here/csv.awk" | sed 1d | sort |
       cmp - ../oui.sorted'
must 'khmapctl dump ./packages.khmap --json | sort | cmp - ../packages.sorted'
tell 'No difference.'
step_end

printf '\n  seconds  step\n'
awk '{ seconds = $1; sub(/^[^ ]* /, ""); printf "%9.1f  %s\n", seconds, $0 }' "$steps"
printf '%9.1f  all together\n' "$(since "$started")"
printf '\nThe snapshots stay here. Try: %s get %s 00:00:0c --json\n' "${build#"$top"/}/bin/khmapctl" \
	"${out#"$top"/}/oui.khmap"
