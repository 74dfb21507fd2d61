//! What is to happen on the way through a relay, as options: those behind `--up` or `--down` are meant for one direction.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use espalier_core::faults::{FaultSpec, RelayFaults};

use super::options::millis;
use super::rate_count::{at_least_one, bytes};

/// The faults that are asked for.
#[derive(Clone, Debug, Default)]
pub struct FaultOptions(pub RelayFaults);

/// An option that is meant for a direction.
struct FaultOption {
    name: &'static str,
    value: &'static str,
    help: &'static str,
    set: fn(&mut FaultSpec, &str) -> Result<(), String>,
}

const OPTIONS: [FaultOption; 16] = [
    FaultOption {
        name: "latency",
        value: "TIME",
        help: "Fault: everything arrives this much later",
        set: |spec, text| millis(text).map(|it| spec.latency_ms = it),
    },
    FaultOption {
        name: "jitter",
        value: "TIME",
        help: "Fault: the latency varies by this, up and down",
        set: |spec, text| millis(text).map(|it| spec.jitter_ms = it),
    },
    FaultOption {
        name: "rate",
        value: "BYTES",
        help: "Fault: so many bytes in a second at most, such as 100k",
        set: |spec, text| at_least_one(text).map(|it| spec.rate = Some(it)),
    },
    FaultOption {
        name: "slice",
        value: "BYTES",
        help: "Fault: cut into pieces of so many bytes",
        set: |spec, text| size(text).map(|it| spec.slicer = Some(it)),
    },
    FaultOption {
        name: "slice-variation",
        value: "BYTES",
        help: "Fault: the pieces vary by this, up and down",
        set: |spec, text| size(text).map(|it| spec.slicer_variation = it),
    },
    FaultOption {
        name: "slice-delay",
        value: "TIME",
        help: "Fault: so long between two pieces",
        set: |spec, text| millis(text).map(|it| spec.slicer_delay_ms = it),
    },
    FaultOption {
        name: "coalesce",
        value: "BYTES",
        help: "Fault: hold bytes until so many have come",
        set: |spec, text| size(text).map(|it| spec.coalesce = Some(it)),
    },
    FaultOption {
        name: "coalesce-time",
        value: "TIME",
        help: "Fault: hold them no longer than this; without it 100ms",
        set: |spec, text| millis(text).map(|it| spec.coalesce_ms = it),
    },
    FaultOption {
        name: "corrupt",
        value: "SHARE",
        help: "Fault: this share of the bytes has one bit wrong, such as 0.001",
        set: |spec, text| share(text).map(|it| spec.corrupt = it),
    },
    FaultOption {
        name: "limit-data",
        value: "BYTES",
        help: "Fault: close the connection (FIN) after so many bytes",
        set: |spec, text| bytes(text).map(|it| spec.limit_data = Some(it)),
    },
    FaultOption {
        name: "reset-after",
        value: "BYTES",
        help: "Fault: reset the connection (RST) after so many bytes, such as 1M",
        set: |spec, text| bytes(text).map(|it| spec.reset_after = Some(it)),
    },
    FaultOption {
        name: "silence-after",
        value: "BYTES",
        help: "Fault: nothing more arrives after so many bytes, and nobody is told (half-open)",
        set: |spec, text| bytes(text).map(|it| spec.silence_after = Some(it)),
    },
    FaultOption {
        name: "slow-close",
        value: "TIME",
        help: "Fault: the end (FIN) arrives this much later",
        set: |spec, text| millis(text).map(|it| spec.slow_close_ms = it),
    },
    FaultOption {
        name: "timeout",
        value: "TIME",
        help: "Fault: nothing passes, and the connection is closed after this long; 0: never",
        set: |spec, text| millis(text).map(|it| spec.timeout_ms = Some(it)),
    },
    FaultOption {
        name: "reset-peer",
        value: "TIME",
        help: "Fault: reset the connection (RST) after this long",
        set: |spec, text| millis(text).map(|it| spec.reset_peer_ms = Some(it)),
    },
    FaultOption {
        name: "stop-reading",
        value: "",
        help: "Fault: read nothing from who sends, so that its window closes",
        set: |spec, _| {
            spec.stop_reading = true;
            Ok(())
        },
    },
];

const UP: &str = "up";
const DOWN: &str = "down";

/// A word that may stand several times, each time with its place among the others.
fn word(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .help(help)
        .action(ArgAction::Append)
        .num_args(0)
        .default_missing_value(name)
}

impl Args for FaultOptions {
    fn augment_args(command: Command) -> Command {
        let command = command
            .arg(word(
                UP,
                "What stands behind it is meant for the way from the client to the target",
            ))
            .arg(word(
                DOWN,
                "What stands behind it is meant for the way from the target to the client",
            ))
            .arg(
                Arg::new("seed")
                    .long("seed")
                    .value_name("N")
                    .help("What chance goes by: the same number makes the same faults")
                    .value_parser(clap::value_parser!(u64)),
            )
            .arg(
                Arg::new("accept-delay")
                    .long("accept-delay")
                    .value_name("TIME")
                    .help("Fault: a client waits for this long before it is served")
                    .value_parser(millis),
            )
            .arg(
                Arg::new("refuse")
                    .long("refuse")
                    .help("Fault: each new client is reset (RST)")
                    .action(ArgAction::SetTrue),
            );
        OPTIONS.iter().fold(command, |command, option| {
            if option.value.is_empty() {
                return command.arg(word(option.name, option.help));
            }
            let set = option.set;
            let check =
                move |text: &str| set(&mut FaultSpec::default(), text).map(|()| text.to_owned());
            let argument = Arg::new(option.name)
                .long(option.name)
                .value_name(option.value)
                .help(option.help)
                .action(ArgAction::Append)
                .value_parser(check);
            command.arg(argument)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for FaultOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut faults = RelayFaults {
            seed: matches.get_one("seed").copied().unwrap_or_default(),
            accept_delay_ms: matches.get_one("accept-delay").copied().unwrap_or_default(),
            refuse: matches.get_flag("refuse"),
            ..RelayFaults::default()
        };
        let places = |name| matches.indices_of(name).into_iter().flatten();
        let ways: Vec<(usize, bool)> = places(UP)
            .map(|place| (place, true))
            .chain(places(DOWN).map(|place| (place, false)))
            .collect();
        for option in &OPTIONS {
            let values = matches.get_many::<String>(option.name).into_iter().flatten();
            for (place, value) in places(option.name).zip(values) {
                let way = ways.iter().filter(|(before, _)| *before < place).max();
                let wrong =
                    |what: String| clap::Error::raw(clap::error::ErrorKind::ValueValidation, what);
                if way.is_none_or(|(_, up)| *up) {
                    (option.set)(&mut faults.up, value).map_err(wrong)?;
                }
                if way.is_none_or(|(_, up)| !*up) {
                    (option.set)(&mut faults.down, value).map_err(wrong)?;
                }
            }
        }
        Ok(Self(faults))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn size(text: &str) -> Result<u32, String> {
    u32::try_from(at_least_one(text)?).map_err(|_| "at most 4G".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share from 0 to 1 is needed, such as 0.001".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[&str]) -> Result<RelayFaults, clap::Error> {
        let command = FaultOptions::augment_args(Command::new("relay"));
        let matches = command.try_get_matches_from(["relay"].iter().chain(options))?;
        FaultOptions::from_arg_matches(&matches).map(|it| it.0)
    }

    #[test]
    fn an_option_is_meant_for_both_ways_or_for_the_one_that_was_named_last() {
        let faults = read(&[
            "--latency",
            "50ms",
            "--jitter",
            "10ms",
            "--up",
            "--rate",
            "100k",
            "--down",
            "--slice",
            "7",
            "--stop-reading",
            "--seed",
            "3",
            "--up",
            "--latency",
            "1s",
        ])
        .unwrap();
        let both = FaultSpec { latency_ms: 50, jitter_ms: 10, ..FaultSpec::default() };
        let up = FaultSpec { rate: Some(100_000), latency_ms: 1000, ..both.clone() };
        assert_eq!((faults.seed, faults.up), (3, up));
        assert_eq!(faults.down, FaultSpec { slicer: Some(7), stop_reading: true, ..both });
        assert_eq!(read(&[]).unwrap(), RelayFaults::default());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(read(&["--reset-after", "1M"]).unwrap().down.reset_after, Some(1_000_000));
        for bad in [
            &["--corrupt", "2"][..],
            &["--corrupt", "NaN"],
            &["--rate", "0"],
            &["--slice", "0"],
            &["--rate", "1x"],
            &["--latency", "-1s"],
            &["--limit-data", "99999999999G"],
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
