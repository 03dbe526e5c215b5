#!/usr/bin/env bash
# The second half of image-test.sh, in mount, process and network spaces of its own:
# runs the image as a container host would with a read-only root, and a job in it.
#   image-inside.sh ROOT WORK USER:GROUP      WORK/environment and WORK/command say how
set -euo pipefail
source_root="$1" work="$2" user="$3"
root="$work/inside"
chroot="$(command -v chroot)"

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

lay_out() {
    mount --make-rprivate /
    mkdir "$root"
    mount --bind "$source_root" "$root"
    # /data is the volume; /dev and /proc are what every container gets; all else cannot be written, /tmp included.
    mount -t tmpfs -o "size=256m,mode=0700,uid=${user%:*},gid=${user#*:}" data "$root/data"
    mount -t tmpfs -o size=64k,mode=0755 dev "$root/dev"
    local device
    for device in null zero random urandom; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mount -t proc proc "$root/proc"
    mount -o remount,bind,ro "$root"
    ip link set lo up
}

# Becomes a command of the image, as the image's user, in its environment and no other.
become() {
    local environment
    mapfile -t environment <"$work/environment"
    exec env -i "${environment[@]}" "$chroot" --userspec="$user" "$root" "$@"
}

inside() { (become "$@"); }

wait_until_healthy() {
    for _ in $(seq 300); do
        if inside inos health >/dev/null 2>&1; then return; fi
        kill -0 "$server" 2>/dev/null || die "the server ended: $(cat "$work/serve.log")"
        sleep 0.1
    done
    die "the server is not healthy after 30 s: $(cat "$work/serve.log")"
}

lay_out
[ "$(inside id -u):$(inside id -g)" = "$user" ] || die "it does not run as $user"
inside touch /data/writable || die "/data cannot be written"
inside rm /data/writable
for place in /writable /tmp/writable; do
    if inside touch "$place" 2>/dev/null; then die "$place can be written"; fi
done

mapfile -t command <"$work/command"
become "${command[@]}" >"$work/serve.log" 2>&1 &
server=$!
wait_until_healthy

printf 'abc' >"$work/abc"
digest="$(inside inos run compute.blake3 --param encoding=hex - <"$work/abc")"
expected=6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85
[ "$digest" = "$expected" ] || die "the digest of abc is $digest"

kill -TERM "$server"
wait "$server" || die "the server did not end well ($?): $(cat "$work/serve.log")"
echo "a job ran as $user on a read-only root" >&2
