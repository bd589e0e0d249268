//! `mutuals health`: asks a running service on this machine whether it responds, for those who watch over it without `curl`.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use clap::Args;

use super::outcome::{Failure, say};
use crate::http::route::{LIVENESS, READINESS};

/// Longer than the service takes to say whether it is ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which service is asked, and for what.
#[derive(Debug, Args)]
pub(super) struct Health {
    /// Address and port that the service listens on
    #[arg(long, env = "MUTUALS_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Ask whether the service can read and write the register (/readyz), not only whether it responds (/livez)
    #[arg(long)]
    ready: bool,
}

/// Says what the service responds, or fails.
pub(super) fn perform(asked: &Health) -> Result<(), Failure> {
    let (address, path) = (reachable(asked.listen), if asked.ready { READINESS } else { LIVENESS });
    let status =
        ask(address, path).map_err(|error| format!("no service responds on http://{address}{path}: {error}"))?;
    if status != "200" {
        return Err(format!("the service on http://{address}{path} responds with {status}").into());
    }
    say("ok");
    Ok(())
}

/// The status of the response.
fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut line = TcpStream::connect_timeout(&address, PATIENCE)?;
    line.set_read_timeout(Some(PATIENCE))?;
    line.set_write_timeout(Some(PATIENCE))?;
    write!(line, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut start = [0; "HTTP/1.1 200".len()];
    line.read_exact(&mut start)?;
    let start = String::from_utf8_lossy(&start);
    Ok(start.rsplit(' ').next().unwrap_or_default().to_owned())
}

/// A service that listens on all addresses is reached on the machine's own.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
