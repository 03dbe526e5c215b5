//! Logs on standard error, one line an event, as text or JSON, without secrets and without control characters.
//! A reader that went away never stops the server.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use tracing_subscriber::{
    EnvFilter, filter::LevelFilter, fmt, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{config::LogFormat, redact, show};

/// Starts logging for the whole process; a second start changes nothing.
pub fn start(format: LogFormat, level: &str) {
    let filter = EnvFilter::builder().parse_lossy(directives(level));
    let lines = Lines(io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    std::panic::set_hook(Box::new(
        |panic| tracing::error!(%panic, thread = std::thread::current().name(), "a thread panicked"),
    ));
    // An error means that a subscriber is there already, as in tests.
    let _ = match format {
        LogFormat::Text => registry.with(fmt::layer().with_ansi(false).with_writer(lines)).try_init(),
        LogFormat::Json => registry.with(json_layer().with_writer(lines)).try_init(),
    };
}

/// A level alone is for the program's own lines: what libraries say below `info` would drown them. Whoever wants
/// that, too, names them: `debug,sqlx=debug`. The library behind `/mcp` has several lines for each request, and warns of
/// what its callers do wrong.
fn directives(level: &str) -> Cow<'_, str> {
    match level.parse::<LevelFilter>() {
        Ok(own) if own > LevelFilter::INFO => format!("info,inos={level},rmcp=error").into(),
        Ok(own) if own > LevelFilter::ERROR => format!("{level},rmcp=error").into(),
        _ => level.into(),
    }
}

fn json_layer<S>() -> fmt::Layer<S, fmt::format::JsonFields, fmt::format::Format<fmt::format::Json>> {
    fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false)
}

/// Makes a writer that cleans each line on its way to `W`.
struct Lines<W>(fn() -> W);

impl<'a, W: Write + 'a> MakeWriter<'a> for Lines<W> {
    type Writer = Line<W>;

    fn make_writer(&'a self) -> Line<W> {
        Line((self.0)())
    }
}

/// Cleans what is written, one event a call; failures are swallowed, for there is nobody left to tell.
struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = line(&String::from_utf8_lossy(bytes));
        let _ = self.0.write_all(line.as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

/// One event as one line: secrets gone, control characters replaced.
fn line(event: &str) -> String {
    let mut line = show::clean(&redact::secrets(event.strip_suffix('\n').unwrap_or(event)));
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

    struct Kept;

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    fn log_something() {
        let key = "inos_0198f3c27a6b7c5d8e9fa0b1c2d3e4f5_canarycanarycanary";
        tracing::info!(key, url = "postgres://u:canary@h/d", "a \x1b[31mred\u{202e} line\nand another");
    }

    #[test]
    fn an_event_is_one_clean_line_in_both_formats() {
        let json = tracing_subscriber::registry().with(json_layer().with_writer(Lines(|| Kept)));
        tracing::subscriber::with_default(json, log_something);
        let text = tracing_subscriber::registry().with(fmt::layer().with_ansi(false).with_writer(Lines(|| Kept)));
        tracing::subscriber::with_default(text, log_something);
        let written = String::from_utf8(WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap();
        assert_eq!(written.lines().count(), 2, "{written}");
        assert!(!written.contains("canary"), "{written}");
        assert!(!written.contains(|c| show::is_unsafe(c) && c != '\n'), "{written:?}");
        let first: serde_json::Value = serde_json::from_str(written.lines().next().unwrap()).unwrap();
        assert_eq!(first["level"], "INFO");
        assert_eq!(first["url"], "postgres://u:[redacted]@h/d");
    }

    #[test]
    fn a_level_alone_is_for_our_own_lines() {
        assert_eq!(directives("debug"), "info,inos=debug,rmcp=error");
        assert_eq!(directives("TRACE"), "info,inos=TRACE,rmcp=error");
        assert_eq!(directives("info"), "info,rmcp=error");
        for as_given in ["error", "off", "debug,sqlx=debug", "debug,sqlx=warn", "inos_gateway=debug"] {
            assert_eq!(directives(as_given), as_given);
        }
    }

    #[test]
    fn a_reader_that_went_away_stops_nothing() {
        let gone = tracing_subscriber::registry().with(fmt::layer().with_writer(Lines(|| Gone)));
        tracing::subscriber::with_default(gone, log_something);
    }
}
