//! The program itself, as people run it: the built binary in processes of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Longer than the program takes to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// The greeting comes in one go: after such a pause it is over.
const PAUSE: Duration = Duration::from_millis(20);

/// `mutuals` with arguments; nothing of the tests' own environment that it heeds is left to it.
#[derive(Debug)]
pub struct Program(Command);

/// How the program ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit status; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote.
    pub stdout: String,
    /// What it complained of, with its log.
    pub stderr: String,
}

/// The program while it runs. It is killed where a case forgets it.
#[derive(Debug)]
pub struct Begun(Option<Child>);

/// A server in a process of its own. It is killed where a case forgets it.
#[derive(Debug)]
pub struct ChildResource {
    child: Child,
    address: SocketAddr,
    /// What it said before it served.
    pub greeting: String,
}

impl Program {
    /// The program with these arguments.
    pub fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(&*BINARY);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let heeded = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for name in
            heeded.filter(|name| name.starts_with("MUTUALS_") || ["DATABASE_URL", "RUST_LOG"].contains(&&**name))
        {
            command.env_remove(name);
        }
        Self(command)
    }

    /// With this in its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// In this folder.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// With its log in this file while it serves.
    #[must_use]
    pub fn log_to(mut self, file: File) -> Self {
        self.0.stderr(file);
        self
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Ended {
        Ended::from(self.0.stderr(Stdio::piped()).output().unwrap())
    }

    /// Runs it to its end while nobody reads what it writes, as after `| head` has ended.
    pub fn run_unread(mut self) -> Ended {
        let mut child = self.0.stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        Ended::from(child.wait_with_output().unwrap())
    }

    /// Runs it to its end while what it writes goes to this file.
    pub fn run_into(mut self, file: File) -> Ended {
        Ended::from(self.0.stdout(file).stderr(Stdio::piped()).output().unwrap())
    }

    /// Lets it run.
    pub fn begin(mut self) -> Begun {
        Begun(Some(self.0.stderr(Stdio::piped()).spawn().unwrap()))
    }

    /// Runs it until it has said where it listens.
    pub fn serve(mut self) -> ChildResource {
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut served = ChildResource { child: self.0.spawn().unwrap(), address: nowhere, greeting: String::new() };
        let lines = lines_of(served.child.stdout.take().unwrap());
        while let Ok(line) = lines.recv_timeout(if served.address == nowhere { PATIENCE } else { PAUSE }) {
            if let Some(address) = listening_address(&line).filter(|_| served.address == nowhere) {
                served.address = address;
            }
            served.greeting.push_str(&line);
            served.greeting.push('\n');
        }
        assert_ne!(served.address, nowhere, "it never said where it listens: {:?}", served.greeting);
        served
    }
}

/// Lines as they come. Reading goes on when nobody waits for them any more, so that the program never waits for a reader.
fn lines_of(stdout: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(stdout).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
    });
    lines
}

impl Begun {
    /// `kill -9`: it has no chance to tidy up.
    pub fn kill(self) {
        drop(self);
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        Ended::from(self.0.take().unwrap().wait_with_output().unwrap())
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl ChildResource {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`: it has no chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Waits for its end and gives its exit status.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for ChildResource {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

fn listening_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).unwrap_or(rest.len());
    rest[..end].trim_end_matches('.').parse().ok()
}

/// The program that `TEST_PROGRAM` names, or the binary beside the test's own. A package's tests don't get other packages' binaries
/// built, so this sees to it that it is there and as new as the code.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    if let Some(named) = std::env::var_os("TEST_PROGRAM") {
        return named.into();
    }
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    if let Some(cargo) = std::env::var_os("CARGO") {
        let mut build = Command::new(cargo);
        build.args(["build", "--workspace", "--bin", "mutuals", "--quiet"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "{build:?} failed");
    }
    let binary = folder.join("mutuals");
    assert!(binary.exists(), "{} is missing: run `cargo build --workspace` first", binary.display());
    binary
});
