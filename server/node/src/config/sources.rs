//! Where settings come from: flags, environment, file. Whatever is not known is refused, with the likely meaning.

use std::{collections::BTreeMap, fmt::Display, path::Path};

use toml::de::{DeTable, DeValue};

use super::{Config, Error, Flags, SETTINGS, Setting, Source};

/// The file that is read when none is named, if it is there.
const FILE_DEFAULT: &str = "inos.toml";
/// The largest file that is read, in bytes.
const FILE_LEN_MAX: u64 = 1 << 20;
/// Variables that are the client's or name the file.
const OTHER_VARIABLES: [&str; 4] = ["INOS_URL", "INOS_KEY", "INOS_CONFIG", "INOS_CA_CERT"];

/// Reads the file and the environment and resolves them with the flags.
pub fn load(flags: &Flags, file: Option<&Path>) -> Result<Config, Error> {
    // Only what is ours is kept, so that nothing else of the environment can reach a message.
    let ours = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("INOS_"))?;
        Some((name, value.to_string_lossy().into_owned()))
    };
    let variables: BTreeMap<String, String> = std::env::vars_os().filter_map(ours).collect();
    let named = file.map(Path::to_owned).or_else(|| variables.get("INOS_CONFIG").map(Into::into));
    let path = named.clone().unwrap_or_else(|| FILE_DEFAULT.into());
    let text = match read(&path) {
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(wrong(path.display(), format!("could not read it: {error}"))),
        Ok(text) => Some(text),
    };
    resolve(flags, &variables, text.as_deref().map(|text| (path.as_path(), text)))
}

fn read(path: &Path) -> std::io::Result<String> {
    let file = std::fs::File::open(path)?;
    if file.metadata()?.len() > FILE_LEN_MAX {
        return Err(std::io::Error::other("it is over 1 MiB"));
    }
    std::io::read_to_string(file)
}

/// The configuration that these sources make: flag over environment over file over default.
pub fn resolve(
    flags: &Flags,
    variables: &BTreeMap<String, String>,
    file: Option<(&Path, &str)>,
) -> Result<Config, Error> {
    let mut config = Config::default();
    if let Some((path, text)) = file {
        apply_file(&mut config, path, text)?;
    }
    apply_variables(&mut config, variables)?;
    for (name, text) in &flags.0 {
        let setting = Setting::find(name).expect("flags are made from the settings");
        config
            .say(setting, text, Source::Flag, format!("--{name}"))
            .map_err(|message| wrong(format_args!("--{name}"), message))?;
    }
    config.check()?;
    Ok(config)
}

fn apply_variables(config: &mut Config, variables: &BTreeMap<String, String>) -> Result<(), Error> {
    for (name, text) in variables.iter().filter(|(name, _)| !is_other(name)) {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == *name) else {
            let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
            let hint = nearest(name, known.iter().map(String::as_str));
            return Err(Error { at: name.clone(), message: "is no setting of this program".into(), hint });
        };
        config.say(setting, text, Source::Environment, name.clone()).map_err(|message| wrong(name, message))?;
    }
    Ok(())
}

/// Whether a variable belongs to the client, or is one that Kubernetes sets for a service named `inos`.
fn is_other(name: &str) -> bool {
    let is_service = name == "INOS_PORT" || name.starts_with("INOS_PORT_") || name.starts_with("INOS_SERVICE_");
    !name.starts_with("INOS_") || is_service || OTHER_VARIABLES.contains(&name)
}

fn apply_file(config: &mut Config, path: &Path, text: &str) -> Result<(), Error> {
    let place = |offset: usize| format!("{}:{}", path.display(), line_of(text, offset));
    let table = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        wrong(place(offset), error.message())
    })?;
    for (key, value) in table.get_ref() {
        let at = place(key.span().start);
        let Some(setting) = Setting::find(key.get_ref()) else {
            let message = format!("`{}` is no setting", crate::show::clean(key.get_ref()));
            let hint = nearest(&key.get_ref().replace('_', "-"), SETTINGS.iter().map(|setting| setting.name));
            return Err(Error { at, message, hint });
        };
        let text = scalar(value.get_ref()).map_err(|message| wrong(&at, format!("{}: {message}", setting.name)))?;
        config
            .say(setting, &text, Source::File, at.clone())
            .map_err(|message| wrong(&at, format!("{}: {message}", setting.name)))?;
    }
    Ok(())
}

/// A value of the file as it would be written behind a flag; a list becomes its items with commas.
fn scalar(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().replace('_', "")),
        DeValue::Float(number) => Ok(number.as_str().replace('_', "")),
        DeValue::Array(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(|item| scalar(item.get_ref())).collect();
            Ok(items?.join(","))
        }
        other => Err(format!("a {} cannot stand here", other.type_str())),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The known name that is a few typing errors away, if there is one.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let (distance, best) = known.map(|known| (strsim::damerau_levenshtein(name, known), known)).min()?;
    (distance <= 3.min(best.len() / 3)).then(|| format!("did you mean `{best}`?"))
}

fn wrong(at: impl Display, message: impl Into<String>) -> Error {
    Error { at: at.to_string(), message: message.into(), hint: None }
}
