//! The service behind nginx, set up as the guide shows it.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kit::fixture::{DEPARTMENTS, MUTUALS, department, id, mutual};
use kit::{Client, Database, TestApp, admin_key};
use serde_json::json;
use tempfile::TempDir;

kit::on_both! {
    the_guides_nginx_lets_everything_through,
}

const GUIDE: &str = include_str!("../../docs/guide/production.md");
/// What the guide's configuration says of the machines, which are others here.
const UPSTREAMS: &str = "    server 10.0.1.11:8080;\n    server 10.0.1.12:8080;\n";
const LISTEN: &str = "    listen 443 ssl;\n";

/// nginx in a folder of its own. It ends with the case.
struct Gateway {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Gateway {
    fn before(service: SocketAddr) -> Self {
        let folder = TempDir::with_prefix("mutuals-nginx.").unwrap();
        // nginx can't say which port it was given. Another program may take this one in between: then the case fails.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        fs::write(folder.path().join("nginx.conf"), configuration(service, address, folder.path())).unwrap();
        let mut command = Command::new(program());
        command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "errors.txt"]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.unwrap_or_else(|error| {
            panic!("nginx can't be run, which the tests need (`make setup` installs it): {error}")
        });
        let gateway = Self { process, address, _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            let said = || fs::read_to_string(gateway._folder.path().join("errors.txt")).unwrap_or_default();
            assert!(Instant::now() < deadline, "nginx does not listen: {}", said());
            std::thread::sleep(Duration::from_millis(10));
        }
        gateway
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // The first process takes its workers with it only if it is asked to.
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        assert!(std::thread::panicking() || asked.is_ok_and(|status| status.success()));
        drop(self.process.wait());
    }
}

/// Debian keeps it outside the PATH of most people.
fn program() -> &'static str {
    ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].into_iter().find(|path| Path::new(path).exists()).unwrap_or("nginx")
}

/// That of the guide, for these addresses, without TLS and in a folder that anybody may write to.
fn configuration(service: SocketAddr, address: SocketAddr, folder: &Path) -> String {
    let (_, rest) = GUIDE.split_once("```nginx\n").expect("the guide shows a configuration");
    let (shown, _) = rest.split_once("```").unwrap();
    for part in [UPSTREAMS, LISTEN, "    ssl_certificate "] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let own = shown.replace(UPSTREAMS, &format!("    server {service};\n"));
    let own = own.replace(LISTEN, &format!("    listen {address};\n"));
    let own: String =
        own.lines().filter(|line| !line.trim().starts_with("ssl_")).map(|line| format!("{line}\n")).collect();
    let folder = folder.display();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let places: String = kinds.iter().map(|kind| format!("{kind}_temp_path {folder}/{kind};\n")).collect();
    // Processes of root's become another user's, who can't write here.
    let user = if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        "user root;\n"
    } else {
        ""
    };
    format!(
        "{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{own}}}\n"
    )
}

async fn the_guides_nginx_lets_everything_through(app: &TestApp) {
    let app = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.public_url = Some("https://register.example.gov.uk".parse().unwrap());
        config.production.proxies.trusted = vec!["127.0.0.1".parse().unwrap()];
        config.production.rate_per_address = Some("50/3600".parse().unwrap());
    });
    let gateway = Gateway::before(app.address());
    let client = Client::to(gateway.address);
    let ask = |method: &str, path: &str| client.request(method.parse().unwrap(), path).with_key(admin_key());

    // Addresses are the public ones, and tags pass unchanged.
    let created = ask("POST", MUTUALS).json(&mutual("Harmonie")).await;
    let place = format!("https://register.example.gov.uk{MUTUALS}/{}", id(&created.expect(201)));
    assert_eq!(created.header("location"), Some(place.as_str()));
    let path = format!("{MUTUALS}/harmonie");
    let etag = ask("GET", &path).await.etag();
    assert_eq!(ask("GET", &path).header("if-none-match", &etag).await.status(), 304);
    let changed = ask("PATCH", &path).header("if-match", &etag).merge_patch(&json!({ "region": "wales" })).await;
    changed.expect(200);
    ask("PATCH", &path)
        .header("if-match", &etag)
        .merge_patch(&json!({ "region": "london" }))
        .await
        .expect_problem(412, "precondition-failed");

    // The limit is that of the caller, and not of the gateway: here they are machines that the gateway is told of.
    for (caller, left) in [("198.51.100.1", "r=49;"), ("198.51.100.1", "r=48;"), ("198.51.100.2", "r=49;")] {
        let answer = ask("GET", DEPARTMENTS).header("x-forwarded-for", caller).await;
        assert!(answer.header("ratelimit").unwrap().contains(left), "{answer:?}");
    }

    // A file that is larger than any other body.
    let rows: String =
        (0..3000).map(|n| format!("{}\n", department(&format!("Department of the number {n:04}")))).collect();
    assert!(rows.len() > 2 * 64 * 1024, "{}", rows.len());
    let import = ask("POST", "/v1/imports?resource_type=department&validate_only=true");
    let import = import.body("application/x-ndjson", rows).await.expect(202);
    assert_eq!(import["rows"], 3000);
    // A body that is too large is refused by the service, in its own words.
    let large = mutual(&"x".repeat(80_000));
    ask("POST", MUTUALS).json(&large).await.expect_problem(413, "payload-too-large");
    ask("GET", "/nowhere").await.expect_problem(404, "unknown-path");

    let export = ask("GET", "/v1/mutuals/export.ndjson").await;
    assert_eq!((export.status(), export.text().lines().count()), (200, 1));
    // Text in a path arrives as it was sent.
    ask("GET", "/v1/mutuals/a%2Fb").await.expect_problem(404, "not-found");
}
