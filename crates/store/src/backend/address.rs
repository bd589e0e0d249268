//! Checks the address of a PostgreSQL database before libpq reads it.
//!
//! If libpq cannot read an address, its error message quotes parts of it, which may contain half of a password.

use std::net::IpAddr;

/// Rejects an ambiguous address, and one that would send passwords and personal data over a network without saying how
/// they are protected.
///
/// # Errors
/// In words, without any part of the address.
pub(crate) fn check(url: &str) -> Result<(), String> {
    check_with(url, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

fn check_with(url: &str, environment: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let address = Address::of(url).ok_or(AMBIGUOUS)?;
    let says_how = address.parameter("sslmode").is_some() || environment("PGSSLMODE").is_some();
    if says_how || address.hosts(environment).iter().all(|host| is_here(host)) {
        Ok(())
    } else {
        Err(UNSAFE.to_owned())
    }
}

const AMBIGUOUS: &str = "its address cannot be read: in the user name and the password, write %40 for @, %3A for :, %2F for /, \
     %3F for ?, %23 for # and %25 for %";
const UNSAFE: &str = "it is on another machine, so the address must say how the connection is protected: add sslmode=verify-full, \
     with sslrootcert=FILE for an authority of your own, or sslmode=disable if you trust the network";

struct Address<'u> {
    hosts: &'u str,
    parameters: Vec<(&'u str, &'u str)>,
}

impl<'u> Address<'u> {
    /// `None` if it is ambiguous.
    fn of(url: &'u str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, name) = place.split_once('/').unwrap_or((place, ""));
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let parameters = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('='));
        let parameters: Vec<(&str, &str)> = parameters.collect::<Option<_>>()?;
        let is_plain = !login.contains(['@', '#'])
            && login.matches(':').count() <= 1
            && !name.contains(['@', '/', '#'])
            && hosts.split(',').all(has_port)
            && is_percent_encoded(url);
        is_plain.then_some(Self { hosts, parameters })
    }

    fn parameter(&self, name: &str) -> Option<&'u str> {
        self.parameters.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }

    /// The host. With a service file, it is not known.
    fn hosts(&self, environment: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let here = Some(self.hosts).filter(|hosts| !hosts.is_empty());
        let said = ["hostaddr", "host"].into_iter().find_map(|name| self.parameter(name)).or(here).map(str::to_owned);
        let said = said.or_else(|| self.parameter("service").map(|_| "a service".to_owned()));
        let said = said.or_else(|| ["PGHOSTADDR", "PGHOST", "PGSERVICE"].into_iter().find_map(environment));
        said.unwrap_or_default().split(',').map(str::to_owned).collect()
    }
}

/// What stands behind a host's last colon is a port, unless it is part of an IPv6 address.
fn has_port(host: &str) -> bool {
    let behind = match host.rsplit_once(']') {
        Some((_, behind)) => behind,
        None => host.find(':').and_then(|colon| host.get(colon..)).unwrap_or_default(),
    };
    behind.is_empty() || behind.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_percent_encoded(url: &str) -> bool {
    url.split('%').skip(1).all(|after| {
        let digits = after.get(..2).unwrap_or_default();
        digits != "00" && digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// A socket in the file system, or this machine by its loopback address.
fn is_here(host: &str) -> bool {
    let without_port = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or_default(),
        None => host,
    };
    let is_socket = ["/", "@", "%2F", "%2f", "%40"].iter().any(|start| without_port.starts_with(start));
    let is_loopback = without_port.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    without_port.is_empty() || is_socket || is_loopback || without_port == "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_environment(url: &str) -> Result<(), String> {
        check_with(url, |_| None)
    }

    #[test]
    fn an_address_on_this_machine_needs_no_encryption() {
        for url in [
            "postgres:///register",
            "postgres://u@/register",
            "postgres://localhost/register",
            "postgres://u:p@127.0.0.1:5432/register",
            "postgres://u@[::1]:5432/register",
            "postgres://%2Frun%2Fpostgresql/register",
            "postgres:///register?host=/run/postgresql",
            "postgres://db.example/register?hostaddr=127.0.0.1",
        ] {
            assert_eq!(without_environment(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn an_address_on_another_machine_says_how_it_is_protected() {
        for url in [
            "postgres://db.example/register",
            "postgres://u:p@localhost,db.example:5432/register",
            "postgres://192.0.2.1/register",
            "postgres://[2001:db8::1]/register",
            "postgres:///register?host=db.example",
            "postgres://localhost/register?hostaddr=192.0.2.1",
            "postgres:///register?service=production",
            "postgres://localhost.example/register",
        ] {
            assert_eq!(without_environment(url), Err(UNSAFE.to_owned()), "{url}");
            let separator = if url.contains('?') { '&' } else { '?' };
            for mode in ["verify-full", "disable"] {
                assert_eq!(without_environment(&format!("{url}{separator}sslmode={mode}")), Ok(()), "{url} {mode}");
            }
            assert_eq!(check_with(url, |name| (name == "PGSSLMODE").then(|| "require".to_owned())), Ok(()), "{url}");
        }
        for name in ["PGHOST", "PGHOSTADDR", "PGSERVICE"] {
            let elsewhere =
                check_with("postgres:///register", |asked| (asked == name).then(|| "db.example".to_owned()));
            assert_eq!(elsewhere, Err(UNSAFE.to_owned()), "{name}");
        }
    }

    #[test]
    fn an_address_whose_password_may_end_elsewhere_is_refused() {
        for url in [
            "postgres://u:p@ss@localhost/register",
            "postgres://u:pa/ss@localhost/register",
            "postgres://u:12/34@localhost/register",
            "postgres://u:pa?ss@localhost/register",
            "postgres://u:12?34@localhost/register",
            "postgres://u:pa#ss@localhost/register",
            "postgres://u:pa:ss@localhost/register",
            "postgres://u:pa%ss@localhost/register",
            "postgres://u:pa%00ss@localhost/register",
            "postgres://u:p@localhost:pa/register",
            "postgres://u:p@localhost/register?password",
        ] {
            assert_eq!(without_environment(url), Err(AMBIGUOUS.to_owned()), "{url}");
        }
    }
}
