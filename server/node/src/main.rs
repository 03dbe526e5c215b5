//! The executable `inos`: everything it does is in the library, so that tests can call it too.

fn main() -> std::process::ExitCode {
    inos_node::cli::main()
}
