//! Tells cargo to build a release again when the console was built anew: what `rust_embed` embeds is no source to it.
//! Without optimisation nothing is embedded, and the console is read from where it was built.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../../web-console/dist");
    }
}
