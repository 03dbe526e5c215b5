//! The console's cookies: what signs somebody in, sealed so that only this server can read or make it. A cookie counts only
//! in requests that the console itself makes. It never says why one does not open.

use std::time::Duration;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::AeadInOut};
use data_encoding::BASE64URL_NOPAD;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{COOKIE, HOST, ORIGIN},
};
use inos_protocols::{Hash, Refusal, refusal::Kind, time::Time};
use tokio::time::Instant;

use crate::{
    ConsoleSecret,
    auth::{Bearer, signed_out},
    refusal::internal,
};

/// The header in which the console shows the session's secret with each request. No page of another origin may send it here,
/// and none of another port knows it, though a browser sends it the cookie.
const MARK: HeaderName = HeaderName::from_static("inos-console");
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What is sealed into a cookie is one thing alone.
const PURPOSE: &[u8] = b"inos console session v2";
const NONCE_LEN: usize = 24;
const SECRET_LEN: usize = 32;
/// A session's expiry, its id and its secret, before the key.
const HEAD_LEN: usize = 8 + 16 + SECRET_LEN;
/// The longest cookie that is read, in characters.
const COOKIE_LEN_MAX: usize = 1_024;

/// Which session of the console it is.
pub(crate) type SessionId = [u8; 16];

/// Somebody who has signed in.
pub(crate) struct Session {
    /// Which it is.
    pub(crate) id: SessionId,
    /// What was shown.
    pub(crate) bearer: Bearer,
    /// When it ends.
    pub(crate) until: Instant,
}

/// What somebody gets who signs in.
pub(crate) struct Made {
    /// For the browser, which shows it to no page.
    pub(crate) cookie: HeaderValue,
    /// For the page, which no other origin can read.
    pub(crate) secret: String,
}

/// What cookies are made and read with.
pub(crate) struct Seal {
    cipher: Box<XChaCha20Poly1305>,
    name: String,
    is_secure: bool,
}

impl Seal {
    /// A seal of this secret. The cookie is named by the node, because cookies know hosts and not ports.
    pub(crate) fn new(secret: &ConsoleSecret, node: &str, is_secure: bool) -> Self {
        let prefix = if is_secure { "__Host-" } else { "" };
        let name = format!("{prefix}inos_{}", node.get(..12).unwrap_or(node));
        let cipher = Box::new(XChaCha20Poly1305::new((&secret.0).into()));
        Self { cipher, name, is_secure }
    }

    /// What signs in with a key for a while: a cookie, and the secret without which it opens nothing.
    pub(crate) fn made(&self, bearer: &Bearer, life: Duration) -> Result<Made, Refusal> {
        let expires = Time::now().plus_ms(life.as_millis() as u64);
        let (mut nonce, mut id, mut secret) = ([0_u8; NONCE_LEN], SessionId::default(), [0_u8; SECRET_LEN]);
        for random in [&mut nonce[..], &mut id, &mut secret] {
            getrandom::fill(random).map_err(|error| internal(&error))?;
        }
        let mut sealed = [&expires.as_ms().to_le_bytes()[..], &id, &secret, bearer.secret().as_bytes()].concat();
        let broken = |_| internal(&std::io::Error::other("a session was too long to be sealed"));
        self.cipher.encrypt_in_place(&XNonce::from(nonce), PURPOSE, &mut sealed).map_err(broken)?;
        let value = BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat());
        Ok(Made { cookie: self.written(&value, life.as_secs())?, secret: BASE64URL_NOPAD.encode(&secret) })
    }

    /// The cookie that takes one away.
    pub(crate) fn no_cookie(&self) -> Result<HeaderValue, Refusal> {
        self.written("", 0)
    }

    fn written(&self, value: &str, seconds: u64) -> Result<HeaderValue, Refusal> {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}", self.name);
        HeaderValue::from_str(&text).map_err(|error| internal(&error))
    }

    /// The session that a request's cookie is of, if it brings one; a request that some other page caused is refused.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Result<Option<Session>, Refusal> {
        let Some(value) = self.found(headers) else { return Ok(None) };
        if !is_the_consoles(headers) {
            let detail =
                "A cookie counts only in requests of the console itself. Show a key: `Authorization: Bearer inos_…`.";
            return Err(Refusal::new(Kind::Forbidden, detail));
        }
        let shown = headers.get(MARK).map(HeaderValue::as_bytes).unwrap_or_default();
        self.opened(value, shown).map(Some).ok_or_else(signed_out)
    }

    fn found<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(name, _)| *name == self.name).map(|(_, value)| value).next()
    }

    fn opened(&self, value: &str, shown: &[u8]) -> Option<Session> {
        let sealed = (value.len() <= COOKIE_LEN_MAX).then(|| BASE64URL_NOPAD.decode(value.as_bytes()).ok())??;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut opened = sealed.to_vec();
        self.cipher.decrypt_in_place(&XNonce::from(*nonce), PURPOSE, &mut opened).ok()?;
        let (head, key) = opened.split_first_chunk::<HEAD_LEN>()?;
        let (expires, rest) = head.split_first_chunk::<8>()?;
        let (id, secret) = rest.split_first_chunk::<16>()?;
        let (expires, id) = (u64::from_le_bytes(*expires), *id);
        // By their hashes, so that how long it takes tells nothing of the secret.
        if Hash::of(BASE64URL_NOPAD.encode(secret).as_bytes()) != Hash::of(shown) {
            return None;
        }
        let left = Duration::from_millis(expires.checked_sub(Time::now().as_ms())?);
        let bearer = std::str::from_utf8(key).ok()?.into();
        Some(Session { id, bearer, until: Instant::now() + left })
    }
}

/// Whether a request is the console's own: marked as no other origin can, and by what the browser says not of another one.
fn is_the_consoles(headers: &HeaderMap) -> bool {
    headers.contains_key(MARK) && is_from_here(headers)
}

/// Whether the browser says nothing of another origin; programs say nothing at all.
pub(crate) fn is_from_here(headers: &HeaderMap) -> bool {
    let from_here = match (headers.get(ORIGIN).map(HeaderValue::as_bytes), headers.get(HOST)) {
        // Over HTTP/2 there may be no Host; the browser's own word on the site is there then.
        (Some(origin), Some(host)) => [&b"http://"[..], b"https://"]
            .iter()
            .any(|scheme| origin.strip_prefix(*scheme).is_some_and(|rest| rest.eq_ignore_ascii_case(host.as_bytes()))),
        _ => true,
    };
    let site = headers.get(SITE).is_none_or(|site| site == "same-origin");
    from_here && site
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIFE: Duration = Duration::from_secs(60);

    fn seal(byte: u8) -> Seal {
        Seal::new(&ConsoleSecret([byte; 32]), "00112233445566778899", false)
    }

    fn made(seal: &Seal) -> Made {
        seal.made(&"inos_a_b".into(), LIFE).unwrap()
    }

    /// The headers of a page that was given this.
    fn sent(Made { cookie, secret }: &Made) -> HeaderMap {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        headers(&[("cookie", &format!("other=1; {pair}")), ("inos-console", secret)])
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn key(found: Result<Option<Session>, Refusal>) -> Result<Option<String>, Kind> {
        found.map(|session| session.map(|session| session.bearer.secret().to_owned())).map_err(|refusal| refusal.kind)
    }

    #[tokio::test]
    async fn a_cookie_is_read_by_who_made_it_alone() {
        let own = made(&seal(1));
        assert_eq!(key(seal(1).session(&sent(&own))), Ok(Some("inos_a_b".into())));
        assert_eq!(key(seal(2).session(&sent(&own))), Err(Kind::Unauthorized));
        assert_eq!(key(seal(1).session(&headers(&[("cookie", "other=1")]))), Ok(None));
        let taken = Made { cookie: seal(1).no_cookie().unwrap(), ..made(&seal(1)) };
        assert_eq!(key(seal(1).session(&sent(&taken))), Err(Kind::Unauthorized));
        let Made { cookie, .. } = own;
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=60"] {
            assert!(cookie.to_str().unwrap().contains(part), "{part}");
        }
        let secure = made(&Seal::new(&ConsoleSecret([1; 32]), "0011", true)).cookie;
        assert!(
            secure.to_str().unwrap().starts_with("__Host-inos_0011=") && secure.to_str().unwrap().ends_with("; Secure")
        );
    }

    #[tokio::test]
    async fn a_cookie_ends_with_its_time() {
        let seal = seal(1);
        let late = seal.made(&"inos_a_b".into(), Duration::ZERO).unwrap();
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(key(seal.session(&sent(&late))), Err(Kind::Unauthorized));
    }

    #[tokio::test]
    async fn a_cookie_opens_nothing_without_the_secret_of_its_own_session() {
        let seal = seal(1);
        let (own, other) = (made(&seal), made(&seal));
        let longer = format!("{}A", own.secret);
        for secret in ["", "1", &other.secret, &longer, &own.secret[1..], &own.secret.to_uppercase()] {
            let stolen = Made { cookie: own.cookie.clone(), secret: secret.into() };
            assert_eq!(key(seal.session(&sent(&stolen))), Err(Kind::Unauthorized), "{secret}");
        }
        assert!(!own.cookie.to_str().unwrap().contains(&own.secret), "it cannot be read in the cookie");
    }

    #[tokio::test]
    async fn a_cookie_counts_only_in_requests_of_the_console() {
        let seal = seal(1);
        let cookie = sent(&made(&seal));
        let check = |more: &[(&'static str, &str)], without_mark: bool, fits: bool| {
            let mut all = cookie.clone();
            if without_mark {
                all.remove(MARK);
            }
            all.extend(headers(more));
            let wanted = if fits { Ok(Some("inos_a_b".into())) } else { Err(Kind::Forbidden) };
            assert_eq!(key(seal.session(&all)), wanted, "{more:?}");
        };
        check(&[("origin", "http://a.test:1"), ("host", "a.test:1"), ("sec-fetch-site", "same-origin")], false, true);
        check(&[("origin", "https://A.test"), ("host", "a.test")], false, true);
        check(&[], true, false);
        check(&[("origin", "http://evil.test"), ("host", "a.test")], false, false);
        check(&[("origin", "http://a.test:2"), ("host", "a.test:1")], false, false);
        check(&[("origin", "null"), ("host", "a.test")], false, false);
        for site in ["same-site", "cross-site", "none"] {
            check(&[("sec-fetch-site", site)], false, false);
        }
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_session(text in "[ -~]{0,200}", at in 0_usize..200, bit in 0_u8..6) {
            let seal = seal(1);
            let made = made(&seal);
            let secret = made.secret.as_bytes();
            prop_assert!(seal.opened(&text, secret).is_none());
            let value = seal.found(&sent(&made)).unwrap().to_owned();
            let mut changed = value.clone().into_bytes();
            let place = at % changed.len();
            changed[place] ^= 1 << bit;
            let changed = String::from_utf8_lossy(&changed).into_owned();
            prop_assert!(changed == value || seal.opened(&changed, secret).is_none());
            prop_assert!(seal.opened(&value, text.as_bytes()).is_none());
        }
    }
}
