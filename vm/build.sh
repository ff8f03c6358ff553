#!/usr/bin/env bash
# vm/build.sh [FOLDER]: makes what the qemu runtime boots, from Debian's packages by name: FOLDER/vmlinuz and
# FOLDER/initramfs.cpio (default: target/vm). Does nothing when both are there. The sidecar is not in it: the runtime puts its
# own as /init on top, with the agents' files, at every start.
set -euo pipefail
cd "$(dirname "$0")/.."
to=${1:-target/vm}
[ -s "$to/vmlinuz" ] && [ -s "$to/initramfs.cpio" ] && exit
. scripts/packages.sh
need cpio "the format of the guest's files" has cpio
install_missing

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/packages" "$work/files" "$work/root"
# The newest cloud kernel by its real name; the meta package only points to it.
image=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -1)
[ -n "$image" ] || { echo "Debian's package linux-image-cloud-amd64 is not known here; run apt-get update" >&2; exit 1; }
# Without a signature where that is published by itself: nothing checks it in a guest that we start.
(
  cd "$work/packages"
  apt-get -q download "$image-unsigned" 2>/dev/null || apt-get -q download "$image"
  apt-get -q download busybox-static libc6 libgcc-s1
) >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/files"; done

root=$work/root
mkdir -p "$root"/{bin,dev,etc,home/agent,lia/modules,lib,lib64,proc,run,sys,tmp,usr,var,workspace}
ln -s ../bin "$root/usr/bin"
ln -s ../tmp "$root/var/tmp"
busybox=$(find "$work/files" -type f -path "*/bin/busybox" | head -1)
cp "$busybox" "$root/bin/busybox"
"$busybox" --list | while read -r name; do [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"; done
# The C library, for agents that are not static.
for name in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libgcc_s.so.1 ld-linux-x86-64.so.2; do
  file=$(find "$work/files" -name "$name" ! -path '*/usr/share/*' | head -1)
  mkdir -p "$root/lib/x86_64-linux-gnu"
  cp -L "$file" "$root/lib/x86_64-linux-gnu/$name"
done
cp -L "$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$root/lib64/"
cat >"$root/etc/passwd" <<'PASSWD'
root:x:0:0:root:/root:/usr/sbin/nologin
agent:x:1000:1000:agent:/home/agent:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
PASSWD
printf 'root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n' >"$root/etc/group"
printf '127.0.0.1 localhost lia\n::1 localhost\n' >"$root/etc/hosts"
printf 'nameserver 127.0.0.53\n' >"$root/etc/resolv.conf"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
# What the channel needs, over virtio-mmio (microvm) and over PCI (q35), each after what it depends on: which that is differs
# from kernel to kernel. The sidecar loads them in the order of their names.
n=10
load() {
  local module=$1 file depends depend
  compgen -G "$root/lia/modules/*-$module.ko" >/dev/null && return
  file=$(find "$work/files/lib/modules" -name "$module.ko" | head -1)
  # One that is not there is part of the kernel.
  [ -n "$file" ] || return 0
  depends=$(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p')
  for depend in ${depends//,/ }; do load "$depend"; done
  cp "$file" "$root/lia/modules/$n-$module.ko"
  n=$((n + 1))
}
for module in virtio_mmio virtio_pci virtio_console; do load "$module"; done
chmod -R go-w,a+rX "$root"
mkdir -p "$to"
(cd "$root" && find . -mindepth 1 -print0 | LC_ALL=C sort -z | cpio --quiet --null -o -H newc -R 0:0) >"$to/initramfs.new"
cp "$work"/files/boot/vmlinuz-* "$to/vmlinuz.new"
mv "$to/initramfs.new" "$to/initramfs.cpio"
mv "$to/vmlinuz.new" "$to/vmlinuz"
