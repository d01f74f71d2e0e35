# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What the scripts of this folder share. Sourced, never run.
# shellcheck disable=SC2034 # its names are used by those scripts

# Without /usr/sbin a plain user finds no modprobe, and with it root loses nothing.
PATH=$PATH:/usr/sbin:/sbin
cache=${KHMAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/khmap}

# The guest writes this byte to the debug-exit port when it has reached its end. qemu turns v
# into 2v+1; zero is what a panic looks like, so it cannot stand for success.
sentinel=42
qemu_success=$((sentinel * 2 + 1))

die() {
	echo "${0##*/}: $*" >&2
	exit "${die_status:-1}"
}

# machine_of KERNEL: what it runs on. Other machines than this one are emulated.
machine_of() {
	case $1 in
	*-arm64*) echo arm64 ;;
	*) echo amd64 ;;
	esac
}

# Plugins are a choice of whoever builds QEMU, and work with emulated processors only.
qemu_has_plugins() {
	qemu-system-x86_64 -help | grep -q '^-plugin '
}

# qemu_machine ACCEL SMP MEM: the arguments that every boot of an x86 shares, one word a line.
qemu_machine() {
	case $1 in
	kvm) printf '%s\n' -accel kvm -cpu host ;;
	*) printf '%s\n' -accel tcg,thread=multi -cpu max ;;
	esac
	printf '%s\n' -M q35 -smp "$2" -m "$3" -name vm,debug-threads=on \
		-nodefaults -display none -no-reboot \
		-device isa-debug-exit,iobase=0xf4,iosize=1
}

# qemu_machine_arm64 SMP MEM: the same of an arm64, which has no ports: semihosting is its way out.
# It has one serial port; the second and third of a card get the names that those of an x86 have.
# PAC by qemu's own algorithm is several times as fast as by the architecture's.
qemu_machine_arm64() {
	printf '%s\n' -accel tcg,thread=multi -cpu max,pauth-impdef=on -M virt -smp "$1" -m "$2" \
		-name vm,debug-threads=on -nodefaults -display none -no-reboot \
		-semihosting-config enable=on,target=native,userspace=on \
		-device pci-serial-4x,chardev2=serial1,chardev3=serial2
}

# Splats are printed at level 4 (warning), so the console shows it; an oops ends the guest at
# once. An emulated CPU on a busy host may stand still for a while without being stuck.
kernel_append='console=ttyS0 panic=-1 oops=panic loglevel=5 tsc=reliable'
kernel_append="$kernel_append rcupdate.rcu_cpu_stall_timeout=60 watchdog_thresh=30"
# Debian's kernel would zero all memory that it gives, and so hide what the module forgets to zero.
kernel_append="$kernel_append init_on_alloc=0"
