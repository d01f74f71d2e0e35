#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Makes the base initramfs of a kernel's guests, once, and prints its path: busybox, bpftool,
# strace, and the drivers of disks and file systems.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

drivers='virtio_pci virtio_blk ext4'
# What the driver of ext4 asks for when it is used, without a dependency; newer kernels have it built in.
optional='crc32c_generic'

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/} [VERSION]"
	echo 'Makes the base initramfs for a kernel of kernel.sh, unless it is cached; prints its path.'
	exit 0
	;;
esac
env=$("$here/kernel.sh" "$@")
eval "$env"

if [ "$(machine_of "$KERNEL")" = arm64 ]; then
	env=$("$here/../cross/toolchain.sh" arm64)
	eval "$env"
	export SYSROOT
	finish=$("$here/../cross/finish.sh")
	bpftool=/usr/sbin/bpftool strace=/usr/bin/strace
else
	SYSROOT='' EMULATOR='' finish=''
	bpftool=$(command -v bpftool) strace=$(command -v strace)
fi
busybox=$SYSROOT/bin/busybox

for tool in "$busybox" "$SYSROOT$bpftool" "$SYSROOT$strace" "$(command -v cpio)"; do
	[ -x "$tool" ] || die "busybox, bpftool, strace or cpio is missing (run tools/setup.sh)"
done
$EMULATOR "$busybox" --list | grep -qx cttyhack ||
	die "$busybox is not the one of busybox-static"

key=$(cat "$here/image.sh" "$here/init" "$here/copy-elf.sh" "$busybox" "$SYSROOT$bpftool" \
	"$SYSROOT$strace" ${finish:+"$finish"} | cksum | tr ' ' -)
image=${VMLINUX%/*}/initramfs-$key.cpio
if [ -f "$image" ]; then
	# Its time says when it was last used: another checkout's may have another key.
	touch "$image"
	echo "$image"
	exit 0
fi

work=$(mktemp -d "${VMLINUX%/*}/.image.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
root=$work/root
mkdir -p "$root/bin" "$root/sbin" "$root/usr/bin" "$root/usr/sbin" "$root/etc" "$root/proc" \
	"$root/sys" "$root/dev" "$root/root" "$root/home/tester" "$root/khmap" "$root/vm"

cp "$busybox" "$root/bin/busybox"
$EMULATOR "$busybox" --list-full | while read -r applet; do
	[ "$applet" = bin/busybox ] || ln -s /bin/busybox "$root/$applet"
done
install -m 755 "$here/init" "$root/init"
cat >"$root/etc/passwd" <<-EOF
root:x:0:0:root:/root:/bin/sh
tester:x:1000:1000:tester:/home/tester:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/sh
EOF
cat >"$root/etc/group" <<-EOF
root:x:0:
tester:x:1000:
nogroup:x:65534:
EOF
for program in "$bpftool" "$strace"; do
	"$here/copy-elf.sh" "$root" "$SYSROOT$program" "$program"
done
[ -z "$finish" ] || install -m 755 "$finish" "$root/sbin/finish"

# modprobe lists each driver after those that it needs.
for driver in $drivers; do
	modprobe -d "$MODULES" -S "$KERNEL" --show-depends "$driver" ||
		die "kernel $KERNEL has no driver $driver"
done >"$work/drivers"
for driver in $optional; do
	modprobe -d "$MODULES" -S "$KERNEL" --show-depends "$driver" 2>/dev/null || :
done >>"$work/drivers"
sed -n 's/^insmod \([^ ]*\).*/\1/p' "$work/drivers" | sort -u | while read -r file; do
	target=$root/lib/modules/${file#"$MODULES"/lib/modules/}
	mkdir -p "${target%/*}"
	case $file in
	*.xz) xz -dc "$file" >"${target%.xz}" ;;
	*) cp "$file" "$target" ;;
	esac
done
mkdir -p "$root/lib/modules/$KERNEL"
for index in builtin builtin.modinfo order; do
	cp "$MODULES/lib/modules/$KERNEL/modules.$index" "$root/lib/modules/$KERNEL/"
done
depmod -b "$root" "$KERNEL"

(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$work/image"
find "${VMLINUX%/*}" -maxdepth 1 -name 'initramfs-*.cpio' -mtime +6 -exec rm -f {} +
mv "$work/image" "$image"
echo "$image"
