//! Whether this machine's processor can run what it was built to run. A build may be made for newer processors than all
//! (`-C target-cpu`), and would end without a word where one is older.

use std::{fs::File, io::Read};

use crate::exit::{Exit, Failure};

/// What this build uses of what not every processor has, in the kernel's words.
const NEEDED: &[&str] = &[
    #[cfg(all(target_arch = "x86_64", target_feature = "aes"))]
    "aes",
    #[cfg(all(target_arch = "x86_64", target_feature = "avx"))]
    "avx",
    #[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
    "avx2",
    #[cfg(all(target_arch = "x86_64", target_feature = "avx512f"))]
    "avx512f",
    #[cfg(all(target_arch = "x86_64", target_feature = "bmi1"))]
    "bmi1",
    #[cfg(all(target_arch = "x86_64", target_feature = "bmi2"))]
    "bmi2",
    #[cfg(all(target_arch = "x86_64", target_feature = "f16c"))]
    "f16c",
    #[cfg(all(target_arch = "x86_64", target_feature = "fma"))]
    "fma",
    #[cfg(all(target_arch = "x86_64", target_feature = "lzcnt"))]
    "abm",
    #[cfg(all(target_arch = "x86_64", target_feature = "movbe"))]
    "movbe",
];

/// The first processor's flags are among so many bytes.
const HEAD_BYTES: u64 = 16 << 10;

/// Why this processor cannot run this build, if that is known.
pub(crate) fn unfit() -> Option<Failure> {
    if NEEDED.is_empty() {
        return None;
    }
    let mut head = String::new();
    // Where nothing tells, nothing is known.
    File::open("/proc/cpuinfo").ok()?.take(HEAD_BYTES).read_to_string(&mut head).ok()?;
    let missing = missing(&head, NEEDED);
    (!missing.is_empty()).then(|| {
        let told = format!("this build is for processors with {}, which this machine's has not", missing.join(", "));
        Failure::new(Exit::Config, told).hint("build it on this machine with `make run`, or without `-C target-cpu`")
    })
}

/// Those that the first processor has not; none where its flags are not told.
fn missing<'a>(info: &str, needed: &[&'a str]) -> Vec<&'a str> {
    let Some(flags) = info.lines().find_map(|line| line.strip_prefix("flags")) else { return Vec::new() };
    let has = |wanted: &&str| flags.split_whitespace().any(|flag| flag == *wanted);
    needed.iter().copied().filter(|wanted| !has(wanted)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str =
        "processor\t: 0\nflags\t\t: fpu sse2 avx aes\nbugs\t\t: none\n\nprocessor\t: 1\nflags\t\t: avx2\n";

    #[test]
    fn what_a_processor_has_not_is_named() {
        assert_eq!(missing(OLD, &["avx", "avx2", "aes", "bmi2"]), ["avx2", "bmi2"]);
        assert_eq!(missing(OLD, &["avx"]), Vec::<&str>::new());
        assert_eq!(missing("processor\t: 0\n", &["avx2"]), Vec::<&str>::new(), "nobody tells");
    }

    #[test]
    fn this_processor_runs_this_build() {
        assert_eq!(unfit(), None);
    }
}
