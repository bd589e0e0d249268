//! The program `mutuals`.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::main()
}
