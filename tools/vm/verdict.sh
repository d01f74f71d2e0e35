# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What became of a guest, from its exit status and the three serial ports' files. Sourced by
# run.sh, whose names it uses: work, build, mode, tap, out, report, json, quiet, seconds, started,
# qemu_status. Sets exit_status and reasons.
# shellcheck disable=SC2154

reasons=''
exit_status=0
passed=0 failed=0 skipped=0 planned=''

# complain STATUS TEXT...: the first status stands.
complain() {
	[ "$exit_status" -ne 0 ] || exit_status=$1
	shift
	reasons=$reasons$*$newline
}

# The rest of a line that the guest's init wrote about one of its steps.
stage_line() {
	sed -n "s/\r\$//; s/^$1 *//p" "$work/status" | head -n 1
}

wants_tap() {
	[ "$mode" = list ] || [ -n "$tap" ]
}

verdict_guest() {
	mkdir -p "$build/vm"
	cp "$work/console" "$build/vm/console.log"
	cp "$work/report" "$build/vm/report.log"

	case $qemu_status in
	"$qemu_success") ;;
	124 | 137)
		running=$(sed -n 's/\r$//; s/^# selftests: khmap: //p' "$work/report" | tail -n 1)
		complain 104 "time-out after $seconds seconds${running:+, in $running}"
		;;
	0)
		complain 103 'the guest was lost before its end (it panicked or switched itself off)'
		;;
	*)
		complain 103 "qemu failed with status $qemu_status: $(head -n 1 "$work/qemu.log")"
		;;
	esac
	if ! grep -q '^booted' "$work/status"; then
		complain 103 'the guest did not come up'
	elif grep -qE '^(insmod|btf|disk)' "$work/status"; then
		complain 102 "$(sed 's/\r$//' "$work/status" | grep -E '^(insmod|btf|disk)')"
	fi
	if ! awk -f "$here/splat.awk" "$work/console" >"$work/splat"; then
		complain 105 "the kernel complained: $(head -n 1 "$work/splat")"
	fi
	status=$(stage_line exit)
	if [ "$mode" = command ] && [ "${status:-0}" -ne 0 ]; then
		echo "The command failed with status $status." >&2
		[ "$status" -lt 100 ] || status=99
		[ "$exit_status" -ne 0 ] || exit_status=$status
	fi
}

verdict_out() {
	[ -n "$out" ] && [ "$qemu_status" -eq "$qemu_success" ] || return 0
	mkdir -p "$out"
	if ! grep -q '^out written' "$work/status"; then
		complain 101 "the files were not brought out: $(stage_line out)"
	elif ! tar --no-overwrite-dir -xf "$work/out" -C "$out" 2>"$work/tar.err"; then
		complain 101 "the files were not brought out: $(head -n 1 "$work/tar.err")"
	fi
}

verdict_report() {
	wants_tap || return 0
	"$here/tap.sh" --counts "$work/report" >"$work/counts" || :
	read -r passed failed skipped <"$work/counts"
	planned=$(sed -n 's/\r$//; s/^1\.\.\([0-9]*\).*/\1/p' "$work/report" | head -n 1)
	results=$(grep -cE '^(not )?ok ' "$work/report") || :
	if [ -z "$planned" ]; then
		complain 106 'the report is empty, or has no plan'
	elif [ "$planned" -ne "$results" ]; then
		complain 106 "the report ends after $results of $planned results"
	elif [ "$failed" -ne 0 ] && [ "$exit_status" -eq 0 ]; then
		exit_status=1
	fi
}

# What became of the guest is one more result, so that counts include it.
write_report() {
	mkdir -p "$(dirname "$report")"
	{
		if [ -n "$planned" ]; then
			sed "s/\r\$//; s/^1\.\.$planned\$/1..$((planned + 1))/" "$work/report"
		else
			echo 'TAP version 13'
			echo '1..1'
			planned=0
		fi
		if [ -n "$reasons" ]; then
			echo "not ok $((planned + 1)) guest: $(printf %s "$reasons" | tr '\n#' ';.')"
		else
			echo "ok $((planned + 1)) guest: came to its end with a clean console"
		fi
	} >"$report.tmp"
	mv "$report.tmp" "$report"
}

write_json() {
	result=passed
	[ "$exit_status" -eq 0 ] || result=failed
	lines=$(printf %s "$reasons" | sed 's/\\/\\\\/g; s/"/\\"/g; s/[[:cntrl:]]/ /g; s/.*/"&"/' |
		paste -s -d ,)
	cat >"$json" <<-EOF
	{
	  "kernel": "$KERNEL",
	  "accelerator": "$accel",
	  "result": "$result",
	  "status": $exit_status,
	  "passed": $passed,
	  "failed": $failed,
	  "skipped": $skipped,
	  "seconds": $(($(date +%s) - started)),
	  "reasons": [$lines]
	}
	EOF
}

tell() {
	if [ -n "$reasons" ]; then
		if [ -s "$work/splat" ]; then
			sed 's/^/  | /' "$work/splat" >&2
		else
			echo 'The end of the console:' >&2
			tail -n 15 "$work/console" | sed 's/\r$//; s/^/  | /' >&2
		fi
		printf %s "$reasons" | sed 's/^/guest: FAILED: /' >&2
		echo "The whole console is in ${build#"$PWD"/}/vm/console.log." >&2
	fi
	if wants_tap && ! { [ -n "$quiet" ] && [ "$exit_status" -eq 0 ]; }; then
		"$here/tap.sh" --title guest "$work/report" || :
	fi
	note "The guest ran for $(($(date +%s) - started)) seconds."
}
