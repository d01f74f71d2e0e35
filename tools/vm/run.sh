#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Boots a kernel with the module in a virtual machine, runs a command or a list of tests inside,
# and says what became of it. No verdict is a failure.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
. "$here/lib.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [OPTION...] -- COMMAND [ARGUMENT...]
	       ${0##*/} [OPTION...] --list FILE
	       ${0##*/} [OPTION...] --shell
	Boots a Debian kernel in QEMU (with KVM where it works), loads khmap.ko, and runs in it a
	command, a list of tests or a shell. A single COMMAND is a line for the guest's shell.

	What to run
	  --kernel VERSION    the kernel (default: Debian's own, see kernel.sh)
	  --module FILE       the module (default: build/module/VERSION/khmap.ko)
	  --no-module         load none
	  --file FILE[:PATH]  put a file or folder into the guest, with the libraries it needs.
	                      Without PATH, one of this project keeps its place below /khmap,
	                      any other goes into /khmap itself. May be repeated
	  --list FILE         a test program on each line, with its arguments. "@SECONDS program"
	                      gives it a time limit other than $test_seconds, "+ FILE[:PATH]" is --file,
	                      "#" begins a comment
	  --tap               the COMMAND prints TAP: judge that too

	The machine
	  --smp N             processors (default $smp)
	  --mem MB            memory (default $mem)
	  --disk SIZE         an empty scratch disk, like 1G; \$KHMAP_DISK in the guest
	  --append WORDS      more for the kernel's command line
	  --timeout SECONDS   for the whole run (default $seconds)
	  --slower FACTOR     multiply every time limit (default: as the kernel needs it)
	  --plugin FILE[,ARG] load a plugin of QEMU, which then emulates the processors, KVM or not

	What comes out
	  --out DIR           afterwards, copy the guest's /out into this folder
	  --report FILE       write the TAP report of a list here
	  --json FILE         write a summary here
	  --quiet             print nothing while all goes well

	In the guest the working directory is /khmap; it and build/bin are in PATH, build/lib in
	LD_LIBRARY_PATH, as far as --file put them there:
	    ${0##*/} --file build/bin -- 'khmapctl create m --key u32 --value u64 && khmapctl ls'
	The last console and report stay in build/vm.

	Exit status: that of COMMAND (99 if it is above), or for tests 1 if one failed. Else
	  100  wrong usage                      101  the guest cannot be set up
	  102  module not loaded, or no BTF     103  guest lost: it panicked or never came up
	  104  time-out                         105  the kernel complained (splat)
	  106  empty or truncated report        130  interrupted
	EOF
}

wrong_usage() {
	echo "${0##*/}: $*" >&2
	echo "Try ${0##*/} --help." >&2
	exit 100
}

die_status=101
test_seconds=${KHMAP_TEST_TIMEOUT:-120}
version='' module='' want_module=yes files='' list='' tap='' mode=''
smp=2 mem=2048 disk='' append='' plugin='' seconds=${KHMAP_VM_TIMEOUT:-600} slower=''
out='' report='' json='' quiet=''
newline='
'

while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--no-module) want_module= ;;
	--tap) tap=yes ;;
	--quiet) quiet=yes ;;
	--shell) mode=shell ;;
	--) shift; break ;;
	--kernel | --module | --file | --list | --smp | --mem | --disk | --append | --timeout | \
	--slower | --plugin | --out | --report | --json)
		[ $# -ge 2 ] || wrong_usage "$1 needs a value"
		case $1 in
		--kernel) version=$2 ;;
		--module) module=$2 ;;
		--file) files=$files$2$newline ;;
		--list) list=$2 mode=list ;;
		--smp) smp=$2 ;;
		--mem) mem=$2 ;;
		--disk) disk=$2 ;;
		--append) append="$append $2" ;;
		--timeout) seconds=$2 ;;
		--slower) slower=$2 ;;
		--plugin) plugin=$2 ;;
		--out) out=$2 ;;
		--report) report=$2 ;;
		--json) json=$2 ;;
		esac
		shift
		;;
	-*) wrong_usage "no such option: $1" ;;
	*) break ;;
	esac
	shift
done

for number in "$smp" "$mem" "$seconds" "$test_seconds" "${slower:-1}"; do
	case $number in
	'' | *[!0-9]*) wrong_usage "not a number: $number" ;;
	esac
done
if [ -n "$mode" ]; then
	[ $# -eq 0 ] || wrong_usage "give a command, a list or --shell, not two of them"
else
	[ $# -gt 0 ] || wrong_usage 'give a command, --list or --shell'
	mode='command'
fi
for tool in busybox cpio; do
	command -v "$tool" >/dev/null || die "$tool is missing (run tools/setup.sh)"
done

note() {
	[ -n "$quiet" ] || echo "$*" >&2
}

started=$(date +%s)
env=$("$here/kernel.sh" ${version:+"$version"}) || exit 101
eval "$env"
slower=${slower:-$SLOWER}
seconds=$((seconds * slower))
machine=$(machine_of "$KERNEL")
qemu='qemu-system-x86_64'
if [ "$machine" = arm64 ]; then
	qemu='qemu-system-aarch64'
	cross=$("$here/../cross/toolchain.sh" arm64) || exit 101
	eval "$cross"
	export SYSROOT
fi
command -v "$qemu" >/dev/null || die "$qemu is missing (run tools/setup.sh)"
base=$("$here/image.sh" "$KERNEL") || exit 101
if [ -n "$plugin" ]; then
	[ -f "${plugin%%,*}" ] || die "there is no ${plugin%%,*} (is it built?)"
	qemu_has_plugins || die 'this QEMU takes no plugins'
	accel=tcg
else
	accel=$("$here/accel.sh" "$KERNEL") || exit 101
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/khmap-vm.XXXXXX")
timeout_pid='' follow_pid=''

# Ends only what this script has started.
# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$timeout_pid" ] || kill "$timeout_pid" 2>/dev/null || :
	[ -z "$follow_pid" ] || kill "$follow_pid" 2>/dev/null || :
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# --- The initramfs of this run: the base, and a second archive behind it.

stage=$work/stage
. "$here/stage.sh"
mkdir -p "$stage/vm" "$stage/khmap"
cp "$here/leaks.sh" "$stage/vm/leaks"

if [ -n "$want_module" ]; then
	module=${module:-$build/module/$KERNEL/khmap.ko}
	[ -f "$module" ] || die "there is no $module (make module)"
	# Most of the file is for debuggers, and a kernel reads all of it with each load.
	"${CROSS_COMPILE-}strip" --strip-debug -o "$stage/khmap.ko" "$module"
fi
while read -r file; do
	[ -z "$file" ] || add_file "$file"
done <<EOF
$files
EOF
[ "$mode" != list ] || add_list
if [ "$mode" = command ]; then
	if [ $# -eq 1 ]; then
		printf '%s\n' "$1"
	else
		quote "$@"
	fi >"$stage/vm/command"
fi

set --
disks='' out_disk='' scratch_disk=''
if [ -n "$out" ]; then
	add_disk out 1G
	out_disk=$drive
fi
if [ -n "$disk" ]; then
	add_disk scratch "$disk"
	scratch_disk=$drive
fi

cat >"$stage/vm/config" <<EOF
mode=$mode
export module=${want_module:+khmap} KHMAP_SLOWER=$slower
disks=${disks:+yes}
out_disk=$out_disk
scratch_disk=$scratch_disk
EOF
(cd "$stage" && find . | cpio --quiet -o -H newc -R 0:0) >"$work/run.cpio"
cat "$base" "$work/run.cpio" >"$work/initrd"
rm -rf "$stage" "$work/run.cpio"

# --- The machine.

# shellcheck disable=SC2046,SC2154 # a list of words; from lib.sh
case $machine in
arm64)
	set -- $(qemu_machine_arm64 "$smp" "$mem")
	kernel_append="console=ttyAMA0 ${kernel_append#* }"
	;;
*) set -- $(qemu_machine "$accel" "$smp" "$mem") ;;
esac
set -- "$@" -kernel "$VMLINUX" -initrd "$work/initrd" -append "$kernel_append$append"
[ -z "$plugin" ] || set -- "$@" -plugin "$plugin"
for name in $disks; do
	set -- "$@" -drive "file=$work/$name,if=none,id=$name,format=raw,cache=unsafe" \
		-device "virtio-blk-pci,drive=$name"
done

if [ "$mode" = shell ]; then
	note "Kernel $KERNEL under $accel. Leave with exit, or with Ctrl-A X."
	"$qemu" "$@" -serial mon:stdio -serial null -serial null || :
	exit 0
fi

# Emulated processors that share one of the host's hand over to each other a thousand times more
# slowly than two that run side by side.
pin_processors() {
	number=0
	while [ "$number" -lt "$smp" ]; do
		tries=0
		thread=
		while [ -z "$thread" ] && [ "$tries" -lt 50 ]; do
			pid=$(cat "$work/pid" 2>/dev/null) || pid=none
			thread=$(grep -lsx "CPU $number/TCG" "/proc/$pid/task"/*/comm | head -n 1)
			[ -n "$thread" ] || sleep 0.1
			tries=$((tries + 1))
		done
		[ -n "$thread" ] || return 0
		thread=${thread%/comm}
		taskset -pc "$(allowed_processor "$number")" "${thread##*/}" >/dev/null || return 0
		number=$((number + 1))
	done
}

# The Nth of the host's processors that this process may use, beginning again after the last.
allowed_processor() {
	sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status | tr ',' '\n' |
		awk -F- -v want="$1" '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) cpu[n++] = i }
			END { print cpu[want % n] }'
}

boot() {
	for name in console report status; do
		: >"$work/$name"
	done
	rm -f "$work/pid"
	note "Booting kernel $KERNEL under $accel ..."
	# shellcheck disable=SC2016 # expanded by the inner shell
	timeout -k 5 "$seconds" sh -c 'echo $$ >"$0/pid"; exec "$@"' "$work" "$qemu" "$@" \
		-serial "file:$work/console" -serial "file:$work/report" \
		-serial "file:$work/status" </dev/null >"$work/qemu.log" 2>&1 &
	timeout_pid=$!
	[ "$accel" != tcg ] || pin_processors

	case $mode$quiet in
	list) tail -n +1 -s 0.2 -f --pid="$timeout_pid" "$work/report" 2>/dev/null |
		awk -f "$here/progress.awk" & follow_pid=$! ;;
	command) tail -n +1 -s 0.1 -f --pid="$timeout_pid" "$work/report" 2>/dev/null &
		follow_pid=$! ;;
	esac

	qemu_status=0
	wait "$timeout_pid" || qemu_status=$?
	timeout_pid=
	if [ -n "$follow_pid" ]; then
		wait "$follow_pid" || :
		follow_pid=
	fi
}

# An emulated machine that is short of time may panic before its first process runs: its timer was not
# seen to tick, or see init about QEMU's breakpoints. Nothing of ours was there yet.
panicked_early() {
	! grep -q '^booted' "$work/status" && grep -q 'Kernel panic' "$work/console"
}

boot "$@"
for _ in 1 2; do
	panicked_early || break
	note "It panicked before its first process ran: $(grep -m 1 'Kernel panic' "$work/console")"
	boot "$@"
done

# --- The verdict.

. "$here/verdict.sh"
verdict_guest
verdict_out
verdict_report
[ -z "$report" ] || write_report
[ -z "$json" ] || write_json
tell
exit "$exit_status"
