//! What a cell cannot do any more once it is fenced: open a file, reach a network or another process, begin another
//! program, take more memory than it may. The kernel keeps it, whatever becomes of the program inside.

use std::{collections::BTreeMap, io};

use landlock::{ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::{
    process::{DumpableBehavior, Resource, Rlimit, setrlimit},
    thread::{CapabilitySet, CapabilitySets, set_capabilities},
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// The most files that a cell may have open: two jobs' inputs are among them, since one's go after its end was told.
const FILES_MAX: u64 = 192;

/// The longest file that a cell may write, in bytes.
const FILE_LEN_MAX: u64 = 4 << 30;

/// What keeps a cell in.
#[derive(Debug, Clone, Copy)]
pub struct Fence {
    /// The most memory of its own that a cell may have, in bytes.
    pub memory_max: u64,
    /// Whether a kernel that lacks a part of the fence is put up with.
    pub weak: bool,
}

/// What this kernel lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// Landlock: cells could open whatever the server's user can.
    #[error("the kernel has no Landlock")]
    Landlock,
    /// Filters over system calls: cells could ask the kernel for anything.
    #[error("the kernel has no seccomp filters")]
    Seccomp,
}

/// Fences the calling process with all its threads. There is no way back.
pub(crate) fn close(fence: Fence) -> io::Result<()> {
    limit(Resource::Data, fence.memory_max)?;
    limit(Resource::Core, 0)?;
    limit(Resource::Nofile, FILES_MAX)?;
    // Memory behind a descriptor is a file to the kernel, and counts nowhere else.
    limit(Resource::Fsize, FILE_LEN_MAX)?;
    // Where the server runs as root, a cell has none of root's powers.
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    // Nobody of the same user reads its memory either.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let walls = [walls().map_err(|why| (Missing::Landlock, why)), filter().map_err(|why| (Missing::Seccomp, why))];
    for wall in walls {
        match wall {
            Err((missing, why)) if !fence.weak => return Err(io::Error::other(format!("{missing}: {why}"))),
            Err(_) | Ok(()) => {}
        }
    }
    Ok(())
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// No file, no port, no socket or process outside.
fn walls() -> Result<(), String> {
    let told = |error: landlock::RulesetError| error.to_string();
    // The newest that is known here; what an older kernel lacks of it the filter over system calls keeps as well.
    let abi = ABI::V6;
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let ruleset = ruleset.handle_access(AccessFs::from_all(abi)).map_err(told)?;
    let ruleset = ruleset.handle_access(AccessNet::from_all(abi)).map_err(told)?;
    let ruleset = ruleset.scope(Scope::from_all(abi)).map_err(told)?;
    let status = ruleset.create().map_err(told)?.restrict_self().map_err(told)?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("it is not in force".into()),
        RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(()),
    }
}

/// System calls that work on memory, threads, time and descriptors that are open already; all others fail with EPERM.
fn filter() -> Result<(), String> {
    let told = |error: seccompiler::BackendError| error.to_string();
    let arch = std::env::consts::ARCH.try_into().map_err(told)?;
    let refuse = |errno: rustix::io::Errno| SeccompAction::Errno(errno.raw_os_error() as u32);
    // What clone3 is asked for lies in memory, where no filter sees it. A library that hears that there is no such call
    // takes the older one.
    let unknown = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let unknown = SeccompFilter::new(unknown, SeccompAction::Allow, refuse(rustix::io::Errno::NOSYS), arch);
    let known = SeccompFilter::new(rules().map_err(told)?, refuse(rustix::io::Errno::PERM), SeccompAction::Allow, arch);
    for filter in [unknown, known] {
        let program: BpfProgram = filter.map_err(told)?.try_into().map_err(told)?;
        seccompiler::apply_filter_all_threads(&program).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|number| (*number, Vec::new())).collect();
    let rule = |conditions| SeccompRule::new(conditions);
    // Threads, and no processes: CLONE_VM and CLONE_THREAD are set.
    let thread = (libc::CLONE_VM | libc::CLONE_THREAD) as u64;
    let of_thread = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(thread), thread)?;
    rules.insert(libc::SYS_clone, vec![rule(vec![of_thread])?]);
    // Memory of its own, which its limit counts, or of a descriptor; never code.
    let of_none = |argument, mask: i32| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask as u64), 0)
    };
    let no_code = || of_none(2, libc::PROT_EXEC);
    // What grows downwards counts as a stack, which the limit of data leaves out.
    let shared_nothing = (libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_GROWSDOWN) as u64;
    let counted = |wanted: i32| {
        SeccompCondition::new(3, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(shared_nothing), wanted as u64)
    };
    let maps = [0, libc::MAP_SHARED, libc::MAP_ANONYMOUS];
    let maps: Result<Vec<_>, _> = maps.into_iter().map(|flags| rule(vec![no_code()?, counted(flags)?])).collect();
    rules.insert(libc::SYS_mmap, maps?);
    rules.insert(libc::SYS_mprotect, vec![rule(vec![no_code()?])?]);
    // Signals and limits of its own alone.
    let own = |pid: u32| SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, u64::from(pid));
    rules.insert(libc::SYS_tgkill, vec![rule(vec![own(std::process::id())?])?]);
    let asked = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![rule(vec![own(0)?, asked])?]);
    // Nothing that makes a descriptor send signals to others.
    let command = |number: i32| SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, number as u64);
    let commands = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_DUPFD_CLOEXEC, libc::F_GET_SEALS];
    let commands: Result<Vec<_>, _> = commands.into_iter().map(|number| rule(vec![command(number)?])).collect();
    rules.insert(libc::SYS_fcntl, commands?);
    // A name for a thread, and nothing else.
    let name = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, libc::PR_SET_NAME as u64)?;
    rules.insert(libc::SYS_prctl, vec![rule(vec![name])?]);
    Ok(rules)
}

const ALLOWED: &[i64] = &[
    libc::SYS_brk,
    // Another filter says that there is none.
    libc::SYS_clone3,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvmsg,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sendmsg,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_write,
    libc::SYS_writev,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_arch_prctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
];
