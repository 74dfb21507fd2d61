//! A capture played again: one side of a conversation is sent, and what comes is compared with what came then.
//!
//! - [`ReplayChoice`]: which part of a capture; [`ReplayPace`]: how fast; [`ReplayRequest`]: all that is asked of a replay
//! - [`ReplayPlan`]: what that comes to, found before anything is sent
//! - [`ReplayScript`]: what is played and what was answered then, in order, read piece by piece
//! - [`ReplayBeats`]: when the next part is due; [`AnswerMeter`]: whether an answer has come
//! - [`Comparison`]: the answers of then and of now; [`Difference`]: where they part; [`IgnorePatterns`]: what does not count
//! - [`ReplayStatus`]: how it goes

mod align;
mod answers;
mod beats;
mod choice;
mod comparison;
mod difference;
mod ignore;
mod plan;
mod script;
mod side;
mod status;
#[cfg(test)]
mod tests;
mod units;

pub use answers::{AnswerMeter, ExpectedAnswers};
pub use beats::ReplayBeats;
pub use choice::{ReplayChoice, ReplayControl, ReplayPace, ReplayRequest};
pub use comparison::Comparison;
pub use difference::{Difference, DifferenceKind, ReplayTotals};
pub use ignore::{IgnoreFault, IgnorePatterns};
pub use plan::{ReplayFault, ReplayPlan};
pub use script::{PlayStep, PlayStepKind, ReplayScript};
pub use status::{ReplayEnd, ReplayPhase, ReplayStatus};
pub use units::AnswerUnits;
