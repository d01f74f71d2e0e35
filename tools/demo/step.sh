# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What both halves of the demo share: numbered steps, the time that each took, and commands that
# are shown before they run. Sourced; the caller sets steps, the file that collects "SECONDS NAME".
# shellcheck disable=SC2154 # steps

number=${number:-0}
step_name=''

# Seconds since this machine was started, to the hundredth.
now() {
	read -r uptime _ </proc/uptime
	echo "$uptime"
}

# since START
since() {
	awk -v end="$(now)" -v start="$1" 'BEGIN { printf "%.1f", end - start }'
}

# step NAME: ends the one before it.
step() {
	step_end
	number=$((number + 1))
	step_name=$1
	step_start=$(now)
	printf '\n%d. %s\n\n' "$number" "$step_name"
}

step_end() {
	[ -n "$step_name" ] || return 0
	seconds=$(since "$step_start")
	echo "$seconds $step_name" >>"$steps"
	printf '\n   (%s s)\n' "$seconds"
	step_name=''
}

# A line of the story, and a command of it.
tell() {
	printf '   %s\n' "$*"
}

# show COMMAND: a line for the shell; its output is indented, its status kept.
show() {
	printf '   $ %s\n' "$1"
	{
		eval "$1" 2>&1 && echo 0 >"$steps.status" || echo $? >"$steps.status"
	} | awk '{ print "     " $0; fflush() }'
	return "$(cat "$steps.status")"
}

# must COMMAND: show it, and end the demo if it fails.
must() {
	show "$1" || {
		echo "demo: FAILED with status $?: $1" >&2
		exit 1
	}
}
