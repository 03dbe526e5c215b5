//! The table of settings as flags of the command line. Reads no values: they stay text until they are resolved.

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

use super::SETTINGS;

/// The settings that were given as flags, as name and text.
#[derive(Debug, Clone, Default)]
pub struct Flags(pub Vec<(&'static str, String)>);

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| {
            let default = match setting.default {
                "" => String::new(),
                default => format!(" [default: {default}]"),
            };
            let help = format!("{}{default} [env: {}]", setting.help, setting.variable());
            command.arg(Arg::new(setting.name).long(setting.name).value_name(setting.value).help(help))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |name: &'static str| matches.get_one::<String>(name).map(|text| (name, text.clone()));
        Ok(Self(SETTINGS.iter().filter_map(|setting| given(setting.name)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
