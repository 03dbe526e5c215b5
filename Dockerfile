# The server as an image: built from source, a slim base, nobody's user, one folder to keep.
#   docker build -t inos .
#   docker build -t inos --build-arg RUSTFLAGS="-C target-cpu=x86-64-v3" .     # for processors since about 2013 alone
#   docker run -p 4667:4667 -v inos-data:/data --read-only inos
# All bases are arguments, so that a mirror or a base of one's own can take their place.
ARG NODE=node:22-bookworm-slim
# What has the console at /src/web-console/dist/app: the stage that builds it, or an image in which that was done.
ARG CONSOLE=console
ARG BUILDER=rust:1.95-bookworm
ARG RUNTIME=debian:bookworm-slim

FROM ${NODE} AS console
WORKDIR /src
COPY scripts scripts
COPY sdk-ts sdk-ts
COPY web-console web-console
COPY LICENSE LICENSE
RUN scripts/console.sh

FROM ${CONSOLE} AS pages

FROM ${BUILDER} AS build
WORKDIR /src
COPY . .
# Embedded by the build below.
COPY --from=pages /src/web-console/dist/app web-console/dist/app
ENV CARGO_TARGET_DIR=/target
ARG RUSTFLAGS
RUN cargo build --release --locked -p inos-node \
    && install -D --strip /target/release/inos /out/inos \
    && install -d -m 0700 /out/data

FROM ${RUNTIME}
LABEL org.opencontainers.image.title="INOS" \
      org.opencontainers.image.licenses="BUSL-1.1"
COPY --from=build /out/inos /usr/local/bin/inos
COPY --from=build /src/LICENSE /usr/share/doc/inos/LICENSE
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# SQLite sorts what does not fit into memory where there is room: nothing but /data can be written on a read-only root.
ENV INOS_DATA_DIR=/data SQLITE_TMPDIR=/data
VOLUME /data
EXPOSE 4667
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["inos", "health"]
ENTRYPOINT ["inos"]
CMD ["serve", "--listen", "0.0.0.0:4667", "--data-dir", "/data"]
