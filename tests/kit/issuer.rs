//! A real OpenID provider, `tests/oidc/`, whose clients get tokens for the register.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use hyper::Method;
use serde_json::Value;

use crate::http::Client;

/// The one issuer of all cases. It ends when this process does, since it reads from it.
static ISSUER: LazyLock<Issuer> = LazyLock::new(Issuer::start);

/// The running provider.
#[derive(Debug)]
pub struct Issuer {
    greeting: Value,
    _child: Child,
}

impl Issuer {
    /// Starts it, unless another case did.
    pub fn running() -> &'static Self {
        &ISSUER
    }

    fn start() -> Self {
        let build = std::env::current_exe().unwrap();
        let folder = build.ancestors().nth(3).unwrap().join("oidc");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc/run");
        let mut command = Command::new(script);
        let mut child = command.arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let greeting = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{command:?} did not start: {line:?}"));
        Self { greeting, _child: child }
    }

    /// What its tokens have as `iss`.
    pub fn url(&self) -> &str {
        self.greeting["issuer"].as_str().unwrap()
    }

    /// What its tokens for the register have as `aud`.
    pub fn audience(&self) -> &str {
        self.greeting["audience"].as_str().unwrap()
    }

    /// Its public keys.
    pub async fn keys(&self) -> Value {
        let client = self.client();
        client.try_send(&client.request(Method::GET, "/jwks")).await.unwrap().expect(200)
    }

    /// A token for a client (`provider.mjs` has their names), meant for this audience.
    pub async fn token(&self, id: &str, audience: &str) -> String {
        let secret = self.greeting["secrets"][id].as_str().unwrap_or_else(|| panic!("no client is called {id}"));
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&resource={audience}");
        let client = self.client();
        let request = client.request(Method::POST, "/token").body("application/x-www-form-urlencoded", form);
        let granted = client.try_send(&request).await.unwrap().expect(200);
        granted["access_token"].as_str().unwrap().to_owned()
    }

    fn client(&self) -> Client {
        let address: SocketAddr = self.url().trim_start_matches("http://").parse().unwrap();
        Client::to(address)
    }
}
