//! The same work done by several, in turn.

use std::path::PathBuf;
use std::process::Command;

use super::peers;

/// What of a run is measured.
#[derive(Clone, Copy)]
pub struct Figure {
    /// Added to what is done: "CPU", "p99"; empty where there is nothing to tell apart.
    pub name: &'static str,
    pub unit: Unit,
    /// What was wanted, as it stands in the table.
    pub goal: &'static str,
}

#[derive(Clone, Copy)]
pub enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    MbPerSecond,
    PerSecond,
    Kib,
    Mib,
    Percent,
}

impl Unit {
    pub fn of(self, value: f64) -> String {
        let digits = match value {
            _ if value >= 100.0 => 0,
            _ if value >= 10.0 => 1,
            _ => 2,
        };
        let unit = match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "µs",
            Self::MbPerSecond => "MB/s",
            Self::PerSecond => "/s",
            Self::Kib => "KiB",
            Self::Mib => "MiB",
            Self::Percent => "%",
        };
        format!("{value:.digits$} {unit}")
    }
}

type Run<'b> = Box<dyn FnMut() -> anyhow::Result<Vec<f64>> + 'b>;

struct Contender<'b> {
    name: String,
    run: Run<'b>,
    values: Vec<Vec<f64>>,
    fault: Option<String>,
}

/// Something that several can do. The first contender is ours.
pub struct Contest<'b> {
    what: String,
    figures: &'static [Figure],
    contenders: Vec<Contender<'b>>,
    missing: Vec<&'static str>,
}

impl<'b> Contest<'b> {
    pub fn new(what: impl Into<String>, figures: &'static [Figure]) -> Self {
        Self { what: what.into(), figures, contenders: Vec::new(), missing: Vec::new() }
    }

    /// One who does it: a run gives as many values as there are figures.
    pub fn by(
        mut self,
        name: impl Into<String>,
        run: impl FnMut() -> anyhow::Result<Vec<f64>> + 'b,
    ) -> Self {
        let contender =
            Contender { name: name.into(), run: Box::new(run), values: Vec::new(), fault: None };
        self.contenders.push(contender);
        self
    }

    /// A program of others that does it, where it is installed; `run` is given a command that begins with its name.
    pub fn beside(
        self,
        program: &'static str,
        run: impl FnMut(Command) -> anyhow::Result<Vec<f64>> + 'b,
    ) -> Self {
        self.beside_at(program, peers::find(program), run)
    }

    /// The same for one that stands elsewhere than others.
    pub fn beside_at(
        mut self,
        program: &'static str,
        path: Option<PathBuf>,
        mut run: impl FnMut(Command) -> anyhow::Result<Vec<f64>> + 'b,
    ) -> Self {
        match path {
            Some(path) => self.by(program, move || run(peers::command(&path))),
            None => {
                self.missing.push(program);
                self
            }
        }
    }

    /// Runs all in turn, so often; what came of it, and whether nobody failed.
    pub fn run(mut self, rounds: usize) -> (Vec<Row>, bool) {
        for round in 0..rounds {
            // Who is first in a round finds what the last one has left in caches: it is not always the same one.
            let count = self.contenders.len();
            for place in 0..count {
                let contender = &mut self.contenders[(place + round) % count];
                if contender.fault.is_none() {
                    match (contender.run)() {
                        Ok(values) => contender.values.push(values),
                        Err(error) => contender.fault = Some(format!("{error:#}")),
                    }
                }
            }
        }
        let rows = self.figures.iter().enumerate();
        let rows = rows.map(|(at, figure)| self.row(at, *figure)).collect();
        (rows, self.contenders.iter().all(|it| it.fault.is_none()))
    }

    fn row(&self, at: usize, figure: Figure) -> Row {
        let results = self.contenders.iter().map(|contender| {
            let mut values: Vec<_> =
                contender.values.iter().filter_map(|run| run.get(at).copied()).collect();
            values.sort_by(f64::total_cmp);
            let result = match &contender.fault {
                Some(fault) => Err(fault.clone()),
                None => Ok(values.get(values.len() / 2).copied().unwrap_or(f64::NAN)),
            };
            (contender.name.clone(), result)
        });
        let name =
            if figure.name.is_empty() { String::new() } else { format!(", {}", figure.name) };
        Row {
            what: format!("{}{name}", self.what),
            unit: figure.unit,
            goal: figure.goal,
            results: results.collect(),
            missing: self.missing.clone(),
        }
    }
}

/// What a table says of one figure.
pub struct Row {
    what: String,
    unit: Unit,
    goal: &'static str,
    /// Medians, or why there are none; ours first.
    results: Vec<(String, Result<f64, String>)>,
    missing: Vec<&'static str>,
}

impl Row {
    fn value(&self, result: &Result<f64, String>) -> String {
        match result {
            Ok(value) if value.is_nan() => "–".to_owned(),
            Ok(value) => self.unit.of(*value),
            Err(fault) => format!("FAILED: {fault}"),
        }
    }

    fn ours(&self) -> String {
        self.results.first().map_or_else(String::new, |(_, result)| self.value(result))
    }

    fn others(&self) -> String {
        let others = self.results.iter().skip(1);
        let shown = others.map(|(name, result)| format!("{name} {}", self.value(result)));
        let missing = self.missing.iter().map(|name| format!("{name} not installed"));
        shown.chain(missing).collect::<Vec<_>>().join(", ")
    }

    /// How many times what others have.
    fn ratios(&self) -> String {
        let Some((_, Ok(ours))) = self.results.first() else { return String::new() };
        let others = self.results.iter().skip(1);
        let ratios = others.filter_map(|(name, result)| {
            let ratio = ours / result.as_ref().ok()?;
            ratio.is_finite().then(|| format!("{ratio:.2} × {name}"))
        });
        ratios.collect::<Vec<_>>().join(", ")
    }

    /// For a terminal.
    pub fn line(&self) -> String {
        let parts = [self.others(), self.ratios()].into_iter().filter(|it| !it.is_empty());
        let beside = parts.collect::<Vec<_>>().join("; ");
        let goal = if self.goal.is_empty() { String::new() } else { format!("  [{}]", self.goal) };
        format!("{:<44} {:>12}   {beside}{goal}", self.what, self.ours())
    }

    /// For a table of Markdown.
    pub fn cells(&self) -> String {
        let cells = [&self.what, &self.ours(), &self.others(), &self.ratios(), self.goal];
        let cells = cells.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        format!("| {} |", cells.join(" | "))
    }
}
