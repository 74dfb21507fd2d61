//! A bar for something that takes its time.

use std::time::Duration;

use espalier_core::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::print::tells_a_terminal;

/// How often the bar is drawn. What is over before the first time has none.
const LOOK: Duration = Duration::from_millis(100);

/// A bar on stderr where that is a terminal, until this is dropped.
#[derive(Debug)]
pub struct UnderWay(Option<(ProgressBar, JoinHandle<()>)>);

impl UnderWay {
    /// Shows how far this is; `runtime` carries it.
    pub fn show(progress: &Progress, runtime: &Handle) -> Self {
        Self(tells_a_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("[{wide_bar}] {percent} % {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            let (drawn, progress) = (bar.clone(), progress.clone());
            let drawing = runtime.spawn(async move {
                loop {
                    tokio::time::sleep(LOOK).await;
                    drawn.set_position((progress.share().unwrap_or(0.0) * 1000.0) as u64);
                }
            });
            (bar, drawing)
        }))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some((bar, drawing)) = &self.0 {
            drawing.abort();
            bar.finish_and_clear();
        }
    }
}
