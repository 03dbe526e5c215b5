//! What a request must be before anybody looks at what it wants: the parser is lenient where smugglers like it.
//! A bare line feed as the end of a line is read as one; RFC 9112 §2.2 allows that.

use http::{
    HeaderMap, Method, Request, Uri, Version,
    header::{ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, HOST, HeaderValue},
};
use inos_protocols::{Refusal, refusal::Kind};

use crate::refusal::Refused;

/// The longest path and query.
const URI_LEN_MAX: usize = 8 << 10;

/// The most fields of a header. Over HTTP/1.1 the parser itself stops there.
const FIELDS_MAX: usize = 100;

/// Refuses what no path may see.
pub(crate) fn check<B>(request: &Request<B>, ambiguous: bool) -> Result<(), Refused> {
    if ambiguous {
        return Err(closing(
            "The request says twice how long its body is: by Content-Length and by Transfer-Encoding.",
        ));
    }
    let fields = request.headers().len();
    if fields > FIELDS_MAX {
        let detail = format!("The header has {fields} fields; at most {FIELDS_MAX} are read.");
        return Err(Refusal::new(Kind::HeadersTooLarge, detail).into());
    }
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        let refusal = Refusal::new(Kind::MethodNotAllowed, format!("{} is not served.", request.method()));
        let allowed = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE, OPTIONS");
        return Err(Refused::from(refusal).with(ALLOW, allowed).closing());
    }
    check_host(request.version(), request.headers(), request.uri())?;
    check_uri(request.uri())?;
    check_encoding(request.headers())
}

fn check_host(version: Version, headers: &HeaderMap, uri: &Uri) -> Result<(), Refused> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Err(closing("The request has more than one Host header.")),
        (Some(host), None) if !is_host(host.as_bytes()) => Err(closing("The Host header is not a host.")),
        (None, None) if version == Version::HTTP_11 => Err(closing("The request has no Host header.")),
        (None, None) if version == Version::HTTP_2 && uri.authority().is_none() => {
            Err(closing("The request has no :authority."))
        }
        _ => Ok(()),
    }
}

fn is_host(host: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]%~".contains(byte);
    host.len() <= 255 && host.iter().all(fits)
}

fn check_uri(uri: &Uri) -> Result<(), Refused> {
    let whole = uri.path_and_query().map_or(0, |whole| whole.as_str().len());
    if whole > URI_LEN_MAX {
        let detail = format!("The path and query are {whole} bytes long; at most {URI_LEN_MAX} are read.");
        return Err(Refusal::new(Kind::UriTooLong, detail).into());
    }
    if !uri.path_and_query().is_none_or(|whole| whole.as_str().is_ascii()) {
        return Err(bad("The path or query has characters that are not percent-encoded."));
    }
    let segments = uri.path().split('/').map(decode);
    for segment in segments {
        match segment {
            None => return Err(bad("The path is not percent-encoded UTF-8.")),
            Some(text) if text.chars().any(char::is_control) => {
                return Err(bad("The path has a control character."));
            }
            Some(text) if text == "." || text == ".." || text.contains('/') || text.contains('\\') => {
                return Err(bad("The path has a segment that points elsewhere."));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The text of a path segment, if its percent-encoding is whole and gives UTF-8.
fn decode(segment: &str) -> Option<std::borrow::Cow<'_, str>> {
    if !segment.contains('%') {
        return Some(segment.into());
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2)?;
        bytes.extend(data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok().map(Into::into)
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Refused> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let plain = codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"));
    if plain {
        return Ok(());
    }
    let detail = "Compressed bodies are not read here: send the bytes themselves, without Content-Encoding.";
    let refusal = Refusal::new(Kind::UnsupportedMediaType, detail);
    Err(Refused::from(refusal).with(ACCEPT_ENCODING, HeaderValue::from_static("identity")))
}

fn bad(detail: &str) -> Refused {
    Refusal::new(Kind::BadRequest, detail).into()
}

fn closing(detail: &str) -> Refused {
    bad(detail).closing()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_path(path: &str, wanted: Option<Kind>) {
        let request = Request::builder().uri(path).header(HOST, "localhost").body(()).unwrap();
        let got = check(&request, false).err().map(|refused| refused.kind());
        assert_eq!(got, wanted, "{path}");
    }

    #[test]
    fn a_path_says_what_it_means() {
        check_path("/v1/units", None);
        check_path("/v1/units/a%20b?x=%zz", None);
        for path in
            ["/%00", "/%2e%2e/a", "/a/../b", "/%2E/x", "/a%2fb", "/a%5cb", "/%", "/%4", "/%gg", "/%ff", "/%0d%0a"]
        {
            check_path(path, Some(Kind::BadRequest));
        }
        check_path(&format!("/{}", "a".repeat(URI_LEN_MAX)), Some(Kind::UriTooLong));
    }

    #[test]
    fn a_host_is_one_host() {
        let kind = |hosts: &[&str]| {
            let mut request = Request::builder().uri("/");
            for host in hosts {
                request = request.header(HOST, *host);
            }
            check(&request.body(()).unwrap(), false).err().map(|refused| refused.kind())
        };
        assert_eq!(kind(&["localhost:4667"]), None);
        assert_eq!(kind(&["[::1]:4667"]), None);
        for hosts in [&[][..], &["a", "b"], &["a b"], &["a/b"], &["a@b"]] {
            assert_eq!(kind(hosts), Some(Kind::BadRequest), "{hosts:?}");
        }
    }

    #[test]
    fn a_compressed_body_is_not_read() {
        for (coding, wanted) in [
            ("identity", None),
            ("br", Some(Kind::UnsupportedMediaType)),
            ("gzip, br", Some(Kind::UnsupportedMediaType)),
        ] {
            let request = Request::builder().uri("/").header(HOST, "a").header(CONTENT_ENCODING, coding).body(());
            assert_eq!(check(&request.unwrap(), false).err().map(|refused| refused.kind()), wanted, "{coding}");
        }
    }
}
