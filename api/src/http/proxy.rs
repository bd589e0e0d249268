//! What stands before the service: the address that callers know it by, and whose word counts on where a request comes from.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use clap::Args;
use ipnet::IpNet;

/// Where callers reach the service: scheme, host and, behind a gateway that takes it off, the start of the path. At most
/// 500 characters, so that the contract can say how long a link is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether callers come by TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Handlers write the service's own paths: this makes them addresses that hold where the caller is.
    pub fn complete(&self, headers: &mut HeaderMap) {
        let own_path =
            |value: &HeaderValue| value.to_str().ok().filter(|path| path.starts_with('/')).map(str::to_owned);
        if let Some(path) = headers.get(header::LOCATION).and_then(own_path) {
            replace(headers, header::LOCATION, &format!("{}{path}", self.0));
        }
        // The targets of links are percent-encoded, so that no other `<` is in them.
        if let Some(links) = headers.get(header::LINK).and_then(|value| value.to_str().ok()) {
            let links = links.replace("</", &format!("<{}/", self.0));
            replace(headers, header::LINK, &links);
        }
    }
}

fn replace(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refusal =
            || format!("expected the address that callers use, such as https://register.example.gov.uk, not {text:?}");
        let url = text.trim().trim_end_matches('/');
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or_else(refusal)?;
        let host = rest.split('/').next().unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]/%".contains(&byte);
        if host.is_empty() || url.len() > 500 || !rest.bytes().all(is_plain) {
            Err(refusal())
        } else {
            Ok(Self(url.to_owned()))
        }
    }
}

/// Machines that may say where a request comes from: an address, or a network as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

impl FromStr for TrustedProxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let network = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        network.map(Self).ok_or_else(|| format!("expected an address or a network such as 10.0.0.0/8, not {text:?}"))
    }
}

/// The header in which proxies say so. Only one counts: a proxy that writes the one passes on what a client wrote into the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, which most proxies write.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

#[derive(Clone, Debug, Default, Args)]
pub struct Proxies {
    /// Address or network of proxies that are trusted to say where a request comes from; repeat the option or use
    /// commas for several
    #[arg(long = "trusted-proxy", env = "MUTUALS_TRUSTED_PROXIES", value_delimiter = ',', value_name = "CIDR")]
    pub trusted: Vec<TrustedProxy>,
    /// Header in which trusted proxies give the address of the caller
    #[arg(long = "forwarded-header", env = "MUTUALS_FORWARDED_HEADER", default_value = "x-forwarded-for")]
    #[arg(value_name = "HEADER")]
    header: ForwardedHeader,
}

impl Proxies {
    /// Where a request comes from: the last address that no trusted proxy has. Each proxy adds, at the end, whom it got the
    /// request from, so that only what trusted ones added is believed.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trust(peer) {
            return peer;
        }
        let name = match self.header {
            ForwardedHeader::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            ForwardedHeader::Forwarded => HeaderName::from_static("forwarded"),
        };
        let lines: Vec<&str> = headers.get_all(name).map(|line| line.to_str().unwrap_or_default()).collect();
        let mut client = peer;
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Some(address) = self.address(hop) else { break };
            client = address;
            if !self.trust(address) {
                break;
            }
        }
        client
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|proxy| proxy.0.contains(&address))
    }

    /// Of one element of the header. Some proxies add the port.
    fn address(&self, hop: &str) -> Option<IpAddr> {
        let node = match self.header {
            ForwardedHeader::XForwardedFor => hop.trim(),
            ForwardedHeader::Forwarded => hop.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
            })?,
        };
        let in_brackets = || node.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
        let with_port = || node.parse::<SocketAddr>().ok().map(|address| address.ip());
        let address: IpAddr = node.parse().ok().or_else(in_brackets).or_else(with_port)?;
        Some(address.to_canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"];
        let proxies = Proxies { trusted: trusted.map(|proxy| proxy.parse().unwrap()).to_vec(), header };
        let mut headers = HeaderMap::new();
        for name in ["x-forwarded-for", "forwarded"] {
            let is_other = (name == "forwarded") != (header == ForwardedHeader::Forwarded);
            for line in if is_other { &["203.0.113.99", "for=203.0.113.99"][..] } else { lines } {
                headers.append(HeaderName::from_static(name), HeaderValue::from_str(line).unwrap());
            }
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_say_where_a_request_comes_from() {
        use ForwardedHeader::XForwardedFor;
        for (peer, lines, expected) in [
            ("203.0.113.1", &["198.51.100.1"][..], "203.0.113.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.1.1.1, 198.51.100.1, 192.0.2.7"], "198.51.100.1"),
            ("10.0.0.1", &["1.1.1.1", "198.51.100.1", "10.1.1.1"], "198.51.100.1"),
            ("10.0.0.1", &["10.9.9.9, 10.1.1.1"], "10.9.9.9"),
            ("10.0.0.1", &["198.51.100.1, nonsense, 10.1.1.1"], "10.1.1.1"),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("2001:db8::1", &["[2001:470::1]:80"], "2001:470::1"),
            ("2001:db8::1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ] {
            assert_eq!(client(XForwardedFor, peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn the_standard_header_is_read_where_it_is_chosen() {
        use ForwardedHeader::Forwarded;
        for (lines, expected) in [
            (&["for=198.51.100.1"][..], "198.51.100.1"),
            (&["proto=https; For=\"198.51.100.1:80\";by=10.0.0.1"], "198.51.100.1"),
            (&["for=1.1.1.1, for=\"[2001:470::1]\", for=10.2.2.2;host=x"], "2001:470::1"),
            (&["for=198.51.100.1, for=unknown"], "10.0.0.1"),
            (&["for=_hidden"], "10.0.0.1"),
            (&["198.51.100.1"], "10.0.0.1"),
        ] {
            assert_eq!(client(Forwarded, "10.0.0.1", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_public_address_makes_paths_absolute() {
        let url: PublicUrl = "https://example.gov.uk/register/".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, HeaderValue::from_static("/v1/mutuals/x"));
        headers.insert(
            header::LINK,
            HeaderValue::from_static("</v1/mutuals?q=%3C%2F&cursor=A>; rel=\"next\", </v1/mutuals>; rel=\"first\""),
        );
        url.complete(&mut headers);
        assert_eq!(headers.get("location").unwrap(), "https://example.gov.uk/register/v1/mutuals/x");
        let links = "<https://example.gov.uk/register/v1/mutuals?q=%3C%2F&cursor=A>; rel=\"next\", \
                     <https://example.gov.uk/register/v1/mutuals>; rel=\"first\"";
        assert_eq!(headers.get("link").unwrap(), links);
    }

    #[test]
    fn an_address_that_callers_cannot_use_is_refused() {
        for url in ["https://a", "http://localhost:8080", "https://[::1]:80/a/b"] {
            assert_eq!(url.parse::<PublicUrl>().unwrap().as_str(), url);
        }
        for other in
            ["a.gov.uk", "https://", "ftp://a", "https://a?b", "https://a#b", "https://u@a", "https://a b", "/"]
        {
            assert!(other.parse::<PublicUrl>().is_err(), "{other}");
        }
        for proxy in ["", "10.0.0.0/33", "proxy.local", "10.0.0"] {
            assert!(proxy.parse::<TrustedProxy>().is_err(), "{proxy}");
        }
    }
}
