//! Searching a log, and filtering it.

use std::cell::Cell;
use std::process::Command;
use std::rc::Rc;

use anyhow::ensure;
use espalier_core::view::FindSpec;

use super::Work;
use crate::bench::Bench;
use crate::contest::{Contest, Figure, Unit};
use crate::looked_at::LookedAt;
use crate::peers::timed;

pub const WORK: Work =
    Work { name: "search", title: "searching a log of lines, and filtering it", contests };

const SEARCH: &[Figure] = &[Figure { name: "", unit: Unit::Seconds, goal: "≤ 1.0 × grep" }];
const FILTER: &[Figure] = &[Figure { name: "", unit: Unit::Seconds, goal: "" }];

struct Wanted {
    what: &'static str,
    pattern: &'static str,
    regex: bool,
    case_sensitive: bool,
}

const WANTED: [Wanted; 4] = [
    Wanted {
        what: "literal, any case",
        pattern: "length=1499",
        regex: false,
        case_sensitive: false,
    },
    Wanted { what: "literal, exact", pattern: "length=1499", regex: false, case_sensitive: true },
    Wanted { what: "expression", pattern: "length=1[0-9]99 ok", regex: true, case_sensitive: true },
    Wanted {
        what: "literal that is rare",
        pattern: "(      777)",
        regex: false,
        case_sensitive: true,
    },
];

fn contests(bench: &Bench) -> anyhow::Result<Vec<Contest<'_>>> {
    let text = bench.text()?;
    let log = Rc::new(LookedAt::open(bench.capture()?, false)?);
    log.wait_for_index();
    let size = bench.size();
    let contest = |wanted: &'static Wanted, filters: bool| {
        let spec = FindSpec {
            pattern: wanted.pattern.to_owned(),
            regex: wanted.regex,
            case_sensitive: wanted.case_sensitive,
            ..FindSpec::default()
        };
        // All come to the same number of lines.
        let found = Rc::new(Cell::new(None));
        let same = move |found: &Cell<Option<u64>>, lines: u64| {
            let first = found.get().unwrap_or(lines);
            found.set(Some(first));
            ensure!(first == lines, "{lines} lines have it, and not {first}");
            Ok(())
        };
        let (ours, log) = (found.clone(), log.clone());
        let run = move || {
            let (took, hits) = if filters { log.filter(&spec) } else { log.find(&spec) };
            same(&ours, hits)?;
            Ok(vec![took])
        };
        let counted = move |mut command: Command, found: &Cell<Option<u64>>| {
            command.arg("-c").args((!wanted.case_sensitive).then_some("-i"));
            command.args(if wanted.regex { None } else { Some("-F") });
            command.arg("-e").arg(wanted.pattern).arg(text);
            let ended = timed(command)?;
            same(found, ended.out.trim().parse()?)?;
            Ok(vec![ended.wall])
        };
        let figures = if filters { FILTER } else { SEARCH };
        let what = if filters { "filtering by a " } else { "" };
        let (grep, rg) = (found.clone(), found);
        Contest::new(format!("{size}, {what}{}", wanted.what), figures)
            .by("Espalier", run)
            .beside("grep", move |mut command| {
                command.args(wanted.regex.then_some("-E"));
                counted(command, &grep)
            })
            .beside("rg", move |command| counted(command, &rg))
    };
    let mut contests: Vec<_> = WANTED.iter().map(|wanted| contest(wanted, false)).collect();
    contests.push(contest(&WANTED[0], true));
    Ok(contests)
}
