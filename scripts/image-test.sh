#!/usr/bin/env bash
# Builds the image from the Dockerfile without a daemon or a registry, and runs a job in it as nobody's user on a
# read-only root. Bases are made from Debian packages; Rust and the crates already fetched are lent to the build.
# Needs root. Bounded by INOS_IMAGE_MINUTES (45).
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ "$(id -u)" = 0 ] || die "the image test needs root, for chroot and mounts: sudo make image-test"
need_rust
need_node
use_target_dir
minutes="${INOS_IMAGE_MINUTES:-45}"

install_what_is_missing() {
    local missing=()
    have buildah || missing+=(buildah)
    have mmdebstrap || missing+=(mmdebstrap)
    have ip || missing+=(iproute2)
    if [ "${#missing[@]}" != 0 ]; then install "${missing[@]}"; fi
}

work="$(mktemp -d "${TMPDIR:-/tmp}/inos-image.XXXXXX")"

clean_up() {
    # make passes a signal on to us after the shell has had it already: once is enough.
    trap '' INT TERM
    if have buildah; then "${container[@]}" umount --all >/dev/null 2>&1 || true; fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# buildah with everything it keeps under the work folder, so that nothing stays on this machine.
container=(buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run")
policy=(--signature-policy "$work/policy.json")

# make_base NAME PACKAGE…: an image of Debian's essential packages and these.
make_base() {
    local name="$1" packages="$2" mode="$3" id
    mmdebstrap --quiet --dpkgopt=force-unsafe-io --variant="$mode" ${packages:+--include="$packages"} bookworm "$work/$name.tar" \
        "${INOS_DEBIAN_MIRROR:-http://deb.debian.org/debian}"
    id="$("${container[@]}" from "${policy[@]}" scratch)"
    "${container[@]}" add --quiet "$id" "$work/$name.tar" / >/dev/null
    rm "$work/$name.tar"
    # The toolchain and its crates come in as volumes at these places.
    "${container[@]}" config --env PATH=/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        --env CARGO_HOME=/cargo --env CARGO_NET_OFFLINE=true "$id"
    "${container[@]}" commit "${policy[@]}" --quiet --rm "$id" "localhost/$name" >/dev/null
}

make_bases() {
    printf '{ "default": [{ "type": "insecureAcceptAnything" }] }\n' >"$work/policy.json"
    make_base inos-runtime libgcc-s1 essential
    make_base inos-builder ca-certificates,g++,gcc,libc6-dev,make minbase
}

# The console, as the Dockerfile's own stage builds it: there is no image of Node here to build it in.
make_console() {
    local id
    scripts/console.sh
    id="$("${container[@]}" from "${policy[@]}" scratch)"
    "${container[@]}" add --quiet "$id" web-console/dist/app /src/web-console/dist/app >/dev/null
    "${container[@]}" commit "${policy[@]}" --quiet --rm "$id" localhost/inos-console >/dev/null
}

build() {
    local cache="$target_dir/image" cargo_home="${CARGO_HOME:-$HOME/.cargo}"
    mkdir -p "$cache"
    cargo fetch --locked
    timeout --kill-after=30 "${minutes}m" "${container[@]}" bud "${policy[@]}" \
        --isolation chroot --format docker --pull-never --layers=false \
        --build-arg BUILDER=localhost/inos-builder --build-arg RUNTIME=localhost/inos-runtime \
        --build-arg CONSOLE=localhost/inos-console \
        --volume "$(rustc --print sysroot):/rust:ro" \
        --volume "$cargo_home/registry:/cargo/registry" \
        --volume "$cache:/target" \
        --tag localhost/inos .
}

size() {
    local root
    root="$("${container[@]}" mount "$("${container[@]}" from "${policy[@]}" --pull-never localhost/inos)")"
    printf '%s' "$root" >"$work/root"
    printf 'binary %s, whole image %s\n' "$(du -h "$root/usr/local/bin/inos" | cut -f1)" "$(du -sh "$root" | cut -f1)"
}

setting() { "${container[@]}" inspect --type image --format "$1" localhost/inos; }

# The image says who runs what; nothing here may know better.
read_settings() {
    image_user="$(setting '{{.OCIv1.Config.User}}')"
    [ "$image_user" = 65532:65532 ] || die "the image runs as '$image_user'"
    [ -n "$(setting '{{.Docker.Config.Healthcheck}}')" ] || die "the image has no health check"
    setting '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' | grep '=' >"$work/environment"
    setting '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' |
        grep . >"$work/command"
}

run_a_job() {
    read_settings
    timeout --kill-after=10 300 unshare --mount --pid --fork --net \
        scripts/image-inside.sh "$(cat "$work/root")" "$work" "$image_user"
}

step "install what is missing" install_what_is_missing
step "make the bases" make_bases
step "build the console" make_console
step "build the image" build
step "size" size
step "run a job in it" run_a_job
print_steps
