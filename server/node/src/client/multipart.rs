//! A `multipart/form-data` body that is read as it is sent, so that files of any size need no memory.

use std::io::{Cursor, Read, Result};

/// A multipart body under way.
pub(crate) struct Multipart {
    boundary: String,
    parts: Box<dyn Read>,
    len: Option<u64>,
}

/// One part of it.
pub(crate) struct Part {
    /// The form field.
    pub(crate) name: &'static str,
    /// The file's name, where it has one.
    pub(crate) file: Option<String>,
    /// What its bytes are.
    pub(crate) media_type: String,
    /// Its bytes.
    pub(crate) bytes: Box<dyn Read>,
    /// How many there are, where that is known.
    pub(crate) len: Option<u64>,
}

impl Multipart {
    /// The body made of these parts; `random` makes the boundary one that is in no file.
    pub(crate) fn new(parts: Vec<Part>, random: [u8; 16]) -> Self {
        let boundary = format!("inos-{}", data_encoding::HEXLOWER.encode(&random));
        let mut body: Box<dyn Read> = Box::new(std::io::empty());
        let mut len = Some(0_u64);
        for part in parts {
            let head = part.head(&boundary);
            len = len.zip(part.len).and_then(|(sum, part)| sum.checked_add(part + head.len() as u64 + 2));
            body = Box::new(body.chain(Cursor::new(head)).chain(part.bytes).chain(&b"\r\n"[..]));
        }
        let end = format!("--{boundary}--\r\n");
        len = len.and_then(|sum| sum.checked_add(end.len() as u64));
        Self { boundary, parts: Box::new(body.chain(Cursor::new(end))), len }
    }

    /// Its media type, boundary included.
    pub(crate) fn media_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// Its length, where every part's is known.
    pub(crate) fn len(&self) -> Option<u64> {
        self.len
    }
}

impl Read for Multipart {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.parts.read(buffer)
    }
}

impl Part {
    fn head(&self, boundary: &str) -> String {
        let file = self.file.as_deref().map(|name| format!("; filename=\"{}\"", quoted(name))).unwrap_or_default();
        let (name, media_type) = (self.name, &self.media_type);
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\nContent-Type: {media_type}\r\n\r\n"
        )
    }
}

/// A file's name as browsers quote it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_what_is_sent() {
        let part = |bytes: &'static [u8], len| Part {
            name: "input",
            file: Some("a\"b\r\n.txt".into()),
            media_type: "text/plain".into(),
            bytes: Box::new(bytes),
            len,
        };
        let mut body = Multipart::new(vec![part(b"abc", Some(3)), part(b"", Some(0))], [7; 16]);
        let mut sent = String::new();
        let len = body.len();
        body.read_to_string(&mut sent).unwrap();
        assert_eq!(len, Some(sent.len() as u64));
        let boundary = "inos-07070707070707070707070707070707";
        let head = "Content-Disposition: form-data; name=\"input\"; filename=\"a%22b%0D%0A.txt\"\r\nContent-Type: text/plain\r\n\r\n";
        assert_eq!(sent, format!("--{boundary}\r\n{head}abc\r\n--{boundary}\r\n{head}\r\n--{boundary}--\r\n"));
        assert_eq!(body.media_type(), format!("multipart/form-data; boundary={boundary}"));
        assert_eq!(Multipart::new(vec![part(b"abc", None)], [7; 16]).len(), None);
    }
}
