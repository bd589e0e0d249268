use super::*;

/// The fault of a head, or the bytes that are to follow it; none for chunks.
fn judged(head: &str) -> Result<Option<u64>, Fault> {
    let mut search = Search::default();
    let end = search.end(head.as_bytes())?.expect("the head has no end");
    assert_eq!(end, head.len(), "{head:?}");
    Ok(match Body::after(head.as_bytes())? {
        Body::Sized(length) => Some(length),
        Body::Chunked(_) => None,
    })
}

fn with(headers: &str) -> Result<Option<u64>, Fault> {
    judged(&format!("POST /v1/mutuals?q=a HTTP/1.1\r\nHost: example.org\r\n{headers}\r\n"))
}

#[test]
fn a_head_is_found_however_it_arrives() {
    let head = b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nGET /next";
    let end = head.len() - "GET /next".len();
    let mut search = Search::default();
    for arrived in 0..end {
        assert_eq!(search.end(&head[..arrived]), Ok(None), "{arrived}");
    }
    assert_eq!(search.end(&head[..end]), Ok(Some(end)));
    assert_eq!(Search::default().end(head), Ok(Some(end)));
}

#[test]
fn a_head_has_a_limit() {
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n", "a".repeat(HEAD_LIMIT));
    assert_eq!(Search::default().end(long.as_bytes()), Err(Fault::HeadTooLarge));
    assert_eq!(Search::default().end(&"\r\n".repeat(HEAD_LIMIT).into_bytes()), Err(Fault::HeadTooLarge));
    assert_eq!(with(&"A: b\r\n".repeat(95)), Ok(Some(0)));
    assert_eq!(with(&"A: b\r\n".repeat(96)), Err(Fault::TooManyHeaders));
}

#[test]
fn lines_end_in_both_characters() {
    for head in [
        "GET / HTTP/1.1\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\n",
        "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
    ] {
        assert_eq!(judged(head), Err(Fault::BareLineFeed), "{head:?}");
    }
    assert_eq!(judged("GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n"), Err(Fault::Header));
    assert_eq!(judged("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"), Err(Fault::Header));
}

#[test]
fn there_is_exactly_one_host() {
    let host = |lines: &str| judged(&format!("GET / HTTP/1.1\r\n{lines}\r\n"));
    for valid in ["x", "example.org", "example.org:8080", "x:", "127.0.0.1:1", "[::1]", "[2001:db8::1]:443", "a%20b"] {
        assert_eq!(host(&format!("Host: {valid}\r\n")), Ok(Some(0)), "{valid}");
    }
    for invalid in [
        "", "a b", "a/b", "a@b", "x:a", "x:70000", "x:1:2", "[::1", "[x]", "::1", ":80", "ä", "x?y", "x#y", "http://x",
        "[::1]x", "x:+1",
    ] {
        assert_eq!(host(&format!("Host: {invalid}\r\n")), Err(Fault::Host), "{invalid}");
    }
    assert_eq!(host(""), Err(Fault::Host));
    assert_eq!(host("Host: x\r\nhost: x\r\n"), Err(Fault::Host));
    assert_eq!(judged("GET / HTTP/1.0\r\n\r\n"), Ok(Some(0)));
    assert_eq!(judged("GET / HTTP/1.0\r\nHost: a b\r\n\r\n"), Err(Fault::Host));
}

#[test]
fn a_body_has_one_length() {
    assert_eq!(with("Content-Length: 12\r\n"), Ok(Some(12)));
    assert_eq!(with("Transfer-Encoding: Chunked\r\n"), Ok(None));
    for lengths in ["-1", "+1", "1, 1", "", "0x1", "1 1", "99999999999999999999", "1\r\nContent-Length: 1"] {
        assert_eq!(with(&format!("Content-Length: {lengths}\r\n")), Err(Fault::ContentLength), "{lengths}");
    }
    for codings in ["gzip", "gzip, chunked", "identity", "", "chunked\r\nTransfer-Encoding: chunked"] {
        let coded = with(&format!("Transfer-Encoding: {codings}\r\n"));
        assert_eq!(coded, Err(Fault::TransferEncoding), "{codings}");
    }
    assert_eq!(with("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), Err(Fault::TransferEncoding));
    assert_eq!(judged("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Err(Fault::TransferEncoding));
}

#[test]
fn a_request_line_has_three_parts() {
    for line in ["GET / HTTP/2.0", "GET / HTTP/9.9", "GET / HTP/1.1"] {
        assert_eq!(judged(&format!("{line}\r\nHost: x\r\n\r\n")), Err(Fault::Version), "{line}");
    }
    for line in ["NONSENSE", "GET", "G\u{7f}T / HTTP/1.1", "GET nonsense/x HTTP/1.1", "GET /\u{1} HTTP/1.1"] {
        assert!(judged(&format!("{line}\r\nHost: x\r\n\r\n")).is_err(), "{line}");
    }
    assert_eq!(judged("GET http://example.org/v1 HTTP/1.1\r\nHost: x\r\n\r\n"), Ok(Some(0)));
    assert_eq!(judged("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), Ok(Some(0)));
}

#[test]
fn what_people_type_is_percent_encoded_in_the_target_alone() {
    let escape = |head: &str| escaped(head.as_bytes()).map(|head| String::from_utf8(head).unwrap());
    assert_eq!(
        escape("GET /v1/mutuals?q=T\u{177}<a> HTTP/1.1\r\nHost: x\r\nX: \u{177}\r\n\r\n").unwrap(),
        "GET /v1/mutuals?q=T%C5%B7%3Ca%3E HTTP/1.1\r\nHost: x\r\nX: \u{177}\r\n\r\n"
    );
    assert_eq!(
        escape("\r\nGET /\u{e9} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap(),
        "\r\nGET /%C3%A9 HTTP/1.1\r\nHost: x\r\n\r\n"
    );
    assert_eq!(escaped(b"GET /?q=\xff HTTP/1.1\r\n\r\n").unwrap(), b"GET /?q=%FF HTTP/1.1\r\n\r\n");
    for head in [
        "GET / HTTP/1.1\r\nHost: \u{177}\r\n\r\n",
        "\u{177}\r\n\r\n",
        "G\u{177} \r\n\r\n",
        "\u{177} / HTTP/1.1\r\n\r\n",
        "\r\n\r\n",
    ] {
        assert_eq!(escape(head), None, "{head:?}");
    }
    // A space ends the target: nothing is made right that is not a request line.
    for target in ["/v1/mutuals?q=T\u{177} Hir", "/v1/mutuals?q=a b", "/a HTTP/1.1 b"] {
        let head = format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(judged(&head), Err(Fault::RequestLine), "{target}");
    }
}

/// What is taken of a chunked body that comes in pieces of this size, and whether that is all of it.
fn taken(body: &[u8], size: usize) -> (usize, bool, Option<Fault>) {
    let mut chunks = Body::Chunked(Chunks::default());
    let mut all = 0;
    for piece in body.chunks(size) {
        let (taken, fault) = chunks.take(piece);
        all += taken;
        if fault.is_some() || taken < piece.len() {
            return (all, chunks.is_whole(), fault);
        }
    }
    (all, chunks.is_whole(), None)
}

#[test]
fn a_chunked_body_ends_where_it_ends() {
    for body in [
        "0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "A;name=value\r\n0123456789\r\n00\r\n\r\n",
        "1 \r\n\n\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
    ] {
        let followed = format!("{body}GET / HTTP/1.1");
        for size in [1, 2, 3, 7, 1000] {
            assert_eq!(taken(followed.as_bytes(), size), (body.len(), true, None), "{body:?}, {size} at a time");
        }
    }
}

#[test]
fn framing_is_short_beside_what_it_frames() {
    let faulty = |body: &str| taken(body.as_bytes(), 100).2 == Some(Fault::Chunks);
    assert!(faulty(&format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(CHUNK_LINE_LIMIT))));
    assert!(faulty(&format!("0\r\n{}\r\n", "A: b\r\n".repeat(1000))));
    assert!(faulty(&format!("1;{}\r\na\r\n", "x".repeat(100)).repeat(1000)));
    assert!(faulty("fffffffffffffffff\r\n"));
    let small = "1\r\na\r\n".repeat(60_000) + "0\r\n\r\n";
    assert_eq!(taken(small.as_bytes(), 4096), (small.len(), true, None));
    let extended = format!("ff;{}\r\n{}\r\n", "x".repeat(200), "a".repeat(255)).repeat(1000) + "0\r\n\r\n";
    assert_eq!(taken(extended.as_bytes(), 4096), (extended.len(), true, None));
}

#[test]
fn lines_of_a_chunked_body_are_as_http_has_them() {
    for body in [
        // The ends of lines.
        "1\na\r\n0\r\n\r\n",
        "1\r\na\n0\r\n\r\n",
        "0\r\nA: b\n\r\n",
        "0\r\n\n",
        "1\r\nab\r\n",
        "5\rX\r\nhello\r\n0\r\n\r\n",
        "5\r\r\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "0\r\nA: b\rC: d\r\n\r\n",
        "0\r\n\rA: b\r\n\r\n",
        // No size.
        "\r\n",
        "\r\n\r\n",
        "xyz\r\n\r\n",
        ";a=b\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "-1\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        // Something else behind it.
        "5 x\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "5g\r\nhello\r\n0\r\n\r\n",
        // Control characters.
        "5;a\u{1}b\r\nhello\r\n0\r\n\r\n",
        "5;a\u{7f}b\r\nhello\r\n0\r\n\r\n",
        "5\u{0}\r\nhello\r\n0\r\n\r\n",
        "0\r\nA: b\u{0}\r\n\r\n",
    ] {
        for size in [1, 3, 1000] {
            assert_eq!(taken(body.as_bytes(), size).2, Some(Fault::Chunks), "{body:?}, {size} at a time");
        }
    }
}
